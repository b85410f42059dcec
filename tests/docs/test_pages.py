# SPDX-License-Identifier: GPL-2.0-only
"""What the pages name is there: links and their anchors, files and folders, functions, make's targets, options."""

import functools
import glob
import os
import re
import subprocess
import tempfile
import unittest

import recipe

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAPICSIM = os.path.join(os.environ.get("LAPICSIM_BUILD", os.path.join(ROOT, "build")), "lapicsim")
PAGES = ["README.md", "CONTRIBUTING.md"] + sorted(
    os.path.relpath(p, ROOT) for p in glob.glob(ROOT + "/docs/**/*.md", recursive=True))
FOLDERS = "sim|kvm|reports|scripts|tests|variants|known|scenarios|docs|bench"
# Prefixes that only this project's functions have.
OURS = "kw|hs|sched|oracle|host|snapshot|swarm|crash|machine|store|check"


@functools.cache
def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


@functools.cache
def code():
    files = [p for p in subprocess.run(["git", "-C", ROOT, "ls-files", "sim", "kvm", "tests/unit"],
                                       stdout=subprocess.PIPE, text=True, check=True).stdout.split()
             if p.endswith((".c", ".h", ".tbl"))]
    return "\n".join(read(p) for p in files if os.path.exists(os.path.join(ROOT, p)))


def anchors(path):
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-")
            for h in re.findall(r"^#+ (.*)", read(path), re.M)}


def is_there(path):
    """Or a recipe makes it. NAME stands for any."""
    return path in made() or glob.glob(os.path.join(ROOT, re.sub(r"\b(NAME|STEP|VERSION)\b", "*", path)))


@functools.cache
def made():
    return set(re.findall(r"New file `([^`]+)`", read("CONTRIBUTING.md")))


class Pages(unittest.TestCase):
    def all_of(self, pattern, holds):
        """Of each match of @pattern on each page @holds(page, match) is true."""
        found = [(page, m) for page in PAGES for m in re.finditer(pattern, read(page), re.M)]
        self.assertGreater(len(found), 10, "the pattern finds something")
        self.assertEqual([], [(page, m[0]) for page, m in found if not holds(page, m)])

    def test_links_lead_somewhere(self):
        def holds(page, m):
            path = os.path.normpath(os.path.join(os.path.dirname(page), m[1])) if m[1] else page
            return os.path.exists(os.path.join(ROOT, path)) and (not m[2] or m[2][1:] in anchors(path))
        self.all_of(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)", holds)

    def test_files_are_there(self):
        self.all_of(r"`((?:%s)/[\w./*-]+)`" % FOLDERS, lambda page, m: is_there(m[1]))

    def test_functions_are_there(self):
        self.all_of(r"`((?:%s)_\w+)\(\)`" % OURS,
                    lambda page, m: re.search(r"\b%s\b" % m[1].replace("NAME", r"\w+"), code()))

    def test_targets_are_there(self):
        rules = "\n".join(read(p) for p in ("Makefile", "tests/unit/unit.mk", "tests/fuzz/fuzz.mk"))
        targets = {t for names in re.findall(r"^([\w. -]+):(?!=)", rules, re.M) for t in names.split()}
        targets |= {"variant-" + v for v in re.findall(r"^VARIANT_(\S+)\s*:?=", read("scripts/variants.mk"), re.M)}
        targets.add("variant-NAME")
        self.all_of(r"(?:`|^    |&& )make ((?!-)[a-z][\w.-]*(?: variant-[\w.-]+)*)",
                    lambda page, m: set(m[1].split()) <= targets)

    def test_options_are_there(self):
        known = set(re.findall(r"`(--[a-z-]+)", read("docs/options.md")))
        self.all_of(r"lapicsim (?:run|compare|try|bisect|replay|report|merge|variant add) [^\n`|#]*",
                    lambda page, m: set(re.findall(r"(?<= )--[a-z][a-z-]*", m[0])) <= known)

    def test_scenarios_are_there(self):
        names = {os.path.basename(p)[:-4] for p in glob.glob(ROOT + "/scenarios/*.scn") + list(made())}
        self.all_of(r"lapicsim run ((?:[a-z][a-z0-9-]* )+)--", lambda page, m: set(m[1].split()) <= names)

    def test_places_that_recipes_name_are_there(self):
        """Without the commands, which test_recipes.py runs."""
        with tempfile.TemporaryDirectory(prefix="lapicsim-places-") as folder:
            recipe.copy_of_repository(folder)
            cook = recipe.Cook(folder)
            cook.command = lambda line: None
            for title in ("Add a scenario", "Add a rule, for a broken variant", "Add a check", "Add a deviation",
                          "Add a kernel service"):
                self.assertGreater(cook.follow(title), 1, title)

    def test_each_page_is_linked(self):
        linked = {os.path.normpath(os.path.join(os.path.dirname(page), path)) for page in PAGES
                  for path in re.findall(r"\]\((?!https?:)([^)#\s]+)", read(page))}
        self.assertEqual(set(), set(PAGES) - linked - {"README.md"})


if __name__ == "__main__":
    unittest.main()
