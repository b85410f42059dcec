# SPDX-License-Identifier: GPL-2.0-only
"""The heat map of a real campaign's report: each box against the store, the store against a run's trace.

Needs the variant 6.12 in $LAPICSIM_BUILD, and gnuplot.
"""

import os
import re
import shutil
import sqlite3
import tempfile
import unittest

from test_race import lapicsim

LEAST = (1, 2, 4, 8)            # different operations before it, from which a box is darker
NOT_THE_GUESTS = re.compile(r"exit-|entry|irq$|message$|KVM_")


def query(store, sql):
    db = sqlite3.connect("file:%s?mode=ro" % store, uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def boxes(svg):
    """{(operation, state): level}, by where the boxes of the picture lie beside its labels."""
    labels = {}
    for x, y, turned, text in re.findall(r'<g transform="translate\(([\d.]+),([\d.]+)\)( rotate\(-90\))?"[^>]*>\s*'
                                         r'<text>([^<]*)</text>', svg):
        labels[bool(turned), text] = float(x if turned else y) - 3.25   # the baseline, from the middle
    out = {}
    for level, points in re.findall(r'<polygon style="fill:var\(--h(\d)\)"\s+points = \'([^\']*)\'', svg):
        corners = [tuple(map(float, p.split(","))) for p in points.split()]
        middle = [(min(c) + max(c)) / 2 for c in zip(*corners)]
        if min(middle) < 0:
            continue            # a level that no box has
        row = [t for (turned, t), at in labels.items() if not turned and abs(at - middle[1]) < 1]
        column = [t for (turned, t), at in labels.items() if turned and abs(at - middle[0]) < 1]
        assert len(row) == 1 and len(column) == 1, (middle, row, column)
        assert (row[0], column[0]) not in out, "two boxes at one place"
        out[row[0], column[0]] = int(level)
    return out


class HeatMap(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lapicsim-heat-")
        self.addCleanup(shutil.rmtree, self.folder)

    def store(self, name, *words):
        path = "%s/%s.db" % (self.folder, name)
        done = lapicsim("run", "--variant", "6.12", "--no-canary", "--jobs", "1", "--store", path, *words)
        self.assertEqual(done.returncode, 0, done.stdout)
        return path

    def test_each_box_is_what_the_store_has(self):
        store = self.store("heat", "pv-eoi-plain", "icr-modes", "nmi", "--seeds", "0-399")
        done = lapicsim("report", store, "--output", self.folder, "--replays", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(self.folder, "report.html"), encoding="utf-8") as f:
            figure = re.search(r'<svg [^>]*fig-pairs-wide-t.*?</svg>', f.read(), re.S)[0]
        found = boxes(figure)
        wanted = {(operation, state): sum(n >= least for least in LEAST) for operation, state, n in query(
            store, "SELECT operation, state, count(DISTINCT previous) FROM pairs GROUP BY operation, state")}
        operations, states = ({w[i] for w in wanted} for i in (0, 1))
        self.assertGreater(len(operations), 30)
        self.assertGreater(len(states), 15)
        self.assertEqual({(o, s): wanted.get((o, s), 0) for o in operations for s in states}, found)
        self.assertEqual({0, 1, 2, 3, 4}, set(found.values()), "the campaign has boxes of each level")

    def test_the_store_has_what_the_trace_has(self):
        """Of one run that was looked at for pairs: the guest's operations are those that its trace shows."""
        for seed in range(100):
            store = self.store("one-%d" % seed, "pv-eoi-plain", "--seeds", "%d-%d" % (seed, seed))
            met = {name for name, in query(store, "SELECT DISTINCT operation FROM pairs")}
            if met:
                break
        self.assertTrue(met, "one run of 16 is looked at")
        [token] = query(store, "SELECT printf('v1:%%s@%%08x:%%s@%%s:0x%%x', scenario.name, hash, variant.name, identity, %d)"
                               " FROM scenario, variant" % seed)
        trace = lapicsim("replay", *token, "--trace=text").stdout
        shown = set(re.findall(r"guest: vcpu \d+ (.+)$", trace, re.M))
        self.assertGreater(len(shown), 10)
        self.assertEqual(shown, {name for name in met if not NOT_THE_GUESTS.match(name)})


if __name__ == "__main__":
    unittest.main()
