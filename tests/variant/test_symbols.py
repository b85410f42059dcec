# SPDX-License-Identifier: GPL-2.0-only
"""The symbol table's syntax, and what becomes of undefined symbols."""

import os
import subprocess
import unittest

from common import REPO, BuilderTest
import errors
import symbols


class Table(BuilderTest):

    def parse(self, text):
        return symbols.parse_table(self.file("symbols.tbl", text))

    def test_good(self):
        self.assertEqual(
            {"a": ("noop0", "why not"), "b": ("trap", "never")},
            self.parse("# comment\n\na noop0 why not\nb\ttrap\tnever # x\n"))

    def test_absent(self):
        self.assertEqual({}, symbols.parse_table("/nonexistent/table"))

    def test_bad_lines_name_file_and_line(self):
        for text in ("a\n", "a noop0\n", "a noop2 reason\n", "1a trap x\n",
                     "a trap x\na trap y\n"):
            with self.subTest(text=text):
                with self.assertRaisesRegex(errors.HarnessError,
                                            r"symbols\.tbl:\d: "):
                    self.parse(text)

    def test_ours(self):
        table = symbols.parse_table(os.path.join(REPO, "kvm/symbols.tbl"))
        self.assertTrue(all(reason for _, reason in table.values()))


class Resolve(BuilderTest):

    def object(self, code):
        path = self.file("o.c", code)
        subprocess.run(["gcc", "-c", "-O2", "-fno-pic", "-o",
                        path[:-2] + ".o", path], check=True)
        return path[:-2] + ".o"

    def resolve(self, code, table=None):
        return symbols.resolve([(self.object(code), "o.c", True)],
                               table or {}, "plain")

    def test_called_function_traps(self):
        r = self.resolve("int g(void); int f(void) { return g() + 1; }")
        self.assertEqual(["g"], r.traps)
        self.assertIn('"g"', symbols.stub_assembly(r))

    def test_listed_function_is_a_noop(self):
        r = self.resolve("int g(void); int f(void) { return g() + 1; }",
                         {"g": ("noop1", "for a test")})
        self.assertEqual([], r.traps)
        self.assertEqual({"g": ("noop1", "for a test")}, r.noops)

    def test_datum_is_an_error_that_names_symbol_and_file(self):
        with self.assertRaisesRegex(
                errors.TreeNotUnderstood,
                "undefined datum g referenced by o.c"):
            self.resolve("extern int g; int f(void) { return g; }")

    def test_function_only_pointed_to_needs_an_entry(self):
        code = "int g(void); int (*f)(void) = g;"
        with self.assertRaises(errors.TreeNotUnderstood):
            self.resolve(code)
        self.assertEqual(["g"], self.resolve(
            code, {"g": ("trap", "a callback")}).traps)

    def test_weak_libc_and_host_services_are_left_alone(self):
        r = self.resolve(
            "extern int w __attribute__((weak)); void hs_x(void);\n"
            "void *memcpy(void *, const void *, unsigned long);\n"
            "int f(char *a, char *b, long n) { hs_x(); memcpy(a, b, n);\n"
            "return &w != 0; }")
        self.assertEqual([], r.traps)
        self.assertEqual(["memcpy"], r.libc)

    def test_ours_must_be_implemented(self):
        with self.assertRaisesRegex(errors.HarnessError, "kw_x is not"):
            self.resolve("void kw_x(void); void f(void) { kw_x(); kw_x(); }")


if __name__ == "__main__":
    unittest.main()
