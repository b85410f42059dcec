# SPDX-License-Identifier: GPL-2.0-only
"""Titles and explanations of known/*.known, for what the store says is known.  `lapicsim known` checks these
files; here a file that cannot be read is one that is not there."""

import glob
import os

import words

KEYS = ("title", "explanation", "finding")


def read_one(path):
    found, last = {}, None
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            stripped = line.strip()
            if not stripped or stripped[0] in "#;[":
                continue
            if line[0] in " \t":
                if last == "explanation":
                    found[last] += " " + stripped
                continue
            last, _, value = (s.strip() for s in stripped.partition("="))
            found[last] = value
    return {k: words.clean(found[k]) for k in KEYS if found.get(k)}


def read(folder):
    """{name: {title, explanation, finding}}"""
    out = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.known"))):
        try:
            out[os.path.basename(path)[:-len(".known")]] = read_one(path)
        except OSError:
            continue
    return out
