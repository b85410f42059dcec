# SPDX-License-Identifier: GPL-2.0-only
"""Command line of the variant builder: what is refused, and how."""

import importlib.util
import json
import os
import shutil
import unittest

from common import BUILDER, BuilderTest
import manifest


class Arguments(BuilderTest):

    def test_usage_errors_exit_1(self):
        for args in (("add", "x"),
                     ("add", "x", "--tree", "a", "--deb", "b"),
                     ("add", "x", "--git", "a"),
                     ("add", "x", "--tree", "a", "--rev", "b"),
                     ("add", "../x", "--tree", "a"),
                     ("add", "", "--tree", "a"),
                     ("add", "x", "--tree", "a", "--optimize", "0"),
                     ("add", "x", "--tree", "a", "--flavour", "sweet"),
                     ("add", "x", "--tree", "a", "--class", "a b"),
                     ("show", "a/b"),
                     ("frobnicate",)):
            with self.subTest(args=args):
                self.assert_fails(1, "^lapicsim: ", *args)

    def test_flavours_are_named(self):
        self.assert_fails(1, "no flavour sweet; there are plain, sanitized, coverage", "add", "x", "--tree", "a",
                          "--flavour", "sweet")

    def test_bad_input_exits_2(self):
        tree = self.made_up_tree()
        for pattern, args in (
                ("no such folder", ("--tree", self.temp + "/none")),
                ("not a kernel tree", ("--tree", "/usr")),
                ("no such file", ("--deb", "./none.deb")),
                ("no such folder", ("--git", self.temp + "/no", "--rev", "x")),
                ("no such rule", ("--tree", tree, "--rule", "no-such-rule")),
                ("none.diff: no such file", ("--tree", tree, "--patch",
                                             self.temp + "/none.diff"))):
            with self.subTest(args=args):
                self.assert_fails(2, pattern, "add", "x", *args)

    def test_a_suite_is_debians_own(self):
        for deb, says in (("linux-source-7.3@no such", "not the name of a suite"),
                          ("linux-source-7.3=7.3.4-1@sid", "the suite comes before the version: PKG@SUITE=VERSION"),
                          ("linux-source-7.3@nosuch", "Debian's suite nosuch: "),
                          ("linux-source-99.9@bookworm", "no package linux-source-99.9 in Debian's suite bookworm")):
            with self.subTest(deb=deb):
                self.assert_fails(2, says, "add", "x", "--deb", deb)

    def test_unknown_names_exit_2(self):
        self.assert_fails(2, "no variant x; there are: none", "show", "x")
        self.assert_fails(2, "no variant x", "remove", "x")

    def pretend(self, name, **more):
        """As far as lists look."""
        made = {k: t() for k, t in manifest.FIELDS.items()}
        made.update(name=name, source={"kind": "tree", "dir": "/x"}, counts={"implemented": 1, "noop": 1, "trap": 1}, **more)
        os.makedirs(os.path.join(self.build, "variants", name))
        with open(os.path.join(self.build, "variants", name, "manifest.json"), "w", encoding="utf-8") as f:
            json.dump(made, f)

    def test_unknown_names_are_guessed(self):
        self.pretend("6.12-fixed")
        self.pretend("other")
        self.assert_fails(2, 'no variant 6.12-fxied; did you mean "6.12-fixed"\\?$', "remove", "6.12-fxied")
        self.assert_fails(2, "no variant zzz; there are: 6.12-fixed other$", "show", "zzz")
        for i in range(20):
            self.pretend("many-%d" % i)
        self.assert_fails(2, "no variant zzz; there are 22, which lapicsim variant list lists$", "show", "zzz")

    def test_like_keeps_the_class_of_what_it_builds_again(self):
        """Or a kernel with a known bug would be expected to have none once it is built anew."""
        spec = importlib.util.spec_from_file_location("builder_main", os.path.join(BUILDER, "__main__.py"))
        main = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(main)
        self.pretend("old", request={"deb": "p", "tree": None, "git": None, "rev": None, "optimize": 2, "patch": [],
                                     "rule": ["unfix"], "mutate": [], "klass": "unfixed"})
        for words, klass, rules in ((["old"], "unfixed", ["unfix"]), (["new"], "unfixed", ["unfix"]),
                                    (["new", "--rule", "more"], "fixed", ["unfix", "more"]),
                                    (["old", "--class", "broken"], "broken", ["unfix"])):
            args = main.parse_arguments(["add", *words, "--like", "old", "--build", self.build])
            main.check_add(args)
            main.take_after(args)
            self.assertEqual((klass, rules), (args.klass, args.rule), words)
        args = main.parse_arguments(["add", "new", "--tree", "x", "--build", self.build])
        main.check_add(args)
        self.assertEqual("fixed", args.klass)

    def test_sources_for_a_debugger(self):
        """What edits changed hides the tree's own; the mirror of a variant that has no edits any more does not."""
        work = os.path.join(self.build, "work", "x")
        os.makedirs(os.path.join(work, "mirror"))
        edit = {"kind": "rule", "name": "r", "sha256": "0", "files": []}
        for edits, folders in (([], [self.temp, work]), ([edit], [os.path.join(work, "mirror"), self.temp, work])):
            self.pretend("x", edits=edits, source_root=self.temp)
            code, out, _ = self.run_builder("show", "x", "--sources")
            self.assertEqual((0, folders), (code, out.splitlines()[:-1]))
            shutil.rmtree(os.path.join(self.build, "variants", "x"))

    def test_empty_list(self):
        self.assertEqual((0, "", ""), self.run_builder("list"))

    def test_incomplete_tree_names_the_file_and_leaves_nothing(self):
        self.assert_fails(2, "tree not understood: .* is missing", "add",
                          "x", "--tree", self.made_up_tree())
        self.assertFalse(os.path.exists(self.build + "/variants/x"))
        self.assertEqual((0, "", ""), self.run_builder("list"))


if __name__ == "__main__":
    unittest.main()
