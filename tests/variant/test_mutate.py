# SPDX-License-Identifier: GPL-2.0-only
"""kvm/mutate on a small file: what is found, and what each mutant then does."""

import os
import subprocess
import sys
import tempfile
import unittest

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(REPO, "kvm/builder"), os.path.join(REPO, "kvm")]

from errors import BadInput  # noqa: E402
from mutate import find, parse, schema, stage  # noqa: E402

SOURCE = """/* The first line is not a directive, as in KVM's files. */
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define TWICE(x) ((x) + (x))
int trace[8], nr;
static void note(int x) { trace[nr++] = x; }
int f(int a, int b)
{
	int sum = TWICE(a);
#ifdef NOT_THIS
	sum = 99;
#endif
	if (LIKELY(a < b) && !b)
		return 1;
	note(a);
	sum += b;
	switch (a) {
	case 3:
		note(b); /* a comment, with "quotes" */
		break;
	default:
		sum = sizeof(int) > 2 ? sum : 0;
	}
	return sum;
}
"""

MAIN = """
#include <stdio.h>
#include <stdlib.h>
unsigned int hs_mutant;
unsigned char hs_mutant_reached[64];
extern int trace[8], nr;
int f(int a, int b);
int main(int argc, char **argv)
{
	hs_mutant = atoi(argv[1]);
	int r = f(atoi(argv[2]), atoi(argv[3]));
	printf("%d:", r);
	for (int i = 0; i < nr; i++)
		printf(" %d", trace[i]);
	printf(" |");
	for (int i = 0; i < 64; i++)
		if (hs_mutant_reached[i])
			printf(" %d", i);
	return argc > 4;
}
"""


class Mutate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.temp.name, "small.c")
        with open(cls.path, "w", encoding="utf-8") as f:
            f.write(SOURCE)
        parser = parse.Parser(cls.path, SOURCE, [])
        cls.mutants = [m for m in find.find(SOURCE, parser.functions()) if m.function == "f"]
        for i, m in enumerate(cls.mutants, 1):
            m.id = i
        cls.text, cls.left = schema.write(SOURCE, cls.mutants)
        main = os.path.join(cls.temp.name, "main.c")
        for path, text in ((cls.path, cls.text), (main, MAIN)):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        cls.program = os.path.join(cls.temp.name, "program")
        subprocess.run(["gcc", "-w", "-o", cls.program, cls.path, main], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def number(self, operator, ordinal):
        return [m.id for m in self.mutants if (m.operator, m.ordinal) == (operator, ordinal)][0]

    def f(self, mutant, a, b):
        done = subprocess.run([self.program, str(mutant), str(a), str(b)], stdout=subprocess.PIPE, text=True)
        return done.stdout.split(" |")[0]

    def test_lines_stay_and_nothing_is_left_over(self):
        self.assertEqual(self.text.count("\n"), SOURCE.count("\n"))
        self.assertEqual(self.left, [])

    def test_without_a_mutant_it_is_as_before(self):
        self.assertEqual(self.f(0, 1, 2), "4: 1")
        self.assertEqual(self.f(0, 3, 2), "8: 3 2")
        self.assertEqual(self.f(0, -1, 0), "1:")

    def test_macro_bodies_and_what_is_not_compiled_have_none(self):
        for m in self.mutants:
            self.assertGreater(m.line, 6)
            self.assertNotEqual(m.line, 10)

    def test_each_operator(self):
        self.assertEqual(self.f(self.number("negate", 1), -1, 0), "-2: -1")      # !(a < b)
        self.assertEqual(self.f(self.number("negate", 2), -1, 0), "-2: -1")      # b instead of !b
        self.assertEqual(self.f(self.number("boundary", 1), 0, 0), "1:")
        self.assertEqual(self.f(self.number("logic", 1), 1, 2), "1:")
        self.assertEqual(self.f(self.number("constant", 1), -1, 0), "0:")
        self.assertEqual(self.f(self.number("drop-init", 1), 1, 2), "2: 1")
        self.assertEqual(self.f(self.number("drop-call", 1), 1, 2), "4:")
        self.assertEqual(self.f(self.number("drop-assign", 1), 1, 2), "2: 1")
        self.assertEqual(self.f(self.number("drop-jump", 1), -1, 0), "-2: -1")

    def test_swap_changes_the_order_and_runs_both_once(self):
        source = "void a(void); void b(void);\nvoid g(void)\n{\n\ta();\n\tb();\n}\n"
        with open(self.path + ".c", "w", encoding="utf-8") as f:
            f.write(source)
        parser = parse.Parser(self.path + ".c", source, [])
        swaps = [m for m in find.find(source, parser.functions()) if m.operator == "swap"]
        self.assertEqual(len(swaps), 1)
        swaps[0].id = 5
        text, _ = schema.write(source, swaps)
        self.assertIn("{ if (kw_mutant(5)) { b(); } a(); }", text)
        self.assertIn("{ if (!(kw_mutant(5))) { b(); } }", text)

    def test_the_map_says_what_was_reached(self):
        done = subprocess.run([self.program, "0", "-1", "0"], stdout=subprocess.PIPE, text=True)
        reached = {int(x) for x in done.stdout.split(" |")[1].split()}
        self.assertIn(self.number("drop-jump", 1), reached)
        self.assertNotIn(self.number("drop-call", 1), reached)


class OfSomeFunctions(unittest.TestCase):
    SOURCE = "int f(int a)\n{\n\treturn a < 1;\n}\nint g(int a)\n{\n\treturn a < 2;\n}\n"

    def functions(self, names):
        with tempfile.TemporaryDirectory() as folder:
            _, table = stage.Stage("gcc", lambda rel: [], folder, folder).run(
                {"two.c": self.SOURCE}, {"two.c": names})
        return {row["function"] for row in table}

    def test_only_those_asked_for_get_mutants(self):
        self.assertEqual(self.functions(None), {"f", "g"})
        self.assertEqual(self.functions(["g"]), {"g"})

    def test_a_function_that_is_not_there_is_refused(self):
        with self.assertRaisesRegex(BadInput, "two.c has no function h, i"):
            self.functions(["i", "g", "h"])


class Compilable(unittest.TestCase):
    def test_a_mutant_that_does_not_compile_is_dropped(self):
        source = "int f(int a)\n{\n\t_Static_assert(1, \"\");\n\tswitch (a) {\n\tcase 1:\n\t\treturn 2;\n\t}\n" \
                 "\tint x[3] = { [1] = 5 };\n\treturn x[2];\n}\n"
        with tempfile.TemporaryDirectory() as folder:
            new, table = stage.Stage("gcc", lambda rel: [], folder, folder).run({"small.c": source}, {"small.c": None})
            self.assertFalse([r for r in table if r["line"] == 3 and r["compiles"]])
            self.assertTrue([r for r in table if r["line"] == 9 and r["compiles"]])
            path = os.path.join(folder, "again.c")
            with open(path, "w", encoding="utf-8") as f:
                f.write(new["small.c"])
            subprocess.run(["gcc", "-w", "-c", "-o", os.devnull, path], check=True)


if __name__ == "__main__":
    unittest.main()
