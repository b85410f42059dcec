# SPDX-License-Identifier: GPL-2.0-only
"""Which lines two variants differ in: the files that the builder compiled for
them, as it compiled them, compared by diff.

Knows nothing of what was executed; that is lines.py.
"""

import hashlib
import os
import re
import subprocess

from errors import BadInput, HarnessError

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def path_of(m, build, rel):
    """A file of a variant: in its mirror if it has edits, else in its tree."""
    mirror = os.path.join(build, "work", m["name"], "mirror", rel)
    if m["edits"] and os.path.exists(mirror):
        return mirror
    return os.path.join(m["source_root"], rel)


def read(m, build, rel):
    """The file, if it is still what the variant was built from."""
    try:
        with open(path_of(m, build, rel), "rb") as f:
            data = f.read()
    except OSError as e:
        raise BadInput("%s of %s: %s; add the variant again"
                       % (rel, m["name"], e.strerror.lower())) from None
    if hashlib.sha256(data).hexdigest() != m["kernel_files"][rel]:
        raise BadInput("%s: %s has changed since it was built; add it again"
                       % (m["name"], rel))
    return data.decode(errors="replace").split("\n")


def hunks(old, new):
    """The lines that are only in one of two files: two sets of numbers."""
    done = subprocess.run(["diff", "-U0", "--", old, new],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LC_ALL="C"), check=False)
    if done.returncode > 1:
        raise HarnessError("diff: " + done.stderr.decode(errors="replace"))
    gone, come = set(), set()
    for line in done.stdout.decode(errors="replace").split("\n"):
        m = HUNK.match(line)
        if m:
            a, na, b, nb = (int(x) if x else 1 for x in m.groups())
            gone.update(range(a, a + na))
            come.update(range(b, b + nb))
    return gone, come


def all_lines(text):
    return set(range(1, len(text) + 1))


def changed(base, variant, build):
    """[{file: lines}] of the base, where they went, and of the variant."""
    sides = ({}, {})
    for rel in sorted(set(base["kernel_files"]) | set(variant["kernel_files"])):
        here = [m["kernel_files"].get(rel) for m in (base, variant)]
        if here[0] == here[1]:
            continue
        texts = [h and read(m, build, rel)
                 for h, m in zip(here, (base, variant))]
        if all(here):
            lines = hunks(path_of(base, build, rel),
                          path_of(variant, build, rel))
        else:
            lines = [all_lines(t) if t else set() for t in texts]
        for side, numbers, text in zip(sides, lines, texts):
            if numbers:
                side[rel] = {n: text[n - 1].strip() for n in numbers
                             if n <= len(text)}
    return sides
