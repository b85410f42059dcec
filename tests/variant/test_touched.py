# SPDX-License-Identifier: GPL-2.0-only
"""kvm/touched: which lines two variants differ in, without a compiler."""

import hashlib
import os
import shutil
import sys
import tempfile
import unittest

from common import REPO
sys.path.append(os.path.join(REPO, "kvm/touched"))

import changed  # noqa: E402
import errors  # noqa: E402
import lines  # noqa: E402


class Changed(unittest.TestCase):

    def setUp(self):
        self.build = tempfile.mkdtemp(prefix="lapicsim-touched-")
        self.addCleanup(shutil.rmtree, self.build)

    def write(self, path, text):
        path = os.path.join(self.build, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def variant(self, name, files, edits=()):
        """A manifest; files in @edits lie in the variant's mirror."""
        for rel, text in files.items():
            self.write("work/%s/mirror/%s" % (name, rel) if rel in edits
                       else "tree-%s/%s" % (name, rel), text)
        return {"name": name, "edits": list(edits),
                "source_root": os.path.join(self.build, "tree-" + name),
                "kernel_files": {
                    rel: hashlib.sha256(text.encode()).hexdigest()
                    for rel, text in files.items()}}

    def test_hunks(self):
        old = self.write("old", "a\nb\nc\nd\ne\n")
        self.assertEqual(changed.hunks(old, self.write(
            "new", "a\nB\nc\ne\nf\ng\n")), ({2, 4}, {2, 5, 6}))
        self.assertEqual(changed.hunks(old, old), (set(), set()))
        self.assertEqual(changed.hunks(old, self.write("new", "")),
                         ({1, 2, 3, 4, 5}, set()))

    def test_files(self):
        base = self.variant("a", {"same.c": "x\n", "one.c": "p\nq\nr\n",
                                  "gone.h": "g\n"})
        other = self.variant("b", {"same.c": "x\n", "one.c": "p\n q2\nr\n",
                                   "come.h": "c\n"}, edits=["one.c"])
        was, now = changed.changed(base, other, self.build)
        self.assertEqual(was, {"one.c": {2: "q"}, "gone.h": {1: "g", 2: ""}})
        self.assertEqual(now, {"one.c": {2: "q2"}, "come.h": {1: "c", 2: ""}})
        self.assertEqual(changed.changed(base, base, self.build), ({}, {}))

    def test_a_tree_that_has_changed_is_noticed(self):
        base = self.variant("a", {"one.c": "p\n"})
        other = self.variant("b", {"one.c": "q\n"})
        self.write("tree-b/one.c", "r\n")
        with self.assertRaisesRegex(errors.BadInput, "b: one.c has changed"):
            changed.changed(base, other, self.build)
        os.remove(os.path.join(self.build, "tree-b/one.c"))
        with self.assertRaisesRegex(errors.BadInput, "one.c of b: no such"):
            changed.changed(base, other, self.build)

    def test_notes(self):
        m = {"name": "v"}
        for name in ("arch_x86_kvm_lapic", "virt_kvm_kvm_main", "kvm_vendor"):
            self.write("work/v/coverage/%s.gcno" % name, "")

        def names(files):
            return [os.path.basename(p)
                    for p in lines.notes_of(m, self.build, files)]
        self.assertEqual(names(["arch/x86/kvm/lapic.c"]),
                         ["arch_x86_kvm_lapic.gcno"])
        self.assertEqual(len(names(["arch/x86/kvm/lapic.h"])), 3)
        self.assertEqual(names(["arch/x86/kvm/none.c"]), [])

    def test_flavour_of_other_code_is_built_again(self):
        m = {"name": "v", "identity": "1"}
        self.assertFalse(lines.flavour_is_there(m, self.build))
        self.write("variants/v/coverage/runner", "")
        self.write("variants/v/coverage/manifest.json", '{"identity": "2"}')
        self.assertFalse(lines.flavour_is_there(m, self.build))
        self.write("variants/v/coverage/manifest.json", '{"identity": "1"}')
        self.assertTrue(lines.flavour_is_there(m, self.build))
        with self.assertRaisesRegex(errors.BadInput, "older lapicsim"):
            lines.build_flavour({"name": "w", "identity": "3"}, REPO,
                                self.build)


if __name__ == "__main__":
    unittest.main()
