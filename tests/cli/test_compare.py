# SPDX-License-Identifier: GPL-2.0-only
"""lapicsim compare, on variants whose differences are made up (fake_run.c)."""

import glob
import shutil
import sqlite3
import tempfile
import time
import unittest

import fake


class CompareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake.fake()

    def compare(self, code, *words, **env):
        p = self.f.run("compare", *words, **env)
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return p

    def objects(self, code, *words, **env):
        """{type: [objects]}"""
        out = {}
        for o in fake.json_lines(self.compare(code, *words, "--json", **env).stdout):
            out.setdefault(o["type"], []).append(o)
        return out


class Classes(CompareTest):
    def test_fixed_and_still_there(self):
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "1000")
        rows = {r["kind"]: r for r in o["compared"]}
        bug, eoi = rows["host-bug"], rows["premature-eoi"]
        self.assertEqual((bug["class"], bug["sure"]), ("fixed", True))
        self.assertEqual(bug["only_base"], bug["in_base"]["runs"])
        self.assertGreater(bug["only_base"], 5)
        self.assertEqual((bug["only_variant"], bug["in_variant"]["runs"], bug["in_variant"]["of"]), (0, 0, 1000))
        self.assertAlmostEqual(bug["p"], 2 * 0.5 ** bug["only_base"], 8)
        self.assertIsNone(bug["in_variant"]["token"])
        self.assertIsNone(bug["in_variant"]["median"])
        self.assertLess(bug["in_base"]["low"], bug["only_base"] / 1000)
        self.assertGreater(bug["in_base"]["high"], bug["only_base"] / 1000)
        self.assertTrue(10 < bug["in_base"]["median"] < 100, bug)
        self.assertEqual((eoi["class"], eoi["only_base"], eoi["only_variant"], eoi["p"]), ("still there", 0, 0, 1))
        self.assertEqual(eoi["in_base"]["runs"], eoi["in_variant"]["runs"])
        [c] = o["comparison"]
        self.assertEqual((c["fixed"], c["still_there"], c["changed"], c["new"]), (1, 1, 0, 0))
        self.assertEqual(o["summary"][0]["exit"], 0)

    def test_new(self):
        """Nobody expects a host BUG on a fixed kernel, and the other way round it is expected there."""
        o = self.objects(10, "6.12-fixed", "6.1-unfixed", "alpha", "--runs", "1000")
        [bug] = [r for r in o["compared"] if r["kind"] == "host-bug"]
        self.assertEqual((bug["class"], bug["sure"], bug["only_base"]), ("new", True, 0))
        self.assertIn(bug["in_variant"]["token"], o["summary"][0]["again"])
        text = self.compare(10, "6.12-fixed", "6.1-unfixed", "alpha", "--runs", "1000").stdout
        self.assertIn("FAIL: 2,000 runs", text)
        self.assertEqual(text.splitlines()[-1], o["summary"][0]["again"])

    def test_expected_and_rare_is_not_sure(self):
        """One run that shows what the scenario expects may be chance: said, and no failure."""
        first = self.objects(10, "6.12-fixed", "6.1-unfixed", "alpha", "--runs", "1000")
        seed = int([r for r in first["compared"] if r["kind"] == "host-bug"][0]["in_variant"]["token"].split(":0x")[1], 16)
        o = self.objects(0, "6.12-fixed", "6.1-unfixed", "alpha", "--seeds", "%d-%d" % (seed, seed + 3))
        [bug] = [r for r in o["compared"] if r["kind"] == "host-bug"]
        self.assertEqual((bug["class"], bug["sure"], bug["in_variant"]["explained"]), ("new", False, True))
        self.assertEqual(o["comparison"][0]["new"], 0)
        text = self.compare(0, "6.12-fixed", "6.1-unfixed", "alpha", "--seeds", "%d-%d" % (seed, seed + 3)).stdout
        self.assertIn("1 new?", text)

    def test_same_variant_class_has_nothing(self):
        self.f.add_variant("6.12-again", "cccc0000", "fixed")
        text = self.compare(0, "6.12-fixed", "6.12-again", "alpha", "beta", "--runs", "300").stdout
        self.assertIn("0 fixed, 1 still there, 0 changed, 0 new", text)
        self.assertIn("0 of 600 pairs of runs differ", text)
        self.assertNotIn("the first pair that differs", text)

    def test_jobs_change_nothing(self):
        texts = {self.compare(0, "6.1-unfixed", "6.12-fixed", "alpha", "beta", "--runs", "400", "--jobs", n).stdout
                 for n in ("1", "3")}
        self.assertEqual(len(texts), 1)


