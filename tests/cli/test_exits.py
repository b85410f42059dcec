# SPDX-License-Identifier: GPL-2.0-only
"""Exit codes: each command ends in each way that docs/exit-codes.md says, and the texts agree with the table."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

from fake import REPO, fake
from test_bisect import History

ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|", re.M)
UNFIXED, FIXED = ("--variant", "6.1-unfixed"), ("--variant", "6.12-fixed")
# (command, code): what cannot be shown with fake variants, and where it is.
ELSEWHERE = {("live", code): "tests/e2e/test_live.py" for code in (0, 10, 130, 143)}
PLAIN = ("help", "version", "deviations", "checks")
LONG = {"FAKE_SLEEP_US": "1000"}


class Exits(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.f = fake()
        shutil.copytree(os.path.join(REPO, "reports"), cls.f.path("reports"), dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__"))
        cls.text = cls.f.run("help", "exit-codes").stdout
        cls.table = {}
        for code, what, commands in ROW.findall(cls.text):
            cls.table[int(code)] = (what, commands.split(", "))
        cls.store = cls.f.path("exits.db")
        cls.part = cls.f.path("exits-part.db")
        for path in (cls.store, cls.part):
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(path + suffix):
                    os.unlink(path + suffix)
        cls.f.run("run", "alpha", *FIXED, "--seeds", "0-99", "--store", cls.store, FAKE_WARN="3")
        cls.f.run("run", "alpha", *FIXED, "--seeds", "0-99", "--shard", "0/2", "--store", cls.part)
        cls.good, cls.bad = History(cls, "good good"), History(cls, "good bad")
        cls.broken = History(cls, "good broken broken bad")
        cls.token = "v1:alpha:6.1-unfixed:0x%x"
        rows = cls.f.run("run", "alpha", *UNFIXED, "--runs", "200").stdout
        cls.bug = re.search(r"lapicsim replay (\S+)", rows)[1]

    @classmethod
    def addCleanup(cls, function, *arguments):
        cls.addClassCleanup(function, *arguments)

    def commands(self):
        text = self.f.run("help", "topics").stdout.split()
        found = {word.split("-")[0] for word in text if os.access(self.f.program, os.X_OK) and
                 self.f.run("help", word).stdout.startswith("usage: lapicsim " + word.split("-")[0])}
        return found - {"runner"}

    def ways(self):
        """{(command, code): (words, environment)}"""
        git = ("--git", self.bad.folder)
        bisect = ("bisect", *git, "--good", "HEAD~1", "--bad", "HEAD")
        out = self.f.path("exits-out")
        w = {
            ("run", 0): ("run alpha --runs 20", {}),
            ("run", 2): ("run nothing", {}),
            ("run", 5): ("run alpha --runs 20", {"FAKE_LIMIT": "3"}),
            ("run", 6): ("run alpha --runs 20", {"FAKE_EXIT": "3"}),
            ("run", 10): ("run alpha --runs 20", {"FAKE_WARN": "3"}),
            ("run", 11): ("run alpha --runs 1000", {"FAKE_NO_BUG": "1"}),
            ("compare", 0): ("compare 6.1-unfixed 6.12-fixed alpha --runs 50", {}),
            ("compare", 2): ("compare 6.1-unfixed nothing alpha", {}),
            ("compare", 5): ("compare 6.1-unfixed 6.12-fixed alpha --runs 50", {"FAKE_LIMIT": "9"}),
            ("compare", 6): ("compare 6.1-unfixed 6.12-fixed alpha --runs 50", {"FAKE_TRAP": "9"}),
            ("compare", 10): ("compare 6.12-fixed 6.1-unfixed alpha --runs 1000", {}),
            ("try", 0): (("try", "--git", self.good.folder, "alpha", "--seeds", "0-99"), {}),
            ("try", 2): (("try", "--git", self.f.path("scenarios"), "alpha"), {}),
            ("try", 5): (("try", "--git", self.good.folder, "alpha", "--seeds", "0-99"), {"FAKE_LIMIT": "9"}),
            ("try", 6): (("try", "--git", self.good.folder, "alpha", "--seeds", "0-99"), {"FAKE_TRAP": "9"}),
            ("try", 10): (("try", *git, "alpha", "--seeds", "0-999"), {}),
            ("bisect", 0): ((*bisect, self.bug), {}),
            ("bisect", 2): ((*bisect, "nonsense"), {}),
            ("bisect", 5): (("bisect", "--git", self.broken.folder, "--good", "HEAD~3", "--bad", "HEAD", self.bug), {}),
            ("bisect", 6): ((*bisect, "--restart", self.bug), {"FAKE_TRAP": "20"}),
            ("replay", 0): (("replay", "v1:alpha:6.12-fixed:0x3"), {}),
            ("replay", 2): (("replay", "nonsense"), {}),
            ("replay", 5): (("replay", "v1:alpha:6.12-fixed:0x3"), {"FAKE_LIMIT": "3"}),
            ("replay", 6): (("replay", "v1:alpha:6.12-fixed:0x3"), {"FAKE_EXIT": "3"}),
            ("replay", 10): (("replay", self.bug), {}),
            ("live", 2): ("live --variant nothing", {}),
            ("live", 77): ("live", {}),
            ("variant", 0): ("variant list", {}),
            ("variant", 2): ("variant add bad --tree /nowhere", {}),
            ("merge", 0): (("merge", self.fresh("merged.db"), self.store), {}),
            ("merge", 2): (("merge", self.fresh("merged2.db"), self.f.path("nothing.db")), {}),
            ("merge", 5): (("merge", self.fresh("merged3.db"), self.part), {}),
            ("report", 0): (("report", self.store, "--output", out), {}),
            ("report", 2): (("report", self.f.path("nothing.db"), "--output", out), {}),
            ("report", 6): (("report", self.store, "--output", "/proc/nothing"), {}),
            ("known", 0): ("known", {}),
            ("known", 2): (("known", self.f.path("nothing.db")), {}),
            ("known", 6): (("known", self.store, "--output", "/proc/nothing"), {}),
        }
        w.update({(c, 0): (c, {}) for c in PLAIN})
        w.update({(c, 1): ("%s%s --nonsense" % (c, " list" if c == "variant" else ""), {}) for c in self.commands()})
        return {k: (v[0].split() if isinstance(v[0], str) else v[0], v[1]) for k, v in w.items()}

    def fresh(self, name):
        path = self.f.path(name)
        if os.path.exists(path):
            os.unlink(path)
        return path

    def check(self, command, code, words, env, **more):
        program = [self.f.program]
        if command == "variant" and code:
            # The fake's builder is none.
            program, words = [sys.executable, "-S", os.path.join(REPO, "kvm/builder")], [*words[1:], "--build", self.f.path("b")]
        p = subprocess.run([*program, *words], text=True, check=False, timeout=120, cwd=self.f.root,
                           stdout=more.get("stdout", subprocess.PIPE), stderr=subprocess.PIPE, env=self.f.environment(env))
        self.assertEqual(code, p.returncode, "%s: %s" % (" ".join(words), p.stderr))
        if code in (1, 2, 77):
            self.assertRegex(p.stderr, r"\Alapicsim: [^\n]+\n\Z")
            self.assertFalse(p.stdout)

    def test_each_command_ends_in_each_of_its_ways(self):
        ways, commands = self.ways(), self.commands()
        self.assertGreater(len(commands), 12)
        for code, (_, users) in self.table.items():
            for command in sorted(commands) if users == ["all"] else users:
                self.assertIn(command, commands)
                with self.subTest(command=command, code=code):
                    if (command, code) in ELSEWHERE:
                        continue
                    if code in (130, 143):
                        self.stop(command, code - 128)
                    elif (command, code) in ways:
                        self.check(command, code, *ways.pop((command, code)))
                    else:
                        self.assertEqual(6, code, "nothing shows it")
                        self.full(command)
        self.assertEqual([], sorted(ways), "shown, but not in the table")

    def full(self, command):
        """An output that takes nothing is a result that is lost."""
        self.f.write("b/variants/x/manifest.json", json.dumps({
            "name": "x", "identity": "0", "class": "x", "flavour": "plain", "optimize": 2, "compiler": "cc",
            "source": {"kind": "tree", "dir": "x"}, "edits": [], "kernel_files": {},
            "counts": {"implemented": 0, "noop": 0, "trap": 0}}))
        words = {"variant": ["variant", "show", "x", "--json"], "merge": ["merge", self.fresh("merged4.db"), self.store],
                 "live": ["live", "--help"]}
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.check(command, 6, words.get(command, [command]), {}, stdout=full)

    def test_a_lost_result_is_none(self):
        """The same for results that are good or bad; a reader that has seen enough is no failure."""
        for words, env in (("run alpha --runs 20", {}), ("run alpha --runs 20 --json", {"FAKE_WARN": "3"}),
                           ("help options", {})):
            with open("/dev/full", "w", encoding="utf-8") as full:
                self.check("run", 6, words.split(), env, stdout=full)
            p = subprocess.run("%s %s | head -n 1; exit ${PIPESTATUS[0]}" % (self.f.program, words), shell=True, text=True,
                               capture_output=True, check=False, executable="/bin/bash", env=self.f.environment(env))
            self.assertEqual(10 if env else 0, p.returncode, p.stderr)
            self.assertEqual(1, len(p.stdout.splitlines()))

    def stop(self, command, sig):
        words = {
            "run": ("run", "alpha", "--seeds", "0-9999999"),
            "compare": ("compare", "6.1-unfixed", "6.12-fixed", "alpha", "--seeds", "0-9999999"),
            "try": ("try", "--git", self.good.folder, "alpha", "--seeds", "0-9999999"),
            "bisect": ("bisect", "--git", self.bad.folder, "--good", "HEAD~1", "--bad", "HEAD", "--runs", "9999999",
                       "--restart", self.bug),
        }[command]
        p = self.f.start(*words, **LONG)
        self.f.wait_until_busy(p)
        p.send_signal(sig)
        _, err = p.communicate(timeout=60)
        self.assertEqual(128 + sig, p.returncode, err)

    def test_the_texts_agree(self):
        with open(os.path.join(REPO, "docs/exit-codes.md"), encoding="utf-8") as f:
            self.assertEqual(self.text, f.read(), "make docs")
        self.assertEqual({0, 1, 2, 5, 6, 10, 11, 77, 128 + signal.SIGINT, 128 + signal.SIGTERM}, set(self.table))
        with open(os.path.join(REPO, "README.md"), encoding="utf-8") as f:
            readme = re.search(r"\| exit code \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", f.read())[1]
        self.assertEqual(set(self.table), {int(n) for row in readme.splitlines()
                                           for n in row.split("|")[1].split(",")})
        overview = self.f.run("help").stdout.partition("\nExit codes:\n")[2]
        self.assertEqual({c: w for c, (w, _) in self.table.items()},
                         {int(c): w for c, w in re.findall(r"(?m)^  (\d+) +(.+)$", overview)})
        manual = self.f.run("help", "man", "run").stdout
        self.assertEqual(set(self.table), {int(c) for c in re.findall(r"(?m)^\.B (\d+)$", manual)})


if __name__ == "__main__":
    unittest.main()
