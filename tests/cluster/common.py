# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of docs/cluster.md share: its blocks, and a folder to run them in.

The blocks are run as they are, but for the number of seeds.  The folder is a copy
of what a machine needs of the repository, so that nothing else of it is used; all are
of one copy, that is made at the beginning, so that what is built meanwhile does not
matter.
"""

import atexit
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("O", "build"))
SEEDS = 24000
PARTS = 8
SCENARIOS = 2
PER_PART = SCENARIOS * SEEDS // PARTS
CANARY_RUNS = SCENARIOS * SEEDS // 100
VARIANTS = ("6.12", "canary-6.12")
TIMEOUT_S = 900         # a machine that has much else to do is slow, not wrong
ATTEMPTS = 5


def blocks():
    """The page's blocks: file name -> text."""
    with open(os.path.join(ROOT, "docs/cluster.md"), encoding="utf-8") as f:
        found = re.findall(r"^```(sh|yaml)\n(.*?)^```$", f.read(), re.S | re.M)
    named = {}
    for language, text in found:
        name = re.match(r"# (\S+)\n", text)
        name = name.group(1) if name else "slurm.sh" if text.startswith("#!/bin/sh\n#SBATCH") else "job.yaml"
        if name in named or name.endswith("yaml") != (language == "yaml"):
            raise ValueError("docs/cluster.md: two blocks for %s, or one of another language" % name)
        named[name] = text
    if set(named) != {"campaign.sh", "parallel.sh", "slurm.sh", "job.yaml", "result.sh"}:
        raise ValueError("docs/cluster.md: blocks are %s" % sorted(named))
    return named


def nr_runs(path, canary=False):
    """What a store has, of the campaign or its canary; 0 as long as it has not even its tables."""
    if not os.path.exists(path):
        return 0
    db = sqlite3.connect(path)
    try:
        return db.execute("SELECT coalesce(sum(count), 0) FROM range JOIN cell ON cell.id = cell WHERE canary = ?",
                          (int(canary),)).fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def sessions(path):
    """(process, whether it came to its end), in order."""
    db = sqlite3.connect(path)
    try:
        return db.execute("SELECT pid, finished FROM session ORDER BY id").fetchall()
    finally:
        db.close()


class Cluster(unittest.TestCase):
    """A test in a folder of its own, that compares with one process doing it all."""

    whole = original = None

    @classmethod
    def setUpClass(cls):
        """The page's two lines, once; make has built the first variant."""
        if Cluster.original:
            return
        with open(os.path.join(ROOT, "docs/cluster.md"), encoding="utf-8") as f:
            words = re.search(r"^    build/lapicsim (variant add .*)$", f.read(), re.M)[1].split()
        subprocess.run([os.path.join(BUILD, "lapicsim"), *words], check=True, stderr=subprocess.DEVNULL)
        original = tempfile.mkdtemp(prefix="lapicsim-cluster-")
        atexit.register(shutil.rmtree, original, True)
        for part in ("scenarios", "known", "docs/findings"):
            shutil.copytree(os.path.join(ROOT, part), os.path.join(original, part))
        for name in VARIANTS:
            shutil.copytree(os.path.join(BUILD, "variants", name), os.path.join(original, "build/variants", name))
        shutil.copy2(os.path.join(BUILD, "lapicsim"), os.path.join(original, "build/lapicsim"))
        Cluster.original = original

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lapicsim-cluster-")
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(Cluster.original, self.folder, dirs_exist_ok=True)
        os.chmod(self.folder, 0o755)    # munged asks for it
        self.blocks = blocks()
        self.blocks["campaign.sh"], nr = re.subn(r"--seeds 0-9999999\b", "--seeds 0-%d" % (SEEDS - 1),
                                                 self.blocks["campaign.sh"])
        self.assertEqual(1, nr, "docs/cluster.md: campaign.sh has other seeds than the test knows")
        for name, text in self.blocks.items():
            with open(self.path(name), "w", encoding="utf-8") as f:
                f.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def forget_parts(self):
        for part in range(PARTS):
            for suffix in (".db", ".db-wal", ".db-shm", ".log"):
                if os.path.exists(self.path("part-%d%s" % (part, suffix))):
                    os.unlink(self.path("part-%d%s" % (part, suffix)))

    def attempt(self, interrupted):
        """What is to be killed halfway may be done before a slow machine comes to kill it: then all of it again."""
        for _ in range(ATTEMPTS):
            if interrupted():
                return
            self.forget_parts()
        self.fail("%d times it was done before it was killed" % ATTEMPTS)

    def run_sh(self, name, *words):
        return subprocess.run(["sh", name, *words], cwd=self.folder, text=True, capture_output=True,
                              check=False, timeout=TIMEOUT_S)

    def wait_for(self, what, ready):
        deadline = time.monotonic() + TIMEOUT_S
        while not (value := ready()):
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)
        return value

    def check_result(self):
        if Cluster.whole is None:
            Cluster.whole = self.run_sh("campaign.sh", "--json", "--store", "whole.db")
        merged = self.run_sh("result.sh")
        self.assertIn("all.db: %d merged, 0 gaps, overlaps or mixed variants\n" % PARTS, merged.stdout, merged.stderr)
        self.assertIn("all.db has %d runs of this campaign" % (SCENARIOS * SEEDS), merged.stderr)
        result = merged.stdout.partition("mixed variants\n")[2]
        self.assertIn('"runs":%d,' % (SCENARIOS * SEEDS), result)
        self.assertIn('"type":"divergence"', result, "nothing was found: the comparison says little")
        # The parts have the canary's runs between them, and it is found.
        self.assertIn('{"type":"canary","variant":"canary-6.12","scenario":"canary","state":"found","runs":%d,' % CANARY_RUNS,
                      result)
        parts = [nr_runs(self.path("part-%d.db" % part), canary=True) for part in range(PARTS)]
        self.assertEqual([CANARY_RUNS // PARTS] * PARTS, parts)
        self.assertEqual(CANARY_RUNS, nr_runs(self.path("all.db"), canary=True))
        self.assertEqual(Cluster.whole.stdout, result)
        self.assertEqual(Cluster.whole.returncode, merged.returncode)
        self.assertEqual(SCENARIOS * SEEDS, nr_runs(self.path("all.db")), "the last command ran something")
