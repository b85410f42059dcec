# SPDX-License-Identifier: GPL-2.0-only
"""lapicsim run: results, exit codes, and that jobs change nothing."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from fake import fake, json_lines


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()

    def lines(self, *words, code=0, **env):
        p = self.f.run("run", *words, "--json", **env)
        self.assertEqual(p.returncode, code, p.stderr)
        out = json_lines(p.stdout)
        self.assertEqual(out[-1]["type"], "summary")
        self.assertEqual(out[-1]["exit"], code)
        return out

    def of_type(self, lines, kind):
        return [x for x in lines if x["type"] == kind]


class Results(RunTest):
    def test_all_variants_and_expected_divergences(self):
        p = self.f.run("run", "alpha", "beta", "--runs", "2000")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("6.1-unfixed (pv-eoi-unfixed)  4,000", p.stdout)
        self.assertIn("host BUG  apic_sync_pv_eoi_from_guest()", p.stdout)
        self.assertIn("expected; 1 more scenario", p.stdout)
        self.assertTrue(p.stdout.splitlines()[-1].startswith("PASS: 8,000"))

    def test_deviations(self):
        out = self.lines("alpha", "--runs", "30", "--deviations", "--variant",
                         "6.12-fixed")
        rows = {x["name"]: x for x in self.of_type(out, "deviation")}
        self.assertEqual((rows["icr-level"]["uses"],
                          rows["icr-level"]["runs"]), (30, 20))
        self.assertEqual(rows["low-vectors"]["uses"], 0)
        p = self.f.run("run", "alpha", "--runs", "30", "--deviations")
        self.assertIn("icr-level: 60 uses in 40 of 60 runs", p.stdout)
        self.assertIn("source: ", p.stdout)
        self.assertFalse(self.of_type(self.lines("alpha", "--runs", "30"),
                                      "deviation"))
        listed = json_lines(self.f.run("deviations", "--json").stdout)
        self.assertEqual({x["name"] for x in listed}, set(rows))

    def test_default_is_1000_runs(self):
        out = self.lines("alpha")
        self.assertEqual([x["runs"] for x in self.of_type(out, "variant")],
                         [1000, 1000])

    def test_json_divergence(self):
        out = self.lines("alpha", "--runs", "1000", "--variant",
                         "6.1-unfixed")
        bug = self.of_type(out, "divergence")[0]
        self.assertEqual(
            (bug["kind"], bug["check"], bug["vcpu"], bug["vector"],
             bug["expected"]), ("host-bug", "bug", 1, None, True))
        self.assertRegex(bug["seed"], "^0x[0-9a-f]+$")
        self.assertEqual(bug["run"], int(bug["seed"], 16) + 1)
        self.assertRegex(bug["token"], "^v1:alpha@[0-9a-f]{8}:6.1-unfixed@"
                         "aaaa0000:0x")
        self.assertRegex(bug["frames"][0], r"^runner\+0x[0-9a-f]+$")
        self.assertIn('"made-up"', bug["text"])

    def test_jobs_change_nothing(self):
        want = {}
        env = {"FAKE_CRASH": "7", "FAKE_TRAP": "11,12", "FAKE_LIMIT": "90",
               "FAKE_WARN": "1234,55"}
        for jobs in ("1", "2", "8"):
            for fmt in ("--json", "--table"):
                p = self.f.run("run", "alpha", "beta", "--runs", "3000",
                               "--jobs", jobs, fmt, **env)
                self.assertEqual(p.returncode, 6)
                self.assertEqual(want.setdefault(fmt, p.stdout), p.stdout)

    def test_a_range_is_the_sum_of_its_parts(self):
        def digests(seeds):
            return [int(x["digest"], 16) for x in self.of_type(
                self.lines("alpha", "--seeds", seeds), "variant")]
        whole, a, b = map(digests, ("100-999", "100-399", "400-999"))
        self.assertEqual(whole, [(x + y) % 2**64 for x, y in zip(a, b)])

    def test_high_and_hex_seeds(self):
        out = self.lines("alpha", "--seeds",
                         "0xfffffffffffffff0-0xffffffffffffffff")
        self.assertEqual(out[0]["runs"], 16)
        self.assertEqual(out[0]["first_seed"], "0xfffffffffffffff0")
        self.assertEqual(self.lines("alpha", "--seeds", "5")[0]["runs"], 1)

    def test_set_changes_hash_and_token(self):
        plain = self.lines("alpha", "--runs", "60")
        out = self.lines("alpha", "--runs", "60", "--set", "guest.hlt=9",
                         "--set", "topology.vcpus=3")
        self.assertNotEqual(out[0]["scenario_hash"],
                            plain[0]["scenario_hash"])
        self.assertEqual(out[0]["overrides"],
                         "guest.hlt=9,topology.vcpus=3")
        token = self.of_type(out, "divergence")[0]["token"]
        self.assertTrue(token.endswith(":guest.hlt=9,topology.vcpus=3"))
        self.assertEqual(self.f.run("replay", token).returncode, 10)

    def test_time(self):
        out = self.lines("alpha", "beta", "--time", "1s")
        runs = [x["runs"] for x in self.of_type(out, "variant")]
        self.assertGreater(runs[0], 1000)
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(runs[2], runs[3])

    def test_time_and_seeds(self):
        out = self.lines("alpha", "--time", "20s", "--seeds", "0-99")
        self.assertEqual(out[0]["runs"], 100)

    def test_table_per_scenario(self):
        p = self.f.run("run", "alpha", "beta", "--runs", "10", "--table")
        self.assertIn("alpha: alpha holds", p.stdout)
        self.assertIn("all scenarios", p.stdout)

    def test_verbose(self):
        p = self.f.run("run", "alpha", "beta", "--runs", "1000", "--verbose")
        self.assertNotIn("more scenario", p.stdout)
        self.assertIn("worker is ready", p.stderr)

    def test_replay_share(self):
        self.assertEqual(
            self.lines("alpha", "--runs", "100", "--replay-share",
                       "100")[0]["repeated"], 100)
        self.assertEqual(
            self.lines("alpha", "--runs", "100", "--replay-share",
                       "0")[0]["repeated"], 0)
        self.assertEqual(self.lines("alpha", "--seeds", "3")[0]["repeated"], 1)

    def test_scenario_by_path_with_blanks(self):
        with open(self.f.path("scenarios/alpha.scn"), encoding="utf-8") as s:
            path = self.f.write("else where%20/gamma.scn", s.read())
        out = self.lines(path, "--runs", "10", "--variant", "6.12-fixed")
        self.assertEqual(out[0]["scenario"], "gamma")


class Verdicts(RunTest):
    def last_line_fails(self, p):
        """The last line is a command; it shows the same again."""
        words = p.stdout.splitlines()[-1].split()
        self.assertEqual(words[0], "lapicsim")
        return words[1:]

    def test_unexpected_is_10(self):
        p = self.f.run("run", "alpha", "--runs", "50", FAKE_WARN="31,12")
        self.assertEqual(p.returncode, 10)
        self.assertIn("host WARN  kvm_fake()", p.stdout)
        self.assertIn("UNEXPECTED", p.stdout)
        words = self.last_line_fails(p)
        again = self.f.run(*words, FAKE_WARN="31,12")
        self.assertEqual(again.returncode, 10)
        self.assertIn("host WARN", again.stdout)
        self.assertTrue(words[-1].endswith(":0xc"))

    def test_never_is_10(self):
        path = self.f.write("other/strict.scn", (
            "[scenario]\nclaim = x\n[expect]\n"
            "default = never premature-eoi\n"))
        p = self.f.run("run", path, "--variant", "6.12-fixed")
        self.assertEqual(p.returncode, 10)
        words = self.last_line_fails(p)
        self.assertEqual(words[-2:], ["--scenario", path])
        self.assertEqual(self.f.run(*words).returncode, 10)

    def test_missing_is_11_once_there_were_enough_runs(self):
        path = self.f.write("other/always.scn", (
            "[scenario]\nclaim = x\n[limits]\nenough_runs = 500\n[expect]\n"
            "default = always lost-eoi, sometimes premature-eoi\n"))
        p = self.f.run("run", path, "--variant", "6.12-fixed", "--runs", "99")
        self.assertEqual(p.returncode, 0)
        self.assertIn("not decided  lost EOI", p.stdout)
        p = self.f.run("run", path, "--variant", "6.12-fixed", "--runs",
                       "600")
        self.assertEqual(p.returncode, 11)
        self.assertIn("MISSING  lost EOI", p.stdout)
        self.assertEqual(self.f.run(*self.last_line_fails(p)).returncode, 11)

    def test_limit_is_5(self):
        p = self.f.run("run", "alpha", "--runs", "20", "--variant",
                       "6.12-fixed", FAKE_LIMIT="17,3")
        self.assertEqual(p.returncode, 5)
        self.assertIn("limit hit", p.stdout)
        words = self.last_line_fails(p)
        self.assertTrue(words[-1].endswith(":0x3"))
        self.assertEqual(self.f.run(*words, FAKE_LIMIT="3").returncode, 5)

    def test_worse_wins(self):
        env = {"FAKE_LIMIT": "1", "FAKE_WARN": "2"}
        self.assertEqual(self.f.run("run", "alpha", "--runs", "20",
                                    **env).returncode, 10)
        self.assertEqual(self.f.run("run", "alpha", "--runs", "20",
                                    FAKE_EXIT="4", **env).returncode, 6)


class Workers(RunTest):
    def test_a_death_costs_one_run(self):
        clean = self.lines("alpha", "--seeds", "8-199")
        out = self.lines("alpha", "--seeds", "8-199", code=6,
                         FAKE_EXIT="101")
        failures = self.of_type(out, "failure")
        self.assertEqual([(x["failure"], x["seed"]) for x in failures],
                         [("worker-died", "0x65")] * 2)
        self.assertIn("exited with 3", failures[0]["text"])
        self.assertEqual(out[0]["died"], 1)
        self.assertEqual(out[0]["runs"], clean[0]["runs"])
        self.assertEqual(out[0]["kinds"], clean[0]["kinds"])

    def test_what_kills_its_worker_is_a_divergence(self):
        clean = self.lines("alpha", "--seeds", "8-199")
        out = self.lines("alpha", "--seeds", "8-199", code=10,
                         FAKE_CRASH="100,150")
        deaths = [x for x in self.of_type(out, "divergence")
                  if x["check"] == "worker-died"]
        self.assertEqual([(x["variant"], x["kind"], x["runs"], x["seed"],
                           x["expected"], x["follows"]) for x in deaths],
                         [(v, "host-crash", 2, "0x64", False, False)
                          for v in ("6.1-unfixed", "6.12-fixed")])
        self.assertIn("was killed by signal 6", deaths[0]["text"])
        self.assertEqual(deaths[0]["slice"], "the worker was killed by signal")
        self.assertEqual(out[0]["ends"]["crashed"],
                         clean[0]["ends"]["crashed"] + 2)
        self.assertEqual(out[0]["kinds"]["host-crash"], 2)
        self.assertEqual(out[0]["runs"], clean[0]["runs"])
        self.assertEqual(self.of_type(out, "failure"), [])
        p = self.f.run("replay", deaths[0]["token"], FAKE_CRASH="100")
        self.assertEqual(p.returncode, 10)
        self.assertIn("signal 6", p.stderr)

    def test_last_words(self):
        p = self.f.run("run", "alpha", "--runs", "20", FAKE_CRASH="4")
        self.assertIn("fake: crash of seed 4", p.stderr)
        self.assertTrue(p.stdout.splitlines()[-1].endswith(":0x4"))

    def test_first_and_last_seed_may_die(self):
        out = self.lines("alpha", "--runs", "20", code=10,
                         FAKE_CRASH="0,1,2,19")
        self.assertEqual(out[0]["died"], 0)
        self.assertEqual(out[0]["kinds"]["host-crash"], 4)
        self.assertEqual(out[0]["runs"], 20)

    def test_kill_from_outside_loses_nothing(self):
        with tempfile.TemporaryDirectory() as d:
            want = self.f.run("run", "alpha", "--runs", "500")
            got = self.f.run("run", "alpha", "--runs", "500",
                             FAKE_KILL_ONCE="321:%s/mark" % d)
            self.assertEqual(got.returncode, 0)
            self.assertEqual(got.stdout, want.stdout)
            self.assertIn("killed by signal 9", got.stderr)
            self.assertIn("made again", got.stderr)

    def test_a_crash_that_does_not_repeat_is_a_failure(self):
        with tempfile.TemporaryDirectory() as d:
            out = self.lines("alpha", "--runs", "500", code=6,
                             FAKE_ONCE="321:%s/mark" % d)
            failure, = self.of_type(out, "failure")
            self.assertEqual(failure["failure"], "unsteady")
            self.assertEqual(out[0]["died"], 0)

    def check_hang(self, **env):
        """Found with its seed, and the campaign goes on."""
        clean = self.lines("alpha", "--runs", "60")
        out = self.lines("alpha", "--runs", "60", "--worker-timeout", "300ms", code=10, **env)
        hangs = [x for x in self.of_type(out, "divergence") if x["check"] == "worker-hung"]
        self.assertEqual([(v, "hang", 1, "0x21", False, False, "the worker gave no answer in") for v in
                          ("6.1-unfixed", "6.12-fixed")],
                         [(x["variant"], x["kind"], x["runs"], x["seed"], x["expected"], x["follows"], x["slice"])
                          for x in hangs])
        self.assertIn("the worker gave no answer in 300 ms, and was killed, twice", hangs[0]["text"])
        self.assertEqual([], self.of_type(out, "failure"))
        for i in (0, 1):
            self.assertEqual(60, out[i]["runs"])
            self.assertEqual(0, out[i]["died"])
            self.assertEqual(1, out[i]["ends"]["hung"])
            self.assertEqual(clean[i]["ends"]["complete"], out[i]["ends"]["complete"] + 1)
        p = self.f.run("replay", hangs[0]["token"], "--worker-timeout", "300ms", **env)
        self.assertEqual(10, p.returncode)
        self.assertIn("the worker gave no answer in 300 ms", p.stderr)

    def test_waiting_for_ever_is_a_divergence(self):
        self.check_hang(FAKE_HANG="33")

    def test_looping_for_ever_is_a_divergence(self):
        self.check_hang(FAKE_LOOP="33")

    def test_the_first_and_the_last_seed_may_hang(self):
        out = self.lines("alpha", "--runs", "20", "--variant", "6.12-fixed", "--worker-timeout", "200ms", code=10,
                         FAKE_HANG="0,1,19")
        self.assertEqual((20, 3, 3), (out[0]["runs"], out[0]["ends"]["hung"], out[0]["kinds"]["hang"]))

    def test_killed_each_time_is_a_divergence(self):
        """SIGKILL comes from outside, too: so three times in a row, the last two alone."""
        out = self.lines("alpha", "--runs", "60", code=10, FAKE_KILL="33")
        deaths = [x for x in self.of_type(out, "divergence") if x["check"] == "worker-died"]
        self.assertEqual([("host-crash", 1, "0x21")] * 2, [(x["kind"], x["runs"], x["seed"]) for x in deaths])
        self.assertIn("the worker was killed by signal 9 (Killed), 3 times", deaths[0]["text"])
        self.assertEqual([], self.of_type(out, "failure"))
        self.assertEqual((60, 0), (out[0]["runs"], out[0]["died"]))
        self.assertEqual(10, self.f.run("replay", deaths[0]["token"], FAKE_KILL="33").returncode)

    def test_stopped_from_outside_loses_nothing(self):
        with tempfile.TemporaryDirectory() as d:
            want = self.f.run("run", "alpha", "--runs", "500")
            got = self.f.run("run", "alpha", "--runs", "500", "--worker-timeout", "300ms",
                             FAKE_STOP_ONCE="321:%s/mark" % d)
            self.assertEqual((0, want.stdout), (got.returncode, got.stdout))
            self.assertIn("a worker gave no answer in 300 ms, and was killed; the run was made again", got.stderr)

    def test_a_comparison_that_was_stopped_once_is_made_again(self):
        """The first run is always made twice: who stops the second one shows nothing of KVM."""
        with tempfile.TemporaryDirectory() as d:
            words = ("alpha", "--runs", "5", "--variant", "6.12-fixed", "--worker-timeout", "300ms")
            got = self.f.run("run", *words, "--json", FAKE_STOP_SECOND="0:%s/mark" % d)
            self.assertEqual(0, got.returncode, got.stderr)
            self.assertIn("a worker gave no answer; its comparison is made again", got.stderr)
            self.assertEqual(1, json_lines(got.stdout)[-1]["repeated"])
        with tempfile.TemporaryDirectory() as d:
            failure, = self.of_type(self.lines(*words, code=6, FAKE_STOP_LATER="0:%s/mark" % d), "failure")
            self.assertEqual(("unsteady", "hung when it ran again, twice"), (failure["failure"], failure["text"]))

    def test_another_death_each_time_is_a_failure(self):
        with tempfile.TemporaryDirectory() as d:
            out = self.lines("alpha", "--runs", "60", "--variant", "6.12-fixed", code=6, FAKE_EACH="33:%s/mark" % d)
            failure, = self.of_type(out, "failure")
            self.assertEqual(("worker-died", "0x21"), (failure["failure"], failure["seed"]))
            self.assertIn("each time something else", failure["text"])
            self.assertEqual((60, 1), (out[0]["runs"], out[0]["died"]))
            self.assertEqual(6, os.path.getsize(d + "/mark"))

    def test_a_slow_machine_is_no_hang(self):
        """A run that has not had its CPU time, since something else has the only CPU, is waited for."""
        cpu = min(os.sched_getaffinity(0))
        # Weight 15 against 1024: 1.5 % of the CPU, so that 30 ms take 2 s; 8 s is what it may take.
        other = subprocess.Popen(["taskset", "-c", str(cpu), "sh", "-c", "while :; do :; done"])
        try:
            p = subprocess.run(["taskset", "-c", str(cpu), "nice", "-n", "19", self.f.program, "run", "alpha",
                                "--variant", "6.12-fixed", "--seeds", "7", "--replay-share", "0", "--json",
                                "--worker-timeout", "1s"], text=True, capture_output=True, check=False, timeout=100,
                               env=self.f.environment({"FAKE_BURN": "7:30"}))
        finally:
            other.kill()
            other.wait()
        out = json_lines(p.stdout)
        self.assertEqual((0, 1), (p.returncode, out[0]["ends"]["complete"]), p.stderr)

    def test_trap(self):
        log = self.f.path("build/variants/6.12-fixed/traps.log")
        for _ in range(2):
            p = self.f.run("run", "alpha", "--runs", "20", "--variant",
                           "6.12-fixed", FAKE_TRAP="5,6")
            self.assertEqual(p.returncode, 6)
            self.assertIn("kvm_fake_symbol", p.stdout)
        with open(log, encoding="utf-8") as f:
            self.assertEqual(f.read(), "kvm_fake_symbol\n")
        os.unlink(log)

    def test_digests_that_differ(self):
        p = self.f.run("run", "alpha", "--runs", "20", FAKE_FLAKY="0")
        self.assertEqual(p.returncode, 6)
        self.assertIn("NOT REPEATABLE: v1:alpha", p.stderr)
        self.assertIn("first difference in events 1024 to 2047", p.stdout)
        self.assertTrue(p.stdout.splitlines()[-1].endswith(":0x0"))

    def test_setup_that_fails(self):
        p = self.f.run("run", "alpha", "--runs", "20",
                       FAKE_SETUP="no room for 4096 vCPUs")
        self.assertEqual(p.returncode, 6)
        self.assertIn("no room for 4096 vCPUs", p.stdout)
        self.assertEqual(p.stdout.count("not built  "), 2)

    def test_a_runner_that_is_none(self):
        path = self.f.path("build/variants/zombie/plain/runner")
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\necho this is no wire record, it is text\n")
        os.chmod(path, 0o755)
        try:
            p = self.f.run("run", "alpha", "--runs", "5", "--variant",
                           "zombie")
            self.assertEqual(p.returncode, 6)
            self.assertIn("wire version", p.stdout)
        finally:
            os.unlink(path)


class Signals(RunTest):
    def stop(self, sig):
        p = self.f.start("run", "alpha", "--runs", "1000000", "--json",
                         "--variant", "6.12-fixed", FAKE_SLEEP_US="1000")
        self.f.wait_until_busy(p)
        p.send_signal(sig)
        out, err = p.communicate(timeout=20)
        return p.returncode, out, err

    def test_ctrl_c_prints_the_result_so_far(self):
        code, out, err = self.stop(signal.SIGINT)
        self.assertEqual(code, 130, err)
        lines = json_lines(out)
        self.assertGreater(lines[0]["runs"], 0)
        self.assertEqual(lines[-1]["exit"], 130)
        self.assertIn("stopping", err)

    def test_sigterm(self):
        self.assertEqual(self.stop(signal.SIGTERM)[0], 143)

    def test_a_runner_hears_sigterm(self):
        """Job threads block it, and what a process blocks its children inherit."""
        p = self.f.start("run", "alpha", "--runs", "2000", "--json", "--jobs", "1", "--replay-share", "0", "--variant",
                         "6.12-fixed", FAKE_SLEEP_US="1000")
        self.f.wait_until_busy(p)
        for pid in self.f.alive():
            os.kill(pid, signal.SIGTERM)
        out, err = p.communicate(timeout=60)
        self.assertEqual(0, p.returncode, err)
        self.assertEqual(2000, json_lines(out)[-1]["runs"])
        self.assertIn("a worker was killed by signal 15 (Terminated); the run was made again", err)

    def test_no_runner_survives_kill_9(self):
        p = self.f.start("run", "alpha", "--runs", "1000000", "--jobs", "2",
                         FAKE_SLEEP_US="1000")
        self.f.wait_until_busy(p)
        p.kill()
        p.communicate()
        deadline = time.monotonic() + 20
        while self.f.alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.f.alive(), [])


class BadInput(RunTest):
    def fails(self, code, text, *words):
        p = self.f.run(*words)
        self.assertEqual(p.returncode, code, p.stderr)
        self.assertIn(text, p.stderr)
        self.assertEqual(p.stdout, "")
        self.assertEqual(len(p.stderr.splitlines()), 1)

    def test_messages(self):
        for code, text, words in (
                (1, "needs a scenario", []),
                (2, 'did you mean "alpha"?', ["alfa"]),
                (2, "No such file", ["./nothing.scn"]),
                (2, 'did you mean "6.12-fixed"?',
                 ["alpha", "--variant", "6.12-fixd"]),
                (2, "not built as sanitized",
                 ["alpha", "--variant", "6.12-fixed", "--flavour",
                  "sanitized"]),
                (2, "no variant is built as coverage",
                 ["alpha", "--flavour", "coverage"]),
                (1, 'did you mean "sanitized"?',
                 ["alpha", "--flavour", "sanitised"]),
                (1, "named twice", ["alpha", "alpha"]),
                (1, "named twice", ["alpha", "--variant", "6.12-fixed",
                                    "--variant", "6.12-fixed"]),
                (1, "exclude each other",
                 ["alpha", "--seeds", "1-2", "--runs", "3"]),
                (1, "ends before it starts", ["alpha", "--seeds", "9-1"]),
                (1, "not a range of seeds", ["alpha", "--seeds", "1-x"]),
                (1, "too many seeds",
                 ["alpha", "--seeds", "0-0xffffffffffffffff"]),
                (1, "needs a unit", ["alpha", "--time", "90"]),
                (1, "at least 100ms", ["alpha", "--time", "1ms"]),
                (1, "at least 1", ["alpha", "--jobs", "0"]),
                (1, "at most 1024", ["alpha", "--jobs", "5000"]),
                (1, "at most 100", ["alpha", "--replay-share", "101"]),
                (1, "not a whole number", ["alpha", "--runs", "-5"]),
                (1, "needs a value", ["alpha", "--runs"]),
                (1, "takes no value", ["alpha", "--json=yes"]),
                (1, 'did you mean "--seeds"?', ["alpha", "--seed", "1"]),
                (2, 'did you mean "vcpus"?',
                 ["alpha", "--set", "topology.vcpu=1"]),
                (2, "SECTION.KEY=VALUE", ["alpha", "--set", "vcpus"]),
                (2, "cannot be overridden",
                 ["alpha", "--set", "scenario.claim=x"]),
                (1, "together longer",
                 ["alpha"] + ["--set", "guest.hlt=%d" % 7] * 40)):
            with self.subTest(words=words):
                self.fails(code, text, "run", *words)


if __name__ == "__main__":
    unittest.main()
