# SPDX-License-Identifier: GPL-2.0-only
"""The recipes of CONTRIBUTING.md work as they are written: each is followed in one copy of the repository.

Takes minutes, and the kernel packages that $LAPICSIM_BUILD has.
"""

import json
import shutil
import tempfile
import unittest

import recipe

EACH_HAS_A_ROW = ("cd tests/e2e && python3 -c 'import test_rules as t; name = \"test_each_check_has_a_rule_or_a_reason\";"
                  " getattr(t.Rules(name), name)()'")


class Recipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="lapicsim-recipes-", dir="/var/tmp")
        cls.addClassCleanup(shutil.rmtree, folder)
        recipe.copy_of_repository(folder)
        cls.cook = recipe.Cook(folder)
        cls.cook.command("make variant-6.12")

    def listed(self, command):
        code, text = self.cook.run("lapicsim %s --json" % command)
        self.assertEqual(0, code, text)
        return {json.loads(line)["name"]: json.loads(line) for line in text.splitlines()}

    def test_1_scenario(self):
        self.assertEqual(2, self.cook.follow("Add a scenario"))
        self.assertEqual(2, self.cook.follow("Add a rule, for a broken variant"))

    def test_2_check(self):
        self.assertNotIn("isr-between", self.listed("checks"))
        self.assertEqual(13, self.cook.follow("Add a check"))
        self.assertEqual("register-mismatch", self.listed("checks")["isr-between"]["kind"])
        self.assertIn("isr-writes-between", self.cook.read("docs/oracle.md"))
        self.cook.command("python3 scripts/docs.py --check build/lapicsim")
        # The step about test_rules.py was needed, and enough.
        self.cook.command(EACH_HAS_A_ROW)
        rows = self.cook.read("tests/e2e/test_rules.py")
        self.cook.write("tests/e2e/test_rules.py", rows.replace('    ("isr-writes-between"', '    # ("isr-writes-between"'))
        code, said = self.cook.run(EACH_HAS_A_ROW)
        self.assertNotEqual(0, code)
        self.assertIn("needs either a row of ROWS", said)
        self.cook.write("tests/e2e/test_rules.py", rows)

    def test_3_deviation(self):
        self.assertNotIn("page-between", self.listed("deviations"))
        self.assertEqual(7, self.cook.follow("Add a deviation"))
        self.assertIn("page-between", self.listed("deviations"))
        self.assertIn("page-between", self.cook.read("docs/scenario-keys.md"))

    def test_4_kernel_service(self):
        self.assertEqual(6, self.cook.follow("Add a kernel service"))
        code, said = self.cook.run("lapicsim variant show 6.12-range")
        self.assertEqual(0, code)
        self.assertNotIn("__bitmap_clear", said)

    def test_5_an_untrue_recipe_is_noticed(self):
        cook = self.cook
        with self.assertRaisesRegex(recipe.Untrue, "exit code 3"):
            cook.command("exit 3")
        with self.assertRaisesRegex(recipe.Untrue, "no 'PASS'"):
            cook.command("echo FAIL   # exit code 0: PASS")
        with self.assertRaisesRegex(recipe.Untrue, "0 lines that begin with"):
            cook.edit("README.md", "after", "no such line", "x\n")
        with self.assertRaisesRegex(recipe.Untrue, "is there already"):
            cook.new("README.md", "x\n")


if __name__ == "__main__":
    unittest.main()
