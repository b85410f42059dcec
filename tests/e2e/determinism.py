#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The same seeds give the same digests, however they are run.

Compares the combined digest of a range of seeds for each scenario: with 1, 2
and 8 jobs, built with -O1, -O2 and -O3, sanitized (a tenth of the seeds of the fixed variant), and
seed by seed in a fresh process against one process that ran them all, with
crashes in between.  Ends with "N passed, N failed".

Does not compare variants with each other: they may differ.
"""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENARIOS = ("pv-eoi-disable", "pv-eoi-move", "pv-eoi-nested", "pv-eoi-plain", "pv-eoi-readonly",
             "pv-eoi-slot-delete", "pv-eoi-userspace", "ipi-storm", "hlt-wakeup", "userspace-lapic")
passed = failed = 0


def verdict(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("%s - %s" % ("ok" if good else "not ok", what), flush=True)


def scenario(name):
    return os.path.join(ROOT, "scenarios", name + ".scn")


def digest(build, variant, name, runs, jobs=2, flavour="plain"):
    """Combined digest of all runs, from lapicsim's JSON."""
    done = subprocess.run(
        [build + "/lapicsim", "run", scenario(name), "--variant", variant, "--seeds", "0-%d" % (runs - 1),
         "--jobs", str(jobs), "--flavour", flavour, "--json", "--replay-share", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["type"] == "variant":
            return row["digest"] if row["runs"] == runs else "only %d runs" % row["runs"]
    return "no result, exit code %d" % done.returncode


def by_hand(build, variant, name, first, last):
    """One line a seed, from one runner process."""
    runner = "%s/variants/%s/plain/runner" % (build, variant)
    done = subprocess.run([runner, "--scenario", scenario(name), "--seed", "%d-%d" % (first, last)],
                          stdout=subprocess.PIPE, text=True)
    return [" ".join(line.split()[:6]) for line in done.stdout.splitlines() if line.startswith("seed ")]


def source_of(build, variant):
    with open("%s/variants/%s/manifest.json" % (build, variant), encoding="utf-8") as f:
        return json.load(f)


def add_like(build, variant, name, *more):
    """Another build of the same code."""
    m = source_of(build, variant)
    s = m["source"]
    where = {"deb": ["--deb", "%s=%s" % (s.get("package"), s.get("version"))],
             "tree": ["--tree", m["source_root"]]}[s["kind"]]
    rules = []
    for edit in m["edits"]:
        rules += ["--rule", edit["name"].removesuffix(".rule")]
    subprocess.run([build + "/lapicsim", "variant", "add", name, "--class", m["class"]] + where + rules +
                   list(more), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def same_everywhere(build, variant, runs, sanitized):
    for name in SCENARIOS:
        want = digest(build, variant, name, runs, jobs=1)
        verdict(want.startswith("0x"), "%s %s: %d runs, digest %s" % (variant, name, runs, want))
        for jobs in (2, 8):
            verdict(digest(build, variant, name, runs, jobs) == want, "%s %s: %d jobs" % (variant, name, jobs))
        for opt in ("O1", "O3"):
            other = "%s-%s" % (variant, opt)
            verdict(digest(build, other, name, runs) == want, "%s %s: -%s" % (variant, name, opt))
        if not sanitized:
            continue
        few = max(runs // 10, 1)
        verdict(digest(build, variant, name, few) == digest(build, variant, name, few, flavour="sanitized"),
                "%s %s: sanitized, %d runs" % (variant, name, few))


def fresh_or_not(build, variant, runs):
    for name in ("pv-eoi-disable", "pv-eoi-slot-delete"):
        together = by_hand(build, variant, name, 0, runs - 1)
        crashes = sum(" end crashed" in line for line in together)
        alone = [by_hand(build, variant, name, seed, seed) for seed in range(runs)]
        different = [i for i in range(runs) if alone[i] != [together[i]]]
        verdict(len(together) == runs and not different,
                "%s %s: %d seeds in a fresh process each, %d crashes in the common one%s" % (
                    variant, name, runs, crashes, "; differ: %s" % different[:5] if different else ""))
        if name == "pv-eoi-disable":
            verdict(crashes > 0, "%s %s: there were crashes to come after" % (variant, name))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--runs", type=int, default=100000, help="in all, over the scenarios and two variants")
    p.add_argument("--fresh", type=int, default=150, help="seeds that get a process each")
    p.add_argument("--fixed", default="6.12")
    p.add_argument("--unfixed", default="6.1-unfixed")
    args = p.parse_args()
    runs = max(args.runs // (2 * len(SCENARIOS)), 10)
    for variant in (args.fixed, args.unfixed):
        add_like(args.build, variant, variant + "-O1", "--optimize", "1")
        add_like(args.build, variant, variant + "-O3", "--optimize", "3")
        if variant == args.fixed:
            add_like(args.build, variant, variant, "--flavour", "sanitized")
        same_everywhere(args.build, variant, runs, variant == args.fixed)
    fresh_or_not(args.build, args.unfixed, args.fresh)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
