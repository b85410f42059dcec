# SPDX-License-Identifier: GPL-2.0-only
"""lapicsim bisect and try, on histories whose "code" says good, bad or broken."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import fake

IDENTITY = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@t", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


class History:
    """A commit for each word; "-" is one that changes no code."""

    def __init__(self, test, words):
        self.folder = tempfile.mkdtemp(prefix="lapicsim-history-")
        test.addCleanup(shutil.rmtree, self.folder)
        self.git("init", "-q")
        self.commits = [self.add(i, word) for i, word in enumerate(words.split())]

    def git(self, *words):
        return subprocess.run(["git", "-C", self.folder, *words], check=True, text=True, stdout=subprocess.PIPE,
                              env=dict(os.environ, **IDENTITY)).stdout.strip()

    def add(self, i, word):
        with open(os.path.join(self.folder, "notes" if word == "-" else "code"), "w", encoding="utf-8") as f:
            f.write("%s %d\n" % (word, i))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "commit %d is %s" % (i, word))
        return self.git("rev-parse", "HEAD")


class BisectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake.fake()
        rows = fake.json_lines(cls.f.run("run", "alpha", "--variant", "6.1-unfixed", "--runs", "200", "--json").stdout)
        cls.token = next(r["token"] for r in rows if r["type"] == "divergence" and r["kind"] == "host-bug")
        cls.common = next(r["token"] for r in rows if r["type"] == "divergence" and r["kind"] == "premature-eoi")

    def setUp(self):
        for path in glob.glob(self.f.path("build/bisect/*.log")) + glob.glob(self.f.path("build/built.log")):
            os.remove(path)

    def built(self):
        try:
            with open(self.f.path("build/built.log"), encoding="utf-8") as f:
                return [line.split() for line in f]
        except FileNotFoundError:
            return []

    def bisect(self, code, words, *more, token=None, good=0, **env):
        self.h = History(self, words)
        return self.again(code, *more, token=token, good=good, **env)

    def again(self, code, *more, token=None, good=0, **env):
        p = self.f.run("bisect", "--git", self.h.folder, "--good", self.h.commits[good], "--bad", "HEAD",
                       token or self.token, *more, **env)
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        self.assertEqual([n for n in os.listdir(self.f.path("build/variants")) if n.startswith("bisect-")], [])
        return p


class First(BisectTest):
    def test_first_bad_in_gits_form(self):
        p = self.bisect(0, "good good good good bad bad bad bad")
        lines = p.stdout.splitlines()
        self.assertEqual(lines[0], self.h.commits[4] + " is the first bad commit")
        self.assertEqual(lines[1], "commit " + self.h.commits[4])
        self.assertIn("    commit 4 is bad", lines)
        self.assertIn(" code | 2 +-", lines)
        self.assertLessEqual(len({name for name, _ in self.built()}), 5)

    def test_every_place(self):
        for first in range(1, 6):
            with self.subTest(first=first):
                self.bisect(0, " ".join(["good"] * first + ["bad"] * (6 - first)), "--runs", "300")
                p = self.again(0, "--runs", "300", "--json")
                self.assertEqual(fake.json_lines(p.stdout)[-1]["first_bad"], self.h.commits[first])

    def test_commits_without_code_are_not_built(self):
        p = self.bisect(0, "good - - - - bad - -", "--runs", "300", "--json")
        self.assertEqual(fake.json_lines(p.stdout)[-1]["first_bad"], self.h.commits[5])
        # Both ends, and at most the commit itself, although HEAD has its code.
        self.assertLessEqual({name for name, _ in self.built()},
                             {"bisect-" + self.h.commits[i][:12] for i in (0, 5, 7)})

    def test_merge(self):
        h = self.h = History(self, "good good")
        h.git("checkout", "-q", "-b", "side", h.commits[0])
        with open(h.folder + "/notes", "w", encoding="utf-8") as f:
            f.write("a side branch")
        h.git("add", "-A")
        h.git("commit", "-q", "-m", "side")
        h.git("checkout", "-q", "-")
        h.commits.append(h.add(2, "bad"))
        h.git("merge", "-q", "--no-edit", "side")
        p = self.again(0, "--runs", "300", "--json")
        self.assertEqual(fake.json_lines(p.stdout)[-1]["first_bad"], h.commits[2])

    def test_checkout_is_not_touched(self):
        self.h = History(self, "good bad bad")
        with open(self.h.folder + "/code", "w", encoding="utf-8") as f:
            f.write("work in progress")
        before = self.h.git("status", "--porcelain"), self.h.git("for-each-ref"), self.h.git("worktree", "list")
        self.again(0, "--runs", "300")
        self.assertEqual((self.h.git("status", "--porcelain"), self.h.git("for-each-ref"),
                          self.h.git("worktree", "list")), before)


class Runs(BisectTest):
    def test_rare_ones_take_more_runs(self):
        p = self.bisect(0, "good bad", "--json")
        rare = fake.json_lines(p.stdout)[-1]["runs"]
        # One run of 50: with at least half of that rate, 1 % is missed after so many.
        self.assertTrue(228 <= rare <= 900, rare)
        self.assertRegex(p.stderr, r"the bad revision: \d+ of \d+ runs show it; %d runs" % rare)
        self.assertEqual([s["runs"] for s in fake.json_lines(p.stdout)[:-1]], [rare] * 2)

    def test_token_of_a_bucket_that_both_have(self):
        self.assertIn("the good revision is none: ", self.bisect(2, "good bad", token=self.common).stderr)

    def test_bad_is_good(self):
        self.assertIn("the bad revision", self.bisect(5, "good good").stderr)
        self.assertIn("does not show it in 40 runs", self.bisect(2, "good good", "--runs", "40").stderr)

    def test_wrong_way_round(self):
        """Said before anything is built: to find it by races takes minutes."""
        self.h = History(self, "good good bad")
        for good, bad in ((2, 0), (1, 1)):
            p = self.f.run("bisect", "--git", self.h.folder, "--good", self.h.commits[good], "--bad",
                           self.h.commits[bad], self.token)
            self.assertEqual(p.returncode, 2)
            self.assertIn("are they the wrong way round?", p.stderr)
            self.assertEqual(self.built(), [])

    def test_token_shows_nothing(self):
        self.assertIn("shows nothing", self.bisect(2, "good good", token="v1:alpha:6.12-fixed:0x3").stderr)
        p = self.bisect(2, "good bad", "--check", "nonsense")
        self.assertIn("shows nonsense, neither", p.stderr)
        self.bisect(0, "good bad", "--check", "bug", "--runs", "300")

    def test_scenario_has_changed(self):
        token = re.sub("@[0-9a-f]{8}:", "@00000001:", self.token)
        self.assertIn("alpha has changed", self.bisect(2, "good bad", token=token).stderr)


class Skips(BisectTest):
    def test_skipped(self):
        p = self.bisect(0, "good good broken broken good bad bad", "--runs", "300", "--json")
        rows = fake.json_lines(p.stdout)
        self.assertEqual(rows[-1]["first_bad"], self.h.commits[5])
        self.assertIn("skip", [r.get("verdict") for r in rows])

    def test_only_skipped_left(self):
        p = self.bisect(5, "good broken broken bad", "--runs", "300")
        self.assertIn("There are only 'skip'ped commits left to test.\n", p.stdout)
        self.assertEqual(set(p.stdout.split()) & set(self.h.commits), set(self.h.commits[1:]))
        self.assertEqual(p.stdout.splitlines()[-1], "We cannot bisect more!")
        p = self.again(5, "--runs", "300", "--json")
        self.assertIsNone(fake.json_lines(p.stdout)[-1]["first_bad"])
        self.assertEqual(len(fake.json_lines(p.stdout)[-1]["candidates"]), 3)

    def test_harness_failure_is_no_skip(self):
        self.bisect(1, "good broken bad", "--runs", "300", FAKE_STOP="1")

    def test_failures_of_the_harness_do_not_count_as_good(self):
        p = self.bisect(6, "good bad", "--runs", "300", FAKE_TRAP="50")
        self.assertIn("good revision cannot be judged", p.stderr)


class Resume(BisectTest):
    def test_runs_that_were_cut_short_do_not_count_as_good(self):
        everywhere = ",".join(str(i) for i in range(2000))
        p = self.bisect(6, "good bad", FAKE_LIMIT=everywhere)
        self.assertIn("the good revision cannot be judged", p.stderr)
        some = ",".join(str(i) for i in range(0, 2000, 3))
        p = self.bisect(0, "good bad", FAKE_LIMIT=some)
        self.assertIn(self.h.commits[1] + " is the first bad", p.stdout)

    def test_goes_on(self):
        self.bisect(0, "good good good good bad bad bad bad", "--runs", "300")
        [log] = glob.glob(self.f.path("build/bisect/*.log"))
        with open(log, encoding="utf-8") as f:
            lines = f.read().splitlines(True)
        with open(log, "w", encoding="utf-8") as f:
            f.write("".join(lines[:-1]) + lines[-1][:7])
        os.remove(self.f.path("build/built.log"))
        p = self.again(0, "--runs", "300", "--json")
        rows = fake.json_lines(p.stdout)
        self.assertEqual([r["commit"] for r in rows[:-1]], [lines[-1].split()[1]])
        self.assertEqual(rows[-1]["first_bad"], self.h.commits[4])
        self.assertEqual(len({name for name, _ in self.built()}), 3)
        p = self.again(0, "--runs", "300", "--json", "--restart")
        self.assertGreaterEqual(len(fake.json_lines(p.stdout)), 5)


class Usage(BisectTest):
    def test_usage(self):
        for words in ((), (self.token,), (self.token, "--good", "x"), ("--good", "x", "--bad", "y")):
            self.assertEqual(self.f.run("bisect", *words).returncode, 1)

    def test_bad_revision(self):
        h = History(self, "good bad")
        p = self.f.run("bisect", "--git", h.folder, "--good", "nonsense", "--bad", "HEAD", self.token)
        self.assertEqual(p.returncode, 2)
        self.assertIn("no revision nonsense", p.stderr)
        p = self.f.run("bisect", "--git", h.folder, "--good", "HEAD~1", "--bad", "HEAD", "nonsense")
        self.assertEqual(p.returncode, 2)


class Try(BisectTest):
    def test_parent_is_the_base(self):
        h = History(self, "good bad")
        p = self.f.run("try", "--git", h.folder, "alpha", "--seeds", "0-999", "--json")
        self.assertEqual(p.returncode, 10, p.stderr)
        rows = fake.json_lines(p.stdout)
        [bug] = [r for r in rows if r.get("kind") == "host-bug"]
        self.assertEqual((bug["class"], bug["base"], bug["variant"]),
                         ("new", "rev-" + h.commits[0][:12], "rev-" + h.commits[1][:12]))
        # The token can be replayed: the variants stay.
        self.assertEqual(self.f.run("replay", bug["in_variant"]["token"]).returncode, 10)
        self.assertIn("lapicsim variant remove rev-" + h.commits[1][:12], p.stderr)

    def test_other_way_round(self):
        h = History(self, "good bad")
        p = self.f.run("try", "--git", h.folder, "--rev", "HEAD~1", "--base", "HEAD", "alpha", "--seeds", "0-999")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("1 fixed, 1 still there", p.stdout)

    def test_does_not_build(self):
        h = History(self, "good broken")
        self.assertEqual(self.f.run("try", "--git", h.folder, "alpha").returncode, 2)

    def test_what_is_known_before_anything_is_built(self):
        h = History(self, "good bad")
        bad = self.f.write("files/bad.scn", "[scenario]\n")
        for words, said in ((("--base", "HEAD"), "HEAD and HEAD are the same commit, " + h.commits[1][:12]),
                            (("--rev", "nosuch", "--base", "HEAD"), "no revision nosuch in it"),
                            (("alhpa",), 'did you mean "alpha"?'), ((bad,), bad + ": ")):
            p = self.f.run("try", "--git", h.folder, "alpha", *words)
            self.assertEqual((p.returncode, p.stdout), (2, ""))
            self.assertIn(said, p.stderr)
            self.assertEqual(self.built(), [])

    def test_no_repository(self):
        p = self.f.run("try", "--git", self.f.path("scenarios"), "alpha")
        self.assertEqual(p.returncode, 2)
        self.assertIn("no repository", p.stderr)


if __name__ == "__main__":
    unittest.main()
