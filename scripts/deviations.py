#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is every deviation of the oracle used by some scenario of the library?

`deviations.py LAPICSIM VARIANT...` runs all scenarios but the big ones, prints
who uses which row, and fails for rows that nothing uses: they are to be removed,
or a scenario is missing.  DEVIATION_SEEDS: seeds for each scenario (200).

What only `lapicsim live` meets (LIVE) is counted there, if there is a /dev/kvm.

Beside the VARIANTs there is one for each rule of RULES, made from the first:
other legal ways to do what KVM does, which the oracle has to allow as well.
"""

import glob
import json
import os
import subprocess
import sys

RULES = ("pv-eoi-waits",)
LIVE = ("wide-destination", "mixed-logical", "cluster-15", "load-ppr", "tpr-reserved-bits", "eoi-nonzero",
        "msi-nobody")
SKIPPED = 77
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def live(program, variant, uses, users):
    """Adds what `lapicsim live` used; without a /dev/kvm takes out what only that uses."""
    done = subprocess.run([program, "live", "--seeds", "0-499", "--variant", variant, "--json"],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode == SKIPPED:
        for name in LIVE:
            uses.pop(name, None)
            print("%s: skipped, no /dev/kvm" % name)
        return
    for name, n in json.loads(done.stdout.splitlines()[-1])["deviations"].items():
        uses[name] = uses.get(name, 0) + n
        users.setdefault(name, set()).add("lapicsim live")


def main():
    program, variants = sys.argv[1], sys.argv[2:]
    with open("%s/variants/%s/manifest.json" % (os.path.dirname(program), variants[0]), encoding="utf-8") as f:
        tree = json.load(f)["source_root"]
    for rule in RULES:
        subprocess.run([program, "variant", "add", "rule-" + rule, "--tree", tree, "--rule", rule, "--class",
                        "broken"], stdout=subprocess.DEVNULL, check=True)
        variants.append("rule-" + rule)
    files = [f for f in sorted(glob.glob(ROOT + "/scenarios/*.scn")) if "big-" not in f]
    command = [program, "run", *files, "--json", "--deviations", "--replay-share", "0",
               "--runs", os.environ.get("DEVIATION_SEEDS", "200")]
    for v in variants:
        command += ["--variant", v]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    uses, users = {}, {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["type"] != "deviation":
            continue
        uses[row["name"]] = uses.get(row["name"], 0) + row["uses"]
        if row["uses"]:
            users.setdefault(row["name"], set()).add(row["scenario"])
    live(program, sys.argv[-1], uses, users)
    unused = 0
    for name in uses:
        if not uses[name]:
            unused += 1
            print("not ok - %s: no scenario uses it" % name)
            continue
        print("ok - %s: %d uses, in %s" % (name, uses[name], ", ".join(sorted(users[name]))))
    print("%d passed, %d failed" % (len(uses) - unused, unused))
    return 1 if unused or not uses else 0


if __name__ == "__main__":
    sys.exit(main())
