# SPDX-License-Identifier: GPL-2.0-only
"""Edit rules: the language on made-up code, our rules on real trees."""

import os
import re
import unittest

from common import REPO, BuilderTest, need_trees
import errors
import overlay
import rules

CODE = """\
/* if (comment) { */
#define M(x) do { } while (0)
static int other(int a);

int f(struct s *s, int a)
{
	const char *p = "if (a) {";
	int i;

	if (a &&
	    s->pending ||
	    g(a)) {
		s->count++;
		h(s, A_FLAG);
	} else if (a == 2)
		return 1;
	for (i = 0; i < 3; i++)
		h(s, B_FLAG);
	switch (a) {
	case 1:
		s->cache = -1;
		break;
	default:
		break;
	}
	s->cache = a;
out:
	h(s, A_FLAG);
	return 0;
}
"""


def edit(rule, code=CODE):
    sections = rules.parse("file f.c\nfunction f\n" + rule, "r.rule")
    return sections[0].apply(code, "r.rule")


class Language(unittest.TestCase):

    def check(self, rule, old, new):
        got = edit(rule)
        self.assertEqual(CODE.count("\n"), got.count("\n"))
        self.assertEqual(re.sub(r"\s+", " ", CODE).replace(
            re.sub(r"\s+", " ", old), new, 1), re.sub(r"\s+", " ", got))

    def test_delete(self):
        self.check("delete assignment mentioning count", "s->count++;", ";")
        self.check("delete loop mentioning B_FLAG",
                   "for (i = 0; i < 3; i++) h(s, B_FLAG);", ";")

    def test_one_or_the_other(self):
        self.check("delete assignment mentioning nothing|count", "s->count++;", ";")
        self.assertEqual(edit("delete loop mentioning B_FLAG|nothing"), edit("delete loop mentioning B_FLAG"))

    def test_function_of_two_names(self):
        rule = "file f.c\nfunction %s\ndelete assignment mentioning count"
        want = edit("delete assignment mentioning count")
        for names in ("f|nothing", "nothing|f"):
            self.assertEqual(want, rules.parse(rule % names, "r.rule")[0].apply(CODE, "r.rule"))
        with self.assertRaisesRegex(errors.BadInput, r"f.c has no function nothing\|never"):
            rules.parse(rule % "nothing|never", "r.rule")[0].apply(CODE, "r.rule")

    def test_needs(self):
        self.assertNotIn("count", edit("needs A_FLAG\ndelete assignment mentioning count"))
        with self.assertRaisesRegex(rules.NotForTree, "r.rule:3: not for this tree: its f.c has no C_FLAG"):
            edit("needs C_FLAG\ndelete assignment mentioning count")

    def test_needs_in_the_file_or_in_the_function(self):
        rule = "file f.c\n%s\nfunction %s\n%s\nfirst insert x();"
        other = "static int only_there(void) { return C_FLAG; }\n"
        for text in (rule % ("needs C_FLAG", "only_there", ""), rule % ("", "only_there", "needs C_FLAG")):
            self.assertIn("x();", rules.parse(text, "r.rule")[0].apply(CODE + other, "r.rule"))
        name = "never|only_there"
        with self.assertRaisesRegex(rules.NotForTree, r"its f.c has no D_FLAG in never\|only_there\(\)"):
            rules.parse(rule % ("needs C_FLAG", name, "needs D_FLAG"), "r.rule")[0].apply(CODE + other, "r.rule")

    def test_label(self):
        got = edit("after label out\ndelete call mentioning A_FLAG")
        self.assertEqual(1, got.count("A_FLAG"))
        self.assertRegex(got, r"out:\n\t;")

    def test_replace_insert(self):
        self.assertIn("out:\n\t;", edit(
            "after label out\nreplace call mentioning h with ;"))
        self.assertIn("{ int i; x(); }", edit(
            "after statement mentioning int i insert x();").replace(
                "const", ""))
        self.assertIn("{ n++; s->count++; }", edit(
            "before assignment mentioning count insert n++;"))
        self.assertIn("{ return 7; \n", edit("first insert return 7;"))

    def test_drop_operand(self):
        got = edit("drop-operand mentioning pending in if mentioning g")
        self.assertRegex(got, r"if \(a &&\s+g\(a\)\) \{")

    def test_assign(self):
        got = edit("each assign cache 5")
        self.assertIn("s->cache = 5;\n\t\tbreak", got)
        self.assertIn("s->cache = 5;\nout:", got)

    def test_no_match_and_too_many(self):
        for rule, pattern in (
                ("delete call mentioning nothing", "matches nothing"),
                ("delete call mentioning h", "matches 3 places"),
                ("after label none\ndelete call mentioning h",
                 "matches nothing"),
                ("function nobody\ndelete call mentioning h",
                 "no function nobody"),
                ("function other\ndelete call mentioning h",
                 "no function other")):
            with self.subTest(rule=rule):
                with self.assertRaisesRegex(errors.BadInput, pattern):
                    edit(rule)

    def test_syntax(self):
        for text in ("", "# nothing\n", "delete call mentioning h\n",
                     "file f.c\ndelete call mentioning h\n",
                     "file f.c\nfunction f\ndestroy everything\n"):
            with self.subTest(text=text):
                with self.assertRaises(errors.BadInput):
                    rules.parse(text, "r.rule")


