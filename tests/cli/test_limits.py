# SPDX-License-Identifier: GPL-2.0-only
"""What ends runs and campaigns from outside: limits, full disks, signals."""

import os
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from fake import json_lines
from test_campaign import Case


class RunLimits(Case):

    def run_all(self, *more, **env):
        return self.fake.run("run", "alpha", "--variant", "6.12-fixed", "--seeds", "0-199", "--json", "--store",
                             self.path, *more, **env)

    def check(self, p, code, end, column):
        cell, summary = self.lines(p, "variant")[0], json_lines(p.stdout)[-1]
        self.assertEqual(code, p.returncode, p.stderr)
        self.assertEqual((200, 199, 1), (cell["runs"], cell["ends"]["complete"], cell["ends"][end]))
        self.assertEqual(1, summary["limits"])
        self.assertRegex(summary["again"], r"lapicsim replay v1:alpha@[0-9a-f]+:6.12-fixed@bbbb0000:0x7$")
        self.assertEqual([(1, 199, 7)], self.query("SELECT sum(%s), sum(complete), max(first_limited) FROM range" % column))
        self.assertEqual([(1,)], self.query("SELECT %s FROM runs" % column))

    def test_a_run_that_takes_too_long_ends_itself(self):
        env = {"FAKE_SPIN": "7"}
        p = self.run_all("--run-time", "1s", **env)
        self.check(p, 5, "timed-out", "timed_out")
        self.assertEqual([(1000000000, 4 << 30, 30000000000)], self.query(
            "SELECT run_time_ns, run_memory, worker_timeout_ns FROM session"))
        self.assertEqual(p.stdout, self.run_all("--run-time", "1s", **env).stdout)
        text = self.fake.run("run", "alpha", "--variant", "6.12-fixed", "--seeds", "7", "--run-time", "1s", **env).stdout
        self.assertRegex(text, "(?m)^variant .* timed out$")

    def test_the_run_comes_first_and_the_supervisor_second(self):
        """Without --run-time a run has two thirds of what the supervisor waits."""
        p = self.run_all("--worker-timeout", "3s", FAKE_SPIN="7")
        self.check(p, 5, "timed-out", "timed_out")
        self.assertEqual([(2000000000,)], self.query("SELECT run_time_ns FROM session"))
        self.forget()
        p = self.run_all("--worker-timeout", "1s", FAKE_HANG="7")
        self.assertEqual(10, p.returncode)
        self.assertIn(("hang", "worker-hung", "0x7"), [(x["kind"], x["check"], x["seed"])
                                                       for x in self.lines(p, "divergence")])
        self.assertEqual([], self.lines(p, "failure"))
        self.assertEqual([(200, 199, 1)], self.query("SELECT sum(count), sum(complete), sum(hung) FROM range"))
        # Each replay of a worker that does not answer costs the whole time: two are tried.
        self.assertEqual([(2, 2)], self.query("SELECT replayed, replays FROM bucket WHERE check_name = 'worker-hung'"))

    def test_no_memory_left_for_a_run(self):
        p = self.run_all(FAKE_FULL="7")
        self.check(p, 5, "out-of-memory", "out_of_memory")
        self.assertEqual(p.stdout, self.run_all(FAKE_FULL="7").stdout)

    def test_a_worker_that_eats_memory_is_killed(self):
        start = time.monotonic()
        p = self.run_all("--run-memory", "96M", FAKE_EAT="7")
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(6, p.returncode)
        self.assertEqual([("out-of-memory", "0x7", "the worker took more than 96 MiB, and was killed")],
                         [(x["failure"], x["seed"], x["text"]) for x in self.lines(p, "failure")])
        cell = self.lines(p, "variant")[0]
        self.assertEqual((200, 199, 1), (cell["runs"], cell["ends"]["complete"], cell["died"]))
        self.assertEqual([("out-of-memory", 7)], self.query("SELECT kind, seed FROM failure"))
        self.assertEqual([(96 << 20,)], self.query("SELECT run_memory FROM session"))

    def test_sizes(self):
        for text, pattern in (("12", "needs a unit: K, M or G"), ("x", "is not a size"), ("99999999999G", "too large")):
            p = self.fake.run("run", "alpha", "--run-memory", text)
            self.assertEqual(1, p.returncode)
            self.assertRegex(p.stderr, "--run-memory: .*" + pattern)
        p = self.fake.run("run", "alpha", "--run-time", "10ms")
        self.assertRegex(p.stderr, "--run-time: must be at least 1s")


