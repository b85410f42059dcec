# SPDX-License-Identifier: GPL-2.0-only
"""Objects that are kept: never under the name of a source that they were not made of."""

import os
import time
import unittest

from common import BuilderTest, write
from objects import FileHashes, Job, ObjectStore, changed_since

# Edits $EDIT, if there is one, while it compiles; after gcc has read it.
COMPILER = """#!/bin/sh
gcc "$@" || exit
[ -z "$EDIT" ] || echo 'int edited;' >> "$EDIT"
"""


class Objects(BuilderTest):
    def setUp(self):
        super().setUp()
        self.source = self.temp + "/tree/a.c"
        self.compiler = self.temp + "/compiler"
        self.addCleanup(os.environ.pop, "EDIT", None)
        os.makedirs(self.build + "/work")
        write(self.compiler, COMPILER)
        os.chmod(self.compiler, 0o755)
        write(self.source, '#include "a.h"\n')
        write(self.temp + "/tree/a.h", "int one;\n")
        time.sleep(0.02)    # further than a file's time may be late

    def compile(self, edit=""):
        """How many were compiled, and the object; a builder of its own, as each command is."""
        os.environ["EDIT"] = edit
        work = self.build + "/work"
        store = ObjectStore(self.build + "/objects", self.compiler, "gcc", [("@T", self.temp + "/tree")],
                            FileHashes(work + "/hashes.json", ()), self.temp, time.time_ns(), work)
        job = Job(self.source, [], work + "/a.o", "a.c")
        self.assertTrue(store.build(job))
        with open(job.output, "rb") as f:
            return store.compiled, f.read()

    def test_kept(self):
        first = self.compile()
        self.assertEqual((1, 0), (first[0], self.compile()[0]))

    def test_what_is_edited_meanwhile_is_not_kept(self):
        for name in ("/tree/a.c", "/tree/a.h"):
            self.assertNotIn(b"edited", self.compile(self.temp + name)[1])
            time.sleep(0.02)
            nr, made = self.compile()
            self.assertEqual(1, nr, "what was made of the text before is no object of this one")
            self.assertIn(b"edited", made)
            write(self.temp + name, '#include "a.h"\n' if name.endswith("c") else "int two;\n")

    def test_whose_change_counts(self):
        ours, start = self.temp + "/ours", time.time_ns()
        time.sleep(0.02)
        write(ours + "/generated.h", "")
        write(self.temp + "/theirs.h", "")
        os.symlink(self.temp + "/theirs.h", ours + "/link.h")
        self.assertIsNone(changed_since([ours + "/generated.h", self.source, self.temp + "/none.h"], start, ours))
        self.assertEqual(ours + "/link.h", changed_since([ours + "/link.h"], start, ours))
        self.assertEqual(self.temp + "/theirs.h", changed_since([self.temp + "/theirs.h"], start, ours))
        os.utime(self.temp + "/theirs.h", (time.time() + 3600, time.time() + 3600))
        self.assertIsNone(changed_since([self.temp + "/theirs.h"], start, ours), "a clock that goes wrong is no edit")


if __name__ == "__main__":
    unittest.main()
