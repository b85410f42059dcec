# SPDX-License-Identifier: GPL-2.0-only
"""Applies "git diff" output to files in memory.

Hunks may have moved (the nearest place whose lines all match is taken), but
no line of context is ever ignored: a hunk that does not match is an error
that names file and hunk.  Renames, copies and binary patches are refused;
file creation and deletion are supported.  It never writes files.
"""

import re

from errors import BadInput


class Hunk:
    """One @@ block: where it was, and its lines with their signs."""

    def __init__(self, number, header, start):
        self.number = number
        self.header = header
        self.start = start
        self.lines = []
        self.no_newline = set()  # signs whose last line lacks a newline

    def side(self, signs):
        return [line[1:] for line in self.lines if line[0] in signs]


class FilePatch:
    """All hunks of one file.  old or new is None for /dev/null."""

    def __init__(self, old, new):
        self.old = old
        self.new = new
        self.hunks = []

    @property
    def name(self):
        return self.new or self.old


def strip_name(text, strip):
    name = text.split("\t")[0].strip()
    if name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    if name == "/dev/null":
        return None
    parts = name.split("/")
    return "/".join(parts[strip:]) if len(parts) > strip else name


def parse(text, patch_name):
    """The file patches in a diff.  Leading a/ and b/ are stripped."""
    files, current, hunk = [], None, None
    old_left = new_left = 0
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if hunk and (old_left > 0 or new_left > 0):
            sign = line[:1] or " "
            if sign not in " +-\\":
                raise BadInput("%s:%d: hunk ends early" % (patch_name, number))
            if sign != "\\":
                hunk.lines.append(line if line else " ")
                old_left -= sign in " -"
                new_left -= sign in " +"
                continue
        if line.startswith("\\ ") and hunk and hunk.lines:
            hunk.no_newline.add(hunk.lines[-1][0])
        elif line.startswith(("rename from", "copy from",
                              "GIT binary patch", "Binary files ")):
            raise BadInput("%s:%d: renames, copies and binary files are not "
                           "supported" % (patch_name, number))
        elif line.startswith("--- ") and number < len(lines) and \
                lines[number].startswith("+++ "):
            old, new = line[4:], lines[number][4:]
            strip = 1 if re.match(r"\"?[a-z]/", old) or \
                re.match(r"\"?[a-z]/", new) else 0
            current = FilePatch(strip_name(old, strip),
                                strip_name(new, strip))
            if any(part == ".." for part in (current.name or "..").split("/")):
                raise BadInput("%s:%d: bad file name" % (patch_name, number))
            files.append(current)
            hunk = None
        elif line.startswith("@@ ") and current:
            m = re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line)
            if not m:
                raise BadInput("%s:%d: bad hunk header"
                               % (patch_name, number))
            old_left = int(m.group(2) or 1)
            new_left = int(m.group(4) or 1)
            hunk = Hunk(len(current.hunks) + 1, line, int(m.group(1)))
            current.hunks.append(hunk)
    if old_left > 0 or new_left > 0:
        raise BadInput("%s: last hunk is cut short" % patch_name)
    if not files:
        raise BadInput("%s: no patch in it" % patch_name)
    return files


def find(lines, wanted, near):
    """The index nearest to near at which wanted lies in lines, or None."""
    last = len(lines) - len(wanted)
    for distance in range(max(near, last - near, 0) + 1):
        for at in (near - distance, near + distance):
            if 0 <= at <= last and lines[at:at + len(wanted)] == wanted:
                return at
    return None


def apply(file_patch, text, patch_name):
    """The patched text of one file; text is None when it does not exist.

    Returns None when the patch deletes the file.
    """
    name = file_patch.name
    if file_patch.old is None and text is not None:
        raise BadInput("%s: %s exists already" % (patch_name, name))
    if file_patch.old is not None and text is None:
        raise BadInput("%s: %s is not in the tree" % (patch_name, name))
    lines = (text or "").split("\n")
    ended = not text or lines[-1] == ""
    if ended and lines:
        lines.pop()
    drift, floor = 0, 0
    for hunk in file_patch.hunks:
        old, new = hunk.side(" -"), hunk.side(" +")
        near = max(hunk.start - 1 + drift, floor) if old else \
            min(hunk.start + drift, len(lines))
        at = find(lines, old, near)
        if at is None or at < floor:
            raise BadInput("%s: hunk %d (%s) does not apply to %s"
                           % (patch_name, hunk.number, hunk.header, name))
        lines[at:at + len(old)] = new
        drift = at - (hunk.start - 1) + len(new) - len(old)
        floor = at + len(new)
        if "+" in hunk.no_newline or " " in hunk.no_newline:
            ended = False
        elif "-" in hunk.no_newline:
            ended = True
    if file_patch.new is None:
        if lines:
            raise BadInput("%s: %s is not empty after its deletion"
                           % (patch_name, name))
        return None
    return "\n".join(lines) + ("\n" if ended and lines else "")
