# SPDX-License-Identifier: GPL-2.0-only
"""The figures of make purity, on made-up runs."""

import os
import sys
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
import purity  # noqa: E402, after the path


def shown(mutant, check, *run, function="", slice_="", after=()):
    return types.SimpleNamespace(mutant=mutant, check=check, run=run, function=function, slice=slice_, after=after, stack="",
                                 trail=[])


def fake(divergences, causes=None):
    mutants = {d.mutant for d in divergences}
    return types.SimpleNamespace(shown=divergences, causes=lambda: causes or {m: m for m in mutants})


class Bound(unittest.TestCase):
    """(names, mixed ones, causes in those, causes)"""

    def test_nothing_in_common(self):
        self.assertEqual((2, 0, 0, 2), purity.Purity.bound(fake([shown(1, "a", "s", 1, "x"), shown(2, "a", "s", 1, "y")])))

    def test_a_run_in_common_and_so_on(self):
        runs = [shown(1, "a", "s", 1, "x"), shown(2, "a", "s", 1, "x"), shown(2, "a", "s", 2, "y"), shown(3, "a", "s", 2, "y"),
                shown(4, "a", "s", 4, "w")]
        self.assertEqual((2, 1, 3, 4), purity.Purity.bound(fake(runs)))

    def test_another_check_is_another_name(self):
        runs = [shown(1, "a", "s", 1, "x"), shown(2, "b", "s", 1, "x"), shown(1, "b", "s", 3, "z")]
        self.assertEqual((3, 0, 0, 2), purity.Purity.bound(fake(runs)))

    def test_what_nobody_can_tell_apart_is_one_cause(self):
        runs = [shown(1, "a", "s", 1, "x"), shown(2, "a", "s", 1, "x")]
        self.assertEqual((1, 0, 0, 1), purity.Purity.bound(fake(runs, {1: 1, 2: 1})))


class Signatures(unittest.TestCase):

    def test_spread_and_mixed(self):
        names = dict(purity.SIGNATURES)
        runs = [shown(1, "a", slice_="x", after=("b",)), shown(1, "a", slice_="x", after=("c", "b")),
                shown(2, "a", slice_="x", after=("b",))]
        one = purity.Figures(buckets=1, spread="0 of 2 (0.0 %)", mixed="1 of 1 (100.0 %)", hidden="1 of 1 (100.0 %)",
                             mixed_all="1 of 1 (100.0 %)")
        # The first mistake is in both buckets, the second in one of them.
        two = purity.Figures(buckets=2, spread="1 of 2 (50.0 %)", mixed="1 of 2 (50.0 %)", hidden="1 of 1 (100.0 %)",
                             mixed_all="1 of 2 (50.0 %)")
        for text, want in (("check alone", one), ("**check, function, slice**: the bucket", one),
                           ("and the check of what follows it", two)):
            self.assertEqual(want, purity.Purity.figures(runs, names[text], lambda m: m), text)


if __name__ == "__main__":
    unittest.main()
