# SPDX-License-Identifier: GPL-2.0-only
"""Which runs a campaign has: fair, in a fixed order, whatever the jobs."""

import os
import signal
import sqlite3
import unittest

from fake import fake, json_lines


class Campaign(unittest.TestCase):

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
        self.assertIn("quiet: no new bucket in at least 20000 runs", one.stderr)
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
        p = self.fake.run("run", "alpha", "beta", "--seeds", "0-19999", "--store", self.path, FAKE_SLEEP_US="150")
        line = next(x for x in p.stderr.splitlines() if "runs/s" in x)
        self.assertRegex(line, r"^lapicsim: 0:\d\d  [\d,]+/80,000 runs  \S+( k)? runs/s  \S+ [kM] events/s  "
                         r"simulated/real \d+\.\d{3}  \d+ new buckets, last 0:\d\d ago  "
                         r"slowest (alpha|beta), 0\.\d{3} ms  \d+ workers  0:\d\d left$")
        rows = self.query("SELECT runs, events, virtual_ns, buckets, last_bucket_ns, slowest, slowest_ns, workers"
                          " FROM series ORDER BY wall_ns")
        self.assertEqual(80000, rows[-1][0])
        self.assertEqual(self.query("SELECT sum(events), sum(virtual_ns) FROM range")[0], rows[-1][1:3])
        self.assertEqual(self.query("SELECT count(*) FROM bucket")[0][0], rows[-1][3])
        self.assertGreater(rows[-1][4], 0)
        self.assertIn(rows[-1][5], ("alpha", "beta"))
        self.assertGreater(rows[-1][6], 100000)
        self.assertGreater(max(r[7] for r in rows), 0)


if __name__ == "__main__":
    unittest.main()