class Behaviour(CompareTest):
    def test_counters_and_first_event(self):
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "500")
        [c] = o["comparison"]
        bugs = [r for r in o["compared"] if r["kind"] == "host-bug"][0]["in_base"]["runs"]
        # A run that the BUG ended is no measure of how much a run does.
        self.assertEqual((c["pairs"], c["differ"], c["cut"], c["other_order"]), (500, bugs, bugs, 0))
        rows = {b["counter"]: b for b in o["behaviour"]}
        self.assertEqual((rows["entries"]["in_base"], rows["entries"]["in_variant"]), ((500 - bugs) * 100,) * 2)
        self.assertEqual(rows["pv-armed"]["in_base"], (500 - bugs) * 7)
        self.assertGreater(len(rows), 30)
        [d] = o["first-difference"]
        self.assertEqual((d["scenario"], d["event"]), ("alpha", 1030))
        self.assertRegex(d["in_base"], r"^vCPU 0: entry with interrupt 0x3[01]$")
        self.assertEqual(d["in_variant"], "vCPU 0: exit HLT, qualification 0x0")
        self.assertTrue(d["base_token"].endswith(":" + d["seed"]))
        text = self.compare(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "500").stdout
        self.assertIn("at event 1030\n", text)
        self.assertIn("10300 ns: vCPU 0: exit HLT", text)
        self.assertIn("%s --trace=text --mark 1030" % d["variant_token"], text)
        self.assertIn("not counted: %d pairs" % bugs, text)

    def test_less_and_more(self):
        o = self.objects(0, "6.12-fixed", "6.1-unfixed", "alpha", "--runs", "200", FAKE_LESS="1", FAKE_NO_BUG="1")
        rows = {b["counter"]: b for b in o["behaviour"]}
        self.assertEqual((rows["entries"]["less"], rows["entries"]["more"]), (200, 0))
        self.assertLess(rows["entries"]["p"], 1e-50)
        self.assertEqual((rows["pv-armed"]["less"], rows["pv-armed"]["more"]), (0, 0))
        [c] = o["comparison"]
        self.assertEqual((c["other_order"], c["other_interrupts"], c["cut"]), (200, 0, 0))
        text = self.compare(0, "6.12-fixed", "6.1-unfixed", "alpha", "--runs", "200", FAKE_LESS="1",
                            FAKE_NO_BUG="1").stdout
        self.assertRegex(text, r"entries +20,000 +19,800 +-1.000 % +200 +0 +p < 0.0001")
        self.assertIn("200 pairs take the same ones in another order", text)


