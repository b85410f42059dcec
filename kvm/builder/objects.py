# SPDX-License-Identifier: GPL-2.0-only
"""Compiling with a content-addressed store of objects.

An object is reused when its flags are the same and every file that it was
made from has the contents that it had then, wherever those files lie: so a
variant that changes lapic.c alone shares all other objects with its base.
Contents are hashed only when size or modification time changed.

It knows nothing of kernels; compile.py says what to compile and how.
"""

import hashlib
import json
import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from errors import HarnessError

MAX_ENTRIES = 64  # kept per source and set of flags


def sha256_file(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()


def sha256_text(text):
    return hashlib.sha256(
        text.encode("utf-8", "surrogateescape")).hexdigest()


class FileHashes:
    """sha256 of files, remembered by path, size and modification time.

    A file is looked at once per build; files below the folders of volatile,
    which the build itself writes, every time.
    """

    def __init__(self, path, volatile):
        self.path = path
        self.volatile = tuple(folder + "/" for folder in volatile)
        self.seen = {}
        self.dirty = False
        self.lock = threading.Lock()
        try:
            with open(path, encoding="utf-8") as f:
                self.known = json.load(f)
        except (OSError, ValueError):
            self.known = {}

    def get(self, path):
        """The sha256 of a file, or None when it is not there."""
        if path in self.seen:
            return self.seen[path]
        sha = self.look(path)
        if sha and not path.startswith(self.volatile):
            self.seen[path] = sha
        return sha

    def look(self, path):
        try:
            st = os.stat(path)
        except OSError:
            return None
        entry = self.known.get(path)
        if entry and entry[0] == st.st_mtime_ns and entry[1] == st.st_size:
            return entry[2]
        sha = sha256_file(path)
        with self.lock:
            self.known[path] = [st.st_mtime_ns, st.st_size, sha]
            self.dirty = True
        return sha

    def save(self):
        if self.dirty:
            write_atomically(self.path, json.dumps(self.known))


def write_atomically(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    tmp = "%s.%d.tmp" % (path, os.getpid())
    with open(tmp, "w", encoding="utf-8", errors="surrogateescape") as f:
        f.write(text)
    os.rename(tmp, path)


def changed_since(paths, started, ours):
    """The first of @paths that somebody has written since @started (ns), or None.

    What lies in @ours was generated.  A time that is still to come says nothing.
    """
    now = time.time_ns()
    for path in paths:
        try:
            written = os.stat(path).st_mtime_ns
        except OSError:
            continue
        if started < written <= now and not os.path.realpath(path).startswith(os.path.realpath(ours) + os.sep):
            return path
    return None


def parse_dep_file(text):
    """The prerequisites in a dep file that gcc -MD wrote."""
    text = text.replace("\\\n", " ")
    _, _, rest = text.partition(": ")
    return [re.sub(r"\\(.)", r"\1", w)
            for w in re.findall(r"(?:\\.|\S)+", rest.split("\n")[0])]


class Job:
    """One translation unit: a source, its flags, and where its object goes.

    label names it in messages.  salt is anything else that the object depends
    on, such as which shadow headers exist.  notes is a second output (gcov's)
    that gcc names after the first.  implied lists what the precompiled header
    was made from, once there is one: gcc does not name those files, nor the
    precompiled header, among what a source that begins with it depends on.
    """

    def __init__(self, source, flags, output, label, salt="", mode="-c",
                 notes=None, implied=None):
        self.source = source
        self.flags = flags
        self.output = output
        self.label = label
        self.salt = salt
        self.mode = mode
        self.notes = notes
        self.implied = implied
        self.deps = []


class ObjectStore:
    """Compiles jobs, or finds that the same was compiled before.

    roots: list of (placeholder, folder); paths below a folder are stored with
    the placeholder instead.  started, ours: as changed_since() takes them.
    """

    def __init__(self, folder, compiler, compiler_id, roots, hashes, cwd, started, ours):
        self.folder = folder
        self.compiler = compiler
        self.compiler_id = compiler_id
        self.roots = sorted(roots, key=lambda r: -len(r[1]))
        self.hashes = hashes
        self.cwd = cwd
        self.started = started
        self.ours = ours
        self.compiled = 0
        self.stderr = {}

    def portable(self, text):
        for placeholder, root in self.roots:
            text = text.replace(root + "/", placeholder + "/")
            if text.endswith(root):
                text = text[:-len(root)] + placeholder
        return text

    def real(self, path):
        for placeholder, root in self.roots:
            if path.startswith(placeholder + "/"):
                return root + path[len(placeholder):]
        return path

    def place(self, job):
        key = sha256_text("\0".join(
            [self.compiler_id, job.mode, job.salt,
             self.portable(job.source)] +
            [self.portable(f) for f in job.flags]))
        name = re.sub(r"\W", "_", os.path.basename(job.source))
        return os.path.join(self.folder, key[:2], "%s-%s" % (name, key[:20]))

    def find(self, job):
        """Look for an object made from the same contents."""
        folder = self.place(job)
        try:
            entries = [e for e in os.listdir(folder) if e.endswith(".json")]
        except OSError:
            return False
        for entry in entries:
            base = os.path.join(folder, entry[:-5])
            try:
                with open(base + ".json", encoding="utf-8") as f:
                    deps = json.load(f)
            except (OSError, ValueError):
                continue
            if all(self.hashes.get(self.real(p)) == sha for p, sha in deps):
                try:
                    replace_by_link(base + ".o", job.output)
                    if job.notes:
                        replace_by_link(base + ".gcno", job.notes)
                    os.utime(base + ".json")
                except (OSError, HarnessError):
                    continue
                job.deps = [self.real(p) for p, _ in deps]
                return True
        return False

    def keep(self, job):
        # The hashes are those of now: what was compiled is something else.
        if changed_since(job.deps, self.started, self.ours):
            return
        folder = self.place(job)
        os.makedirs(folder, exist_ok=True)
        deps = [[self.portable(p), self.hashes.get(p)] for p in job.deps]
        base = os.path.join(folder, sha256_text(json.dumps(deps))[:20])
        replace_by_link(job.output, base + ".o")
        if job.notes:
            replace_by_link(job.notes, base + ".gcno")
        write_atomically(base + ".json", json.dumps(deps))
        entries = [os.path.join(folder, e) for e in os.listdir(folder)
                   if e.endswith(".json")]
        if len(entries) > MAX_ENTRIES:
            for old in sorted(entries, key=os.path.getmtime)[:-MAX_ENTRIES]:
                for path in (old, old[:-5] + ".o", old[:-5] + ".gcno"):
                    try:
                        os.unlink(path)
                    except OSError:
                        pass

    def build(self, job):
        """Make job.output; returns True, or False with stderr recorded."""
        if self.find(job):
            return True
        if not self.compile(job):
            return False
        self.keep(job)
        return True

    def compile(self, job):
        """Run the compiler; fills job.deps."""
        # A linked object is shared: never write to it in place.
        tmp = job.output if job.notes else job.output + ".tmp"
        for path in (tmp, job.notes):
            if path and os.path.exists(path):
                os.unlink(path)
        dep = job.output + ".d"
        run = subprocess.run(
            [self.compiler] + job.flags +
            [job.mode, "-MD", "-MF", dep, "-o", tmp, job.source],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            errors="replace", env=dict(os.environ, LC_ALL="C"), cwd=self.cwd)
        self.compiled += 1
        if run.stderr:
            self.stderr[job.label] = run.stderr
        if run.returncode:
            return False
        with open(dep, encoding="utf-8") as f:
            job.deps = parse_dep_file(f.read())
        os.unlink(dep)
        if job.implied:
            job.deps = sorted({os.path.normpath(d) for d in job.deps} |
                              {os.path.normpath(d) for d in job.implied})
        os.rename(tmp, job.output)
        return True

    def build_all(self, jobs, parallel, prepare=None, early=0):
        """Build jobs in parallel; returns the first (in order) that failed.

        prepare() runs beside the first "early" jobs; all others wait for it.
        """
        failed, ready = threading.Event(), threading.Event()
        trouble = []

        def prepared():
            try:
                prepare()
            except BaseException as e:  # handed to the caller below
                trouble.append(e)
                failed.set()
            finally:
                ready.set()

        def one(job, waits):
            if waits:
                ready.wait()
            if failed.is_set():
                return None
            ok = self.build(job)
            if not ok:
                failed.set()
            return ok

        with ThreadPoolExecutor(max(parallel, 2)) as pool:
            if prepare:
                preparing = pool.submit(prepared)
            else:
                ready.set()
            futures = [pool.submit(one, job, i >= early)
                       for i, job in enumerate(jobs)]
            results = [f.result() for f in futures]
            if prepare:
                preparing.result()
        self.hashes.save()
        if trouble:
            raise trouble[0]
        for job, ok in zip(jobs, results):
            if ok is False:
                return job
        return None


def replace_by_link(source, target):
    """A hard link (or, across file systems, a copy) under another name."""
    tmp = "%s.%d.%d.ln" % (target, os.getpid(), threading.get_ident())
    try:
        os.link(source, tmp)
    except OSError:
        import shutil
        try:
            shutil.copyfile(source, tmp)
        except OSError:
            raise HarnessError("cannot write %s" % target) from None
    os.rename(tmp, target)
    if os.path.exists(tmp):  # rename() of two links to one file does nothing
        os.unlink(tmp)
