#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""picture.py PAGE PNG [SELECTOR [WIDTH [light|dark]]]: a report down to an element, as README shows one."""

import json
import os
import sys

import png
from chromium import Chromium


def main(page, output, until="#cause-2", width="1280", scheme="light"):
    browser = Chromium()
    try:
        browser.look(int(width), scheme=scheme)
        browser.open("file://" + os.path.abspath(page))
        top = browser.run("document.querySelector(%s).getBoundingClientRect().top" % json.dumps(until))
        browser.picture(output, height=round(top))
    finally:
        browser.close()
    with open(output, "rb") as f:
        small = png.fewer_colours(f.read())
    with open(output, "wb") as f:
        f.write(small)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
