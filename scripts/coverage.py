#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make coverage: which lines of KVM's APIC files the scenario library reaches.

Runs every scenario but the one with 4,096 vCPUs on the coverage flavour of the
variants, asks gcov, and prints line coverage of the four files, over lines that
are compiled in our configuration.  docs/coverage.tbl says, by function, why what
stays unreached does: a function without a reason is an error, and so is a reason
that has nothing left to explain.  With --docs the result goes to docs/coverage.md.

Exit code 1: below a goal, or the table is not true; 6: a run failed.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REASONS = os.path.join(ROOT, "docs/coverage.tbl")
PAGE = os.path.join(ROOT, "docs/coverage.md")
GOALS = {"lapic.c": 92, "irq.c": 85, "irq_comm.c": 85, "ioapic.c": 85}


def fail(text, code=6):
    sys.stderr.write("coverage: %s\n" % text)
    sys.exit(code)


def library():
    return [p for p in sorted(glob.glob(ROOT + "/scenarios/*.scn")) if not os.path.basename(p).startswith("big-")]


def race(build, variant, scenario, seeds):
    """One process: its counts are merged into the .gcda files when it exits."""
    runner = "%s/variants/%s/coverage/runner" % (build, variant)
    done = subprocess.run([runner, "--scenario", scenario, "--seed", "0-%d" % (seeds - 1)], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    # 10: divergences, which scenarios may well expect; lapicsim run judges them, not this.
    if done.returncode not in (0, 10):
        return "%s on %s: exit code %d: %s" % (scenario, variant, done.returncode,
                                               "".join(done.stdout.splitlines()[-1:]))
    if done.stdout.count("\nseed ") != seeds:
        return "%s on %s: not all runs ended" % (scenario, variant)
    return None


def race_all(build, variants, seeds, jobs):
    for variant in variants:
        for old in glob.glob("%s/work/%s/coverage/*.gcda" % (build, variant)):
            os.unlink(old)
    work = [(v, s) for v in variants for s in library()]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        errors = [e for e in pool.map(lambda w: race(build, w[0], w[1], seeds), work) if e]
    if errors:
        fail("\n".join(errors))
    return len(work) * seeds


def source_lines(build, variant, name):
    with open("%s/variants/%s/manifest.json" % (build, variant), encoding="utf-8") as f:
        root = json.load(f)["source_root"]
    with open(os.path.join(root, "arch/x86/kvm", name), encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()


class File:
    """Lines of one file in one variant: {line: (count, function)}."""

    def __init__(self, build, variant, name):
        folder = "%s/work/%s/coverage" % (build, variant)
        data = "arch_x86_kvm_%s.gcda" % name[:-2]
        if not os.path.exists(os.path.join(folder, data)):
            fail("%s: no counts of %s were written" % (variant, name))
        text = subprocess.run(["gcov", "--json-format", "--stdout", data], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True).stdout
        self.lines = {}
        self.source = source_lines(build, variant, name)
        for f in json.loads(text)["files"]:
            if f["file"].endswith("arch/x86/kvm/" + name):
                self.add(f["lines"])
        if not self.lines:
            fail("%s: gcov has no lines of %s" % (variant, name))

    def add(self, rows):
        """A function that is there twice (inlined and not) is reached if one of them is."""
        for row in rows:
            number = row["line_number"]
            count, function = self.lines.get(number, (0, row.get("function_name") or self.function_at(number)))
            self.lines[number] = (max(count, row["count"]), function)

    def function_at(self, number):
        """Of a line of a function that was inlined wherever it is called: gcov does not say."""
        for line in reversed(self.source[:number]):
            m = re.match(r"[A-Za-z_][\w \t*]*?\b(\w+)\s*\(", line)
            if m:
                return m[1]
        return "?"

    def reached(self):
        return sum(1 for count, _ in self.lines.values() if count)

    def unreached(self):
        """{function: [lines]}"""
        out = {}
        for number, (count, function) in sorted(self.lines.items()):
            if not count:
                out.setdefault(function, []).append(number)
        return out

    def never_entered(self):
        entered = {function for count, function in self.lines.values() if count}
        return {function for _, function in self.lines.values()} - entered


def percent(part, whole):
    return 100.0 * part / whole if whole else 0.0


def table(files, variants):
    """Rows (file, [(reached, lines) for each variant and together])."""
    rows = []
    for name in GOALS:
        cells = [(files[v][name].reached(), len(files[v][name].lines)) for v in variants]
        rows.append((name, cells + [(sum(c[0] for c in cells), sum(c[1] for c in cells))]))
    return rows


def read_reasons():
    """{(file, function): reason}: a row is "FILE FUNCTION REASON..."."""
    out = {}
    with open(REASONS, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.strip() or line.startswith("#"):
                continue
            words = line.split(None, 2)
            if len(words) < 3 or words[0] not in GOALS:
                fail("%s:%d: expected: FILE FUNCTION REASON" % (REASONS, number), 1)
            if (words[0], words[1]) in out:
                fail("%s:%d: %s is there twice" % (REASONS, number, words[1]), 1)
            out[words[0], words[1]] = words[2].strip()
    return out


def gaps(files, variants):
    """{(file, function): {variant: [lines]}}, and those that no variant enters."""
    out, entered = {}, set()
    for v in variants:
        for name, f in files[v].items():
            for function, lines in f.unreached().items():
                out.setdefault((name, function), {})[v] = lines
            entered |= {(name, fn) for c, fn in f.lines.values() if c}
    return out, {k for k in out if k not in entered}


def ranges(lines):
    out = []
    for n in lines:
        if out and n == out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in out)


def write_page(rows, variants, found, never, reasons, seeds):
    out = ["<!-- SPDX-License-Identifier: GPL-2.0-only -->",
           "<!-- Written by `make coverage` from gcov's counts and docs/coverage.tbl. -->", "# Coverage", "",
           "Lines of KVM's APIC files that the scenario library reaches, of those that our",
           "configuration compiles (`kvm/autoconf.h`). `make coverage` builds the coverage",
           "flavour of the variants and runs every scenario but `big-4096`, %d seeds each;" % seeds,
           "`scripts/coverage.py --uncovered` lists lines.", "",
           "| file | goal | %s | together |" % " | ".join(variants),
           "|---|---|%s" % ("---|" * (len(variants) + 1))]
    for name, cells in rows:
        out.append("| %s | %d %% | %s |" % (name, GOALS[name], " | ".join(
            "%.1f %% (%d of %d)" % (percent(*c), c[0], c[1]) for c in cells)))
    out += ["", "## What stays unreached, and why", "",
            "Lines per variant, by function; \"all\": the function is never entered.", "",
            "| file | function | lines | why |", "|---|---|---|---|"]
    for key in sorted(found, key=lambda k: (list(GOALS).index(k[0]), k[1])):
        lines = ", ".join("%s: %d" % (v, len(n)) for v, n in found[key].items())
        out.append("| %s | %s | %s%s | %s |" % (key[0], key[1], "all; " if key in never else "", lines,
                                                reasons.get(key, "not explained")))
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


def judge(rows, found, reasons):
    """What is not as it should be, a line each."""
    bad = ["%s: %.1f %% is below the goal of %d %%" % (name, percent(*cells[-1]), GOALS[name])
           for name, cells in rows if percent(*cells[-1]) < GOALS[name]]
    bad += ["%s: %s() has unreached lines and no row in docs/coverage.tbl" % k for k in sorted(found)
            if k not in reasons]
    bad += ["docs/coverage.tbl: %s: all of %s() is reached, or it is gone: remove the row" % k
            for k in sorted(reasons) if k not in found]
    return bad


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--seeds", type=int, default=200, help="for each scenario (200)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--uncovered", action="store_true", help="list functions and lines not reached")
    parser.add_argument("--docs", action="store_true", help="write docs/coverage.md")
    parser.add_argument("--last", action="store_true", help="no new runs: the counts of the last ones")
    parser.add_argument("variants", nargs="*", default=["6.12", "6.1"])
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    if not args.last:
        nr = race_all(build, args.variants, args.seeds, args.jobs)
        print("%d runs of %d scenarios" % (nr, len(library())))
    files = {v: {n: File(build, v, n) for n in GOALS} for v in args.variants}
    rows = table(files, args.variants)
    found, never = gaps(files, args.variants)
    reasons = read_reasons()
    print("%-12s %5s  %s" % ("file", "goal", "  ".join("%-20s" % v for v in args.variants + ["together"])))
    for name, cells in rows:
        print("%-12s %3d %%  %s" % (name, GOALS[name], "  ".join(
            "%-20s" % ("%5.1f %% %4d of %4d" % (percent(*c), c[0], c[1])) for c in cells)))
    if args.uncovered:
        for key in sorted(found):
            for v, lines in found[key].items():
                print("%s:%s() %s%s: %s" % (key[0], key[1], v, " (never entered)" if key in never else "",
                                            ranges(lines)))
    if args.docs:
        write_page(rows, args.variants, found, never, reasons, args.seeds)
    bad = judge(rows, found, reasons)
    for line in bad:
        print(line)
    print("%d passed, %d failed" % (len(rows) + len(found) - min(len(bad), len(rows) + len(found)), len(bad)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
