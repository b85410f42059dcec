# SPDX-License-Identifier: GPL-2.0-only
"""The judge sees: each rule that breaks KVM makes the check fire that is made for it.

Builds a broken variant for each row out of 6.12's source, and runs a scenario
that is clean on 6.12 itself (tests/e2e/test_race.py shows that).
"""

import json
import os
import unittest

from test_race import BUILD, campaign, lapicsim, scenario

# rule, scenario, kind of divergence, check
ROWS = (
    ("lose-irr-pending", "pv-eoi-plain", "stale-cache", "cache-irr-pending"),
    ("lose-irr-pending", "pv-eoi-plain", "lost-interrupt", "quiet-irr"),
    ("drop-nth", "pv-eoi-plain", "lost-interrupt", "irr-lost"),
    ("drop-nth", "preempt", "lost-interrupt", "irr-lost"),
    ("no-sync-on-cancel", "pv-eoi-nested", "pv-eoi-word", "pv-word-irr-pending"),
    ("arm-with-irr", "pv-eoi-plain", "pv-eoi-word", "pv-word-irr-pending"),
    ("pv-eoi-not-withdrawn", "pv-eoi-plain", "pv-eoi-word", "pv-word-untracked"),
    ("double-eoi", "pv-eoi-plain", "premature-eoi", "isr-premature"),
    ("ppr-ignores-isr", "pv-eoi-nested", "priority-inversion", "dispatch-in-service"),
    ("eoi-keeps-cache", "pv-eoi-plain", "stale-cache", "cache-highest-isr"),
    ("isr-count-drift", "pv-eoi-plain", "lost-eoi", "isr-stuck"),
    ("isr-not-set", "pv-eoi-plain", "premature-eoi", "isr-premature"),
    ("tmr-not-set", "pv-eoi-plain", "register-mismatch", "tmr-matches"),
    ("no-event-after-eoi", "pv-eoi-plain", "hang", "not-quiet"),
)


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(BUILD, "variants/6.12/manifest.json"), encoding="utf-8") as f:
            cls.tree = json.load(f)["source_root"]
        cls.seen = {}

    def kinds(self, rule, name):
        if (rule, name) not in self.seen:
            done = lapicsim("variant", "add", "rule-" + rule, "--tree", self.tree, "--rule", rule,
                            "--class", "broken")
            self.assertEqual(done.returncode, 0, done.stderr)
            _, rows = campaign("rule-" + rule, scenario(name), "--seeds", "0-299")
            self.seen[rule, name] = {(d["kind"], d["check"]) for d in rows["divergence"]}
        return self.seen[rule, name]

    def test_each_rule_is_seen(self):
        for rule, name, kind, check in ROWS:
            with self.subTest(rule=rule, check=check):
                self.assertIn((kind, check), self.kinds(rule, name))


if __name__ == "__main__":
    unittest.main()
