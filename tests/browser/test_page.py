# SPDX-License-Identifier: GPL-2.0-only
"""
Reports in a real Chromium: light and dark, 1280 px and a phone's 360 px, and on paper.

Screenshots go to BUILD/screenshots. `make report-check` installs Chromium and runs this.
"""

import itertools
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "reports"))

import stores
from chromium import Chromium

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("LAPICSIM_BUILD", os.path.join(stores.REPO, "build"))
PICTURES = os.path.join(BUILD, "screenshots")
TAB, ENTER = ("Tab", 9), ("Enter", 13)


class Page(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        os.makedirs(PICTURES, exist_ok=True)
        cls.folder = stores.folder()
        cls.url = {}
        for name in ("ordinary", "nothing_found", "hostile", "huge", "compared"):
            output = os.path.join(cls.folder.name, name)
            p = stores.report(getattr(stores, name)(output + ".db"), output)
            assert p.returncode == 0, p.stderr
            cls.url[name] = "file://" + os.path.join(output, "report.html")
        cls.browser = Chromium()
        with open(os.path.join(HERE, "checks.js"), encoding="utf-8") as f:
            cls.checks = f.read()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def check(self, name, figures):
        found = self.browser.run(self.checks)
        self.assertEqual([], found["wrong"][:8], name)
        self.assertEqual(figures, found["figures"], name)
        self.assertEqual(([], []), self.browser.outside(), name)

    def look_at(self, store, figures):
        for width, scheme in itertools.product((1280, 360), ("light", "dark")):
            name = "%s-%s-%d" % (store, scheme, width)
            with self.subTest(name):
                self.browser.look(width, scheme=scheme)
                self.browser.open(self.url[store])
                self.browser.picture(os.path.join(PICTURES, name + ".png"), height=6000)
                self.check(name, figures)
                dark = self.browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
                self.assertEqual(scheme == "dark", dark)

    def test_ordinary(self):
        self.look_at("ordinary", stores.FIGURES)

    def test_nothing_found(self):
        self.look_at("nothing_found", 1)

    def test_hostile(self):
        self.look_at("hostile", 3)
        self.assertFalse(self.browser.run("document.querySelectorAll('script').length > 1"))

    def test_compared(self):
        self.look_at("compared", 4)

    def test_huge(self):
        self.browser.look(360)
        self.browser.open(self.url["huge"])
        self.check("huge", 5)

    def test_paper(self):
        self.browser.look(794, media="print")
        self.browser.open(self.url["ordinary"])
        self.assertLessEqual(self.browser.run("document.scrollingElement.scrollWidth"), 794)
        self.assertEqual("none", self.browser.run("getComputedStyle(document.querySelector('nav')).display"))
        self.assertEqual([], self.browser.run("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
                                              ".map(e => e.textContent.slice(0, 60))"), "nothing is cut off on paper")

    def test_without_script(self):
        """All there is to read is there before, and without, any script."""
        self.browser.look(1280)
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.browser.open(self.url["ordinary"])
        finally:
            self.browser.call("Emulation.setScriptExecutionDisabled", value=False)
        self.assertTrue(self.browser.run("document.getElementById('theme').hidden"),
                        "a button that would do nothing is not shown")
        self.assertIn("nobody expected", self.browser.run("document.querySelector('.verdict').innerText"))

    def test_theme_button(self):
        self.browser.look(1280, scheme="light")
        self.browser.open(self.url["ordinary"])
        color = "getComputedStyle(document.body).backgroundColor"
        before = self.browser.run(color)
        self.browser.click("#theme")
        self.assertNotEqual(before, self.browser.run(color))
        self.assertEqual("true", self.browser.run("document.getElementById('theme').getAttribute('aria-pressed')"))
        self.browser.open(self.url["ordinary"])
        self.assertNotEqual(before, self.browser.run(color), "it is remembered")
        self.browser.click("#theme")
        self.assertEqual(before, self.browser.run(color))
        self.browser.run("localStorage.clear()")

    def test_copy(self):
        self.browser.look(1280)
        self.browser.open(self.url["ordinary"])
        self.browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.browser.click("button[data-copy]")
        self.assertEqual("Copied", self.browser.run("new Promise(d => setTimeout(() => d(document.querySelector('button[data-copy]').textContent), 300))"))
        self.assertEqual(self.browser.run("document.getElementById('command-1').textContent"),
                         self.browser.run("navigator.clipboard.readText()"))

    def test_copy_where_there_is_no_clipboard(self):
        self.browser.look(1280)
        self.browser.open(self.url["ordinary"])
        self.browser.run("Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false; 1")
        self.browser.click("button[data-copy]")
        self.assertEqual("Selected", self.browser.run("new Promise(d => setTimeout(() => d(document.querySelector('button[data-copy]').textContent), 300))"))
        self.assertEqual(self.browser.run("document.getElementById('command-1').textContent"),
                         self.browser.run("getSelection().toString()"))

    def test_keyboard(self):
        """The skip link comes first and shows; everything that can be used is reached, with a visible focus."""
        self.browser.look(1280)
        self.browser.open(self.url["ordinary"])
        self.browser.key(*TAB)
        self.assertEqual("skip", self.browser.run("document.activeElement.className"))
        self.assertGreaterEqual(self.browser.run("document.activeElement.getBoundingClientRect().left"), 0)
        reached = set()
        for _ in range(400):
            self.browser.key(*TAB)
            what = self.browser.run("(e => e === document.body ? '' : [e.tagName, e.id, e.textContent.slice(0, 30), getComputedStyle(e)"
                                    ".outlineStyle].join('|'))(document.activeElement)")
            if not what or what.split("|")[1] == "end" or what in reached:
                break
            self.assertNotIn("|none", what)
            reached.add(what)
        kinds = {w.split("|")[0] for w in reached}
        self.assertEqual({"A", "BUTTON", "DIV"}, kinds)


if __name__ == "__main__":
    unittest.main()
