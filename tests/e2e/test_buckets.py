# SPDX-License-Identifier: GPL-2.0-only
"""Buckets of real kernels: replays, trails, stacks, and drafts that make what is new known."""

import json
import os
import sqlite3
import tempfile
import unittest

from test_race import campaign, lapicsim, scenario


class Buckets(unittest.TestCase):
    """6.1-unfixed, by the expectations of a scenario that expects nothing."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="lapicsim-buckets-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.store = cls.folder.name + "/s.db"
        with open(scenario("pv-eoi-disable"), encoding="utf-8") as f:
            text = f.read().split("[expect]")[0] + "[expect]\ndefault = never host-bug\n"
        cls.path = cls.folder.name + "/pv-eoi-disable.scn"
        with open(cls.path, "w", encoding="utf-8") as f:
            f.write(text)
        cls.code, rows = campaign("6.1-unfixed", cls.path, "--seeds", "0-999", "--store", cls.store, "--known", "none")
        cls.rows = rows["divergence"]

    def test_the_bug_is_one_bucket_with_its_stack(self):
        self.assertEqual(self.code, 10)
        bug = [x for x in self.rows if x["kind"] == "host-bug"]
        self.assertEqual([(x["slice"], x["replayed"], x["replays"]) for x in bug if not x["follows"]], [("", 20, 20)])
        names = [x for x in bug if not x["follows"]][0]["stack"].split(" < ")
        self.assertRegex(names[0], "pv_eoi|lapic")
        self.assertTrue(any(n.startswith("kvm_") for n in names), names)
        for name in names:
            self.assertNotRegex(name, r"^(kw_|hs_|host_|actor_|coro_)|\.")

    def test_all_new_ones_replay_and_have_a_trail(self):
        new = [x for x in self.rows if not x["follows"]]
        self.assertTrue(new)
        for x in new:
            self.assertEqual((x["replayed"], x["replays"]), (20, 20), x)
            self.assertRegex(x["trail"], r"^[a-z0-9-]+( > [a-z0-9-]+)*$")

    def test_the_cheapest_token_is_cheap(self):
        for x in self.rows:
            self.assertLessEqual(x["cheapest_event"], x["event"])
        x = self.rows[0]
        p = lapicsim("replay", x["cheapest"], "--scenario", self.path, "--json")
        events = [json.loads(line) for line in p.stdout.splitlines()]
        self.assertIn((x["check"], x["cheapest_event"]), {(e["check"], e["event"]) for e in events if "check" in e})

    def test_drafts_make_it_known(self):
        drafts = os.path.join(self.folder.name, "drafts")
        p = lapicsim("known", self.store, "--known", "none", "--output", drafts, "--json")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(len(p.stdout.splitlines()), sum(not x["follows"] for x in self.rows))
        code, rows = campaign("6.1-unfixed", self.path, "--seeds", "0-999", "--known", drafts)
        self.assertEqual(code, 0, rows)
        self.assertEqual({bool(x["known"]) for x in rows["divergence"]}, {True})

    def test_the_store_says_the_same(self):
        db = sqlite3.connect(self.store)
        self.addCleanup(db.close)
        self.assertEqual(sorted(db.execute("SELECT check_name, slice, runs, token, cheapest FROM buckets")),
                         sorted((x["check"], x["slice"], x["runs"], x["token"], x["cheapest"]) for x in self.rows))


if __name__ == "__main__":
    unittest.main()
