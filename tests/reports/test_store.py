# SPDX-License-Identifier: GPL-2.0-only
"""What cannot be reported gives one line and exit code 2; what is large is quick."""

import os
import resource
import sqlite3
import unittest

import stores


class Store(unittest.TestCase):

    def setUp(self):
        self.folder = stores.folder()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def refused(self, store, said, *words):
        p = stores.report(store, self.path("out"), *words)
        self.assertEqual((2, ""), (p.returncode, p.stdout), p.stderr)
        self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*%s[^\n]*\n\Z" % said)
        self.assertFalse(os.path.exists(self.path("out")), "nothing is left behind")

    def test_not_there(self):
        self.refused(self.path("none.db"), "none.db: no such file")

    def test_a_folder(self):
        self.refused(self.folder.name, "not a file")

    def test_not_a_database(self):
        with open(self.path("text.db"), "w", encoding="utf-8") as f:
            f.write("Not a database, although long enough to be one.\n" * 100)
        self.refused(self.path("text.db"), "cannot be read as a store: file is not a database")

    def test_empty_file(self):
        with open(self.path("empty.db"), "wb"):
            pass
        self.refused(self.path("empty.db"), "not a store of lapicsim")

    def test_another_database(self):
        with sqlite3.connect(self.path("other.db")) as db:
            db.execute("CREATE TABLE campaign (id INTEGER)")
        self.refused(self.path("other.db"), "a database, but not a store of lapicsim")

    def test_another_version(self):
        path = stores.ordinary(self.path("new.db"))
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
        self.refused(path, "a store of version 99; this report reads 1")

    def test_missing_table(self):
        path = stores.ordinary(self.path("less.db"))
        with sqlite3.connect(path) as db:
            db.execute("DROP TABLE bucket")
        self.refused(path, "cannot be read as a store")

    def test_no_campaign(self):
        self.refused(stores.Store(self.path("new.db")).done(), "the store has no campaign")

    def test_another_campaign(self):
        self.refused(stores.ordinary(self.path("one.db")), "there is no campaign 7; there are 1", "--campaign", "7")

    def test_damaged(self):
        """Wherever the file is cut or overwritten: a report, or one line; never a traceback."""
        path = stores.ordinary(self.path("good.db"))
        with open(path, "rb") as f:
            good = f.read()
        refused = 0
        for i in range(24):
            at = 100 + i * (len(good) - 200) // 24
            bad = good[:at] + b"\xff" * 700 + good[at + 700:] if i % 2 else good[:at]
            with open(self.path("bad.db"), "wb") as f:
                f.write(bad)
            p = stores.report(self.path("bad.db"), self.path("bad"), "--replays", "0")
            self.assertIn(p.returncode, (0, 2), p.stderr)
            if p.returncode:
                refused += 1
                self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*bad.db: [^\n]+\n\Z")
        self.assertGreater(refused, 6)

    def test_what_fuzzing_found(self):
        """In the command's reader of stores (make fuzz)."""
        corpus = os.path.join(stores.REPO, "tests/fuzz/corpus/store")
        self.assertGreater(len(os.listdir(corpus)), 2)
        for name in os.listdir(corpus):
            p = stores.report(os.path.join(corpus, name), self.path("corpus"), "--replays", "0")
            self.assertIn(p.returncode, (0, 2), p.stderr)
        self.refused(os.path.join(corpus, "size-that-cannot-be.db"), "cannot be read as a store: damaged")

    def test_text_where_numbers_belong(self):
        path = stores.ordinary(self.path("typed.db"))
        with sqlite3.connect(path) as db:
            db.execute("UPDATE range SET events = 'many'")
        self.refused(path, "a count is 'many', not a number")

    @staticmethod
    def spent():
        """Of the CPU, by what has been started here: other work on the machine does not count."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def test_many_divergences(self):
        """100,000: under 10 s and under 5 MB."""
        path = stores.huge(self.path("huge.db"))
        start = self.spent()
        p = stores.report(path, self.path("huge"))
        took = self.spent() - start
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertLess(os.path.getsize(self.path("huge/report.html")), 5 << 20)
        self.assertLess(took, 10)
        with open(self.path("huge/buckets.csv"), encoding="utf-8") as f:
            self.assertEqual(1 + 100000 // 16, sum(1 for _ in f), "all of them are in the CSV file")

    def test_a_store_in_use(self):
        """Somebody writes: what is committed is reported, and the writer is not disturbed."""
        path = stores.ordinary(self.path("busy.db"))
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE range SET events = 1")
        p = stores.report(path, self.path("busy"))
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertIn(",1000000,", stores.read(self.path("busy"), "cells.csv"))
        db.execute("COMMIT")
        db.close()

    def test_what_follows_does_not_count(self):
        s = stores.Store(self.path("follows.db"))
        cell = s.cell(s.campaign(), s.scenario("alpha", text="[expect]\ndefault = sometimes hang\n"),
                      s.variant("6.12"))
        s.bucket(cell, "lost-eoi", "isr-stuck", follows=1, slice="after another")
        s.bucket(cell, "hang", "not-quiet", follows=1)
        p = stores.report(s.done(), self.path("follows"))
        self.assertIn("PASS Nothing new: 1 divergence that was expected.", p.stdout)
        text = stores.read(self.path("follows"), "report.txt")
        self.assertIn("consequence", text)
        self.assertIn("set-lapic > eoi", text)
        self.assertIn("Replayed in fresh processes: 19 of 20 times.", " ".join(text.split()))

    def test_a_canary_that_was_not_found(self):
        """Nothing that the campaign did not see means anything then."""
        s = stores.Store(self.path("canary.db"))
        c = s.campaign()
        s.cell(c, s.scenario("alpha", text="[expect]\ndefault = sometimes hang\n"), s.variant("6.12"))
        s.add("canary", campaign=c, state="missed", variant="canary-6.12", runs=900,
              text="CANARY NOT FOUND: it breaks KVM on purpose")
        s.add("cell", campaign=c, scenario=1, variant=s.variant("canary-6.12"), first_seed=0, last_seed=9, canary=1)
        p = stores.report(s.done(), self.path("canary"))
        self.assertIn("FAIL The canary was not found", p.stdout)
        text = " ".join(stores.read(self.path("canary"), "report.txt").split())
        self.assertIn("Canary: not found: CANARY NOT FOUND: it breaks KVM on purpose.", text)
        self.assertNotIn("canary-6.12", stores.read(self.path("canary"), "cells.csv"),
                         "its runs are not the campaign's")

    def stopped(self, name, budget_ns=0, found=False):
        """One scenario has 400 of 1,000 runs, the other none, and whoever ran them was killed."""
        s = stores.Store(self.path(name + ".db"))
        c = s.campaign(budget_ns=budget_ns)
        s.session(c)
        s.db.execute("UPDATE session SET finished = 0")
        cell = s.cell(c, s.scenario("alpha"), s.variant("6.12"), runs=400)
        s.cell(c, s.scenario("beta"), 1, runs=0)
        if found:
            s.bucket(cell, "lost-interrupt", "irr-lost")
        s.db.execute("UPDATE cell SET last_seed = 999")
        p = stores.report(s.done(), self.path(name), "--replays", "0")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        return p.stdout

    def test_half_a_campaign_is_no_pass(self):
        self.assertIn("INCONCLUSIVE No divergence at all. It has not come to its end: 400 of 2,000 runs.\n",
                      self.stopped("half"))
        self.assertIn("  ok 1 alpha # SKIP not finished: 400 of 1,000 runs\n  ok 2 beta # SKIP no run has ended\n",
                      stores.read(self.path("half"), "results.ktap"))
        self.assertIn('<skipped message="not finished: 400 of 1,000 runs"/>', stores.read(self.path("half"), "junit.xml"))
        self.assertIn("INCONCLUSIVE", stores.read(self.path("half"), "report.html"))
        self.assertIn("FAIL 1 divergence that nobody expected. It has not come to its end: 400 of 2,000 runs.\n",
                      self.stopped("found", found=True))
        self.assertIn("  not ok 1 alpha\n", stores.read(self.path("found"), "results.ktap"))
        # How many runs fit into a time nobody knows.
        self.assertIn("INCONCLUSIVE No divergence at all. It has not come to its end.\n",
                      self.stopped("timed", budget_ns=10 ** 10))

    def test_a_campaign_that_goes_on_after_a_stop_may_pass(self):
        s = stores.Store(self.path("went-on.db"))
        c = s.campaign()
        s.session(c)
        s.db.execute("UPDATE session SET finished = 0")
        s.session(c)
        s.cell(c, s.scenario("alpha"), s.variant("6.12"))
        self.assertIn("PASS No divergence at all.\n", stores.report(s.done(), self.path("went-on"), "--replays", "0").stdout)

    def test_nothing_was_run(self):
        s = stores.Store(self.path("nothing.db"))
        s.cell(s.campaign(), s.scenario("alpha"), s.variant("6.12"), runs=0)
        self.assertIn("INCONCLUSIVE Nothing was run.\n", stores.report(s.done(), self.path("nothing"), "--replays", "0").stdout)

    def test_shards_become_one_cell(self):
        s = stores.Store(self.path("shards.db"))
        c, scenario, variant = s.campaign(), s.scenario("alpha"), s.variant("6.12")
        for first in (0, 500):
            cell = s.cell(c, scenario, variant, runs=500, first=first)
            s.bucket(cell, "lost-interrupt", "irr-lost", runs=3, first=first + 100)
        p = stores.report(s.done(), self.path("shards"))
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        lines = stores.read(self.path("shards"), "buckets.csv").splitlines()
        self.assertEqual(2, len(lines))
        self.assertIn(",new,6,1000,", lines[1])


if __name__ == "__main__":
    unittest.main()
