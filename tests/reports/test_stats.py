# SPDX-License-Identifier: GPL-2.0-only
"""The numbers, against what the literature and simple cases say."""

import glob
import random
import re
import unittest

import stores
import figures
import stats
import verdict
import words
from model import Bucket, Cell, Record, Scenario, Variant


class Stats(unittest.TestCase):

    def test_wilson(self):
        # Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (k, n), (low, high) in (((81, 263), (0.2553, 0.3662)), ((15, 148), (0.0624, 0.1605)),
                                    ((0, 20), (0.0, 0.1611)), ((1, 29), (0.0061, 0.1718))):
            got = stats.wilson(k, n)
            self.assertAlmostEqual(low, got[0], 4)
            self.assertAlmostEqual(high, got[1], 4)
        self.assertEqual((0.0, 1.0), stats.wilson(0, 0))
        self.assertEqual(1.0, stats.wilson(7, 7)[1])

    def test_zero_failure(self):
        self.assertAlmostEqual(0.05, (1 - stats.zero_failure(1000)) ** 1000)
        self.assertAlmostEqual(3 / 1000, stats.zero_failure(1000), 4)
        self.assertEqual(1.0, stats.zero_failure(0))

    def test_runs_to_fixed(self):
        low = stats.wilson(12, 1000)[0]
        n = stats.runs_to_fixed(12, 1000)
        self.assertLessEqual((1 - low) ** n, 0.05)
        self.assertGreater((1 - low) ** (n - 1), 0.05)
        self.assertIsNone(stats.runs_to_fixed(0, 1000))

    def test_good_turing(self):
        self.assertEqual(0.01, stats.good_turing(10, 1000)[0])
        self.assertGreater(stats.good_turing(10, 1000)[1], 0.01)
        self.assertEqual((1.0, 1.0), stats.good_turing(0, 0))

    def test_good_turing_holds(self):
        """On draws of which the truth is known: the estimate is near, the bound holds."""
        chance, near, above = random.Random(1), 0, 0
        p = [1 / (i + 1) ** 1.5 for i in range(200)]
        total = sum(p)
        for _ in range(40):
            seen = {}
            for i in chance.choices(range(200), p, k=2000):
                seen[i] = seen.get(i, 0) + 1
            truth = sum(p[i] for i in range(200) if i not in seen) / total
            estimate, bound = stats.good_turing(sum(n == 1 for n in seen.values()), 2000)
            near += abs(estimate - truth) < 0.01
            above += bound >= truth
        self.assertGreater(near, 35)
        self.assertGreaterEqual(above, 38)

    def test_kaplan_meier(self):
        # Kaplan and Meier 1958, the example of section 2: deaths 0.8, 3.1, 5.4, 9.2; losses 1.0, 2.7, 7.0, 12.1.
        times = [(0.8, True), (1.0, False), (2.7, False), (3.1, True), (5.4, True), (7.0, False), (9.2, True),
                 (12.1, False)]
        curve = stats.kaplan_meier(times)
        self.assertEqual([0, 0.8, 3.1, 5.4, 9.2], [t for t, _ in curve])
        for want, (_, got) in zip((1, 7 / 8, 7 / 10, 21 / 40, 21 / 80), curve):
            self.assertAlmostEqual(want, got)
        self.assertEqual(9.2, stats.median(curve))
        self.assertIsNone(stats.median([(0, 1.0), (3, 0.6)]))

    def bucket(self, runs, seeds, of=1000):
        cell = Cell(Scenario("s", 1, "", ""), Variant("v", "", "fixed", {}), runs=of, ranges=[(0, of)])
        return Bucket("hang", "c", "", "", "", runs, seeds[0], [Record(s, 0, 0, 0, 0, 0, "", "") for s in seeds],
                      cell=cell)

    def test_waits(self):
        self.assertEqual([(10, True), (10, True), (980, False)], stats.waits(self.bucket(2, [9, 19])))
        # Of 50 runs only two are known: nobody can say how long the third took.
        self.assertEqual([(10, True), (10, True)], stats.waits(self.bucket(50, [9, 19])))

    def test_run_numbers_skip_what_was_not_run(self):
        cell = Cell(Scenario("s", 1, "", ""), Variant("v", "", "fixed", {}), ranges=[(0, 10), (50, 10)])
        self.assertEqual([1, 10, 11, 20], [cell.run_number(s) for s in (0, 9, 50, 59)])


