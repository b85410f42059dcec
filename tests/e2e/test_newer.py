# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that is newer than the machine's own suite: built from Debian's backports,
through the environment's tests and a race of the whole library, twice.

While the mirror has it: packages of backports go when their successors come, and
then it is time to name the next one in scripts/variants.mk. The test says so.
"""

import glob
import os
import subprocess
import sys
import unittest

from test_race import BUILD, ROOT, campaign

GONE = ("no package ", "Debian's suite ", "is not on the mirror")
SEEDS = "0-99"


def build_it():
    """None, or the reason why the mirror is the reason."""
    done = subprocess.run(["make", "-s", "O=" + BUILD, "variant-7.3"], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if not done.returncode:
        return None
    if any(word in done.stdout for word in GONE):
        return done.stdout.splitlines()[0]
    raise AssertionError(done.stdout)


class Newer(unittest.TestCase):
    def test_environment(self):
        done = subprocess.run([BUILD + "/variants/7.3/plain/runner", "--self-test"], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        self.assertGreater(done.stdout.count("\nok "), 100)

    def test_library_shows_what_is_known_and_the_same_again(self):
        names = [p for p in sorted(glob.glob(ROOT + "/scenarios/*.scn")) if "/big-" not in p]
        first = campaign("7.3", *names, "--seeds", SEEDS, "--replay-share", "20")
        self.assertEqual(first[0], 0, [d for d in first[1]["divergence"] if not d["expected"] and not d["known"]])
        self.assertEqual(first[1]["summary"][-1]["runs"], 100 * len(names))
        self.assertGreaterEqual(first[1]["summary"][-1]["repeated"], 20 * len(names))

    def test_premature_eoi_is_still_there(self):
        _, rows = campaign("7.3", ROOT + "/scenarios/pv-eoi-page-away.scn", "--seeds", "0-199")
        self.assertIn("pv-eoi-page-away", {d["known"] for d in rows["divergence"]})


if __name__ == "__main__":
    reason = build_it()
    if reason:
        print("not tested, name a newer kernel in scripts/variants.mk: " + reason)
        print("0 passed, 0 failed")
        sys.exit(0)
    unittest.main()
