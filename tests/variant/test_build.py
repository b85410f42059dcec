# SPDX-License-Identifier: GPL-2.0-only
"""Building variants from real kernel trees.

One build folder is shared by all tests here, so that each compiles only what
the others did not.  Tests that need a second tree to diff with are skipped
when there is one only.
"""

import difflib
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

from common import BUILDER, REPO, builder, need_trees, read, write

FOLDERS = ("arch/x86/kvm", "virt/kvm")


def setUpModule():
    global SHARED
    SHARED = tempfile.TemporaryDirectory(prefix="lapicsim-build-")


def tearDownModule():
    SHARED.cleanup()


def snapshot(tree):
    """Names, sizes and times in the folders that a build reads most."""
    out = []
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for n in sorted(names):
                st = os.stat(os.path.join(folder, n))
                out.append((folder, n, st.st_mtime_ns, st.st_size))
    return sorted(out)


def diff_trees(old, new, rels):
    """A patch from tree old to tree new, as git diff would print it."""
    out = []
    for rel in rels:
        a = read(os.path.join(old, rel)) if os.path.exists(
            os.path.join(old, rel)) else ""
        b = read(os.path.join(new, rel))
        if a != b:
            out.append("diff --git a/%s b/%s\n" % (rel, rel))
            out += difflib.unified_diff(
                a.splitlines(True), b.splitlines(True),
                "a/" + rel if a else "/dev/null", "b/" + rel)
    return "".join(out)


class Builds(unittest.TestCase):

    def setUp(self):
        self.trees = need_trees()
        self.tree = self.trees[0]
        self.build = SHARED.name

    def add(self, name, *args, code=0):
        got, out, err = builder("add", name, *args, "--build", self.build,
                                "-v")
        self.assertEqual(code, got, err)
        return out, err

    def runner(self, name, flavour="plain"):
        return os.path.join(self.build, "variants", name, flavour, "runner")

    def manifest(self, name):
        return json.loads(read(os.path.join(self.build, "variants", name,
                                            "manifest.json")))

    def test_every_tree_builds_and_stays_as_it_was(self):
        for i, tree in enumerate(self.trees):
            with self.subTest(tree=tree):
                before = snapshot(tree)
                self.add("tree%d" % i, "--tree", tree)
                self.assertEqual(before, snapshot(tree))
                self.assertTrue(os.access(self.runner("tree%d" % i), os.X_OK))

    def test_manifest_names_every_kernel_file(self):
        self.add("tree0", "--tree", self.tree)
        m = self.manifest("tree0")
        for rel in ("arch/x86/kvm/lapic.c", "arch/x86/kvm/lapic.h",
                    "virt/kvm/kvm_main.c", "include/linux/kvm_host.h"):
            with open(os.path.join(self.tree, rel), "rb") as f:
                self.assertEqual(hashlib.sha256(f.read()).hexdigest(),
                                 m["kernel_files"][rel])
        self.assertRegex(m["identity"], "^[0-9a-f]{16}$")
        self.assertEqual(m["counts"]["trap"], len(m["traps"]))
        self.assertTrue(all(n["reason"] for n in m["noops"].values()))

    def test_unchanged_answers_at_once(self):
        self.add("tree0", "--tree", self.tree)
        # Without a compiler and git in reach it cannot have done more than look.
        out = subprocess.run(
            [sys.executable, "-S", BUILDER, "add", "tree0", "--tree",
             self.tree, "--build", self.build], stdout=subprocess.PIPE,
            text=True, check=True).stdout
        self.assertIn("up to date", out)

    def test_objects_know_what_the_precompiled_header_was_made_of(self):
        """gcc does not list it: an edited shim would reuse stale objects."""
        self.add("tree0", "--tree", self.tree)
        for source in ("vendor_c", "lapic_c", "timer_c"):
            found = glob.glob(os.path.join(self.build, "objects/*/%s-*/*.json"
                                           % source))
            self.assertTrue(found, source)
            for path in found:
                names = [n for n, _ in json.loads(read(path))]
                if any("/sim/" in n for n in names):
                    continue
                self.assertIn("@R/kvm/shims/asm/percpu.h", names, path)

    def test_show_list_remove(self):
        self.add("gone", "--tree", self.tree, "--class", "my-class")
        write(os.path.join(self.build, "variants/gone/traps.log"),
              "some_symbol\nsome_symbol\n")
        _, out, _ = builder("show", "gone", "--build", self.build)
        self.assertRegex(out, r"symbols +\d+ implemented, \d+ no-ops, "
                         r"\d+ traps")
        self.assertRegex(out, r"traps hit +some_symbol\n")
        # Another build of that name has not hit anything yet.
        self.add("gone", "--tree", self.tree, "--class", "my-class", "--rule",
                 os.path.join(REPO, "variants/rules/irr-not-cleared.rule"))
        _, out, _ = builder("show", "gone", "--build", self.build)
        self.assertRegex(out, r"traps hit +none\n")
        _, out, _ = builder("list", "--json", "--build", self.build)
        rows = {r["name"]: r for r in map(json.loads, out.splitlines())}
        self.assertEqual("my-class", rows["gone"]["class"])
        self.assertEqual(0, builder("remove", "gone", "--build",
                                    self.build)[0])
        _, out, _ = builder("list", "--build", self.build)
        self.assertNotIn("gone ", out)

    def test_rule_changes_identity_and_little_else(self):
        self.add("tree0", "--tree", self.tree)
        _, err = self.add("ruled", "--tree", self.tree, "--rule",
                          "double-eoi")
        self.assertRegex(err, r"\b[0-4] files compiled")
        self.assertNotEqual(self.manifest("tree0")["identity"],
                            self.manifest("ruled")["identity"])

    def test_optimisation_is_not_part_of_the_identity(self):
        self.add("tree0", "--tree", self.tree)
        self.add("low", "--tree", self.tree, "--optimize", "1")
        self.assertEqual(self.manifest("tree0")["identity"],
                         self.manifest("low")["identity"])

    def test_an_edit_of_the_tree_rebuilds_what_depends_on_it(self):
        tree = os.path.join(self.build, "edited-tree")
        subprocess.run(["cp", "-rs", self.tree, tree], check=True)
        self.add("edited", "--tree", tree)
        old = self.manifest("edited")["identity"]
        path = os.path.join(tree, "arch/x86/kvm/irq.c")
        text = read(path)
        os.unlink(path)
        write(path, text + "\n")
        out, err = self.add("edited", "--tree", tree)
        self.assertIn("built", out)
        self.assertIn("1 files compiled", err)
        self.assertNotEqual(old, self.manifest("edited")["identity"])

    def test_an_edit_below_a_rule_is_noticed(self):
        tree = os.path.join(self.build, "ruled-tree")
        subprocess.run(["cp", "-rs", self.tree, tree], check=True)
        args = ("--tree", tree, "--rule", "double-eoi")
        self.add("below", *args)
        self.assertIn("up to date", self.add("below", *args)[0])
        path = os.path.join(tree, "arch/x86/kvm/lapic.c")
        text = read(path)
        os.unlink(path)
        write(path, text + "\n")
        out, err = self.add("below", *args)
        self.assertIn("built", out)
        self.assertIn("1 files compiled", err)

    def test_patch_turns_one_tree_into_the_other(self):
        if len(self.trees) < 3:
            self.skipTest("needs two trees of one series")
        new, old = self.trees[-2:]
        rel = "arch/x86/kvm/irq.c"
        text = read(os.path.join(old, rel))
        changed = os.path.join(self.build, "other")
        write(os.path.join(changed, rel), text.replace(
            "return", "return /* patched */", 1))
        patch = os.path.join(self.build, "p.diff")
        write(patch, diff_trees(old, changed, [rel]))
        self.add("patched", "--tree", old, "--patch", patch)
        with open(os.path.join(changed, rel), "rb") as f:
            self.assertEqual(hashlib.sha256(f.read()).hexdigest(),
                             self.manifest("patched")["kernel_files"][rel])

    def test_error_leaves_the_earlier_build(self):
        self.add("tree0", "--tree", self.tree)
        before = os.stat(self.runner("tree0")).st_mtime_ns
        rel = "arch/x86/kvm/lapic.h"
        text = read(os.path.join(self.tree, rel))
        changed = os.path.join(self.build, "renamed")
        write(os.path.join(changed, rel),
              text.replace("bool irr_pending;", "bool irr_waiting;"))
        patch = os.path.join(self.build, "renamed.diff")
        write(patch, diff_trees(self.tree, changed, [rel]))
        _, err = self.add("tree0", "--tree", self.tree, "--patch", patch,
                          code=2)
        self.assertRegex(err, r"tree not understood: .*irr_pending")
        self.assertEqual(before, os.stat(self.runner("tree0")).st_mtime_ns)

    def test_two_at_once(self):
        args = [sys.executable, BUILDER, "add", "twice", "--tree", self.tree,
                "--build", self.build]
        both = [subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
                for _ in range(2)]
        outs = [p.communicate()[0] for p in both]
        self.assertEqual([0, 0], [p.returncode for p in both])
        self.assertEqual(1, sum("up to date" in o for o in outs), outs)


