# SPDX-License-Identifier: GPL-2.0-only
"""What the variant tests share: running the builder, and kernel trees.

Trees come from LAPICSIM_TEST_TREES (folders separated by colons).  Without
them, tests that need one are skipped; where LAPICSIM_CI=1 is set they fail.
"""

import os
import subprocess
import sys
import tempfile
import unittest

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILDER = os.path.join(REPO, "kvm/builder")
sys.path.insert(0, BUILDER)


def trees():
    """The kernel trees to test with."""
    named = os.environ.get("LAPICSIM_TEST_TREES", "")
    return [os.path.abspath(t) for t in named.split(":") if t]


def need_trees():
    found = trees()
    if found:
        return found
    if os.environ.get("LAPICSIM_CI") == "1":
        raise AssertionError("LAPICSIM_TEST_TREES is not set")
    raise unittest.SkipTest("LAPICSIM_TEST_TREES is not set")


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
        f.write(text)


def builder(*args, env=None):
    """Run the builder; returns (exit code, stdout, stderr)."""
    done = subprocess.run([sys.executable, BUILDER] + list(args),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env=env, check=False)
    return done.returncode, done.stdout, done.stderr


class BuilderTest(unittest.TestCase):
    """A test with a folder of its own and checks of the builder's answers."""

    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="lapicsim-test-")
        self.addCleanup(temp.cleanup)
        self.temp = temp.name
        self.build = os.path.join(self.temp, "build")

    def run_builder(self, *args, env=None):
        return builder(*args, "--build", self.build, env=env)

    def assert_fails(self, code, pattern, *args):
        got, out, err = self.run_builder(*args)
        self.assertEqual(code, got, err)
        self.assertEqual("", out)
        self.assertRegex(err, pattern)
        self.assertTrue(err.startswith("lapicsim: "), err)
        self.assertEqual(1, err.count("\n"), err)

    def made_up_tree(self):
        """A folder that looks like a kernel tree from far away."""
        tree = os.path.join(self.temp, "tree")
        write(tree + "/arch/x86/kvm/lapic.c",
              "int one;\nint two;\nint three;\nint four;\n\n"
              "static int work(int x)\n{\n\tif (x)\n\t\treturn 1;\n"
              "\treturn 0;\n}\n")
        write(tree + "/Makefile",
              "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n")
        return tree

    def file(self, name, text):
        path = os.path.join(self.temp, name)
        write(path, text)
        return path