class Words(unittest.TestCase):

    def test_kinds_are_those_of_the_simulator(self):
        with open(stores.REPO + "/sim/divergence.c", encoding="utf-8") as f:
            code = f.read()
        for key, name in words.KINDS.items():
            self.assertRegex(code, r'"%s",\s+"%s"' % (name, key))
        self.assertEqual(len(re.findall(r"\[DIV_\w+\]\s+= \{ ", code)), len(words.KINDS))
        self.assertEqual(words.KINDS.keys(), words.KIND_MEANS.keys())

    def test_states_are_those_of_the_simulator(self):
        with open(stores.REPO + "/sim/pair_names.c", encoding="utf-8") as f:
            bits = re.search(r"bits\[\] = \{ (.*) \};", f.read())[1]
        self.assertEqual(re.findall(r'"([\w-]+)"', bits), re.findall(r"([a-z][\w-]*)(?=:|,)", re.sub(
            r": [^,]*", ":", figures.STATES)))

    def test_failures_are_those_of_the_simulator(self):
        with open(stores.REPO + "/sim/cmd/campaign.c", encoding="utf-8") as f:
            code = f.read()
        for key, name in verdict.FAILURES.items():
            self.assertTrue('{ "%s", "%s" }' % (name, key) in code, key)
        self.assertEqual(len(re.findall(r"\[FAILURE_\w+\] =", code)), len(verdict.FAILURES))

    def test_numbers(self):
        for want, got in (("0.95 %", words.percent(0.0095)), ("95.0 %", words.percent(0.95)), ("21.9 %", words.percent(0.219)),
                          ("100 %", words.percent(1)), ("over 99.9 %", words.percent(0.99996)),
                          ("0 %", words.percent(0)), ("0.00029 %", words.percent(2.9e-6)),
                          ("1 in 334", words.one_in(0.002994)),
                          ("1.8 M", words.short(1800000)), ("9,999", words.short(9999)),
                          ("2 h 5 min", words.duration(7500 * 10 ** 9)),
                          ("a, b and 3 more", words.enumerate_some("abcde", 2)),
                          ("a and b", words.enumerate_some("ab", 2))):
            self.assertEqual(want, got)

    def test_clean(self):
        self.assertEqual("a\\x1b[31m\\u202eb\\x00 \u00e9\n", words.clean("a\x1b[31m\u202eb\x00 \u00e9\n"))


class Expectations(unittest.TestCase):

    def test_the_library(self):
        """Each scenario says something about ordinary variants, in words and kinds that there are."""
        paths = glob.glob(stores.REPO + "/scenarios/*.scn")
        self.assertGreater(len(paths), 20)
        for path in paths:
            with open(path, encoding="utf-8") as f:
                expect = verdict.expectations(f.read())[0]
            self.assertIn("default", {klass for klass, _ in expect}, path)
            for (_, kind), word in expect.items():
                self.assertIn(kind, words.KINDS, path)
                self.assertIn(word, ("never", "sometimes", "always"), path)

    def test_a_file(self):
        text = "[expect]\n# no\ndefault = never host-bug, sometimes hang\na.b-1 = always lost-eoi ; why\n[limits]\nenough_runs = 7\n"
        self.assertEqual(({("default", "host-bug"): "never", ("default", "hang"): "sometimes",
                           ("a.b-1", "lost-eoi"): "always"}, 7),
                         verdict.expectations(text))


if __name__ == "__main__":
    unittest.main()
