#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kills campaigns with a store at random moments, goes on, and compares.

Both lapicsim itself and its workers are killed, with SIGKILL, SIGTERM and
SIGINT, each campaign until it has come to its end all the same; then comes
another one, of other seeds, until there were enough kills.  Each must be what an
uninterrupted one is: the same JSON, byte for byte, and each seed of each cell in
exactly one range.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

CANARY_SHARE = 100      # sim/cmd/campaign.h


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def stored(path):
    """How many sessions have runs in the store."""
    try:
        with sqlite3.connect(path, timeout=60) as db:
            return db.execute("SELECT count(DISTINCT session) FROM range").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def gaps(path, first, nr_seeds, nr_cells):
    wrong = []
    with sqlite3.connect(path) as db:
        for cell, canary in db.execute("SELECT id, canary FROM cell").fetchall():
            at, last = first, first + (nr_cells * nr_seeds // CANARY_SHARE if canary else nr_seeds)
            for start, count in db.execute("SELECT first, count FROM range WHERE cell = ? ORDER BY first", (cell,)):
                if start != at:
                    wrong.append("cell %d: a range at %d, expected at %d" % (cell, start, at))
                at = start + count
            if at != last:
                wrong.append("cell %d ends at %d, expected %d" % (cell, at, last))
    return wrong


def without_canary(text):
    """Only what is stored has a canary."""
    return "".join(x for x in text.splitlines(True) if '"canary"' not in x)


class Kills:
    """Campaigns, one after the other, and what was seen of them."""

    SCENARIOS = ("pv-eoi-disable", "hlt-wakeup")

    def __init__(self, args):
        self.args = args
        self.store = os.path.join(args.build, "kill.db")
        self.chance = random.Random(args.kills)
        self.longest = None
        self.kills = self.late = self.ended = self.campaigns = 0
        self.wrong = []
        # pylint: disable-next=consider-using-with
        self.log = open(self.store + ".log", "w", encoding="utf-8")

    def command(self, *words):
        first = self.campaigns * self.args.seeds
        return [self.args.build + "/lapicsim", "run", *self.SCENARIOS, "--variant", "6.12", "--seeds",
                "%d-%d" % (first, first + self.args.seeds - 1), "--replay-share", "0", "--json", *words]

    def keeping(self):
        return self.command("--store", self.store, "--canary", "canary-6.12")

    def remove(self):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.store + suffix):
                os.unlink(self.store + suffix)

    def measure(self):
        """What a session takes until it has stored something, on this machine, as busy as it is: then it is killed."""
        start, before = time.monotonic(), stored(self.store)
        with subprocess.Popen(self.keeping(), stdout=subprocess.DEVNULL, stderr=self.log) as p:
            while stored(self.store) == before and p.poll() is None and time.monotonic() < start + 60:
                time.sleep(0.01)
            p.kill()
        self.longest = 2 * (time.monotonic() - start) + 0.1

    def one(self):
        """A session that is started, and killed somewhere. Its output if it came to its end."""
        before = stored(self.store)
        with subprocess.Popen(self.keeping(), stdout=subprocess.PIPE, stderr=self.log, text=True) as p:
            time.sleep(self.chance.uniform(0.0, self.longest))
            victim = p.pid
            if self.chance.random() < 0.3:
                victim = self.chance.choice(children(p.pid) or [p.pid])
            # Our own child, or its child: not reaped before we wait, so the number is still its.
            if p.poll() is None:
                try:
                    os.kill(victim, self.chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
                except ProcessLookupError:
                    pass
            if victim != p.pid:
                time.sleep(self.chance.uniform(0.0, 0.1))
                if p.poll() is None:
                    p.kill()
            text = p.stdout.read()
            if p.wait() in (0, 10):
                self.ended += 1
                return text
        self.kills += 1
        self.late += stored(self.store) > before
        return None

    def campaign(self):
        """One campaign from its beginning to its end, or until there were enough kills."""
        self.remove()
        text, kills = None, self.kills
        self.measure()
        while text is None and self.kills < self.args.kills:
            # How busy the machine is changes.
            if (self.kills - kills) % 50 == 49:
                self.measure()
            text = self.one()
        again = subprocess.run(self.keeping(), stdout=subprocess.PIPE, stderr=self.log, text=True, check=False)
        whole = subprocess.run(self.command(), stdout=subprocess.PIPE, stderr=self.log, text=True, check=False)
        wrong = gaps(self.store, self.campaigns * self.args.seeds, self.args.seeds, len(self.SCENARIOS))
        if text not in (None, again.stdout):
            wrong.append("what the last session printed is not what the store has")
        if (without_canary(again.stdout), again.returncode) != (whole.stdout, whole.returncode):
            wrong.append("the result is not that of an uninterrupted campaign")
        self.campaigns += 1
        print("campaign %d: %d kills, %d in all%s" % (self.campaigns, self.kills - kills, self.kills,
                                                      ", WRONG" if wrong else ""), flush=True)
        self.wrong += ["campaign %d: %s" % (self.campaigns, w) for w in wrong]

    def run(self):
        # Once: with a canary to build, each session would be killed by its builder's side.
        subprocess.run([self.args.build + "/lapicsim", "variant", "add", "canary-6.12", "--like", "6.12", "--rule", "canary",
                        "--class", "canary"], stderr=self.log, check=True)
        while self.kills < self.args.kills and not self.wrong:
            self.campaign()
        # Half of the kills come later than the first runs of a session; fewer, and too little was at stake.
        if self.late < self.args.kills // 4:
            self.wrong.append("only %d of %d sessions had stored something when they were killed" % (self.late, self.kills))
        for line in self.wrong:
            print("not ok: " + line)
        print("%d campaigns of %d runs: %d sessions killed, %d of them had stored runs by then, %d came to their end"
              % (self.campaigns, len(self.SCENARIOS) * self.args.seeds, self.kills, self.late, self.ended))
        print("%d passed, %d failed" % (self.kills if not self.wrong else 0, len(self.wrong)))
        return bool(self.wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=20000, help="per scenario of a campaign")
    # A shell that starts us with & has SIGINT ignored: a session that is hit before it has a handler would not see it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return Kills(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
