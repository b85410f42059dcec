# SPDX-License-Identifier: GPL-2.0-only
"""A real run that would take hours ends itself, and says that it is inconclusive.

Needs the variant 6.12 in $LAPICSIM_BUILD.
"""

import time
import unittest

from test_race import campaign, scenario


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


if __name__ == "__main__":
    unittest.main()
