# SPDX-License-Identifier: GPL-2.0-only
"""What may happen to a store, and to what a campaign is made of, between two sessions or during one."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from fake import fake, json_lines


class StoreFile(unittest.TestCase):

    def setUp(self):
        self.fake = fake()
        self.path = self.fake.path("file-%s.db" % self.id().split(".")[-1])
        self.addCleanup(self.forget, self.path)
        self.forget(self.path)

    def forget(self, path):
        for suffix in ("", "-wal", "-shm"):
            if os.path.lexists(path + suffix):
                os.unlink(path + suffix)

    def run_it(self, *more, store=None, scenario="alpha", seeds="0-299", **env):
        return self.fake.run("run", scenario, "--seeds", seeds, "--json", "--store", store or self.path, *more, **env)

    def refused(self, p, said):
        self.assertEqual((2, ""), (p.returncode, p.stdout), p.stderr)
        self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*%s\n\Z" % said)

    # --- What is no file, and names that SQLite knows as something else.

    def test_what_is_no_file(self):
        fifo = self.path + ".fifo"
        os.mkfifo(fifo)
        self.addCleanup(os.unlink, fifo)
        part = self.path + ".part"
        self.addCleanup(self.forget, part)
        self.run_it(store=part)
        for path in ("/dev/null", "/dev/full", fifo, self.fake.path("scenarios")):
            self.refused(self.run_it(store=path), path + ": cannot open the store: not a file")
            self.refused(self.fake.run("merge", path, part), path + ": cannot open the store: not a file")

    def test_names_that_mean_something_else_to_sqlite(self):
        """They are files like any other: what is said to be kept is kept."""
        for name in (":memory:", "file:other.db"):
            path = self.fake.path(name)
            self.addCleanup(self.forget, path)
            where = os.getcwd()
            os.chdir(self.fake.root)
            try:
                self.run_it(store=name)
                self.assertIn("%s has 600 runs of this campaign" % name, self.run_it(store=name).stderr)
                merged = self.fake.run("merge", self.path, name)
            finally:
                os.chdir(where)
            self.assertEqual(0, merged.returncode, merged.stderr)
            with sqlite3.connect("file:%s?mode=ro" % path.replace(":", "%3a"), uri=True) as db:
                self.assertEqual([(600,)], db.execute("SELECT sum(count) FROM range").fetchall())

    # --- During a session.

    def wait_for_runs(self, p, runs=1):
        deadline = time.monotonic() + 60
        while True:
            try:
                with sqlite3.connect(self.path) as db:
                    if (db.execute("SELECT sum(count) FROM range").fetchone()[0] or 0) >= runs:
                        return
            except sqlite3.OperationalError:
                pass
            self.assertIsNone(p.poll())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def check_lost(self, take_away):
        p = self.fake.start("run", "alpha", "--seeds", "0-99999", "--json", "--store", self.path, FAKE_SLEEP_US="200")
        self.wait_for_runs(p)
        take_away()
        out, errors = p.communicate(timeout=60)
        self.assertEqual(6, p.returncode, errors)
        self.assertRegex(errors, r"\.db: was removed or replaced meanwhile: what this process wrote is not in it\n\Z")
        self.assertEqual(6, json_lines(out)[-1]["exit"])
        self.assertLess(json_lines(out)[-1]["runs"], 200000, "it went on to its end")

    def test_stopped_while_it_replays(self):
        """What is new is replayed at the end: that is told to stop as the runs are, and made up for."""
        words, env = ("--variant", "6.12-fixed", "--worker-timeout", "3s"), {"FAKE_HANG": "7"}
        p = self.fake.start("run", "alpha", "--seeds", "0-299", "--json", "--store", self.path, *words, **env)
        self.wait_for_runs(p, 300)
        p.send_signal(signal.SIGTERM)
        out, errors = p.communicate(timeout=60)
        self.assertEqual((143, 143), (p.returncode, json_lines(out)[-1]["exit"]), errors)
        replays = "SELECT replays, replayed FROM bucket WHERE check_name = 'worker-hung'"
        with sqlite3.connect(self.path) as db:
            self.assertEqual([(None, None)], db.execute(replays).fetchall())
            self.assertEqual([(0,)], db.execute("SELECT finished FROM session").fetchall())
        again = self.run_it(*words, **env)
        self.assertEqual(10, again.returncode, again.stderr)
        self.assertIn("has 300 runs of this campaign", again.stderr)
        with sqlite3.connect(self.path) as db:
            self.assertEqual([(2, 2)], db.execute(replays).fetchall())

    def test_folder_with_a_quote(self):
        """Runners are asked what they are, and no shell may be between."""
        place = self.fake.path("it's; here")
        for folder in ("build", "scenarios", "kvm"):
            shutil.copytree(self.fake.path(folder), os.path.join(place, folder), dirs_exist_ok=True)
        p = subprocess.run([os.path.join(place, "build/lapicsim"), "run", "alpha", "--runs", "10", "--variant",
                            "6.12-fixed", "--store", os.path.join(place, "s.db")], text=True, capture_output=True,
                           check=False)
        shutil.rmtree(place)
        self.assertEqual("", p.stderr if p.returncode else "", p.stderr)
        self.assertIn("10 runs", p.stdout)

    def test_removed(self):
        self.check_lost(lambda: os.unlink(self.path))

    def test_replaced(self):
        other = self.path + ".other"
        self.run_it(store=other)
        self.check_lost(lambda: os.rename(other, self.path))

    # --- Between two.

    def variant_built_again(self):
        """The other one, under its name: another identity."""
        place, keep = self.fake.path("build/variants/6.12-fixed"), self.fake.path("build/kept")
        shutil.copytree(place, keep)
        shutil.copy(self.fake.path("build/variants/6.1-unfixed/plain/runner"), place + "/plain/runner")

        def back():
            shutil.rmtree(place)
            os.rename(keep, place)
        self.addCleanup(back)

    def test_a_variant_that_was_built_again(self):
        words = ("--variant", "6.12-fixed")
        self.run_it(*words)
        other = self.run_it(*words, seeds="0-9")
        self.assertNotIn("begins anew", other.stderr, "it is another command")
        self.variant_built_again()
        p = self.run_it(*words)
        self.assertRegex(p.stderr, r"\.db has this campaign of 6\.12-fixed@bbbb0000, which is 6\.12-fixed@aaaa0000 now: it "
                         r"stays as it is, and this one begins anew\n")
        with sqlite3.connect(self.path) as db:
            self.assertEqual([(1, "bbbb0000", 300), (2, "bbbb0000", 10), (3, "aaaa0000", 300)],
                             db.execute("SELECT campaign, identity, runs FROM runs ORDER BY 1").fetchall())
        self.assertNotIn("begins anew", self.run_it(*words).stderr, "it goes on with the new one")

    def scenario(self, name, more=""):
        path = self.fake.path(name)
        with open(self.fake.path("scenarios/alpha.scn"), encoding="utf-8") as f, open(path, "w", encoding="utf-8") as out:
            out.write(f.read() + more)
        return path

    def test_a_comment_in_the_scenario_changes_no_run(self):
        path = self.scenario("gamma.scn")
        first = self.run_it(scenario=path)
        self.scenario("gamma.scn", "# a comment\n")
        again = self.run_it(scenario=path)
        self.assertIn("has 600 runs of this campaign", again.stderr)
        self.assertEqual(first.stdout, again.stdout)
        with sqlite3.connect(self.path) as db:
            self.assertEqual([(300,), (300,)], db.execute("SELECT runs FROM runs").fetchall())
        self.scenario("gamma.scn", "[limits]\nmax_events = 77777\n")
        self.assertRegex(self.run_it(scenario=path).stderr, r"has this campaign of gamma@\w+, which is gamma@\w+ now")

    # --- Parts that do not belong together.

    def parts(self, first=(), second=(), between=lambda: None, scenario="alpha"):
        paths = [self.path + ".%d" % k for k in range(2)]
        for path, more, k in zip(paths, (first, second), range(2)):
            self.addCleanup(self.forget, path)
            self.run_it("--shard", "%d/2" % k, *more, store=path, scenario=scenario)
            between()
        return self.fake.run("merge", self.path, *paths)

    def test_parts_of_two_campaigns(self):
        p = self.parts(second=("--replay-share", "7"))
        self.assertEqual(5, p.returncode)
        self.assertIn("gap: campaign 1, alpha on 6.12-fixed: seeds 150-299 of 299\n", p.stdout)
        self.assertIn("gap: campaign 2, alpha on 6.12-fixed: seeds 0-149 of 299\n", p.stdout)
        self.assertRegex(p.stdout, r"(?m)^campaign 1: 1 scenarios --variant 6\.1-unfixed@aaaa0000 --variant .* --replay-share 1 ")
        self.assertRegex(p.stdout, r"(?m)^campaign 2: 1 scenarios --variant .* --seeds 0-299 .* --replay-share 7 ")
        self.assertIn(": 2 merged, 4 gaps, overlaps or mixed variants\n", p.stdout)

    def merged(self, part, **more):
        """Into a new store, which is forgotten."""
        self.forget(self.path)
        return subprocess.run([self.fake.program, "merge", self.path, part], text=True, capture_output=True, check=False,
                              env=self.fake.environment({}), **more)

    def test_merge_on_a_full_disk(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (120 << 10, 120 << 10))
        part = self.path + ".part"
        self.addCleanup(self.forget, part)
        self.run_it(store=part)
        p = self.merged(part, preexec_fn=small)
        self.assertEqual(6, p.returncode, p.stderr)
        self.assertRegex(p.stderr, r"\Alapicsim: [^\n]*(full|I/O error)[^\n]*\n\Z")
        self.assertEqual(0, self.merged(part).returncode)

    def test_merge_of_what_is_no_store_leaves_nothing(self):
        """Not even when there are good ones beside it."""
        part, merged = self.path + ".part", self.path + ".merged"
        self.addCleanup(self.forget, part)
        self.run_it(store=part)
        for bad, why in ((self.path + ".none", "cannot open the store: No such file or directory"),
                         (self.fake.path("scenarios/alpha.scn"), "file is not a database")):
            self.refused(self.fake.run("merge", merged, part, bad), bad + ": " + why)
            self.assertFalse(os.path.exists(merged))

    def test_folder_that_is_not_there(self):
        path = self.fake.path("nowhere/n.db")
        self.refused(self.run_it(store=path), path + ": .*; it and its folder must be writable")

    def test_merge_of_a_damaged_store_names_it(self):
        part = self.path + ".part"
        self.addCleanup(self.forget, part)
        self.run_it(store=part)
        with open(part, "rb") as f:
            good = f.read()
        refused = 0
        for at in range(8192, len(good) - 4096, 4096):
            with open(part, "wb") as f:
                f.write(good[:at] + b"\xff" * 512 + good[at + 512:])
            p = self.merged(part)
            self.assertIn(p.returncode, (0, 2), p.stderr)
            if p.returncode:
                refused += 1
                self.assertRegex(p.stderr, r"\Alapicsim: %s: [^\n]*malformed[^\n]*\n\Z" % part)
        self.assertGreater(refused, 5)

    def test_parts_of_one_campaign_with_other_comments(self):
        path = self.scenario("delta.scn")
        p = self.parts(between=lambda: self.scenario("delta.scn", "# a comment\n"), scenario=path)
        self.assertEqual(5, p.returncode)
        self.assertIn("mixed: scenario delta has 2 texts of the same meaning\n", p.stdout)


if __name__ == "__main__":
    unittest.main()
