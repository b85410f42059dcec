# SPDX-License-Identifier: GPL-2.0-only
"""A tree with patches and rules applied, without copying or touching it.

The mirror is a folder of symbolic links to the source; only files that a
patch or rule changed are real.  Folders on the way to a changed file, and
those whose files include each other by relative path, are real folders of
links.  An unchanged mirror is left as it is, so that time stamps stay true.
"""

import os
import shutil

import patch
import rules
from compile import NEEDED
from errors import BadInput, HarnessError
from objects import sha256_text, write_atomically

REAL_FOLDERS = ("arch/x86/kvm", "virt/kvm")


def read_text(path, name):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            return f.read()
    except OSError as e:
        raise BadInput("%s: %s" % (name, e.strerror.lower())) from None


def is_needed(rel):
    return any(rel == n or rel.startswith(n + "/") for n in NEEDED)


class Edits:
    """The changed files of a variant: {path in the tree: text or None}."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        self.applied = []

    def text(self, rel):
        if rel in self.files:
            return self.files[rel]
        path = os.path.join(self.root, rel)
        if not os.path.isfile(path):
            return None
        return read_text(path, rel)

    def add_patch(self, path):
        """Apply a patch file; files that no variant compiles are skipped."""
        name = os.path.basename(path)
        text = read_text(path, path)
        used, skipped = [], []
        for fp in patch.parse(text, name):
            if not is_needed(fp.name):
                skipped.append(fp.name)
                continue
            self.files[fp.name] = patch.apply(fp, self.text(fp.name), name)
            used.append(fp.name)
        self.applied.append({"kind": "patch", "name": name, "path": path,
                             "sha256": sha256_text(text), "files": used,
                             "skipped": skipped})

    def add_rule(self, path):
        """Apply a rule file; a rule that matches nothing is an error."""
        name = os.path.basename(path)
        text = read_text(path, path)
        used = []
        for section in rules.parse(text, name):
            before = self.text(section.file)
            if before is None:
                raise BadInput("%s: %s is not in the tree"
                               % (name, section.file))
            self.files[section.file] = section.apply(before, name)
            used.append(section.file)
        self.applied.append({"kind": "rule", "name": name, "path": path,
                             "sha256": sha256_text(text),
                             "files": sorted(set(used)), "skipped": []})

    def add_mutants(self, asked_for, stage):
        """All mutants of FILE, or of FILE:FUNCTION,...; returns the table."""
        texts, functions = {}, {}
        for what in asked_for:
            rel, _, names = what.partition(":")
            texts[rel] = self.text(rel)
            if texts[rel] is None:
                raise BadInput("mutate: %s is not in the tree" % rel)
            functions[rel] = names.split(",") if names else None
        new, table = stage.run(texts, functions)
        self.files.update(new)
        self.applied.append({"kind": "mutants", "name": "%d mutants" %
                             len(table), "path": None,
                             "sha256": sha256_text(repr(sorted(new.items()))),
                             "files": sorted(new), "skipped": []})
        return table


def link(source, target):
    os.symlink(source, target)


def fill(folder, source, rel, real_folders, files):
    """Make folder a mirror of source's subfolder rel."""
    os.makedirs(folder, exist_ok=True)
    names = set(os.listdir(os.path.join(source, rel)))
    names |= {f[len(rel) + 1:].split("/")[0] for f in files
              if f.startswith(rel + "/")}
    for name in sorted(names):
        sub = rel + "/" + name
        target = os.path.join(folder, name)
        if sub in files:
            if files[sub] is not None:
                with open(target, "w", encoding="utf-8",
                          errors="surrogateescape") as f:
                    f.write(files[sub])
        elif sub in real_folders:
            if os.path.isdir(os.path.join(source, sub)):
                fill(target, source, sub, real_folders, files)
            else:
                fill_new(target, sub, files)
        else:
            link(os.path.join(source, sub), target)


def fill_new(folder, rel, files):
    """A folder that only a patch knows."""
    for name, text in files.items():
        if name.startswith(rel + "/") and text is not None:
            write_atomically(os.path.join(folder, name[len(rel) + 1:]), text)


def mirror(source, edits, place):
    """Make place a mirror of source with edits; returns its root.

    Links are to the source's absolute path, so the mirror is made anew when
    the source, the edits or the source's list of files change.
    """
    real_folders = set(REAL_FOLDERS)
    for rel in edits:
        parts = rel.split("/")[:-1]
        real_folders |= {"/".join(parts[:i + 1]) for i in range(len(parts))}
    listing = [sorted(os.listdir(os.path.join(source, d)))
               for d in sorted(real_folders)
               if os.path.isdir(os.path.join(source, d))]
    identity = sha256_text(repr((source, sorted(edits.items()), listing)))
    stamp = os.path.join(place, ".identity")
    try:
        with open(stamp, encoding="utf-8") as f:
            if f.read() == identity:
                return place
    except OSError:
        pass
    shutil.rmtree(place, ignore_errors=True)
    try:
        for rel in NEEDED:
            path = os.path.join(source, rel)
            target = os.path.join(place, rel)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if rel in edits:
                if edits[rel] is not None:
                    write_atomically(target, edits[rel])
            elif os.path.isdir(path):
                if rel in real_folders:
                    fill(target, source, rel, real_folders, edits)
                else:
                    link(path, target)
            elif os.path.exists(path):
                link(path, target)
    except OSError as e:
        raise HarnessError("cannot mirror the tree: %s" % e) from None
    write_atomically(stamp, identity)
    return place
