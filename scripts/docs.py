#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""docs/scenario-keys.md, docs/options.md and docs/known-keys.md, from the tables.

`docs.py LAPICSIM` writes them; `docs.py --check LAPICSIM` says whether they are
what the table gives, and prints "N passed, N failed".
"""

import os
import subprocess
import sys

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs")
PAGES = (("scenario-keys.md", "scenario-keys"), ("options.md", "options"), ("known-keys.md", "known-keys"))


def main():
    check = "--check" in sys.argv
    stale = 0
    for page, topic in PAGES:
        text = subprocess.run([sys.argv[-1], "help", topic], stdout=subprocess.PIPE, text=True, check=True).stdout
        path = os.path.join(DOCS, page)
        if not check:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            continue
        with open(path, encoding="utf-8") as f:
            same = f.read() == text
        stale += not same
        print("%s - docs/%s is what the option table gives" % ("ok" if same else "not ok", page))
    if check:
        print("%d passed, %d failed" % (len(PAGES) - stale, stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
