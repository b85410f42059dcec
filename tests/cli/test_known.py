# SPDX-License-Identifier: GPL-2.0-only
"""known/*.known: what is refused, what matches, and that the rest stays new."""

import os
import unittest

from fake import REPO, fake, json_lines

GOOD = """\
# a comment
[known]
title = made up
kind = host-warn
function = kvm_fake
text = finding of seed 5
explanation = Nothing at all,
  twice.
finding = docs/findings/made-up.md
scenario = alpha
"""


class KnownTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()
        cls.f.write("docs/findings/made-up.md", "made up\n")

    def folder(self, text):
        return os.path.dirname(self.f.write("known-test/one.known", text))

    def bad(self, text, message):
        folder = self.folder(text)
        for command in (("known",), ("run", "alpha")):
            p = self.f.run(*command, "--known", folder)
            self.assertEqual(p.returncode, 2)
            self.assertEqual(p.stderr.strip().replace(folder + "/one.known", "FILE"), "lapicsim: " + message)

    def campaign(self, text, code, *words, **env):
        p = self.f.run("run", "alpha", "--variant", "6.12-fixed", "--runs", "100", "--known", self.folder(text),
                       *words, **env)
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p.stdout

    def test_no_such_folder(self):
        for folder in ("/nonexistent", self.f.path("scenarios/alpha.scn")):
            for command in (("known",), ("run", "alpha"), ("compare", "6.12-fixed", "6.12-fixed", "alpha")):
                p = self.f.run(*command, "--known", folder)
                self.assertEqual((p.returncode, p.stdout), (2, ""))
                self.assertEqual(p.stderr, "lapicsim: --known: %s: no such folder\n" % folder)

    def test_errors(self):
        for old, new, message in (
                ("kind = host-warn", "knid = host-warn",
                 'FILE:4: knid: unknown key in [known]; did you mean "kind"?'),
                ("host-warn", "host-wran",
                 'FILE:4: kind: "host-wran" is no kind of divergence; did you mean "host-warn"?'),
                ("function = kvm_fake", "", "FILE: check: is missing from [known], and function too"),
                ("title = made up\n", "", "FILE: title: is missing from [known]"),
                ("title = made up", "title =", "FILE:3: title: must not be empty"),
                ("kind = host-warn", "kind = host-warn\nkind = host-bug",
                 "FILE:5: kind: was set in line 4 already"),
                ("[known]", "[knwon]", 'FILE:2: [knwon]: unknown section; did you mean "[known]"?'),
                ("[known]", "", "FILE:3: title: comes before [known]"),
                ("made up", "made up\n  twice", "FILE:4: title: only explanation may continue on an indented line"),
                ("title = made up", "title", "FILE:3: neither [known] nor key = value"),
                ("host-warn\nfunction = kvm_fake", "premature-eoi\ncheck = isr-premture",
                 'FILE:5: check: there is no check "isr-premture"; did you mean "isr-premature"?'),
                ("host-warn\nfunction = kvm_fake", "lost-eoi\ncheck = isr-premature",
                 "FILE:5: check: isr-premature finds premature-eoi, not lost-eoi"),
                ("host-warn\nfunction = kvm_fake", "hang\ncheck = worker-hang",
                 'FILE:5: check: there is no check "worker-hang"; did you mean "worker-hung"?'),
                ("host-warn\nfunction = kvm_fake", "hang\ncheck = worker-died",
                 "FILE:5: check: worker-died finds host-crash, not hang"),
                ("scenario = alpha", "scenario = alpah",
                 "FILE:10: scenario: scenarios/alpah.scn: No such file or directory"),
                ("made-up.md", "none.md", "FILE:9: finding: docs/findings/none.md: No such file or directory")):
            with self.subTest(new=new):
                self.bad(GOOD.replace(old, new), message)

    def test_what_is_known_is_apart_and_no_failure(self):
        out = self.campaign(GOOD, 0, FAKE_WARN="5")
        self.assertIn("known: made up (docs/findings/made-up.md)", out)
        self.assertIn("first seen: run 6, known", out)
        self.assertIn("0 unexpected, 1 expected, 1 known", out)
        rows = json_lines(self.campaign(GOOD, 0, "--json", FAKE_WARN="5"))
        self.assertEqual([(x["kind"], x["known"], x["expected"]) for x in rows if x["type"] == "divergence"],
                         [("host-warn", "one", True), ("premature-eoi", None, True)])
        self.assertEqual(rows[-1]["known"], 1)

    def test_something_new_with_the_same_kind_check_and_function(self):
        out = self.campaign(GOOD, 10, FAKE_WARN="5,6")
        self.assertIn("first seen: run 6, known", out)
        self.assertIn("first seen: run 7, UNEXPECTED", out)

    def test_signature(self):
        for line, code in (("variants = 6.1 6.12*", 0), ("variants = 6.1", 10), ("classes = fixed", 0),
                           ("classes = broken", 10), ("scenarios = al*", 0), ("scenarios = beta", 10),
                           ("check = bug", 10), ("check = no-warn\nkind = host-warn", 0)):
            with self.subTest(line=line):
                text = GOOD.replace("kind = host-warn", "") + line + "\n"
                if "kind" not in line:
                    text += "kind = %s\n" % ("host-bug" if code and "check" in line else "host-warn")
                self.campaign(text, code, FAKE_WARN="5")

    def test_none(self):
        p = self.f.run("run", "alpha", "--known", "none", "--runs", "10")
        self.assertEqual(p.returncode, 0)
        self.assertEqual(self.f.run("known", "--known", "none").stdout, "")

    def test_list(self):
        folder = self.folder(GOOD)
        rows = json_lines(self.f.run("known", "--known", folder, "--json").stdout)
        self.assertEqual(rows[0]["explanation"], "Nothing at all, twice.")
        self.assertIn("one: made up", self.f.run("known", "--known", folder).stdout)


class Shipped(unittest.TestCase):
    def test_each_has_its_finding(self):
        with open(os.path.join(REPO, "docs/findings/README.md"), encoding="utf-8") as f:
            index = f.read()
        for name in os.listdir(os.path.join(REPO, "docs/findings")):
            self.assertIn("(%s)" % name if name != "README.md" else "", index)


if __name__ == "__main__":
    unittest.main()
