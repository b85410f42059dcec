# SPDX-License-Identifier: GPL-2.0-only
"""Patches: what applies, what is rejected, and what the message says."""

import difflib
import random
import unittest

from common import BuilderTest
import errors
import patch


def diff(old, new, name="f.c"):
    return "".join(difflib.unified_diff(
        old.splitlines(True), new.splitlines(True), "a/" + name, "b/" + name))


def apply(text, old):
    parsed = patch.parse(text, "p.diff")
    assert len(parsed) == 1
    return patch.apply(parsed[0], old, "p.diff")


class Apply(unittest.TestCase):

    def test_random_edits_give_the_new_text(self):
        rng = random.Random(1)
        for _ in range(300):
            old = ["line %d\n" % rng.randrange(30) for _ in range(
                rng.randrange(1, 60))]
            new = list(old)
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(new) + 1)
                if new and rng.random() < .5:
                    del new[at % len(new)]
                else:
                    new.insert(at, "new %d\n" % rng.randrange(9))
            if new == old or not new:
                continue
            old, new = "".join(old), "".join(new)
            self.assertEqual(new, apply(diff(old, new), old))

    def test_moved_hunk(self):
        old = "".join("%d\n" % i for i in range(20))
        text = diff(old, old.replace("10\n", "ten\n"))
        moved = "x\n" * 7 + old
        self.assertEqual(moved.replace("10\n", "ten\n"), apply(text, moved))

    def test_create_and_delete(self):
        new = "--- /dev/null\n+++ b/n.c\n@@ -0,0 +1,2 @@\n+a\n+b\n"
        self.assertEqual("a\nb\n", apply(new, None))
        gone = "--- a/n.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"
        self.assertIsNone(apply(gone, "a\nb\n"))

    def test_no_newline_at_end(self):
        text = ("--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n"
                "\\ No newline at end of file\n+b\n")
        self.assertEqual("b\n", apply(text, "a"))

    def test_git_trailer_is_not_part_of_a_hunk(self):
        old = "a\nb\nc\n"
        text = "From: x\n\nSubject\n---\n f.c | 2 +-\n" + \
            diff(old, "a\nB\nc\n") + "-- \n2.39.2\n"
        self.assertEqual("a\nB\nc\n", apply(text, old))

    def test_context_is_never_ignored(self):
        old = "a\nb\nc\nd\ne\n"
        text = diff(old, "a\nb\nC\nd\ne\n")
        with self.assertRaisesRegex(errors.BadInput,
                                    r"p.diff: hunk 1 .*f\.c"):
            apply(text, old.replace("e", "E"))

    def test_refused(self):
        for text in ("", "hello\n", "--- a/f\n+++ b/f\n@@ nonsense @@\n",
                     "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n",
                     "--- a/../../f\n+++ b/../../f\n@@ -1 +1 @@\n-a\n+b\n",
                     "rename from a\nrename to b\n"):
            with self.subTest(text=text):
                with self.assertRaises(errors.BadInput):
                    patch.parse(text, "p.diff")


class Reject(BuilderTest):

    def test_reject_names_patch_hunk_and_file(self):
        tree = self.made_up_tree()
        p = self.file("wrong.diff", diff(
            "int one;\nint 2;\nint three;\n", "int one;\nint 22;\nint three;\n",
            "arch/x86/kvm/lapic.c"))
        self.assert_fails(
            2, r"wrong.diff: hunk 1 \(@@ .*\) does not apply to "
            r"arch/x86/kvm/lapic.c", "add", "x", "--tree", tree, "--patch", p)

    def test_missing_file_is_named(self):
        p = self.file("w.diff", diff("a\n", "b\n", "arch/x86/kvm/no.c"))
        self.assert_fails(2, r"w.diff: arch/x86/kvm/no.c is not in the tree",
                          "add", "x", "--tree", self.made_up_tree(),
                          "--patch", p)


if __name__ == "__main__":
    unittest.main()
