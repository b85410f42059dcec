# SPDX-License-Identifier: GPL-2.0-only
"""lapicsim report: from a campaign on fake variants to the files; tests/reports/ looks at what is in them."""

import csv
import os
import shutil
import unittest

from fake import REPO, fake, json_lines


def status(d):
    return "known" if d.get("known") else "expected" if d["expected"] else "new"


class Report(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.fake = fake()
        if not os.path.exists(cls.fake.path("reports")):
            shutil.copytree(os.path.join(REPO, "reports"), cls.fake.path("reports"),
                            ignore=shutil.ignore_patterns("__pycache__"))
        cls.store = cls.fake.path("report.db")
        cls.result = cls.fake.run("run", "alpha", "beta", "--seeds", "0-999", "--json", "--store", cls.store,
                                  FAKE_WARN="77")

    def report(self, *words, **env):
        output = self.fake.path("report-%s" % self.id().split(".")[-1])
        return self.fake.run("report", self.store, "--output", output, *words, **env), output

    def read(self, output, name):
        with open(os.path.join(output, name), encoding="utf-8") as f:
            return f.read()

    def test_says_what_run_said(self):
        p, output = self.report()
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertIn("report.html: FAIL 1 divergence that nobody expected.\n", p.stdout)
        with open(os.path.join(output, "buckets.csv"), encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        told = {(d["variant"], d["scenario"], d["kind"], d["check"]): (d["runs"], d["token"],
            status(d)) for d in json_lines(self.result.stdout)
                if d["type"] == "divergence"}
        self.assertEqual(told, {(r["variant"], r["scenario"], r["kind"], r["check"]): (int(r["runs"]), r["token"],
            r["status"])
                                for r in rows})

    def test_replays(self):
        """The fake's trace has no divergence in it: that is said, with the exit code of the replay."""
        p, output = self.report("--replays", "1", FAKE_WARN="77")
        self.assertEqual(0, p.returncode, p.stderr)
        self.assertIn("What led to it is not shown: the replay did not show it again (exit code 10).",
                      self.read(output, "report.md"))

    def test_a_variant_that_is_gone(self):
        hidden = self.fake.path("build/variants/hidden")
        os.rename(self.fake.path("build/variants/6.1-unfixed"), hidden)
        try:
            p, output = self.report()
        finally:
            os.rename(hidden, self.fake.path("build/variants/6.1-unfixed"))
        self.assertEqual(0, p.returncode, p.stderr)
        self.assertIn('What led to it is not shown: there is no variant "6.1-unfixed"',
                      self.read(output, "report.md"))

    def test_usage(self):
        for words, said in ((("report",), "needs one store"), (("report", "a", "b"), "needs one store"),
                            (("report", "a"), "needs --output DIR"),
                            (("report", "a", "--output", "b", "--replays", "x"), "replays"),
                            (("report", "a", "--out", "b"), "--out")):
            p = self.fake.run(*words)
            self.assertEqual((1, ""), (p.returncode, p.stdout), words)
            self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*%s[^\n]*\n\Z" % said)

    def test_bad_store(self):
        p = self.fake.run("report", self.fake.write("text.db", "no"), "--output", self.fake.path("bad"))
        self.assertEqual((2, ""), (p.returncode, p.stdout))
        self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*text.db: [^\n]+\n\Z")

    def test_help(self):
        p = self.fake.run("report", "--help")
        self.assertEqual(0, p.returncode)
        self.assertIn("--output DIR", p.stdout)


if __name__ == "__main__":
    unittest.main()
