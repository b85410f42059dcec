# SPDX-License-Identifier: GPL-2.0-only
"""The canary on real kernels: as rare as its scenario says, and found by a campaign.

Needs the variants 6.12 and 6.1 in $LAPICSIM_BUILD; builds canary-6.12 and canary-6.1.
"""

import math
import os
import re
import sqlite3
import unittest

from test_race import BUILD, ROOT, campaign, lapicsim, scenario


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tree in ("6.12", "6.1"):
            done = lapicsim("variant", "add", "canary-" + tree, "--like", tree, "--rule", "canary", "--class", "canary")
            if done.returncode:
                raise AssertionError(done.stderr)

    def enough(self):
        with open(scenario("canary"), encoding="utf-8") as f:
            return int(re.search(r"^enough_runs = (\d+)", f.read(), re.M)[1])

    def test_rate_is_what_the_scenario_says(self):
        rate = math.log(1000) / self.enough()
        for tree in ("6.12", "6.1"):
            code, rows = campaign("canary-" + tree, scenario("canary"), "--seeds", "0-9999")
            self.assertEqual(0, code)
            shown = next(r["runs"] for r in rows["divergence"] if r["kind"] == "lost-interrupt") / 10000
            self.assertTrue(rate < shown < 2 * rate, "%s: %.3f %%, told %.3f %%" % (tree, 100 * shown, 100 * rate))
            code, rows = campaign(tree, scenario("canary"), "--seeds", "0-9999")
            self.assertEqual((0, []), (code, rows["divergence"]))

    def test_is_found_within_what_is_expected_of_it(self):
        """So that no campaign, whose canary has these seeds, is late or has missed it."""
        expected = math.ceil(self.enough() * math.log(20) / math.log(1000))
        for tree in ("6.12", "6.1"):
            _, rows = campaign("canary-" + tree, scenario("canary"), "--seeds", "0-%d" % (expected - 1))
            self.assertTrue([r for r in rows["divergence"] if r["kind"] == "lost-interrupt"], tree)

    def test_a_campaign_finds_it(self):
        path = os.path.join(BUILD, "canary.db")
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)
        code, rows = campaign("6.12", scenario("hlt-wakeup"), "--seeds", "0-29999", "--store", path)
        self.assertEqual(0, code)
        self.assertEqual([("canary-6.12", "canary", "found", 300)],
                         [(r["variant"], r["scenario"], r["state"], r["runs"]) for r in rows["canary"]])
        self.assertEqual([], rows["divergence"])
        with sqlite3.connect(path) as db:
            self.assertEqual([("found", 300)], db.execute("SELECT state, runs FROM canary").fetchall())
            self.assertEqual([("6.12", 30000)], db.execute("SELECT variant, runs FROM runs").fetchall())


if __name__ == "__main__":
    os.chdir(ROOT)
    unittest.main()
