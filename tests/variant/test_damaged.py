# SPDX-License-Identifier: GPL-2.0-only
"""Rule files and manifests that somebody has changed: what they were for, or one line; never a traceback."""

import glob
import json
import os
import random
import sys
import unittest

from common import BuilderTest, REPO, read, write

sys.path.append(os.path.join(REPO, "kvm/builder"))

import rules  # noqa: E402
from errors import BadInput  # noqa: E402

MANIFEST = {
    "name": "x", "identity": "0123456789abcdef", "class": "fixed", "flavour": "plain", "optimize": 2, "compiler": "gcc 12",
    "source": {"kind": "deb", "package": "linux-source-6.1", "version": "6.1.192-2"},
    "edits": [{"kind": "rule", "name": "a.rule", "sha256": "ab" * 32, "files": ["arch/x86/kvm/lapic.c"]}],
    "counts": {"implemented": 3, "noop": 2, "trap": 1}, "kernel_files": {"arch/x86/kvm/lapic.c": "cd" * 32},
}
ODD = (None, -1, 1.5, "", "\n", [], [1], {}, {"a": 1}, "tree")


def change(chance, value):
    """A copy of @value in which something, somewhere, is odd or gone."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    copy = value.copy()
    key = chance.choice(keys)
    if isinstance(copy[key], (dict, list)) and copy[key] and chance.random() < 0.6:
        copy[key] = change(chance, copy[key])
    elif chance.random() < 0.3:
        del copy[key]
    else:
        copy[key] = chance.choice(ODD)
    return copy


class Damaged(BuilderTest):

    def test_manifests(self):
        folder = self.build + "/variants/x"
        write(folder + "/plain/kvm-world.o", "")
        write(folder + "/manifest.json", json.dumps(MANIFEST))
        self.assertEqual(0, self.run_builder("show", "x")[0], "it is whole to begin with")
        text = json.dumps(MANIFEST)
        told = 0
        for seed in range(40):
            chance = random.Random(seed)
            bad = chance.choice((text[:seed], "[" * 100000, "[]", "null")) if seed % 4 == 0 else json.dumps(
                change(chance, MANIFEST))
            write(folder + "/manifest.json", bad)
            with self.subTest(seed=seed):
                code, _, err = self.run_builder("show", "x")
                told += code == 2
                if code:
                    self.assertEqual((2, "lapicsim: the manifest of x is damaged; add the variant again\n"), (code, err))
                code, _, err = self.run_builder("list")
                self.assertEqual((0, ""), (code, err))
        self.assertGreater(told, 20)
        self.assertEqual((0, "", ""), self.run_builder("remove", "x"))
        self.assertFalse(os.path.exists(folder))

    def test_rules(self):
        texts = [read(path) for path in sorted(glob.glob(REPO + "/variants/rules/*.rule"))]
        some = " ".join(texts).split()
        refused = 0
        for seed in range(2000):
            chance = random.Random(seed)
            words = chance.choice(texts).split(" ")
            for _ in range(chance.choice((1, 3))):
                at, what = chance.randrange(len(words)), chance.randrange(4)
                words[at] = (chance.choice(some), "", words[at][:1], words[at] + "\n" + chance.choice(some) + "\0(")[what]
            with self.subTest(seed=seed):
                try:
                    rules.parse(" ".join(words), "x.rule")
                except BadInput as e:
                    refused += 1
                    self.assertRegex(str(e), r"\Ax\.rule(:\d+)?: [^\n]+\Z")
        self.assertGreater(refused, 500)


if __name__ == "__main__":
    unittest.main()