class Outside(Case):

    WORDS = ("run", "alpha", "beta", "--seeds", "0-2999", "--json", "--replay-share", "0")

    def start(self, path, **env):
        return subprocess.Popen([self.fake.program, *self.WORDS, "--store", path], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.fake.environment(env))

    def check_goes_on(self, path=None):
        whole = self.fake.run(*self.WORDS)
        p = self.fake.run(*self.WORDS, "--store", path or self.path)
        self.assertEqual(whole.stdout, p.stdout)
        self.assertEqual({3000}, set(self.seeds(path).values()))

    def stopped_by(self, sig):
        p = self.start(self.path, FAKE_SLEEP_US="300")
        deadline = time.monotonic() + 20
        while not (os.path.exists(self.path) and self.nr_ranges()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        p.send_signal(sig)
        out, err = p.communicate()
        self.assertEqual(128 + sig, p.returncode, err)
        # What it knows it says, and keeps, statistics included.
        self.assertEqual(json_lines(out)[-1]["runs"], self.query("SELECT sum(count) FROM range")[0][0])
        self.assertEqual([(0,)], self.query("SELECT finished FROM session"))
        self.assertEqual(4, self.query("SELECT count(*) FROM sure")[0][0])
        self.check_goes_on()
        self.assertEqual([(0,), (1,)], self.query("SELECT finished FROM session ORDER BY id"))

    def test_sigint(self):
        self.stopped_by(signal.SIGINT)

    def test_sigterm(self):
        self.stopped_by(signal.SIGTERM)

    def test_full_disk(self):
        """A file system with no room left, where this may mount one: none at all, and too little."""
        folder = self.fake.path("small")
        os.makedirs(folder, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=208k", "lapicsim-test", folder], stderr=subprocess.DEVNULL,
                          check=False).returncode:
            self.skipTest("may not mount a tmpfs; test_store.test_full_disk does it with a limit")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        path = os.path.join(folder, "store.db")
        for size in ("12k", "208k"):
            self.check_full(folder, path, size)
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        self.assertGreater(self.query("SELECT coalesce(sum(count), 0) FROM range", path)[0][0], -1)
        self.check_goes_on(path)

    def check_full(self, folder, path, size):
        subprocess.run(["mount", "-o", "remount,size=" + size, folder], check=True)
        p = self.start(path, FAKE_SLEEP_US="20")
        _, err = p.communicate()
        self.assertEqual(6, p.returncode, err)
        self.assertRegex(err, "small/store.db: .*(full|disk I/O error); what was written before is safe, and the same command goes on")

    def test_out_of_memory(self):
        """Of lapicsim itself, at any moment: one line and exit code 6, and the store goes on."""
        ends = set()
        for kib in range(5000, 28000, 500):
            def little(limit=kib << 10):
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            p = subprocess.run([self.fake.program, *self.WORDS, "--store", self.path, "--jobs", "2"], text=True,
                               capture_output=True, check=False, preexec_fn=little, timeout=120,
                               env=self.fake.environment({}))
            ends.add(p.returncode)
            # 127: not even the dynamic linker had enough.
            self.assertIn(p.returncode, (0, 6, 127), "%d KiB: %s" % (kib, p.stderr))
            if p.returncode == 6:
                self.assertRegex(p.stderr, "out of memory; what .* is safe, and the same command goes on\n$")
        self.assertLessEqual({0, 6}, ends)
        self.check_goes_on()

    def test_read_only_store(self):
        """In a folder that may not be written, by one who is not root."""
        self.fake.run(*self.WORDS, "--store", self.path)
        folder = self.fake.path("readonly")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "store.db")
        subprocess.run(["cp", self.path, path], check=True)
        os.chmod(path, 0o444)
        os.chmod(folder, 0o555)
        os.chmod(self.fake.root, 0o755)
        self.addCleanup(os.chmod, folder, 0o755)

        def nobody():
            if not os.getuid():
                os.setgid(65534)
                os.setuid(65534)
        before = os.stat(path)
        p = subprocess.run([self.fake.program, *self.WORDS, "--store", path], text=True, capture_output=True, check=False,
                           preexec_fn=nobody, env=self.fake.environment({}))
        self.assertEqual(2, p.returncode)
        self.assertRegex(p.stderr, r"^lapicsim: .*readonly/store.db: attempt to write a readonly database; it and its "
                                   r"folder must be writable\n$")
        self.assertEqual("", p.stdout)
        self.assertEqual((before.st_size, before.st_mtime_ns), (os.stat(path).st_size, os.stat(path).st_mtime_ns))

    def nr_ranges(self):
        try:
            return self.query("SELECT count(*) FROM range")[0][0]
        except sqlite3.OperationalError:
            return 0


if __name__ == "__main__":
    unittest.main()
