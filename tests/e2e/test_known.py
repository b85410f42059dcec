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
# Seen in one of 1,000 runs, or fewer: too rare to be asked for here.
RARE = ("apicv-load-refused-read", "logical-id-shared-pin-lowest", "pir-irr-pending-quiet", "pir-irr-pending-ff", "pir-irr-pending-ff-eoi", "ioapic-scan-late-lost")
NEWER = os.path.exists(BUILD + "/variants/7.3/plain/runner")


# Most are seen at once; the rest of the seeds is for the rare ones.
FIRST, MORE = "0-499", "500-1999"


class Known(unittest.TestCase):
    seen = {}

    def names(self, variant, name, seeds):
        """What is known of what the scenario shows, which is all that it may show."""
        key = variant, name, seeds
        if key not in self.seen:
            code, rows = campaign(variant, scenario(name), "--seeds", seeds)
            self.assertEqual(code, 0, rows["summary"])
            self.seen[key] = {d["known"] for d in rows["divergence"]}
        return self.seen[key]

    def shown(self, known, variants):
        return any(known["name"] in set().union(*(self.names(v, known["scenario"], seeds) for v in variants))
                   for seeds in (FIRST, MORE))

    def test_minimal_scenarios_show_what_is_known(self):
        listed = [json.loads(line) for line in lapicsim("known", "--json").stdout.splitlines()]
        self.assertTrue(listed)
        for known in listed:
            with self.subTest(known=known["name"]):
                if known["name"] in YOUNG and not NEWER:
                    continue
                shown = self.shown(known, ("7.3",) if known["name"] in YOUNG else ("6.12", "6.1"))
                self.assertTrue(shown or known["name"] in RARE)


if __name__ == "__main__":
    unittest.main()
