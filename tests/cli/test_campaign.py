# SPDX-License-Identifier: GPL-2.0-only
"""Which runs a campaign has: fair, in a fixed order, whatever the jobs."""

import math
import os
import signal
import sqlite3
import subprocess
import unittest

from fake import fake, json_lines


class Case(unittest.TestCase):

    def setUp(self):
        self.fake = fake()
        self.path = self.fake.path("campaign-%s.db" % self.id().split(".")[-1])
        self.forget()

    def forget(self, path=None):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists((path or self.path) + suffix):
                os.unlink((path or self.path) + suffix)

    def query(self, sql, path=None):
        with sqlite3.connect(path or self.path) as db:
            return db.execute(sql).fetchall()

    def seeds(self, path=None):
        """{(scenario, variant): number of seeds}, each of them from 0 on without a gap."""
        found = {}
        for cell, scenario, variant in self.query(
                "SELECT cell.id, scenario.name, variant.name FROM cell JOIN scenario ON scenario.id = scenario"
                " JOIN variant ON variant.id = variant WHERE NOT canary", path):
            at = 0
            for first, count in self.query(
                    "SELECT first, count FROM range WHERE cell = %d ORDER BY first" % cell, path):
                self.assertEqual(at, first)
                at += count
            found[scenario, variant] = at
        return found

    def lines(self, p, kind):
        return [x for x in json_lines(p.stdout) if x["type"] == kind]


