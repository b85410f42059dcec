#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A campaign over all scenarios and three variants, and whether its result is right.

Eight minutes unless --time says otherwise.  Asserts, on what it printed and on
its store, each by the other: the exit code, the BUG that only the unfixed variant
has, the sums, the canary, the statistics, the fairness.  Exit code 1 if anything
is wrong.
"""

import argparse
import glob
import json
import math
import os
import sqlite3
import subprocess
import sys
import time

VARIANTS = ("6.12", "6.1", "6.12-unfixed")


class Check:
    """Counts what holds and tells what does not."""

    def __init__(self, rows, db):
        self.rows, self.db = rows, db
        self.passed, self.wrong = 0, []

    def expect(self, holds, text):
        if holds:
            self.passed += 1
        else:
            self.wrong.append(text)

    def of(self, kind):
        return [r for r in self.rows if r["type"] == kind]

    def query(self, sql, *arguments):
        return self.db.execute(sql, arguments).fetchall()

    def sums(self):
        """What was printed is what is stored."""
        for r in self.of("variant"):
            stored = self.query("SELECT runs, events, divergent FROM runs WHERE scenario = ? AND variant = ?", r["scenario"],
                                r["variant"])
            self.expect([(r["runs"], r["events"], r["divergent"])] == stored,
                        "%s on %s: printed %s, stored %s" % (r["scenario"], r["variant"], r["runs"], stored))
        told = sum(r["runs"] for r in self.of("divergence"))
        self.expect([(told,)] == self.query("SELECT coalesce(sum(runs), 0) FROM buckets"), "sums of buckets differ")
        self.expect([(self.rows[-1]["runs"],)] == self.query("SELECT runs FROM series ORDER BY session, wall_ns DESC LIMIT 1"),
                    "the series ends elsewhere")

    def bug(self):
        shown = {r["variant"] for r in self.of("divergence") if r["kind"] == "host-bug"}
        self.expect(shown == {"6.12-unfixed"}, "host BUG on: %s" % (", ".join(sorted(shown)) or "none"))
        for variant in ("6.12", "6.1"):
            fixed = [r for r in self.of("gone") if r["variant"] == variant and r["kind"] == "host-bug"
                     and r["other"] == "6.12-unfixed" and not r["more"]]
            self.expect(fixed, "%s may not be called fixed" % variant)
            for r in fixed:
                self.expect((1 - r["rate_low"]) ** r["needed"] <= 0.025 * 1.0001 and r["clean"] >= r["needed"],
                            "%s: not fixed at 95 %%" % r["scenario"])

    def certainty(self, scenarios):
        sure = self.of("sure")
        self.expect(len(sure) == len(scenarios) * len(VARIANTS), "%d cells have statistics" % len(sure))
        for r in sure:
            bound = 1 - math.pow(0.05, 1 / r["runs"]) if r["runs"] else 1
            self.expect(abs(bound - r["bound"]) < 1e-5, "%s on %s: bound %s" % (r["scenario"], r["variant"], r["bound"]))
        self.expect(sum(r["sampled"] for r in sure) > 0 and sum(r["pairs"] for r in sure) > 1000, "no pairs were seen")
        canary = self.of("canary")
        self.expect([r["state"] for r in canary] == ["found"], "the canary: %s" % canary)
        self.expect([r["runs"] for r in canary] == [self.rows[-1]["runs"] // 100], "the canary's share")

    def fairness(self, scenarios):
        """The variants of a scenario have the same seeds, from 0 on; every scenario had its turn."""
        seeds = {}
        for r in self.of("variant"):
            seeds.setdefault(r["scenario"], set()).add(r["runs"])
        self.expect(len(seeds) == len(scenarios), "scenarios are missing")
        for scenario, counts in seeds.items():
            self.expect(len(counts) == 1 and min(counts) >= 2, "%s: runs %s" % (scenario, sorted(counts)))
        for cell, runs, last in self.query("SELECT cell, sum(count), max(first + count) FROM range GROUP BY cell"):
            self.expect(runs == last, "cell %d: seeds are missing" % cell)


def run(args, store, scenarios):
    command = [os.path.join(args.build, "lapicsim"), "run", *scenarios, "--time", args.time, "--store", store, "--json"]
    for v in VARIANTS:
        command += ["--variant", v]
    if args.jobs:
        command += ["--jobs", args.jobs]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return done, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--time", default="8m")
    parser.add_argument("--jobs")
    args = parser.parse_args()
    store = os.path.join(args.build, "campaign.db")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    scenarios = sorted(glob.glob("scenarios/*.scn"))
    done, seconds = run(args, store, scenarios)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if not rows:
        print("not ok: nothing was printed, exit code %d\n0 passed, 1 failed" % done.returncode)
        return 1
    with sqlite3.connect(store) as db:
        check = Check(rows, db)
        check.expect(done.returncode == 0, "exit code %d; again: %s" % (done.returncode, rows[-1]["again"]))
        check.sums()
        check.bug()
        check.certainty(scenarios)
        check.fairness(scenarios)
    for line in check.wrong:
        print("not ok: " + line)
    print("%d runs of %d scenarios on %d variants in %d s" % (rows[-1]["runs"], len(scenarios), len(VARIANTS), seconds))
    print("%d passed, %d failed" % (check.passed, len(check.wrong)))
    return bool(check.wrong)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.exit(main())
