# SPDX-License-Identifier: GPL-2.0-only
"""Inputs that somebody or something has changed: a report, or one line and exit code 2; never a traceback.

What is changed comes from a generator with a seed, which a failure names.  Where the bytes of a file are
damaged is test_store.py's; here its tables are whole, and what stands in them is not.
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import sqlite3
import unittest
from unittest import mock

import stores
import history
import plot
import replays
import report
from test_history import TRACE

STORES, TRACES = 240, 1500
VALUES = (None, 0, 1, -1, 3, 255, (1 << 32) - 1, 1 << 40, (1 << 63) - 1, -(1 << 63), 0.5, -1.5, 1e308, float("inf"), "",
          "x", "-1", "a\nb", "\u202e", b"\xff\xfe", "[" * 100000, '{"source": [], "edits": [3]}', "always host-bug", "new",
          "never", "missed", "[expect]\ndefault = always hang", "[limits]\nenough_runs = \u00b2",
          "[limits]\nenough_runs = " + "9" * 5000, "limits.enough_runs=\u00b3,limits.enough_runs=" + "9" * 5000)
ODD = (None, 0, -1, 1.5, "", "x", "vcpu0", [], {}, True, 10 ** 30, "\n", [1])


def change(chance, db):
    """One value, one column or one row of any table becomes another, or goes."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = chance.choice([t for t in tables if db.execute("SELECT count(*) FROM %s" % t).fetchone()[0]])
    columns = [row[1] for row in db.execute("PRAGMA table_info(%s)" % table)]
    rows = db.execute("SELECT * FROM %s" % table).fetchall()
    where = " WHERE " + " AND ".join('"%s" IS ?' % c for c in columns)
    row, column, value = chance.choice(rows), chance.choice(columns), chance.choice(VALUES)
    what = chance.randrange(10)
    with contextlib.suppress(sqlite3.IntegrityError):
        if what == 0:
            db.execute("DELETE FROM %s%s" % (table, where), row)
        elif what < 4:
            db.execute('UPDATE OR REPLACE %s SET "%s" = ?' % (table, column), (value,))
        else:
            db.execute('UPDATE OR REPLACE %s SET "%s" = ?%s' % (table, column, where), (value, *row))
    return "%s.%s" % (table, column)


def damage(chance, text):
    data = bytearray(text.encode())
    for _ in range(chance.choice((1, 3, 10))):
        at, what = chance.randrange(len(data)), chance.randrange(4)
        if what == 0:
            data[at] = chance.randrange(256)
        elif what == 1:
            del data[at:at + chance.randrange(60)]
        elif what == 2:
            data[at:at] = data[chance.randrange(len(data)):][:chance.randrange(200)]
        else:
            data[at:at] = chance.choice((b"9" * 40, b"\0", b"\n", b"vcpu ", b"\xff"))
    return bytes(data).decode("utf-8", "replace")


def lines_of(text):
    return [line for line in map(replays.parse, text.split("\n")) if line]


class Damaged(unittest.TestCase):

    def setUp(self):
        self.folder = stores.folder()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    @mock.patch.object(plot, "available", lambda: True)
    @mock.patch.object(plot, "run", lambda script: '<svg viewBox="0 0 1 1"></svg>')
    def test_stores(self):
        good = [stores.ordinary(self.path("ordinary.db")), stores.compared(self.path("compared.db"))]
        codes = []
        for seed in range(STORES):
            chance, bad = random.Random(seed), self.path("%d.db" % seed)
            shutil.copy(chance.choice(good), bad)
            db = sqlite3.connect(bad)
            changed = [change(chance, db) for _ in range(chance.choice((1, 1, 2, 4)))]
            db.commit()
            db.close()
            error = io.StringIO()
            with self.subTest(seed=seed, changed=changed), contextlib.redirect_stdout(io.StringIO()):
                with contextlib.redirect_stderr(error):
                    codes.append(report.main([bad, "--output", self.path("out"), "--program", "/nonexistent"]))
                if codes[-1]:
                    self.assertRegex(error.getvalue(), r"\Alapicsim: [^\n]*%d.db: [^\n]+\n\Z" % seed)
            os.remove(bad)
        self.assertEqual({0, 2}, set(codes))
        self.assertGreater(min(codes.count(0), codes.count(2)), STORES // 8, "both were tried")

    def test_traces(self):
        for seed in range(TRACES):
            with self.subTest(seed=seed):
                for event in history.make(lines_of(damage(random.Random(seed), TRACE)), "v1:a:b:0x1").events:
                    self.assertTrue(re.sub("[\n\t]", "", event.text + event.state).isprintable())

    def test_kept_replays(self):
        """Those of another report: lines as they were, or none."""
        used = 0
        for seed in range(TRACES):
            chance, kept = random.Random(seed), [list(line) for line in lines_of(TRACE)]
            if seed % 3:
                chance.choice(kept)[chance.randrange(4)] = chance.choice(ODD)
            text = json.dumps({"format": replays.FORMAT, "lines": kept})
            if seed % 7 == 0:
                text = chance.choice((text[:chance.randrange(len(text))], "[" * 100000, damage(chance, text)))
            with open(self.path("kept.json"), "w", encoding="utf-8") as f:
                f.write(text)
            with self.subTest(seed=seed):
                seen = replays.Replays(None, self.folder.name, 1, 1).cached(self.path("kept.json"))
                if seen:
                    used += 1
                    history.make(seen.lines, "v1:a:b:0x1")
        self.assertGreater(used, TRACES // 4)


if __name__ == "__main__":
    unittest.main()
