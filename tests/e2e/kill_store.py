#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kills a campaign with a store at random moments, goes on, and compares.

Both lapicsim itself and its workers are killed, with SIGKILL, SIGTERM and
SIGINT.  At the end the stored campaign must be what an uninterrupted one is: the
same JSON, byte for byte, and each seed of each cell in exactly one range.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time


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


def seconds_to_first(command, path, log):
    """What a session takes until it has stored something, on this machine, as busy as it is: then it is killed."""
    start, before = time.monotonic(), stored(path)
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    while stored(path) == before and p.poll() is None and time.monotonic() < start + 60:
        time.sleep(0.01)
    p.kill()
    p.wait()
    return time.monotonic() - start


def kill_once(command, chance, longest, log):
    """One session: started, and killed somewhere. True if it came to its end."""
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    time.sleep(chance.uniform(0.0, longest))
    victim = p.pid
    if chance.random() < 0.3:
        victim = chance.choice(children(p.pid) or [p.pid])
    # Our own child, or its child: not reaped before we wait, so the number is still its.
    if p.poll() is None:
        try:
            os.kill(victim, chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        except ProcessLookupError:
            pass
    if victim != p.pid:
        time.sleep(chance.uniform(0.0, 0.1))
        if p.poll() is None:
            p.kill()
    return p.wait() in (0, 10)


def gaps(path, nr_seeds):
    wrong = []
    with sqlite3.connect(path) as db:
        for cell, canary in db.execute("SELECT id, canary FROM cell").fetchall():
            at, last = 0, 2 * nr_seeds // 100 if canary else nr_seeds
            for first, count in db.execute("SELECT first, count FROM range WHERE cell = ? ORDER BY first", (cell,)):
                if first != at:
                    wrong.append("cell %d: a range at %d, expected at %d" % (cell, first, at))
                at = first + count
            if at != last:
                wrong.append("cell %d ends at %d" % (cell, at))
        sessions = db.execute("SELECT count(*) FROM session").fetchone()[0]
    return wrong, sessions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=600000, help="per scenario; more than the kills leave time for")
    args = parser.parse_args()
    store = os.path.join(args.build, "kill.db")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    base = [args.build + "/lapicsim", "run", "pv-eoi-disable", "hlt-wakeup", "--variant", "6.12", "--seeds",
            "0-%d" % (args.seeds - 1), "--replay-share", "0", "--json"]
    # A shell that starts us with & has SIGINT ignored: a session that is hit before it has a handler would not see it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(args.kills)
    ended = 0
    with open(store + ".log", "w", encoding="utf-8") as log:
        # Once: with a canary to build, each session would be killed by its builder's side.
        subprocess.run([base[0], "variant", "add", "canary-6.12", "--like", "6.12", "--rule", "canary", "--class", "canary"],
                       stderr=log, check=True)
        keeping = base + ["--store", store, "--canary", "canary-6.12"]
        for i in range(args.kills):
            if i % 50 == 0:
                longest = 2 * seconds_to_first(keeping, store, log) + 0.1
            ended += kill_once(keeping, chance, longest, log)
            if i % 100 == 99:
                print("%d kills, %d times it was over before" % (i + 1, ended), flush=True)
    killed = stored(store)
    last = subprocess.run(keeping, stdout=subprocess.PIPE, text=True, check=False)
    whole = subprocess.run(base, stdout=subprocess.PIPE, text=True, check=False)
    wrong, sessions = gaps(store, args.seeds)
    # Only what is stored has a canary.
    if "".join(x for x in last.stdout.splitlines(True) if '"canary"' not in x) != whole.stdout or last.returncode != whole.returncode:
        wrong.append("the result is not that of an uninterrupted campaign")
    # Half of the kills come later than the first runs of a session; fewer, and too little was at stake.
    if killed < args.kills // 4:
        wrong.append("only %d of %d sessions had stored something when they were killed" % (killed, args.kills))
    for line in wrong:
        print("not ok: " + line)
    print("%d sessions, %d of them ended by themselves, %d had stored runs when they were killed" % (sessions, ended, killed))
    # What came to its end was killed too late to prove anything.
    print("%d passed, %d failed" % (args.kills - ended if not wrong else 0, len(wrong)))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
