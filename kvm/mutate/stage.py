# SPDX-License-Identifier: GPL-2.0-only
"""The builder's edit stage: files become files with all their mutants.

What does not compile is dropped here: a mutant of a constant that must be one
(a bit number in an asm, a BUILD_BUG_ON()).  The compiler's errors name lines;
mutants on those lines go, constants first, until none is left.  The result is
kept beside the build and made anew when the text, the flags or this code change.
"""

import json
import os
import re
import subprocess

from errors import HarnessError
from mutate import find, parse, schema
from objects import sha256_file, sha256_text, write_atomically

MAX_MUTANTS = 16384  # KW_MAX_MUTANTS in kvm/boundary.h
ROUNDS = 20


def own_code():
    folder = os.path.dirname(os.path.abspath(__file__))
    return [sha256_file(os.path.join(folder, n))
            for n in sorted(os.listdir(folder)) if n.endswith(".py")]


class Stage:
    """compiler and flags(name) are the builder's; folder is for our files."""

    def __init__(self, compiler, flags, folder, cwd):
        self.compiler, self.flags = compiler, flags
        self.folder, self.cwd = folder, cwd
        self.next_id = 1

    def run(self, texts, functions):
        """{path: text} and {path: names of functions, None: all of them} ->
        ({path: new text}, table)."""
        out, table = {}, []
        for rel, text in sorted(texts.items()):
            out[rel], rows = self.file(rel, text, functions[rel])
            table += rows
        if self.next_id > MAX_MUTANTS:
            raise HarnessError("%d mutants are too many" % self.next_id)
        return out, table

    def file(self, rel, text, functions):
        key = sha256_text(json.dumps([text, own_code(), self.next_id,
                                      self.flags(rel), functions]))
        kept = os.path.join(self.folder, os.path.basename(rel) + ".json")
        try:
            with open(kept, encoding="utf-8") as f:
                known = json.load(f)
            if known["key"] == key:
                self.next_id = known["next"]
                return known["text"], known["rows"]
        except (OSError, ValueError, KeyError):
            pass
        new, rows = self.make(rel, text, functions)
        write_atomically(kept, json.dumps({"key": key, "text": new,
                                           "rows": rows,
                                           "next": self.next_id}))
        return new, rows

    def make(self, rel, text, functions):
        path = os.path.join(self.folder, rel)
        write_atomically(path, text)
        parser = parse.Parser(path, text, self.flags(rel))
        mutants = find.find(text, parser.functions(functions))
        mutants.sort(key=lambda m: (m.start, -m.end, m.operator))
        for m in mutants:
            m.id, self.next_id = self.next_id, self.next_id + 1
        alive, new = self.compilable(path, text, mutants)
        return new, [self.row(rel, text, m, m in alive) for m in mutants]

    def row(self, rel, text, m, alive):
        return {"id": m.id, "file": os.path.basename(rel),
                "function": m.function, "line": m.line,
                "operator": m.operator, "ordinal": m.ordinal,
                "compiles": alive,
                "text": schema.one_line(text[m.start:m.end])[:100],
                "new": (m.new or "")[:100]}

    def compilable(self, path, text, mutants):
        alive = list(mutants)
        for syntax_only in (True, False):
            for _ in range(ROUNDS):
                new, left = schema.write(text, alive)
                alive = [m for m in alive if m not in left]
                if left:
                    continue
                write_atomically(path, new)
                lines = self.failing_lines(path, syntax_only)
                if not lines:
                    break
                alive = self.without(text, alive, lines)
            else:
                raise HarnessError("%s: mutants do not compile at lines %s" %
                                   (path, sorted(lines)))
        return set(alive), new

    def without(self, text, alive, lines):
        """Mutants that are not on these lines: constants go first."""
        def touches(m):
            last = text.count("\n", 0, m.end) + 1
            return any(m.line <= n <= last for n in lines)

        hit = [m for m in alive if touches(m)]
        for operators in (("constant",), ("constant", "swap", "drop-jump"),
                          None):
            gone = [m for m in hit
                    if operators is None or m.operator in operators]
            if gone:
                break
        if not gone:
            raise HarnessError("mutants break lines without mutants: %s" %
                               sorted(lines))
        gone = set(gone)
        return [m for m in alive if m not in gone]

    def failing_lines(self, path, syntax_only):
        flags = self.flags(path)
        mode = ["-fsyntax-only"] if syntax_only else ["-S", "-g0", "-o",
                                                      os.devnull]
        done = subprocess.run(
            [self.compiler] + flags + ["-w", "-fmax-errors=0"] + mode +
            [path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, errors="replace",
            check=False, env=dict(os.environ, LC_ALL="C"), cwd=self.cwd)
        if not done.returncode:
            return set()
        name = re.escape(os.path.basename(path))
        lines = {int(n) for n in re.findall(
            r"^\S*%s:(\d+):\d+: error:" % name, done.stderr, re.M)}
        if not lines:  # in a header, on behalf of a line of ours
            lines = {int(n) for n in re.findall(
                r"\b%s:(\d+)(?::\d+)?" % name, done.stderr)}
        if not lines:
            raise HarnessError("mutants of %s do not compile: %s" % (
                os.path.basename(path), done.stderr.strip()[-300:]))
        return lines
