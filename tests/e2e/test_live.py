# SPDX-License-Identifier: GPL-2.0-only
"""`lapicsim live --no-kernel`: the sequences of lapicsim live on variants alone, against the oracle.

Needs the variants 6.12 and 6.1 in $LAPICSIM_BUILD, and no /dev/kvm; builds broken ones from 6.12.
What `lapicsim live` sees on a running kernel is `make live`.
"""

import json
import os
import signal
import subprocess
import unittest

from test_race import BUILD, lapicsim

# rule, kind of divergence, check: those that no scenario has, for they ask that nothing races
ROWS = (
    ("lvt-mask-not-forced", "register-mismatch", "page-register"),
    ("icr-unsplit", "register-mismatch", "msr-access"),
    ("sw-disabled-accepts", "spurious-delivery", "disabled-accepts"),
)


def live(variant, *args):
    """Exit code, differences, and the summary."""
    done = lapicsim("live", "--no-kernel", "--variant", variant, "--json", *args)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [r for r in rows if r["type"] == "difference"], rows[-1]


class Live(unittest.TestCase):
    def test_agrees(self):
        code, differences, summary = live("6.12", "--seeds", "0-99")
        self.assertEqual((0, []), (code, differences))
        self.assertEqual((100, 20000, 0), (summary["sequences"], summary["steps"], summary["different"]))
        self.assertEqual(("", "6.12"), (summary["kernel"], summary["variant"]))
        self.assertTrue(summary["deviations"]["load-ppr"])

    def test_known_finding_and_its_command(self):
        """On 6.1 an MSI to a logical ID that two APICs share is lost: docs/findings/logical-id-shared.md."""
        code, differences, _ = live("6.1", "--seeds", "0-199")
        self.assertEqual(10, code)
        self.assertEqual({"irr-lost"}, {d["check"] for row in differences for d in row["divergences"]})
        again = lapicsim(*differences[0]["again"].split()[1:], "--json")
        self.assertEqual(10, again.returncode)
        self.assertEqual(differences[0], json.loads(again.stdout.splitlines()[0]))

    def test_each_check_of_its_own_sees(self):
        for rule, kind, check in ROWS:
            with self.subTest(rule=rule, check=check):
                done = lapicsim("variant", "add", "live-" + rule, "--like", "6.12", "--rule", rule, "--class", "broken")
                self.assertEqual(0, done.returncode, done.stderr)
                code, differences, _ = live("live-" + rule, "--seeds", "0-99")
                self.assertEqual(10, code)
                self.assertIn((kind, check), {(d["kind"], d["check"]) for row in differences for d in row["divergences"]})

    def test_stopped(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(sig=sig):
                p = subprocess.Popen([BUILD + "/lapicsim", "live", "--no-kernel", "--variant", "6.12", "--seeds", "0-99999999"],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                while not self.has_runner(p.pid):
                    self.assertIsNone(p.poll())
                p.send_signal(sig)
                out, err = p.communicate(timeout=60)
                self.assertEqual((128 + sig, ""), (p.returncode, err))
                self.assertRegex(out, r"ENDED: 6\.12: ")

    @staticmethod
    def has_runner(pid):
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
            return bool(f.read().split())

    def test_usage(self):
        done = lapicsim("live", "--no-kernel")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("--no-kernel needs --variant NAME", done.stderr)


if __name__ == "__main__":
    unittest.main()