class Git(unittest.TestCase):

    def test_revision_comes_without_touching_the_checkout(self):
        import source
        tree = need_trees()[0]
        with tempfile.TemporaryDirectory() as temp:
            repo, build = temp + "/repo", temp + "/build"
            for rel in ("arch/x86/kvm", "virt/kvm", "include/kvm"):
                os.makedirs(os.path.join(repo, os.path.dirname(rel)),
                            exist_ok=True)
                subprocess.run(["cp", "-r", os.path.join(tree, rel),
                                os.path.join(repo, rel)], check=True)
            git = ["git", "-C", repo, "-c", "user.name=t", "-c",
                   "user.email=t@t"]
            for args in (["init", "-q"], ["add", "."],
                         ["commit", "-qm", "one"]):
                subprocess.run(git + args, check=True)
            write(repo + "/arch/x86/kvm/lapic.c", "dirty\n")
            for place in (repo, temp + "/bare.git"):
                if place != repo:
                    subprocess.run(["git", "clone", "-q", "--bare", repo,
                                    place], check=True)
                got = source.from_git(place, "HEAD", build)
                self.assertEqual(
                    read(tree + "/arch/x86/kvm/lapic.c"),
                    read(got.root + "/arch/x86/kvm/lapic.c"))
            self.assertEqual("dirty\n", read(repo + "/arch/x86/kvm/lapic.c"))
            with self.assertRaisesRegex(Exception, "no revision v9"):
                source.from_git(repo, "v9", build)


class CI(unittest.TestCase):

    def test_missing_trees_fail_in_ci(self):
        env = dict(os.environ, LAPICSIM_CI="1")
        env.pop("LAPICSIM_TEST_TREES", None)
        done = subprocess.run(
            [sys.executable, "-m", "unittest",
             "test_build.Git"], cwd=os.path.join(REPO, "tests/variant"),
            env=env, stderr=subprocess.PIPE, text=True, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("LAPICSIM_TEST_TREES is not set", done.stderr)


if __name__ == "__main__":
    unittest.main()