class Campaign(Case):

    def check_variants_alike(self, seeds):
        for (scenario, _), count in seeds.items():
            self.assertEqual({count}, {n for (s, _), n in seeds.items() if s == scenario})

    def test_a_time_ends_at_a_prefix_of_one_order(self):
        """Of two campaigns with a time, whatever their jobs, one contains the other."""
        sets = []
        for jobs, time in (("1", "1s"), ("4", "2s"), ("2", "1500ms")):
            self.forget()
            self.fake.run("run", "alpha", "beta", "--time", time, "--jobs", jobs, "--store", self.path,
                          FAKE_SLEEP_US="30")
            sets.append(self.seeds())
            self.check_variants_alike(sets[-1])
            few, many = sorted(sets[-1].values())[::len(sets[-1]) - 1]
            self.assertGreater(few, many // 2)
        for a in sets:
            for b in sets:
                self.assertTrue(all(a[k] <= b[k] for k in a) or all(a[k] >= b[k] for k in a), (a, b))
        self.assertGreater(len({tuple(s.items()) for s in sets}), 1)

    def quiet(self, jobs, *more, path=None, **env):
        return self.fake.run("run", "alpha", "beta", "--until-quiet=20000", "--jobs", jobs, "--json", "--store",
                             path or self.path, *more, **env)

    def test_until_quiet_does_not_depend_on_jobs(self):
        one = self.quiet("1")
        other = self.fake.path("campaign-quiet-four.db")
        self.forget(other)
        four = self.quiet("4", path=other)
        self.assertEqual(one.stdout, four.stdout)
        self.assertEqual(self.seeds(), self.seeds(other))
        self.check_variants_alike(self.seeds())
        self.assertIn("quiet: no further bucket in at least 20000 runs", one.stderr)
        runs = json_lines(one.stdout)[-1]["runs"]
        # All that there is to find comes within the first few hundred runs.
        self.assertTrue(20000 <= runs < 30000, runs)
        self.assertEqual([(20000,)], self.query("SELECT until_quiet FROM campaign"))

    def test_until_quiet_goes_on_after_a_late_bucket(self):
        early = self.quiet("2")
        self.forget()
        late = self.quiet("2", FAKE_WARN="4900")
        self.assertGreater(json_lines(late.stdout)[-1]["runs"], json_lines(early.stdout)[-1]["runs"])

    def test_until_quiet_interrupted_ends_the_same(self):
        whole = self.quiet("2")
        self.forget()
        p = self.fake.start("run", "alpha", "beta", "--until-quiet=20000", "--jobs", "2", "--json", "--store",
                            self.path, FAKE_SLEEP_US="60")
        while not (os.path.exists(self.path) and self.nr_ranges() > 3):
            self.assertIsNone(p.poll())
        p.send_signal(signal.SIGKILL)
        p.communicate()
        self.assertEqual(whole.stdout, self.quiet("2").stdout)
        # And once more: it finds that it had ended.
        self.assertEqual(whole.stdout, self.quiet("2").stdout)

    def nr_ranges(self):
        try:
            return self.query("SELECT count(*) FROM range")[0][0]
        except sqlite3.OperationalError:
            return 0

    def test_until_quiet_without_a_number(self):
        p = self.fake.run("run", "--until-quiet", "alpha", "--seeds", "0-99", "--json")
        self.assertEqual(200, json_lines(p.stdout)[-1]["runs"])
        p = self.fake.run("run", "alpha", "--until-quiet=0")
        self.assertEqual(1, p.returncode)
        self.assertRegex(p.stderr, "--until-quiet: must be at least 1")

    def test_only_seeds_can_be_cut(self):
        for option in ("--time=3s", "--until-quiet"):
            p = self.fake.run("run", "alpha", option, "--shard", "0/2")
            self.assertEqual(1, p.returncode)
            self.assertRegex(p.stderr, "--shard: only seeds can be cut into parts")

    def test_what_the_screen_shows_is_stored(self):
        p = self.fake.run("run", "alpha", "beta", "--seeds", "0-19999", "--store", self.path, "--jobs", "2",
                          FAKE_SLEEP_US="300", FAKE_WARN="40")
        line = next(x for x in p.stderr.splitlines() if "runs/s" in x)
        self.assertRegex(line, r"^lapicsim: 0:\d\d  [\d,]+/80,000 runs  0:\d\d left  4 new buckets, last 0:\d\d ago, "
                         r"\d known  \S+( k)? runs/s  \S+ [kM] events/s  simulated/real \d+\.\d{3}  "
                         r"slowest (alpha|beta), \d+\.\d{3} ms  \d+ workers$")
        rows = self.query("SELECT runs, events, virtual_ns, buckets, last_bucket_ns, slowest, slowest_ns, workers,"
                          " new_buckets, known_buckets, last_new_ns FROM series ORDER BY wall_ns")
        self.assertEqual(80000, rows[-1][0])
        self.assertEqual(self.query("SELECT sum(events), sum(virtual_ns) FROM range JOIN cell ON cell.id = cell"
                                    " WHERE NOT canary")[0], rows[-1][1:3])
        # Two scenarios on two variants: the warning on each; what else there is the scenarios expect.
        counts = self.query("SELECT count(*), sum(kind = 'host-warn' AND NOT expected), sum(expected) FROM bucket"
                            " JOIN cell ON cell.id = cell WHERE NOT canary")[0]
        self.assertEqual(counts, (rows[-1][3], *rows[-1][8:10]))
        self.assertEqual((4, counts[0]), (counts[1], counts[1] + counts[2]))
        self.assertGreater(rows[-1][4], 0)
        self.assertTrue(0 < rows[-1][10] <= rows[-1][4], rows[-1])
        self.assertIn(rows[-1][5], ("alpha", "beta"))
        self.assertGreater(rows[-1][6], 100000)
        self.assertGreater(max(r[7] for r in rows), 0)

    def test_what_is_known_is_not_counted_as_new(self):
        p = self.fake.run("run", "alpha", "--seeds", "0-19999", "--store", self.path, "--jobs", "2", FAKE_SLEEP_US="600")
        line = next(x for x in p.stderr.splitlines() if "runs/s" in x)
        self.assertRegex(line, r"  no new bucket, [1-9]\d* known  ")
        self.assertEqual([(0, True, None)], self.query("SELECT new_buckets, known_buckets = buckets AND buckets > 0,"
                                                       " last_new_ns FROM series ORDER BY wall_ns DESC LIMIT 1"))

    def test_new_buckets_of_another_session_are_counted(self):
        """But when the last of them came up, this one does not know."""
        words = ("run", "alpha", "--store", self.path, "--jobs", "2", "--time", "3s")
        first = self.fake.run(*words, FAKE_WARN="1", FAKE_SLEEP_US="600")
        self.assertEqual(10, first.returncode, first.stderr)
        p = self.fake.start(*words, "--time", "60s", FAKE_WARN="1", FAKE_SLEEP_US="600")
        line = next(x for x in p.stderr if "runs/s" in x)
        p.send_signal(signal.SIGTERM)
        p.communicate()
        self.assertRegex(line, r"  2 new buckets, \d+ known  ")

    # --- How sure.

    def test_zero_failure_bound(self):
        p = self.fake.run("run", "alpha", "beta", "--seeds", "0-499", "--json", "--store", self.path,
                          FAKE_LIMIT="3,4,5,6")
        ends = {(x["scenario"], x["variant"]): x["ends"]["complete"] for x in self.lines(p, "variant")}
        self.assertEqual(496, ends["alpha", "6.12-fixed"])
        self.assertLess(ends["alpha", "6.1-unfixed"], 496)
        for x in self.lines(p, "sure"):
            runs = ends[x["scenario"], x["variant"]]
            self.assertEqual(runs, x["runs"])
            self.assertAlmostEqual(1 - 0.05 ** (1 / runs), x["bound"], 6)
            self.assertEqual([(runs, x["clean"])], self.query(
                "SELECT runs, clean FROM certainty WHERE scenario = '%s' AND variant = '%s' AND abs(bound - %s) < 1e-6"
                % (x["scenario"], x["variant"], x["bound"])))
        text = self.fake.run("run", "alpha", "beta", "--seeds", "0-499", "--variant", "6.12-fixed").stdout
        self.assertRegex(text, r"how sure: per scenario, for seeds drawn uniformly, .*nothing follows for other scen")
        self.assertRegex(text, r"alpha on 6.12-fixed: a divergence that none of 500 runs showed has a rate below "
                         r"0\.5974 % \(95 %\)")

    def check_gone(self, x, shown, runs, clean):
        self.assertEqual((shown, runs, clean), (x["other_shown"], x["other_runs"], x["clean"]))
        low, tail = x["rate_low"], 0
        for i in range(shown):
            tail += math.comb(runs, i) * low ** i * (1 - low) ** (runs - i)
        self.assertAlmostEqual(0.025, 1 - tail, 5)
        self.assertLessEqual((1 - low) ** x["needed"], 0.025 * 1.0001)
        self.assertGreater((1 - low) ** (x["needed"] - 1), 0.025 * 0.9999)
        self.assertEqual(max(0, x["needed"] - clean), x["more"])

    def test_what_has_gone(self):
        p = self.fake.run("run", "alpha", "--seeds", "0-299", "--json", "--store", self.path)
        bug = next(x for x in self.lines(p, "divergence") if x["kind"] == "host-bug")
        self.assertEqual("6.1-unfixed", bug["variant"])
        gone = self.lines(p, "gone")
        self.assertEqual([("6.12-fixed", "host-bug", "bug", "6.1-unfixed")],
                         [(x["variant"], x["kind"], x["check"], x["other"]) for x in gone])
        self.check_gone(gone[0], bug["runs"], 300, 300)
        self.assertEqual([(bug["runs"], 300, 300, gone[0]["needed"], gone[0]["more"])], self.query(
            "SELECT other_shown, other_runs, clean, needed, more FROM gone"))
        text = self.fake.run("run", "alpha", "--seeds", "0-299").stdout
        self.assertRegex(text, r"host BUG \[bug\] apic_sync_pv_eoi_from_guest\(\)  alpha on 6.12-fixed: in %d of 300 "
                         r"runs of 6.1-unfixed, in none of 300 here; [\d,]+ more clean runs until" % bug["runs"])

    def test_one_slice_has_gone_and_another_not(self):
        """A bucket is more than its check: what the other variant shows of the same check does not hide it."""
        env = {"FAKE_OTHER": "2,3,5,8,13,21,34", "FAKE_NO_BUG": "1"}
        words = ("run", "alpha", "--seeds", "0-299", "--json", "--store", self.path)
        p = self.fake.run(*words, **env)
        self.assertIn(("6.12-fixed", "isr-premature"), {(x["variant"], x["check"]) for x in self.lines(p, "divergence")})
        gone = self.lines(p, "gone")
        self.assertEqual([("6.12-fixed", "premature-eoi", "isr-premature", "an other one,", 7)],
                         [(x["variant"], x["kind"], x["check"], x["slice"], x["other_shown"]) for x in gone])
        self.check_gone(gone[0], 7, 300, 300)
        self.assertEqual([("isr-premature", "an other one,")], self.query("SELECT check_name, slice FROM gone"))
        self.assertRegex(self.fake.run(*words[:4], **env).stdout,
                         r"premature EOI \[isr-premature\] an other one,  alpha on 6.12-fixed: in 7 of 300")
        # Of another campaign in the store the same.
        later = self.fake.run("run", "alpha", "--seeds", "300-599", "--json", "--store", self.path, *("--variant", "6.12-fixed"),
                              **env)
        self.assertEqual(["an other one,"], [x["slice"] for x in self.lines(later, "gone")])

    def test_what_has_gone_since_another_campaign(self):
        words = ("run", "alpha", "--json", "--store", self.path)
        first = self.fake.run(*words, "--seeds", "0-999", "--variant", "6.1-unfixed")
        self.assertEqual([], self.lines(first, "gone"))
        bug = next(x for x in self.lines(first, "divergence") if x["kind"] == "host-bug")
        second = self.fake.run(*words, "--seeds", "1000-1999", "--variant", "6.12-fixed")
        gone = self.lines(second, "gone")
        self.assertEqual(["host-bug"], [x["kind"] for x in gone])
        self.check_gone(gone[0], bug["runs"], 1000, 1000)
        self.assertEqual(0, gone[0]["more"])
        # The variant itself, on few seeds that do not show it: that is no fix.
        third = self.fake.run(*words, "--seeds", "0-3", "--variant", "6.1-unfixed")
        self.assertNotIn("host-bug", {x["kind"] for x in self.lines(third, "divergence")})
        self.assertEqual([], self.lines(third, "gone"))

    def test_of_two_campaigns_the_longer_says_what_has_gone(self):
        """Not both, which might not agree: whether it has gone or not, and in whatever order they came."""
        words = ("run", "alpha", "--json", "--store", self.path, "--seeds")
        counts = {}
        for runs, most in ((60, 60), (1000, 1000), (200, 1000)):
            p = self.fake.run(*words, "0-%d" % (runs - 1))
            bug = next(x for x in self.lines(p, "divergence") if x["kind"] == "host-bug")
            counts[runs] = bug["runs"]
            gone, = self.lines(p, "gone")
            self.check_gone(gone, counts[most], most, runs)
            self.assertEqual([(counts[most], most, runs, gone["needed"], gone["more"])], self.query(
                "SELECT other_shown, other_runs, clean, needed, more FROM gone WHERE campaign ="
                " (SELECT max(id) FROM campaign)"))

    # --- Pairs of operations.

    PAIRS = ("run", "alpha", "--seeds", "0-9999", "--json", "--variant", "6.12-fixed")

    def test_pair_states_are_counted_to_three(self):
        p = self.fake.run(*self.PAIRS, "--store", self.path)
        x = self.lines(p, "sure")[0]
        self.assertTrue(500 < x["sampled"] < 750)
        self.assertEqual([(x["sampled"], x["pairs"], x["f1"], x["f2"])], self.query(
            "SELECT sampled, pairs, f1, f2 FROM sure"))
        self.assertEqual([(x["pairs"], x["f1"], x["f2"], 3)], self.query(
            "SELECT count(*), sum(runs = 1), sum(runs = 2), max(runs) FROM pair"))
        sampled, sightings = self.query("SELECT sum(sampled), sum(pairs) FROM range")[0]
        self.assertEqual(x["sampled"], sampled)
        self.assertAlmostEqual(x["f1"] / sightings, x["unseen"], 6)
        self.assertAlmostEqual((sampled - 1) / sampled * x["f1"] * (x["f1"] - 1) / (2 * (x["f2"] + 1)), x["hidden"], 3)
        self.assertEqual([("cli", "mov ss", "if", 3)], self.query(
            "SELECT previous, operation, state, runs FROM pairs WHERE operation = 'mov ss'"))
        self.assertEqual({"no vcpu"}, {s for s, in self.query("SELECT state FROM pairs WHERE operation = 'cli'")})

    def test_pair_states_do_not_depend_on_jobs_interruptions_or_shards(self):
        whole = self.fake.run(*self.PAIRS).stdout
        for _ in range(3):
            p = self.fake.start(*self.PAIRS, "--store", self.path, FAKE_SLEEP_US="100")
            try:
                p.communicate(timeout=0.5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.communicate()
        self.assertEqual(whole, self.fake.run(*self.PAIRS, "--store", self.path, "--jobs", "3").stdout)
        parts = [self.path + ".%d" % k for k in range(3)]
        for k, part in enumerate(parts):
            self.forget(part)
            self.fake.run(*self.PAIRS, "--store", part, "--shard", "%d/3" % k)
        self.forget()
        self.fake.run("merge", self.path, *parts)
        self.assertEqual(whole, self.fake.run(*self.PAIRS, "--store", self.path).stdout)


class Canary(Case):
    """A variant that is broken on purpose, in the background."""

    WORDS = ("run", "alpha", "beta", "--seeds", "0-29999", "--json")  # 120,000 runs, 1,200 of the canary

    def run_stored(self, *more, **env):
        return self.fake.run(*self.WORDS, "--store", self.path, "--variant", "6.1-unfixed", "--variant", "6.12-fixed",
                             *more, **env)

    def canary(self):
        return self.query("SELECT state, variant, scenario, runs, shown, text FROM canary")[0]

    def test_is_found_and_is_not_in_the_results(self):
        without = self.fake.run(*self.WORDS, "--variant", "6.1-unfixed", "--variant", "6.12-fixed")
        one = self.run_stored("--jobs", "1")
        line = self.lines(one, "canary")[0]
        self.assertEqual(("canary-6.1-unfixed", "canary", "found", 1200),
                         (line["variant"], line["scenario"], line["state"], line["runs"]))
        self.assertTrue(3 < line["shown"] < 25)
        self.assertEqual(("found", "canary-6.1-unfixed", "canary", 1200, line["shown"]), self.canary()[:5])
        self.assertEqual(without.stdout, "".join(
            x + "\n" for x in one.stdout.splitlines() if '"type":"canary"' not in x))
        self.assertEqual(without.returncode, one.returncode)
        self.assertEqual([(120000,)], self.query("SELECT sum(runs) FROM runs"))
        self.assertEqual([(0,)], self.query("SELECT count(*) FROM buckets WHERE variant LIKE 'canary%'"))
        self.assertEqual([("on",)], self.query("SELECT canary FROM session"))
        self.forget()
        self.assertEqual(one.stdout, self.run_stored("--jobs", "4").stdout)
        # Everything is there: nothing runs again.
        self.assertEqual(one.stdout, self.run_stored().stdout)
        self.assertEqual([(1200,)], self.query("SELECT sum(count) FROM range JOIN cell ON cell.id = cell WHERE canary"))

    def test_that_is_not_found_is_said_loudly(self):
        p = self.run_stored(FAKE_BLIND="1")
        self.assertEqual(6, p.returncode)
        self.assertEqual(["missed"], [x["state"] for x in self.lines(p, "canary")])
        self.assertRegex(self.canary()[-1], "CANARY NOT FOUND: canary-6.1-unfixed breaks KVM on purpose, and 1,200 runs")
        self.assertEqual("lapicsim run canary --variant canary-6.1-unfixed --seeds 0-1199",
                         json_lines(p.stdout)[-1]["again"])
        text = self.fake.run(*self.WORDS[:-1], "--store", self.path, "--variant", "6.1-unfixed", "--variant",
                             "6.12-fixed")
        self.assertEqual(6, text.returncode)
        self.assertIn("\nCANARY NOT FOUND: ", text.stdout)
        self.assertEqual("lapicsim run canary --variant canary-6.1-unfixed --seeds 0-1199",
                         text.stdout.splitlines()[-1])

    def test_that_cannot_run_is_said_loudly(self):
        p = self.run_stored("--canary", "6.12-fixed", "--seeds", "0-29999")
        self.assertEqual(6, p.returncode)  # which is not broken, and so is not found
        p = self.fake.run(*self.WORDS, "--store", self.path, "--canary", "nobody")
        self.assertEqual(2, p.returncode)
        self.assertRegex(p.stderr, 'canary: there is no variant "nobody"')

    def test_too_short_to_tell(self):
        p = self.fake.run("run", "alpha", "--seeds", "0-999", "--store", self.path)
        self.assertIn("\ncanary: too short to tell\n", p.stdout)
        self.assertEqual(("short", "", "", 0, 0, "canary: too short to tell"), self.canary())
        self.assertEqual([("short",)], self.query("SELECT canary FROM session"))
        self.assertNotIn("the canary of this campaign", p.stderr)

    def test_neither_expected_nor_overdue(self):
        # 45,000 runs: 450 of the canary, between 299 (95 %) and 690.
        p = self.fake.run("run", "alpha", "--seeds", "0-22499", "--store", self.path, FAKE_BLIND="1")
        self.assertIn("canary: late, canary-6.1-unfixed has not shown itself in 450 runs; 690 must do", p.stdout)
        self.assertEqual("late", self.canary()[0])
        self.assertNotEqual(6, p.returncode)

    def test_off(self):
        p = self.run_stored("--no-canary")
        self.assertEqual([], self.lines(p, "canary"))
        self.assertEqual(("off", "", "", 0, 0, "canary: off"), self.canary())
        self.assertEqual([("off",)], self.query("SELECT canary FROM session"))
        p = self.run_stored("--no-canary", "--canary", "x")
        self.assertEqual(1, p.returncode)

    def test_of_shards_is_that_of_the_whole(self):
        whole = self.run_stored()
        parts = [self.path + ".%d" % k for k in range(3)]
        for k, part in enumerate(parts):
            self.forget(part)
            self.fake.run(*self.WORDS, "--store", part, "--variant", "6.1-unfixed", "--variant", "6.12-fixed",
                          "--shard", "%d/3" % k)
        self.forget()
        self.assertEqual(0, self.fake.run("merge", self.path, *parts).returncode)
        merged = self.run_stored()
        self.assertEqual(whole.stdout, merged.stdout)
        self.assertIn("has 120000 runs", merged.stderr)
        self.assertNotIn("repeated, 0", merged.stdout)

    def test_follows_until_quiet_too(self):
        p = self.fake.run("run", "alpha", "--until-quiet=50000", "--json", "--store", self.path)
        runs = json_lines(p.stdout)[-1]["runs"]
        self.assertEqual(runs // 100, self.lines(p, "canary")[0]["runs"])

    def test_is_not_among_all_that_are_built(self):
        p = self.fake.run("run", "alpha", "--seeds", "0-9", "--json")
        self.assertEqual({"6.1-unfixed", "6.12-fixed"}, {x["variant"] for x in self.lines(p, "variant")})


if __name__ == "__main__":
    unittest.main()