class Lines(CompareTest):
    def test_reached(self):
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", "--coverage-runs", "20")
        self.assertEqual([(l["side"], l["file"], l["line"], l["runs"], l["of"]) for l in o["patch-line"]],
                         [("base", "lapic.c", 7, 20, 20), ("variant", "lapic.c", 8, 3, 20),
                          ("variant", "lapic.c", 9, 0, 20)])
        self.assertIs(o["comparison"][0]["exercised"], True)
        words = o["patch-line"][2]["text"]
        self.assertIn("--base 6.1-unfixed --variant 6.12-fixed --runs 20 --first 0", words)
        self.assertIn("alpha.scn", words)

    def test_not_exercised(self):
        p = self.compare(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", FAKE_TOUCHED="0")
        self.assertIn("THIS PATCH WAS NOT EXERCISED", p.stdout)
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", FAKE_TOUCHED="0")
        self.assertIs(o["comparison"][0]["exercised"], False)

    def test_fails(self):
        o = self.objects(143, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", FAKE_TOUCHED="stop")
        self.assertEqual(143, o["summary"][0]["exit"])
        p = self.compare(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", FAKE_TOUCHED="fails")
        self.assertIn("could not be measured", p.stdout)
        self.assertIn("lapicsim: it fails", p.stderr)

    def test_not_wanted(self):
        p = self.compare(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "100", "--coverage-runs", "0")
        self.assertNotIn("lines that", p.stdout)


class Store(CompareTest):
    WORDS = ("6.1-unfixed", "6.12-fixed", "alpha", "beta", "--runs", "1500", "--jobs", "2")

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="lapicsim-compare-")
        self.addCleanup(shutil.rmtree, folder)
        self.store = folder + "/store.db"

    def select(self, sql):
        db = sqlite3.connect(self.store)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def stored(self):
        try:
            return self.select("SELECT sum(count) FROM range")[0][0]
        except sqlite3.OperationalError:    # not there yet
            return None

    def test_goes_on_after_a_kill(self):
        want = self.compare(0, *self.WORDS).stdout
        p = self.f.start("compare", *self.WORDS, "--store", self.store, FAKE_SLEEP_US="2000")
        while p.poll() is None and not self.stored():
            time.sleep(0.02)
        p.kill()
        p.communicate()
        [(had,)] = self.select("SELECT sum(count) FROM range")
        self.assertTrue(0 < had < 6000, had)
        p = self.compare(0, *self.WORDS, "--store", self.store)
        self.assertEqual(p.stdout, want)
        self.assertIn("has {:,} runs".format(had).replace(",", ""), p.stderr.replace(",", ""))
        # And once more, with nothing to run.
        p = self.compare(0, *self.WORDS, "--store", self.store)
        self.assertEqual(p.stdout, want)
        self.assertIn("has 6000 runs", p.stderr.replace(",", ""))

    def test_result_tables(self):
        self.compare(0, *self.WORDS, "--store", self.store)
        self.compare(0, *self.WORDS, "--store", self.store)
        rows = self.select("SELECT b.name, v.name, kind, compared.class, base_runs, variant_runs, only_base, p, token FROM compared"
                           " JOIN variant b ON b.id = base JOIN variant v ON v.id = variant")
        [bug] = [r for r in rows if r[2] == "host-bug"]
        self.assertEqual(len(rows), 2)
        self.assertEqual((bug[:2], bug[3], bug[5]), (("6.1-unfixed", "6.12-fixed"), "fixed", 0))
        self.assertEqual(bug[4], bug[6])
        self.assertLess(bug[7], 0.01)
        self.assertTrue(bug[8].startswith("v1:alpha@"))
        self.assertEqual(self.select("SELECT base_sum, variant_sum, less FROM behaviour WHERE counter = 'pv-armed'"),
                         [((3000 - bug[4]) * 7, (3000 - bug[4]) * 7, 0)])
        self.assertEqual(self.select("SELECT event, variant_event FROM first_difference"),
                         [(1030, "vCPU 0: exit HLT, qualification 0x0")])
        self.assertEqual(self.select("SELECT side, line, runs, sampled FROM patch_line ORDER BY line"),
                         [("base", 7, 20, 20), ("variant", 8, 3, 20), ("variant", 9, 0, 20)])

    def test_no_campaign_of_run_is_taken(self):
        run = ("run", "alpha", "beta", "--variant", "6.1-unfixed", "--variant", "6.12-fixed", "--runs", "1500")
        self.f.run(*run, "--store", self.store)
        p = self.compare(0, *self.WORDS, "--store", self.store)
        self.assertNotIn("has ", p.stderr)
        self.assertEqual(self.select("SELECT count(*) FROM campaign"), [(2,)])


class Trouble(CompareTest):
    def test_usage(self):
        for words in (("6.12-fixed",), ("6.12-fixed", "alpha"), ()):
            self.assertIn("needs a base", self.compare(1, *words).stderr)
        self.assertIn("named twice", self.compare(1, "6.12-fixed", "6.12-fixed", "alpha").stderr)

    def test_bad_names(self):
        self.assertIn('did you mean "6.12-fixed"?', self.compare(2, "6.12-fixd", "6.1-unfixed", "alpha").stderr)
        self.assertIn('did you mean "alpha"?', self.compare(2, "6.12-fixed", "6.1-unfixed", "alhpa").stderr)

    def test_all_scenarios(self):
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "--runs", "50")
        nr = len(glob.glob(self.f.path("scenarios/*.scn")))
        self.assertGreaterEqual(nr, 2)
        self.assertEqual(o["comparison"][0]["pairs"], 50 * nr)

    def test_trap_is_a_failure_of_the_harness(self):
        p = self.compare(6, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "50", FAKE_TRAP="7")
        self.assertIn("trapped", p.stdout)
        self.assertIn(":0x7", p.stdout.splitlines()[-1])
        o = self.objects(6, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "50", FAKE_TRAP="7")
        self.assertEqual({f["failure"] for f in o["failure"]}, {"trapped"})

    def test_worker_that_both_kill(self):
        o = self.objects(0, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "50", FAKE_CRASH="7")
        [died] = [r for r in o["compared"] if r["kind"] == "host-crash"]
        self.assertEqual((died["class"], died["in_base"]["runs"], died["in_variant"]["runs"]), ("still there", 1, 1))

    def test_limit(self):
        p = self.compare(5, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "50", FAKE_LIMIT="9")
        self.assertIn("INCONCLUSIVE", p.stdout)
        self.assertIn(":0x9", p.stdout.splitlines()[-1])

    def test_cut_short_is_not_fixed(self):
        """Runs that reach a limit on the variant do not say that the base's host BUG is gone."""
        everywhere = ",".join(str(i) for i in range(200))
        o = self.objects(5, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "200", FAKE_LIMIT=everywhere)
        [bug] = [r for r in o["compared"] if r["kind"] == "host-bug"]
        self.assertGreater(bug["in_base"]["runs"], 0)
        self.assertEqual((bug["class"], bug["only_base"], bug["p"]), ("none", 0, 1))
        self.assertEqual((bug["in_variant"]["runs"], bug["in_variant"]["of"]), (0, 0))
        self.assertEqual(o["comparison"][0]["fixed"], 0)
        text = self.compare(5, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "200", FAKE_LIMIT=everywhere).stdout
        self.assertRegex(text, r"host BUG .* no run ended\n")
        self.assertIn("0 of 0 runs, rate 0.00 % to 100.00 %", text)
        # Those that came to their end still do.
        o = self.objects(5, "6.1-unfixed", "6.12-fixed", "alpha", "--runs", "200", FAKE_LIMIT="0,1,2,3")
        [bug] = [r for r in o["compared"] if r["kind"] == "host-bug"]
        self.assertEqual(bug["class"], "fixed")
        self.assertTrue(196 <= bug["in_variant"]["of"] <= 199, bug)

    def test_names_are_not_cut(self):
        for name in ("rule-with-a-long-name-1", "rule-with-a-long-name-2"):
            self.f.add_variant(name, "cccc000" + name[-1], "pv-eoi-unfixed" if name[-1] == "1" else "fixed")
        text = self.compare(0, "rule-with-a-long-name-1", "rule-with-a-long-name-2", "alpha", "--runs", "200",
                            FAKE_NO_BUG="1", FAKE_LESS="1").stdout
        self.assertRegex(text, r" rule-with-a-long-name-1  rule-with-a-long-name-2 +change +less in")

    def test_mark(self):
        p = self.f.run("replay", "v1:alpha::0x1", "--mark", "5")
        self.assertEqual(p.returncode, 1)
        p = self.f.run("replay", "v1:alpha::0x1", "--mark", "5-6", "--trace=text")
        self.assertEqual(p.returncode, 1)


if __name__ == "__main__":
    unittest.main()
