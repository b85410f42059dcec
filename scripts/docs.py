#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The generated pages of docs/: keys, options, the oracle.

`docs.py LAPICSIM` writes them; `docs.py --check LAPICSIM` says whether they are
what the tables give, whether docs/detection.md has all of variants/corpus.tbl, and
prints "N passed, N failed".
"""

import os
import subprocess
import sys

import oracle_doc

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs")
TOPICS = (("scenario-keys.md", "scenario-keys"), ("options.md", "options"), ("known-keys.md", "known-keys"),
          ("exit-codes.md", "exit-codes"))


def pages(program):
    for page, topic in TOPICS:
        yield page, subprocess.run([program, "help", topic], stdout=subprocess.PIPE, text=True, check=True).stdout
    yield "oracle.md", oracle_doc.text(program)


def read(page):
    try:
        with open(os.path.join(DOCS, page), encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def detection_is_whole():
    page = read("detection.md")
    return all(any(line.startswith("| %s |" % row[0]) and (row[2] in ("-", "itself") or "`%s`" % row[2] in line)
                   for line in page.splitlines()) for row in oracle_doc.corpus_rows())


def main():
    program, check = os.path.abspath(sys.argv[-1]), "--check" in sys.argv
    results = []
    for page, text in pages(program):
        if not check:
            with open(os.path.join(DOCS, page), "w", encoding="utf-8") as f:
                f.write(text)
            continue
        results.append((read(page) == text, "docs/%s is what the tables give (make docs)" % page))
    if not check:
        return 0
    results.append((detection_is_whole(), "docs/detection.md has each row of variants/corpus.tbl (make detection)"))
    for good, what in results:
        print("%s - %s" % ("ok" if good else "not ok", what))
    failed = sum(not good for good, _ in results)
    print("%d passed, %d failed" % (len(results) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
