#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes kvm/hot.tbl: the functions of the runner that take the time of runs.

`hot.py BUILD VARIANT...` counts instructions with valgrind, so that it says the same
on any machine.  Of each scenario it takes a run of few seeds and one of more; the
difference is what runs cost, without the start of a process.  The bench counts as
much as all other scenarios together.
"""

import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "kvm/hot.tbl")
BENCH = os.path.join(ROOT, "bench/interrupts.scn")
SHARE = 0.0004		# of all instructions: less is not hot

HEAD = """\
# SPDX-License-Identifier: GPL-2.0-only
# Functions that lie side by side in a runner, those of each interrupt first; see kvm/builder/link.py.
# Made by scripts/hot.py. It decides about places only: what is not there is no error.
"""


def instructions(path):
    """Per function, from a file that callgrind wrote."""
    names, count, function, skip = {}, collections.Counter(), None, False
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?$", line)
            if m:
                if m[3]:
                    names[m[2]] = m[3]
                if m[1] == "fn":
                    function = names[m[2]]
            elif line.startswith("calls="):
                skip = True	# the next line is what the callee cost
            elif re.match(r"[0-9+*-]", line):
                if not skip:
                    count[function] += int(line.split()[1])
                skip = False
    return count


def profile(runner, scenario, last):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out.name, runner, "--scenario",
                        scenario, "--seed", "0-%d" % last], check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return instructions(out.name)


def plain_name(name):
    """Without recursion marks and without what the compiler adds for variants."""
    return re.sub(r"('\d+|\.(isra|part|constprop|cold).*)+$", "", name)


def shares(runner, scenario):
    """Each function's share of what runs cost."""
    cost = collections.Counter()
    for factor, last in ((-1, 0), (1, 5)):
        for name, n in profile(runner, scenario, last).items():
            cost[plain_name(name)] += factor * n
    total = sum(n for n in cost.values() if n > 0)
    return {name: n / total for name, n in cost.items() if n > 0}


def main():
    build, variants = sys.argv[1], sys.argv[2:]
    scenarios = [s for s in sorted(glob.glob(os.path.join(ROOT, "scenarios/*.scn"))) if "/big" not in s]
    heat, of_interrupts = collections.Counter(), set()
    for variant in variants:
        runner = os.path.join(build, "variants", variant, "plain/runner")
        for scenario in scenarios + [BENCH]:
            weight = 1 if scenario == BENCH else 1 / len(scenarios)
            for name, share in shares(runner, scenario).items():
                if scenario == BENCH and share >= SHARE:
                    of_interrupts.add(name)
                heat[name] += share * weight / (2 * len(variants))
    with open(TABLE, "w", encoding="utf-8") as f:
        # What each interrupt touches lies together, with nothing of other scenarios between.
        ordered = sorted(heat.most_common(), key=lambda row: row[0] not in of_interrupts)
        f.write(HEAD + "".join(name + "\n" for name, share in ordered
                               if share >= SHARE and re.fullmatch(r"\w+", name) and not name.startswith("0x")))


if __name__ == "__main__":
    main()
