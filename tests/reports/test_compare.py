# SPDX-License-Identifier: GPL-2.0-only
"""The report of a campaign of lapicsim compare: it judges as compare does, and has all of its tables."""

import csv
import io
import os
import re
import sqlite3
import unittest
import xml.etree.ElementTree

import stores

import words


def rows(folder, name):
    return list(csv.DictReader(io.StringIO(stores.read(folder, name))))


def one_line(text):
    return " ".join(text.replace("\u00a0", " ").split())


class Compare(unittest.TestCase):

    def setUp(self):
        self.folder = stores.folder()
        self.addCleanup(self.folder.cleanup)
        self.store = stores.compared(os.path.join(self.folder.name, "compared.db"))
        self.output = os.path.join(self.folder.name, "out")

    def change(self, *statements):
        with sqlite3.connect(self.store) as db:
            for statement in statements:
                db.execute(statement)
        db.close()

    def report(self, *words):
        p = stores.report(self.store, self.output, *words)
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        return p.stdout

    def text(self, name="report.txt"):
        return one_line(stores.read(self.output, name))

    def test_what_is_new_fails(self):
        self.assertIn("FAIL 1 divergence that before does not show. No run reached a line that idle changes: of that "
                      "patch this says nothing.", self.report())
        text = self.text()
        self.assertIn("lapicsim replay v1:alpha@abcd1234:worse@0123456789abcdef:0x2bd", text)
        for said in ("New: not on before.", "before shows it, too, or alone; nothing in known/ explains it.",
                     "fix against before", "100 of 2,000 pairs of runs differ",
                     "In 4 guests take the same interrupts in another order, in 50 others.",
                     "3 pairs in which a run did not come to its end are left out below.",
                     "Rate on before 0.48 % to 1.1 %; Rate on fix 0 % to 0.27 %; First seen after 80, -; Only before 12; "
                     "Only fix 0; p 0.0005; So it is fixed",
                     "before 1,000; fix 905; Change -9.500 %; Less in 30; More in 9; p 0.0039",
                     "The first pair that differs: alpha, seed 0x9, at event 68. before: divergence: host BUG. fix: vCPU 0: "
                     "entry.", "fix changes or adds 5 lines and changes or removes 2 of before; 4 of them are code, and runs "
                     "reached 3.", "None of the 2,000 pairs of runs differs: the same events throughout."):
            self.assertIn(said, text)
        self.assertIn("    lapicsim replay v1:alpha@abcd1234:fix@0123456789abcdef:0x9 --trace=text --mark 68\n",
                      stores.read(self.output, "report.txt"))

    def test_machines_hear_the_same(self):
        self.report()
        root = xml.etree.ElementTree.fromstring(stores.read(self.output, "junit.xml"))
        self.assertEqual([("worse", "alpha")], [(case.get("classname").removeprefix("lapicsim."), case.get("name"))
                                                for case in root.iter("testcase") if case.findall("failure")])
        ktap = stores.read(self.output, "results.ktap")
        self.assertEqual([("ok", "before"), ("ok", "fix"), ("not ok", "worse"), ("ok", "idle")],
                         re.findall(r"^(ok|not ok) \d+ (\w+)$", ktap, re.M), "the base comes first")
        self.assertEqual({("new", "worse"), ("base", "worse"), ("base", "before"), ("base", "idle")},
                         {(r["status"], r["variant"]) for r in rows(self.output, "buckets.csv")})

    def test_files(self):
        self.report()
        with sqlite3.connect(self.store) as db:
            kept = db.execute("SELECT a.name, b.name, kind, compared.class, base_runs, variant_runs, printf('%.6g', p) FROM compared"
                              " JOIN variant a ON a.id = base JOIN variant b ON b.id = compared.variant").fetchall()
        db.close()
        self.assertEqual(sorted(kept), sorted(
            (r["base"], r["variant"], r["kind"], r["class"], int(r["base_runs"]), int(r["variant_runs"]), r["p"])
            for r in rows(self.output, "compared.csv")))
        self.assertEqual(12, len(rows(self.output, "behaviour.csv")))
        lines = rows(self.output, "patch-lines.csv")
        self.assertEqual(12, len(lines))
        self.assertEqual({"side": "base", "runs": "17", "line": "103"},
                         {k: lines[3][k] for k in ("side", "runs", "line")})

    def test_what_is_only_fixed_passes(self):
        """Also where the base shows what nobody expected, and where the scenario says that it always comes."""
        self.change("DELETE FROM compared WHERE variant IN (2, 3)", "DELETE FROM behaviour WHERE variant IN (2, 3)",
                    "DELETE FROM patch_line WHERE variant IN (2, 3)", "DELETE FROM bucket WHERE kind = 'lost-interrupt'",
                    "UPDATE scenario SET text = '[limits]\nenough_runs = 5\n[expect]\ndefault = always lost-eoi\n'")
        self.assertIn("PASS Nothing that before does not show.\n", self.report())
        self.assertNotIn("not exercised", self.text())

    def test_what_is_known_and_comes_by_chance_is_not_new(self):
        self.change("UPDATE bucket SET known = 'tpr-livelock' WHERE kind = 'lost-interrupt'",
                    "UPDATE compared SET known = 'tpr-livelock', class = 'new?' WHERE class = 'new'")
        self.assertIn("PASS Nothing that before does not show.", self.report())
        self.assertIn("1 new?", self.text())

    def test_what_is_known_and_comes_too_often_is_new(self):
        self.change("UPDATE bucket SET known = 'tpr-livelock' WHERE kind = 'lost-interrupt'",
                    "UPDATE compared SET known = 'tpr-livelock' WHERE class = 'new'")
        self.assertIn("FAIL 1 divergence that before does not show.", self.report())
        self.assertIn("It is explained in known/tpr-livelock.known, and comes more often than chance has it.", self.text())

    def test_not_exercised(self):
        self.report()
        for name in ("report.html", "report.md", "report.txt"):
            text = re.sub("<[^>]*>", "", self.text(name)).replace("*", "")
            self.assertIn("This patch was not exercised: no run reached a line that it changes.", text, name)
            self.assertEqual(1, text.count("This patch was not exercised"), "only of the variant of which it is true")
        self.change("UPDATE comparison SET code_lines = 0 WHERE reached = 0")
        self.report()
        self.assertIn("This patch was not exercised: no line that it changes is compiled to code here.", self.text())

    def test_lines_were_not_measured(self):
        self.change("UPDATE comparison SET reached = NULL, code_lines = NULL, base_changed = NULL, variant_changed = NULL",
                    "DELETE FROM patch_line")
        self.report()
        text = self.text()
        self.assertIn("Which of the changed lines were executed was not measured.", text)
        self.assertNotIn("not exercised", text)

    def test_a_store_from_before_there_were_sums(self):
        self.change("DROP TABLE comparison")
        self.report()
        self.assertIn("How many pairs of runs differ is not in this store.", self.text())

    def test_an_interrupted_comparison(self):
        """Its tables are empty: it is a campaign like others."""
        self.change(*("DELETE FROM " + t for t in ("comparison", "compared", "behaviour", "first_difference",
                                                   "patch_line")))
        self.assertIn("divergences that nobody expected", self.report())
        self.assertFalse(os.path.exists(os.path.join(self.output, "compared.csv")))

    def test_damaged(self):
        for i, statement in enumerate(("UPDATE behaviour SET variant = 99", "UPDATE compared SET p = 'x'",
                                       "UPDATE compared SET variant = 77", "UPDATE patch_line SET line = 'x'")):
            with self.subTest(statement):
                self.store = stores.compared(os.path.join(self.folder.name, "%d.db" % i))
                self.change(statement)
                p = stores.report(self.store, self.output)
                self.assertEqual((2, ""), (p.returncode, p.stdout), p.stderr)
                self.assertRegex(p.stderr, r"\Alapicsim: [^\n]+\n\Z")


class Words(unittest.TestCase):
    def test_counters_are_those_of_the_simulator(self):
        found = {}
        for path, pattern in (("sim/run_counters.h", r'X\([A-Z_]+, "([a-z-]+)", "([^"]+)"\)'),
                              ("sim/cmd/comparison.c", r'\[COMPARISON_[A-Z]+\] = \{ "(\w+)", "([^"]+)" \}')):
            with open(os.path.join(stores.REPO, path), encoding="utf-8") as f:
                found.update(re.findall(pattern, f.read()))
        self.assertEqual(found, words.COUNTERS)


if __name__ == "__main__":
    unittest.main()
