# SPDX-License-Identifier: GPL-2.0-only
"""Every format is well-formed and says the same, whatever is in the store."""

import csv
import filecmp
import html.parser
import io
import os
import re
import unittest
import xml.etree.ElementTree

import stores

VOID = {"meta", "link", "br", "rect", "circle", "path", "use", "line"}
KTAP_RESULT = re.compile(r"( *)(ok|not ok) (\d+)( [^#]*)?( # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)( .*)?)?")


class Checker(html.parser.HTMLParser):
    """Tags that match, unique ids, links that lead somewhere, nothing from outside."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.refs, self.outside, self.text = [], [], [], [], [], []
        self.tags, self.headings = {}, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs.items():
            if name == "href" and tag in ("a", "use"):
                self.links.append(value)
            if name in ("aria-labelledby", "aria-describedby", "data-copy"):
                self.refs += value.split()
            if name in ("src", "srcset", "action", "href") and not value.startswith(("#", "data:,")):
                self.outside.append((tag, name, value))
            if name.startswith("on"):
                self.outside.append((tag, name, value))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, "</%s> closes %s" % (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def parse(text):
    checker = Checker()
    checker.feed(text)
    checker.close()
    return checker


class Formats(unittest.TestCase):
    MAKERS = {"ordinary": stores.ordinary, "nothing": stores.nothing_found, "empty": stores.empty,
              "hostile": stores.hostile, "compared": stores.compared}

    @classmethod
    def setUpClass(cls):
        cls.folder = stores.folder()
        cls.output = {}
        for name, make in cls.MAKERS.items():
            path = make(os.path.join(cls.folder.name, name + ".db"))
            cls.output[name] = os.path.join(cls.folder.name, name)
            p = stores.report(path, cls.output[name])
            assert p.returncode == 0 and p.stderr == "", (name, p.returncode, p.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def each(self, name):
        for store, folder in self.output.items():
            with self.subTest(store=store):
                yield store, stores.read(folder, name)

    def test_html(self):
        for _, text in self.each("report.html"):
            page = parse(text)
            self.assertEqual([], page.open)
            self.assertEqual(len(page.ids), len(set(page.ids)), "ids are unique")
            self.assertEqual([], page.outside)
            for link in page.links:
                self.assertIn(link[1:], page.ids)
            for ref in page.refs:
                self.assertIn(ref, page.ids)
            self.assertEqual(1, page.tags["script"], "the page's own")
            self.assertEqual(1, page.tags["main"])
            self.assertEqual(1, page.headings[0])
            for before, after in zip(page.headings, page.headings[1:]):
                self.assertLessEqual(after, before + 1, "no level of headings is left out")
            self.assertEqual(page.tags["table"], page.tags["caption"])
            self.assertEqual(text.count('<svg role="img"'), page.tags.get("desc", 0))
            self.assertEqual([], re.findall(r"https?://(?!www\.w3\.org).*", text))
            self.assertEqual([], re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e]", "".join(page.text)))

    def test_junit(self):
        for store, text in self.each("junit.xml"):
            root = xml.etree.ElementTree.fromstring(text)
            self.assertEqual("testsuites", root.tag)
            cases = root.findall("./testsuite/testcase")
            self.assertEqual(int(root.get("tests")), len(cases))
            self.assertEqual(int(root.get("failures")), len(root.findall(".//failure")))
            self.assertEqual(int(root.get("errors")), len(root.findall(".//error")))
            for case in cases:
                self.assertTrue(case.get("name") and case.get("classname"))
        root = xml.etree.ElementTree.parse(os.path.join(self.output["ordinary"], "junit.xml")).getroot()
        failures = root.findall(".//failure")
        self.assertEqual(["lost interrupt [irr-lost]: 1 of 1,000 runs, lapicsim replay v1:beta@abcd1234:6.12@bbbb000011112222:0x2bd",
                          "missing: host BUG, expected always"], sorted(f.get("message") for f in failures))

    def test_ktap(self):
        for store, text in self.each("results.ktap"):
            lines = text.splitlines()
            self.assertEqual("KTAP version 1", lines[0])
            plans, counts = {}, {}
            for line in lines:
                indent = len(line) - len(line.lstrip(" "))
                if line.strip() == "KTAP version 1":
                    counts[indent] = 0
                    continue
                if line.lstrip().startswith("#"):
                    continue
                plan = re.fullmatch(r" *1\.\.(\d+)", line)
                if plan:
                    plans[indent] = int(plan[1])
                    continue
                result = KTAP_RESULT.fullmatch(line)
                self.assertTrue(result, line)
                counts[indent] += 1
                self.assertEqual(counts[indent], int(result[3]), "numbers follow each other")
                self.assertLessEqual(counts[indent], plans[indent])
            self.assertEqual(plans[0], counts[0])
        text = stores.read(self.output["ordinary"], "results.ktap")
        self.assertIn("\n  ok 1 alpha\n", text)
        self.assertIn("\n  not ok 2 beta\n", text)
        self.assertIn("\nnot ok 2 6.12\n", text)

    def test_csv(self):
        heads = {"cells.csv": 17, "buckets.csv": 16, "deviations.csv": 6, "failures.csv": 6, "pairs.csv": 6,
                 "series.csv": 8}
        for name, columns in heads.items():
            for store, text in self.each(name):
                rows = list(csv.reader(io.StringIO(text)))
                self.assertEqual({columns}, {len(r) for r in rows}, name)
                self.assertTrue(all(re.fullmatch("[a-z_]+", h) for h in rows[0]), rows[0])
                for cell in (c for r in rows for c in r):
                    self.assertNotIn(cell[:1], ("=", "+", "@"))
        rows = list(csv.DictReader(io.StringIO(stores.read(self.output["ordinary"], "buckets.csv"))))
        self.assertEqual(["new"] + ["expected"] + 4 * ["known"], [r["status"] for r in rows])
        self.assertEqual("702", rows[0]["first_run"])
        self.assertIn("v1:beta@abcd1234:6.12@bbbb000011112222:0x2c4",
                      stores.read(self.output["ordinary"], "report.txt"),
                      "the cheapest run is the one to look at")

    def test_plain_text_has_72_columns(self):
        for store, text in self.each("report.txt"):
            if store == "hostile":
                continue        # names of 100 characters and more stay whole in commands
            for line in text.splitlines():
                if "lapicsim replay" not in line and "lapicsim run" not in line:
                    self.assertLessEqual(len(line), 72, line)

    def test_markdown_has_no_markup_of_others(self):
        text = stores.read(self.output["hostile"], "report.md")
        outside = re.sub(r"(`+).*?\1", "", text.replace("\\`", ""), flags=re.S)
        self.assertEqual([], re.findall(r".{30}<script.{30}", outside))
        for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
            bars = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            self.assertEqual(1, len(bars), table)

    def test_the_same_in_all(self):
        """What the summary says, in each format for people."""
        said = "1 divergence that nobody expected."
        for name in ("report.html", "report.md", "report.txt"):
            with self.subTest(name=name):
                text = " ".join(stores.read(self.output["ordinary"], name).replace("\u00a0", " ").split())
                self.assertTrue(said in text)
                for needed in ("aaaa000011112222", "irr-lost", "v1:beta@abcd1234:6.12@bbbb000011112222:0x2bd",
                               "pv-eoi-page-away", "icr-level" if name == "report.html" else "icr",
                               "seen in run 31 of 100",
                               "12 of 1,000 on 6.1-unfixed",
                               "irr isr pending" if name == "report.html" else "Still hidden"):
                    self.assertTrue(needed in text, needed)

    def test_nothing_is_drawn_where_there_is_nothing(self):
        text = stores.read(self.output["nothing"], "report.html")
        for sentence in ("No divergence was found, so there is no course", "no detection times to draw",
                         "The campaign was too short", "The store has no counts of pairs", "No divergence at all.",
                         "1 in 101"):
            self.assertTrue(sentence in text, sentence)
        self.assertFalse('id="fig-found' in text)
        self.assertTrue("Nothing was run." in stores.read(self.output["empty"], "report.html"))

    def test_figures_have_something_in_them(self):
        text = stores.read(self.output["ordinary"], "report.html")
        for name, size in (("found", "wide"), ("found", "narrow"), ("waits", "wide"), ("waits", "narrow"),
                           ("speed", "wide"),
                           ("speed", "narrow"), ("pairs", "wide")):
            with self.subTest(name=name, size=size):
                svg = re.search(r'<svg [^>]*fig-%s-%s-t.*?</svg>' % (name, size), text, re.S)[0]
                self.assertEqual(["s1"] if name != "pairs" else ["h2"], re.findall(r"var\(--(s1|h2)\)", svg)[:1],
                                 "drawn in the theme's colour")
                self.assertNotRegex(svg, r"rgb\(|currentColor' d=|Produced by")

    def test_again_gives_the_same_bytes(self):
        for name in self.MAKERS:
            again = self.output[name] + "-again"
            self.assertEqual(0, stores.report(os.path.join(self.folder.name, name + ".db"), again).returncode)
            names = sorted(os.listdir(self.output[name]))
            self.assertEqual(names, sorted(os.listdir(again)))
            self.assertEqual(([], []), filecmp.cmpfiles(self.output[name], again, names, shallow=False)[1:])


if __name__ == "__main__":
    unittest.main()
