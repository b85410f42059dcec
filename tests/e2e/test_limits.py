# SPDX-License-Identifier: GPL-2.0-only
"""Runs that would never end, or end their process: what KVM's own code can do to a campaign.

Needs the variant 6.12 in $LAPICSIM_BUILD; builds two broken ones from it.
"""

import os
import time
import unittest
from unittest import mock

from test_race import campaign, lapicsim, scenario

SEEDS = 31	# at today's draws some 10 % of them meet what the rules do


class Limits(unittest.TestCase):
    def test_cpu_time(self):
        start = time.monotonic()
        code, rows = campaign("6.12", scenario("pv-eoi-plain"), "--set", "limits.duration=1000s", "--set",
                              "limits.max_events=100000000000", "--run-time", "1s", "--seeds", "0-1", "--jobs", "1")
        self.assertEqual(5, code)
        self.assertEqual(2, rows["variant"][0]["ends"]["timed-out"])
        self.assertEqual([], rows["divergence"])
        # The supervisor would have waited for 30 seconds.
        self.assertLess(time.monotonic() - start, 28)


class Broken(unittest.TestCase):
    """A KVM that loops for ever, or kills its process, in some runs: they are found, and cost nothing else."""

    @classmethod
    def setUpClass(cls):
        for rule in ("loops-rarely", "kills-rarely"):
            done = lapicsim("variant", "add", "rule-" + rule, "--like", "6.12", "--rule", rule, "--class", "broken")
            if done.returncode:
                raise AssertionError(done.stderr)
        _, rows = campaign("6.12", scenario("pv-eoi-plain"), "--seeds", "0-%d" % (SEEDS - 1))
        cls.whole = rows["variant"][0]

    def check(self, rule, kind, check, text, end, *words, **env):
        with mock.patch.dict(os.environ, env):
            code, rows = campaign("rule-" + rule, scenario("pv-eoi-plain"), "--seeds", "0-%d" % (SEEDS - 1), "--known",
                                  "none", "--replay-share", "0", *words)
            cell, = rows["variant"]
            found, = rows["divergence"]
            again = lapicsim("replay", found["token"], *words)
        self.assertEqual(10, code)
        hits = found["runs"]
        self.assertTrue(0 < hits < SEEDS)
        self.assertEqual((kind, check), (found["kind"], found["check"]))
        self.assertRegex(found["text"], "^" + text + "$")
        self.assertEqual([], rows.get("failure", []))
        self.assertEqual((SEEDS, 0, hits), (cell["runs"], cell["died"], cell["ends"][end]))
        self.assertEqual(self.whole["ends"]["complete"], cell["ends"]["complete"] + hits)
        self.assertEqual(10, again.returncode, again.stderr)
        self.assertRegex(again.stdout + again.stderr, text.split(",", maxsplit=1)[0])

    def test_a_loop_is_found_by_the_run_itself(self):
        self.check("loops-rarely", "hang", "runaway", "no scheduling point in 400 ms of CPU time", "hung",
                   LAPICSIM_WATCHDOG_MS="100")

    def test_a_loop_is_found_by_the_supervisor_second(self):
        self.check("loops-rarely", "hang", "worker-hung", "the worker gave no answer in 1000 ms, and was killed, twice",
                   "hung", "--worker-timeout", "1s", LAPICSIM_WATCHDOG_MS="0")

    def test_a_kill_is_a_dead_host(self):
        self.check("kills-rarely", "host-crash", "worker-died",
                   r"the worker was killed by signal 9 \(Killed\), (twice|3 times)", "crashed")


if __name__ == "__main__":
    unittest.main()
