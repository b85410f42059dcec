# SPDX-License-Identifier: GPL-2.0-only
"""The store: nothing lost, nothing counted twice, whatever ends the process.

On fake variants; tests/e2e/kill_store.py does the same for longer, on real ones.
"""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from fake import fake, json_lines


class Store(unittest.TestCase):

    def setUp(self):
        self.fake = fake()
        self.path = self.fake.path("store-%s.db" % self.id().split(".")[-1])
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)

    def words(self, *more):
        return ("run", "alpha", "beta", "--seeds", "0-2999", "--json", *more)

    def query(self, sql):
        with sqlite3.connect(self.path) as db:
            return db.execute(sql).fetchall()

    def check_complete(self):
        """Each seed of each cell is there exactly once."""
        for (cell,) in self.query("SELECT id FROM cell"):
            at = 0
            for first, count in self.query(
                    "SELECT first, count FROM range WHERE cell = %d ORDER BY first" % cell):
                self.assertEqual(at, first)
                at += count
            self.assertEqual(3000, at)

    def test_same_result_with_and_without(self):
        without = self.fake.run(*self.words())
        stored = self.fake.run(*self.words("--store", self.path))
        again = self.fake.run(*self.words("--store", self.path))
        self.assertEqual(without.returncode, stored.returncode)
        self.assertEqual(without.stdout, stored.stdout)
        self.assertEqual(without.stdout, again.stdout)
        self.assertIn("has 12000 runs", again.stderr)
        self.check_complete()
        rows = self.query("SELECT sum(runs) FROM bucket WHERE kind = 'premature-eoi'")
        told = sum(b["runs"] for b in json_lines(without.stdout)
                   if b.get("kind") == "premature-eoi")
        self.assertEqual(told, rows[0][0])

    def test_killed_at_any_moment(self):
        expected = self.fake.run(*self.words()).stdout
        chance = random.Random(1)
        ended = False
        for _ in range(60):
            p = self.fake.start(*self.words("--store", self.path), FAKE_SLEEP_US="100")
            try:
                p.communicate(timeout=chance.uniform(0.05, 0.4))
                ended = True
            except subprocess.TimeoutExpired:
                p.send_signal(chance.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
                p.communicate()
        self.assertTrue(ended, "it never came to its end between the kills")
        self.assertEqual(expected, self.fake.run(*self.words("--store", self.path)).stdout)
        self.check_complete()
        self.assertGreater(len(self.query("SELECT 1 FROM session")), 10)

    def test_the_later_of_two_processes_goes_on(self):
        """A task that was started anew while the old one still ran: nothing is counted twice."""
        words = self.words("--store", self.path, "--jobs", "1")
        old = self.fake.start(*words, FAKE_SLEEP_US="400")
        deadline = time.monotonic() + 10
        while not (os.path.exists(self.path) and self.nr_ranges()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        new = self.fake.run(*words)
        stderr = old.communicate()[1]
        self.assertEqual(6, old.returncode)
        self.assertRegex(stderr, r"process \d+ on \S+ works on the same campaign and came later")
        self.check_complete()
        self.assertEqual(self.fake.run(*self.words()).stdout, new.stdout)

    def spent(self):
        try:
            return self.query("SELECT coalesce(sum(wall_ns), 0) FROM session")[0][0]
        except sqlite3.OperationalError:
            return 0

    def nr_ranges(self):
        try:
            return self.query("SELECT count(*) FROM range")[0][0]
        except sqlite3.OperationalError:
            return 0

    def test_failures_are_kept(self):
        env = {"FAKE_EXIT": "7", "FAKE_TRAP": "9", "FAKE_LIMIT": "11"}
        first = self.fake.run(*self.words("--store", self.path), **env)
        again = self.fake.run(*self.words("--store", self.path), **env)
        self.assertEqual(6, first.returncode)
        self.assertEqual(6, again.returncode)
        self.assertEqual(first.stdout, again.stdout)
        self.check_complete()

    def test_time_that_was_spent_counts(self):
        words = ("run", "alpha", "--time", "3s", "--store", self.path, "--json")
        p = self.fake.start(*words)
        while self.spent() < 1.5e9 and p.poll() is None:
            time.sleep(0.02)
        p.send_signal(signal.SIGKILL)
        p.communicate()
        first = self.spent()
        self.fake.run(*words)
        self.assertLess(self.spent() - first, 3e9)
        seeds = self.query("SELECT max(first + count) FROM range")[0][0]
        self.fake.run(*words)
        self.assertGreater(self.query("SELECT max(first + count) FROM range")[0][0], seeds)

    def test_full_disk(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (360 << 10, 360 << 10))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        expected = self.fake.run(*self.words())
        p = subprocess.run([self.fake.program, *self.words("--store", self.path, "--replay-share", "0")],
                           preexec_fn=small, text=True, capture_output=True, check=False,
                           env=self.fake.environment({"FAKE_SLEEP_US": "20"}))
        self.assertEqual(6, p.returncode, p.stderr)
        self.assertRegex(p.stderr, "store-test_full_disk.db: .*; what was written before is safe")
        self.fake.run(*self.words("--store", self.path, "--replay-share", "0"))
        self.check_complete()
        self.assertEqual(0, self.fake.run(*self.words("--store", self.path, "--replay-share", "0")).returncode,
                         expected.stderr)

    def test_a_divergence_is_on_disk_before_the_machine_may_die(self):
        """A chunk with one is synced; a chunk without, or the end of the store, is the same in both."""
        library = self.fake.write("sync.c", """
            #include <stdio.h>
            #include <stdlib.h>
            int fdatasync(int fd)
            {
                FILE *f = fopen(getenv("SYNCS"), "a");
                (void)fd;
                fputc('x', f);
                return fclose(f);
            }
            int fsync(int fd) { return fdatasync(fd); }
            """)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library + ".so", library], check=True)
        syncs = []
        for env in ({}, {"FAKE_WARN": "0"}):
            path = self.path + ".syncs%d" % len(syncs)
            for suffix in ("", "-wal", "-shm", ".count"):
                if os.path.exists(path + suffix):
                    os.unlink(path + suffix)
            self.fake.run("run", "alpha", "--variant", "6.12-fixed", "--seeds", "0-0", "--jobs", "1", "--no-canary",
                          "--replay-share", "0", "--store", path, LD_PRELOAD=library + ".so", SYNCS=path + ".count",
                          **env)
            syncs.append(os.path.getsize(path + ".count"))
        self.assertGreater(syncs[0], 0)
        self.assertGreater(syncs[1], syncs[0])

    def shard(self, which, name, *more, **env):
        path = self.path + name
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)
        p = self.fake.run(*self.words("--store", path, "--shard", which, *more), **env)
        self.assertIn(p.returncode, (0, 10, 11), p.stderr)
        return path

    def test_shards_merge_to_the_whole(self):
        whole = self.fake.run(*self.words("--replay-share", "0")).stdout
        parts = [self.shard("%d/4" % k, ".%d" % k, "--replay-share", "0") for k in range(4)]
        p = self.fake.run("merge", self.path, parts[2], parts[0], parts[3])
        self.assertEqual(5, p.returncode)
        self.assertIn("gap: alpha on 6.12-fixed: seeds 750-1499 of 2999\n", p.stdout)
        self.assertEqual(4, p.stdout.count("gap: "))
        p = self.fake.run("merge", self.path, parts[1], parts[0], parts[1])
        self.assertEqual((0, ""), (p.returncode, p.stderr), p.stdout)
        self.check_complete_over_shards()
        again = self.fake.run(*self.words("--replay-share", "0", "--store", self.path))
        self.assertIn("has 12000 runs", again.stderr)
        self.assertEqual(whole, again.stdout)

    def check_complete_over_shards(self):
        for cell in self.query("SELECT DISTINCT scenario, variant FROM cell"):
            at = 0
            for first, count in self.query("SELECT first, count FROM range JOIN cell ON cell.id = cell WHERE"
                                           " scenario = %d AND variant = %d ORDER BY first" % cell):
                self.assertEqual(at, first)
                at += count
            self.assertEqual(3000, at)

    def test_the_longer_of_two_tries_wins(self):
        """A task that was killed and requeued leaves two stores of one shard."""
        parts = [self.shard("%d/2" % k, ".%d" % k) for k in range(2)]
        half = self.path + ".half"
        subprocess.run(["cp", parts[1], half], check=True)
        with sqlite3.connect(half) as db:
            db.execute("DELETE FROM range WHERE first > 2000")
        for order in ((half, parts[0], parts[1]), (parts[1], parts[0], half)):
            if os.path.exists(self.path):
                os.unlink(self.path)
            self.assertEqual(0, self.fake.run("merge", self.path, *order).returncode)
            self.check_complete_over_shards()

    def test_overlapping_shards_are_named_as_what_they_are(self):
        parts = [self.shard("0/2", ".0"), self.shard("1/3", ".1")]
        self.assertEqual(5, self.fake.run("merge", self.path, *parts).returncode)
        p = self.fake.run(*self.words("--store", self.path))
        self.assertEqual(2, p.returncode)
        self.assertRegex(p.stderr, r"some of seeds \d+-\d+ of alpha on 6.1-unfixed are there twice: shards that "
                         r"were cut differently.*merge the shards of one K/N into a new one")

    def test_a_part_within_another_is_no_gap(self):
        """What comes after the shorter one is in the longer one."""
        parts = [self.shard(part, ".%d" % k) for k, part in enumerate(("0/2", "0/3", "2/3"))]
        p = self.fake.run("merge", self.path, *parts)
        self.assertEqual(5, p.returncode)
        self.assertEqual(["%s: %s on %s: seeds %s" % (what, scenario, variant, seeds)
                          for what, seeds in (("gap", "1500-1999 of 2999"), ("overlap", "0-999"))
                          for scenario in ("alpha", "beta") for variant in ("6.1-unfixed", "6.12-fixed")],
                         p.stdout.splitlines()[:-1])

    def test_shards_of_batch_systems(self):
        for env in ({"SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_COUNT": "3"},
                    {"JOB_COMPLETION_INDEX": "1"}, {"PARALLEL_SEQ": "2"}):
            path = self.shard("auto" if len(env) == 3 else "auto/3", ".auto", **env)
            with sqlite3.connect(path) as db:
                self.assertEqual([(1000, 1999)], db.execute(
                    "SELECT DISTINCT first_seed, last_seed FROM cell").fetchall())

    def test_bad_shards(self):
        for text, pattern in (("3/3", "parts are counted from 0"), ("x/2", "expected K/N, auto/N or auto"),
                              ("1", "expected K/N"), ("1/0", "at least 1"), ("1/2x", "at least 1"),
                              ("auto/2", "none of SLURM_ARRAY_TASK_ID")):
            p = self.fake.run(*self.words("--shard", text))
            self.assertEqual(1, p.returncode, text)
            self.assertRegex(p.stderr, pattern)
        p = self.fake.run("run", "alpha", "--seeds", "0-2", "--shard", "0/9")
        self.assertRegex(p.stderr, "fewer seeds than parts")

    def test_mixed_variants_are_told(self):
        parts = [self.shard("%d/2" % k, ".%d" % k) for k in range(2)]
        with sqlite3.connect(parts[1]) as db:
            db.execute("UPDATE variant SET identity = 'cccc0000' WHERE name = '6.12-fixed'")
        p = self.fake.run("merge", self.path, *parts)
        self.assertEqual(5, p.returncode)
        self.assertIn("mixed: variant 6.12-fixed has 2 identities", p.stdout)

    def test_merge_refuses_what_is_no_store(self):
        p = self.fake.run("merge", self.path, "/nonexistent.db")
        self.assertEqual(2, p.returncode)
        self.assertRegex(p.stderr, "/nonexistent.db: cannot open the store")
        self.assertEqual(1, self.fake.run("merge", self.path).returncode)
        p = self.fake.run("merge", self.path, self.path)
        self.assertEqual((1, "lapicsim: merge: %s is to be written and to be read\n" % self.path),
                         (p.returncode, p.stderr))

    def assert_refused(self, pattern):
        p = self.fake.run(*self.words("--store", self.path))
        self.assertEqual(2, p.returncode)
        self.assertEqual(1, p.stderr.count("\n"), p.stderr)
        self.assertRegex(p.stderr, pattern)
        self.assertEqual("", p.stdout)

    def test_what_is_no_store_is_left_alone(self):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write("this is a letter to my mother\n" * 99)
        self.assert_refused("not a database")
        with open(self.path, encoding="utf-8") as f:
            self.assertTrue(f.read().startswith("this is a letter"))

    def test_another_database_is_left_alone(self):
        self.query("CREATE TABLE recipe (name TEXT)")
        self.assert_refused("a database, but not a store of lapicsim")
        self.assertEqual([("recipe",)], self.query("SELECT name FROM sqlite_master"))

    def test_another_version(self):
        self.fake.run(*self.words("--store", self.path))
        self.query("PRAGMA user_version = 99")
        self.assert_refused("a store of version 99; this lapicsim reads and writes version 4")

    def before_version_4(self):
        """The series as it was, with the points it has."""
        for column in ("new_buckets", "known_buckets", "last_new_ns"):
            self.query("ALTER TABLE series DROP COLUMN %s" % column)
        self.query("PRAGMA user_version = 3")

    def test_version_3(self):
        """Its series goes on; what it did not tell apart stays unknown."""
        words = self.words("--store", self.path)
        want = self.fake.run(*words)
        before = self.query("SELECT session, wall_ns, runs, buckets FROM series")
        self.before_version_4()
        got = self.fake.run(*words)
        self.assertEqual((want.returncode, want.stdout), (got.returncode, got.stdout))
        self.assertEqual([(4,)], self.query("PRAGMA user_version"))
        self.assertEqual([(*b, None, None, None) for b in before],
                         self.query("SELECT session, wall_ns, runs, buckets, new_buckets, known_buckets, last_new_ns"
                                    " FROM series WHERE session = 1"))
        self.assertEqual([(0, 1)], self.query("SELECT new_buckets, known_buckets = buckets FROM series WHERE session = 2"))
        # A shard's store of that version, too.
        self.before_version_4()
        merged = self.path + ".merged"
        self.addCleanup(os.unlink, merged)
        self.assertEqual(0, self.fake.run("merge", merged, self.path).returncode)

    def test_version_2(self):
        """Is brought up to date: nothing of it is lost, and failures by their old names still are."""
        env = {"FAKE_EXIT": "7"}
        words = self.words("--store", self.path, "--json")
        want = self.fake.run(*words, **env)
        self.assertEqual(6, want.returncode)
        self.before_version_4()
        self.query("DROP TABLE gone")
        self.query("CREATE TABLE gone (campaign INTEGER, scenario INTEGER, variant INTEGER, kind TEXT, check_name TEXT,"
                   " function TEXT, other TEXT)")
        self.query("PRAGMA user_version = 2")
        got = self.fake.run(*words, **env)
        self.assertEqual((6, want.stdout), (got.returncode, got.stdout))
        self.assertEqual([(4,)], self.query("PRAGMA user_version"))
        self.assertIn("slice", {row[1] for row in self.query("PRAGMA table_info(gone)")})
        self.query("UPDATE failure SET kind = 'worker-hung'")
        again = self.fake.run(*words, **env)
        self.assertEqual((6, want.stdout), (again.returncode, again.stdout))

    def test_no_such_folder(self):
        self.path = "/nonexistent/store.db"
        self.assert_refused("cannot open the store")


if __name__ == "__main__":
    unittest.main()
