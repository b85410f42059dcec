# SPDX-License-Identifier: GPL-2.0-only
"""Each file of known/ is seen: its minimal scenario shows it on a kernel of today.

One that nothing shows any more is out of date, or its signature is wrong.
"""

import json
import os
import unittest

from test_race import BUILD, campaign, lapicsim, scenario

# Came after 6.12; 7.3 is only built while the mirror has it (scripts/variants.mk).
YOUNG = ("mp-state-kick",)
NEWER = os.path.exists(BUILD + "/variants/7.3/plain/runner")


class Known(unittest.TestCase):
    def test_minimal_scenarios_show_what_is_known(self):
        listed = [json.loads(line) for line in lapicsim("known", "--json").stdout.splitlines()]
        self.assertTrue(listed)
        for known in listed:
            with self.subTest(known=known["name"]):
                seen = set()
                if known["name"] in YOUNG and not NEWER:
                    continue
                for variant in ("7.3",) if known["name"] in YOUNG else ("6.12", "6.1"):
                    code, rows = campaign(variant, scenario(known["scenario"]), "--seeds", "0-1999")
                    self.assertEqual(code, 0, rows["summary"])
                    seen |= {d["known"] for d in rows["divergence"]}
                self.assertIn(known["name"], seen)


if __name__ == "__main__":
    unittest.main()
