# SPDX-License-Identifier: GPL-2.0-only
"""A SQLite file that nobody has to trust: opened for reading, its values checked one by one."""

import os
import sqlite3

import words

MASK = (1 << 64) - 1
NONE = (1 << 32) - 1


class StoreError(Exception):
    pass


class Db:
    """The file, read as it is at one moment."""

    def __init__(self, path):
        self.path = path
        if not os.path.exists(path):
            raise StoreError("%s: no such file" % path)
        if not os.path.isfile(path):
            raise StoreError("%s: not a file" % path)
        quoted = "file:" + "".join(c if c.isalnum() or c in "/._-" else "".join("%%%02x" % b for b in c.encode(
            "utf-8", "surrogateescape")) for c in os.path.abspath(path))
        try:
            self.open(quoted + "?mode=ro")
        except sqlite3.OperationalError:
            # A WAL store in a folder that cannot be written to; nobody else writes it either.
            self.open(quoted + "?immutable=1")

    def open(self, uri):
        self.db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
        self.db.text_factory = lambda b: words.clean(b.decode("utf-8", "replace"))
        self.db.execute("BEGIN")
        self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def rows(self, sql, *args):
        return self.db.execute(sql, args).fetchall()

    def columns(self, table):
        return {row[1] for row in self.rows("PRAGMA table_info(%s)" % table)}

    def pragma(self, name):
        return self.rows("PRAGMA " + name)[0][0]


def whole(value, what):
    if not isinstance(value, int):
        raise StoreError("%s is %r, not a number" % (what, value))
    return value


def count(value):
    if whole(value, "a count") < 0:
        raise StoreError("a count is %d" % value)
    return value


def seed(value):
    return whole(value, "a seed") & MASK


def optional(value):
    return None if value is None or not isinstance(value, int) or value == NONE else value


def text(value):
    if value is None:
        return ""
    if isinstance(value, bytes):
        return words.clean(value.decode("utf-8", "replace"))
    return value if isinstance(value, str) else str(value)


def name(value):
    """Names, tokens and the like are one line."""
    return words.one_line(text(value))
