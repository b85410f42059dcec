# SPDX-License-Identifier: GPL-2.0-only
"""Follows a recipe of CONTRIBUTING.md to the letter, in a copy of the repository.

A text that is set off from the words is put where the end of the words before it says:

    New file `PATH`:
    In `PATH`, before `TEXT`:       or after, or instead of; a line of PATH begins with TEXT
    Run:                            or run:; each line is a command

"instead of" replaces TEXT alone.  A command must end with exit code 0, or as its comment
says: "# exit code 10: WORDS", and WORDS are in what it prints.  Other texts are no steps.
"""

import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.realpath(os.environ.get("LAPICSIM_BUILD", os.path.join(ROOT, "build")))
PLACE = re.compile(r"(?:New file `(?P<new>[^`]+)`|(?:In|in) `(?P<file>[^`]+)`, (?P<how>before|after|instead of) `(?P<text>[^`]+)`"
                   r"|(?P<run>[Rr]un)):$")
PROMISE = re.compile(r"# exit code (\d+)(?:: (.+))?$")


class Untrue(AssertionError):
    """The recipe does not work as it is written."""


def copy_of_repository(folder):
    """With the unpacked kernels and the compiled objects of this one, which go by their contents."""
    for path in subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], stdout=subprocess.PIPE,
                               text=True, check=True).stdout.splitlines():
        if os.path.isfile(os.path.join(ROOT, path)):
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, path), os.path.join(folder, path))
    os.makedirs(folder + "/build")
    for name in ("sources", "objects"):
        os.makedirs(os.path.join(BUILD, name), exist_ok=True)
        os.symlink(os.path.realpath(os.path.join(BUILD, name)), "%s/build/%s" % (folder, name))


def section(title):
    with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as f:
        text = f.read()
    found = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(title), text, re.M | re.S)
    if not found:
        raise Untrue("CONTRIBUTING.md has no recipe %r" % title)
    return found[1]


def steps(text):
    """[(words before it, text that is set off)]"""
    out, words, block, indent = [], [], [], 0
    for line in text.splitlines() + [""]:
        deep = re.match(r" *", line).end()
        numbered = re.match(r"(\d+\. |- )", line)
        if block and (deep >= indent or not line.strip()):
            block.append(line[indent:])
        elif line.strip() and words and not words[-1] and deep >= 4 + indent_of_list(words):
            block, indent = [line[4 + indent_of_list(words):]], 4 + indent_of_list(words)
        else:
            if block:
                out.append((sentence(words), "\n".join(block).strip("\n") + "\n"))
                block, words = [], ["" if not numbered else line]
            words.append(line)
    if block:
        out.append((sentence(words), "\n".join(block).strip("\n") + "\n"))
    return out


def indent_of_list(words):
    """3 within a numbered step, 0 elsewhere: how far its own words are indented."""
    last = [w for w in words if w.strip()]
    return 3 if last and re.match(r"\d+\. |   ", last[-1]) else 0


def sentence(words):
    return " ".join(" ".join(words).split())


class Cook:
    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("LAPICSIM", "MAKE")) and k != "O"}
        self.env["PATH"] = folder + "/build:" + self.env["PATH"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def run(self, command):
        """Exit code and what it prints."""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=900)
        return done.returncode, done.stdout

    def new(self, name, text):
        if os.path.exists(self.path(name)):
            raise Untrue("%s is there already" % name)
        self.write(name, text)

    def edit(self, name, how, where, text):
        old = self.read(name)
        if how == "instead of":
            if old.count(where) != 1:
                raise Untrue("%s has %r %d times" % (name, where, old.count(where)))
            self.write(name, old.replace(where, text.rstrip("\n")))
            return
        lines = old.splitlines(keepends=True)
        at = [i for i, line in enumerate(lines) if line.strip().startswith(where)]
        if len(at) != 1:
            raise Untrue("%s has %d lines that begin with %r" % (name, len(at), where))
        apart = "\n" if how == "before" and text[:1] not in "\t #*" and "\n}" in text else ""
        lines.insert(at[0] + (how == "after"), text + apart)
        self.write(name, "".join(lines))

    def command(self, line):
        promise = PROMISE.search(line)
        code, words = (int(promise[1]), promise[2]) if promise else (0, None)
        got, said = self.run(line)
        if got != code:
            raise Untrue("%s: exit code %d\n%s" % (line, got, said[-3000:]))
        if words and words.strip() not in said:
            raise Untrue("%s: no %r in\n%s" % (line, words, said[-3000:]))

    def follow(self, title):
        """How many steps there were."""
        nr = 0
        for words, text in steps(section(title)):
            place = PLACE.search(words)
            if not place:
                continue
            nr += 1
            if place["new"]:
                self.new(place["new"], text)
            elif place["file"]:
                self.edit(place["file"], place["how"], place["text"], text)
            else:
                for line in text.splitlines():
                    self.command(line)
        return nr
