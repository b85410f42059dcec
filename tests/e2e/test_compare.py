# SPDX-License-Identifier: GPL-2.0-only
"""compare, try and bisect on real kernels.

Needs the variants 6.12, 6.1, 6.1-unfixed and 6.1-oldest in $LAPICSIM_BUILD; the history that is
tried and bisected is made of 6.12's unpacked tree, and goes with the test.
"""

import csv
import filecmp
import json
import os
import shutil
import tempfile
import unittest

from history import History
from test_race import BUILD, lapicsim


def objects(done):
    """{type: [objects]}"""
    out = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        out.setdefault(row["type"], []).append(row)
    return out


class Compare(unittest.TestCase):
    def test_the_fix_fixes_and_leaves_what_it_leaves(self):
        done = lapicsim("compare", "6.1-unfixed", "6.1", "pv-eoi-disable", "--seeds", "0-999", "--coverage-runs", "0",
                        "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = objects(done)
        found = {r["check"]: r for r in rows["compared"]}
        bug, page = found["bug"], found["isr-premature-page-away"]
        self.assertEqual((bug["class"], bug["sure"], bug["only_variant"]), ("fixed", True, 0))
        self.assertEqual((page["class"], page["only_base"], page["only_variant"]), ("still there", 0, 0))
        # The fix does nothing but where the BUG was: no other pair of runs differs.
        [c] = rows["comparison"]
        self.assertEqual((c["differ"], c["pairs"]), (bug["only_base"], 1000))
        [d] = rows["first-difference"]
        self.assertEqual(d["in_base"], "divergence: host BUG")
        done = lapicsim("replay", d["base_token"], "--trace=text", "--mark", str(d["event"]))
        lines = done.stdout.splitlines()
        [mark] = [i for i, line in enumerate(lines) if "mark: event %d" % d["event"] in line]
        self.assertIn("divergence: host BUG", lines[mark + 1])

    def test_the_other_way_round_is_new(self):
        done = lapicsim("compare", "6.1", "6.1-unfixed", "pv-eoi-disable", "--seeds", "0-999", "--coverage-runs", "0",
                        "--json")
        self.assertEqual(done.returncode, 10, done.stderr)
        [bug] = [r for r in objects(done)["compared"] if r["check"] == "bug"]
        self.assertEqual((bug["class"], bug["sure"]), ("new", True))

    def test_the_report_has_its_tables(self):
        """What lapicsim report makes of the store is what compare said."""
        folder = tempfile.mkdtemp(prefix="lapicsim-compared-")
        self.addCleanup(shutil.rmtree, folder)
        done = lapicsim("compare", "6.1-unfixed", "6.1", "pv-eoi-disable", "--seeds", "0-299", "--coverage-runs", "8",
                        "--json", "--store", folder + "/c.db")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = objects(done)
        report = lapicsim("report", folder + "/c.db", "--output", folder, "--replays", "0")
        self.assertEqual((report.returncode, report.stderr), (0, ""))
        self.assertIn("report.html: PASS Nothing that 6.1-unfixed does not show.", report.stdout)

        def rows(name):
            with open("%s/%s.csv" % (folder, name), encoding="utf-8") as f:
                return list(csv.DictReader(f))
        self.assertEqual([(r["check"], r["class"], r["only_base"], r["only_variant"], r["pairs"], r["base_runs"], r["p"])
                          for r in rows("compared")],
                         [(r["check"], r["class"], str(r["only_base"]), str(r["only_variant"]), str(r["pairs"]),
                           str(r["in_base"]["runs"]), "%.6g" % r["p"]) for r in said["compared"]])
        self.assertEqual([(r["counter"], r["base_sum"], r["variant_sum"], r["less"], r["more"])
                          for r in rows("behaviour")],
                         [(r["counter"], str(r["in_base"]), str(r["in_variant"]), str(r["less"]), str(r["more"]))
                          for r in said["behaviour"]])
        self.assertEqual([(r["side"], r["file"], r["line"], r["runs"], r["of"], r["text"].lstrip("'"))
                          for r in rows("patch-lines")],
                         [(r["side"], r["file"], str(r["line"]), str(r["runs"]), str(r["of"]), r["text"])
                          for r in said["patch-line"]])
        with open(folder + "/report.txt", encoding="utf-8") as f:
            text = f.read()
        [first], [total] = said["first-difference"], said["comparison"]
        for token in (first["base_token"], first["variant_token"]):
            self.assertIn("    lapicsim replay %s --trace=text --mark %d\n" % (token, first["event"]), text)
        self.assertIn("%d of %d pairs of runs differ" % (total["differ"], total["pairs"]), " ".join(text.split()))

    def test_itself(self):
        """What is compared with a copy of itself has no difference anywhere."""
        shutil.copytree(BUILD + "/variants/6.12", BUILD + "/variants/6.12-copy", dirs_exist_ok=True)
        self.addCleanup(shutil.rmtree, BUILD + "/variants/6.12-copy")
        done = lapicsim("compare", "6.12", "6.12-copy", "pv-eoi-plain", "pv-eoi-page-away", "timer-modes", "nmi",
                        "--seeds", "0-49", "--coverage-runs", "0", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = objects(done)
        self.assertEqual((rows["comparison"][0]["pairs"], rows["comparison"][0]["differ"]), (200, 0))
        self.assertTrue(all(b["less"] == b["more"] == 0 and b["in_base"] == b["in_variant"] for b in rows["behaviour"]))
        counts = {b["counter"]: b["in_base"] for b in rows["behaviour"]}
        for key in ("entries", "injected", "pv-armed", "pv-acked", "eois", "kicks", "wakes", "nmis", "exit-hlt",
                    "exit-apic-access", "exit-msr-write"):
            self.assertGreater(counts[key], 0, key)
        self.assertEqual(counts["entries"], counts["exits"])
        self.assertEqual(sum(n for k, n in counts.items() if k.startswith("exit-")), counts["exits"])


class Revisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(BUILD + "/variants/6.12/manifest.json", encoding="utf-8") as f:
            tree = json.load(f)["source_root"]
        cls.folder = tempfile.mkdtemp(prefix="lapicsim-history-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.h = h = History(tree, cls.folder)
        h.add("first", "arch/x86/kvm/irq.c", "/* one */\n")
        h.add("not compiled", "README", "text\n")
        h.add("does not build", "arch/x86/kvm/irq_comm.c", "int x = ;\n")
        h.undo("builds again")
        h.rule("bug", "drop-nth")
        h.add("another", "arch/x86/kvm/irq.c", "/* two */\n")
        h.add("last", "arch/x86/kvm/lapic.h", "/* three */\n")

    def test_1_try_says_what_is_new_and_what_was_executed(self):
        done = lapicsim("try", "--git", self.folder, "--rev", self.h.commits["bug"], "pv-eoi-plain", "--seeds", "0-49",
                        "--coverage-runs", "10", "--json")
        names = ["rev-" + self.h.commits[n][:12] for n in ("builds again", "bug")]
        for name in names:
            self.addCleanup(lapicsim, "variant", "remove", name)
        self.assertEqual(done.returncode, 10, done.stderr)
        rows = objects(done)
        [lost] = [r for r in rows["compared"] if r["kind"] == "lost-interrupt" and r["check"] == "irr-lost"]
        self.assertEqual((lost["base"], lost["variant"], lost["class"]), (*names, "new"))
        [line] = [p for p in rows["patch-line"] if p["side"] == "variant"]
        self.assertEqual((line["file"], line["runs"], line["of"]), ("arch/x86/kvm/lapic.h", 10, 10))
        self.assertIs(rows["comparison"][0]["exercised"], True)
        type(self).token = lost["in_variant"]["token"]

    def test_2_bisect_finds_the_commit(self):
        h = self.h
        done = lapicsim("bisect", "--git", self.folder, "--good", h.commits["base"], "--bad", "HEAD", self.token,
                        "--check", "irr-lost")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], h.commits["bug"] + " is the first bad commit")
        self.assertIn("    bug", done.stdout.splitlines())
        self.assertEqual(h.git("status", "--porcelain"), "")


class Packages(unittest.TestCase):
    """From today's 6.1 back to the oldest that the mirror has, some files at a time: which brings the BUG?"""

    @staticmethod
    def tree(variant):
        with open("%s/variants/%s/manifest.json" % (BUILD, variant), encoding="utf-8") as f:
            return json.load(f)["source_root"]

    def setUp(self):
        self.now, self.old = self.tree("6.1"), self.tree("6.1-oldest")
        self.folder = tempfile.mkdtemp(prefix="lapicsim-packages-")
        self.addCleanup(shutil.rmtree, self.folder)

    def differ(self, *under):
        """Files below folders that both trees have, and that are not the same."""
        for top in under:
            for place, _, names in sorted(os.walk(os.path.join(self.now, top))):
                for name in sorted(names):
                    rel = os.path.relpath(os.path.join(place, name), self.now)
                    old = os.path.join(self.old, rel)
                    if os.path.isfile(old) and not filecmp.cmp(os.path.join(self.now, rel), old, shallow=False):
                        yield rel

    def test_bisect_between_two_packages(self):
        scenario = "pv-eoi-slot-delete"
        done = lapicsim("run", scenario, "--variant", "6.1-oldest", "--seeds", "0-199", "--json")
        bugs = [r for r in objects(done)["divergence"] if r["check"] == "bug"]
        if not bugs:
            self.skipTest("the oldest package of the mirror has the fix")
        h = History(self.now, self.folder)
        lapic = "arch/x86/kvm/lapic.c"
        # x86.c and kvm_main.c agree with each other and with headers: an old one of them runs no vCPU.
        apart = [rel for rel in self.differ("arch/x86/kvm", "virt/kvm") if rel.endswith(".c") and rel != lapic
                 and os.path.dirname(rel) in ("arch/x86/kvm", "virt/kvm") and os.path.basename(rel) not in
                 ("x86.c", "kvm_main.c")]
        self.assertGreater(len(apart), 2)
        for rel in (*apart[::2], lapic, *apart[1::2]):
            h.bring(rel, self.old, rel)
        h.bring("headers, and what needs them", self.old, *self.differ("arch/x86", "include", "virt"))
        done = lapicsim("bisect", "--git", self.folder, "--good", h.commits["base"], "--bad", "HEAD", bugs[0]["token"],
                        "--check", "bug", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(rows[-1]["first_bad"], h.commits[lapic], done.stderr)
        # The ends, and of the commits between them those that halve what is left; one that does not build costs one more.
        steps = [r["verdict"] for r in rows if r["type"] == "step"]
        halvings = (len(h.commits) - 2).bit_length()
        self.assertLessEqual(len(steps), 2 + halvings + steps.count("skip"), rows)


if __name__ == "__main__":
    unittest.main()
