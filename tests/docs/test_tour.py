# SPDX-License-Identifier: GPL-2.0-only
"""The README's tour works as pasted, and prints what the README says, but for its numbers.

In a copy of the repository.  Takes minutes, and the kernel packages that $LAPICSIM_BUILD has.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from recipe import ROOT, copy_of_repository

# What of "More of the tour" is left out: it takes long, or is a test of its own.
LONG = re.compile(r"^make |--time|--until-quiet|sanitized|night\.db")
ENDS = {"run": (0, 10), "compare": (10,), "try": (10,)}


def blocks(title):
    """[[line]] of what is set off in a section of the README."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        section = re.search(r"^## %s\n(.*?)(?=^## )" % re.escape(title), f.read(), re.M | re.S)[1]
    return [[line[4:] for line in found.strip("\n").splitlines()]
            for found in re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.M) if found.strip()]


def plain(line):
    """Without what differs from build to build and from run to run."""
    line = re.sub(r"@[0-9a-f]{8,16}\b|\b[0-9a-f]{16}\b|0x[0-9a-f]+", "#", line)
    return re.sub(r"[-+]?\d[\d,.]*", "N", " ".join(line.split()))


def first_difference(sample, printed):
    """None, or the line of @sample that @printed does not have where it must be; "[...]" is any lines, or the rest of one."""
    lines = [plain(line) for line in printed.splitlines() if line.strip()]
    at, anywhere = 0, True
    for line in sample:
        if not line.strip():
            continue
        if line.strip() == "[...]":
            anywhere = True
            continue
        head, more, _ = line.partition("[...]")
        wanted = plain(head)
        rest = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        found = next((i for i in rest if lines[i] == wanted or (more and lines[i].startswith(wanted))), None)
        if found is None:
            return line
        at, anywhere = found + 1, False
    return None


class Tour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lapicsim-tour-", dir="/var/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder)

        cls.copy = cls.folder + "/copy"
        os.mkdir(cls.copy)
        copy_of_repository(cls.copy)
        cls.sh("make variant-6.12 variant-6.1-unfixed")

    @classmethod
    def sh(cls, command):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LAPICSIM", "MAKE")) and k != "O"}
        return subprocess.run(["bash", "-c", command.replace("/tmp/", cls.folder + "/")], cwd=cls.copy, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=900)

    def follow(self, title):
        """Every command, in order; samples of output are compared."""
        nr = 0
        for block in blocks(title):
            sample = block[0].startswith("$ ")
            for line in block[:1] if sample else block:
                if LONG.search(line) or not re.match(r"\$ |build/|git |sed |rm ", line):
                    continue
                done = self.sh(self.token(line.removeprefix("$ ")))
                word = re.search(r"build/lapicsim (\w+)", line)
                self.assertIn(done.returncode, ENDS.get(word and word[1], (0,)), line + "\n" + done.stderr[-2000:])
                nr += 1
                if sample:
                    self.assertIsNone(first_difference(block[1:], done.stdout), line + "\n" + done.stdout[-4000:])
                    self.printed = done.stdout
        return nr

    def token(self, line):
        """With the identities of this build: the token that the command before it printed."""
        def here(m):
            found = re.search(r"v1:%s@\w+:%s@\w+:%s\b" % tuple(re.escape(x) for x in m.groups()), self.printed)
            self.assertTrue(found, "nothing printed the token of " + line)
            return found[0]
        return re.sub(r"v1:([\w-]+)@\w+:([\w.-]+)@\w+:(0x[0-9a-f]+)", here, line)

    def test_1_the_bug(self):
        self.assertEqual(2, self.follow("What it looks like: the PV EOI bug"))

    def test_2_a_day_with_a_patch(self):
        self.assertGreater(self.follow("A day with a patch"), 14)

    def test_3_an_old_sample_is_noticed(self):
        sample = ["a 1 b", "[...]", "c 2", "d [...]"]
        self.assertIsNone(first_difference(sample, "a 7 b\nx\nc 5\nd anything\n"))
        for printed in ("a 7 c\nx\nc 5\nd\n", "a 7 b\nx\nc 5\nx\nd\n", "a 7 b\nc 5\n"):
            self.assertIsNotNone(first_difference(sample, printed), printed)


if __name__ == "__main__":
    unittest.main()