class Messages(BuilderTest):

    def test_rule_that_matches_nothing_names_file_and_rule(self):
        rule = self.file("mine.rule", "file arch/x86/kvm/lapic.c\n"
                         "function work\ndelete loop mentioning x\n")
        self.assert_fails(
            2, r"mine.rule:3: matches nothing in work\(\) of "
            r"arch/x86/kvm/lapic.c", "add", "x", "--tree",
            self.made_up_tree(), "--rule", rule)


class OurRules(unittest.TestCase):

    def test_every_rule_says_what_it_breaks(self):
        folder = os.path.join(REPO, "variants/rules")
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read()
            with self.subTest(rule=name):
                self.assertTrue(name.endswith(".rule"))
                self.assertIn("# What it breaks: ", text)
                self.assertIn("# Which check must fire: ", text)
                rules.parse(text, name)

    def test_every_rule_applies_to_every_tree(self):
        folder = os.path.join(REPO, "variants/rules")
        unused = {}
        for tree in need_trees():
            fixed = is_fixed(tree)
            for name in sorted(os.listdir(folder)):
                with self.subTest(tree=tree, rule=name):
                    edits = overlay.Edits(tree)
                    if name == "unfix-pv-eoi.rule" and not fixed:
                        with self.assertRaises(errors.BadInput):
                            edits.add_rule(os.path.join(folder, name))
                        continue
                    if name.startswith("fix-") and fixed:
                        # Another fix of what this tree has fixed.
                        edits.add_rule(os.path.join(folder, "unfix-pv-eoi.rule"))
                    try:
                        edits.add_rule(os.path.join(folder, name))
                    except rules.NotForTree:
                        unused.setdefault(name, []).append(tree)
                        continue
                    for rel, text in edits.files.items():
                        with open(os.path.join(tree, rel),
                                  encoding="utf-8") as f:
                            old = f.read()
                        self.assertNotEqual(old, text)
                        self.assertEqual(old.count("\n"), text.count("\n"))
        for name, trees in unused.items():
            self.assertLess(len(trees), len(need_trees()), "%s is for no tree" % name)


def is_fixed(tree):
    """No BUG in apic_sync_pv_eoi_from_guest()."""
    with open(os.path.join(tree, "arch/x86/kvm/lapic.c"),
              encoding="utf-8") as f:
        body = f.read().split("static void apic_sync_pv_eoi_from_guest")[1]
    return "BUG_ON" not in body.split("\n}\n")[0]


if __name__ == "__main__":
    unittest.main()
