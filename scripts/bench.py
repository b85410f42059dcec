#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the simulator costs, beside what it should cost at most.

`bench.py BUILD`.  What is compared is measured in one process, or in turns, so that a
machine that is busy changes both sides.  Of what is repeated the least counts.
"""

import collections
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SMALL, LARGE = (os.path.join(ROOT, "bench", n) for n in ("interrupts.scn", "interrupts-4096.scn"))
CAMPAIGN = "scenarios/pv-eoi-plain.scn"
VARIANTS = ("6.12", "6.1")
ROUNDS = 3

# Whose code it is, by source file: the first that matches.
PARTS = (("KVM", r"arch/x86/|virt/kvm/|include/|lib/"),
         ("host and vendor module", r"kvm/(env/|shims/|\w+\.[ch])"),
         ("oracle", r"sim/oracle/"),
         ("digest", r"sim/digest"),
         ("random numbers", r"sim/rng"),
         ("scheduler", r"sim/(scheduler|event|coro|policy/)"),
         ("start of runs", r"sim/(snapshot|run|machine|swarm)\.c"),
         ("guests and devices", r"sim/"),
         ("C library", r""))


def runner(build, variant):
    return os.path.join(build, "variants", variant, "plain/runner")


def say(what, value, unit, most=None):
    print("  %-58s %9s %-8s%s" % (what, value, unit, "" if most is None else "(goal: %s)" % most))


def in_runner(build, variant, scenario, *overrides):
    line = subprocess.run([runner(build, variant), "--bench", scenario, *overrides], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    return [float(x) for x in re.search(r"bare loop (\S+) ns.*simulator (\S+) ns.*ratio (\S+); (\S+) ns an event; "
                                        r"start of a run (\S+) us; (\d+) bytes", line).groups()]


def costs(build, variant):
    bare, whole, ratio, event, _, _ = in_runner(build, variant, SMALL)
    say("an interrupt, bare loop over KVM's functions", "%.0f" % bare, "ns")
    say("an interrupt, whole simulator", "%.0f" % whole, "ns")
    say("that is", "%.2f" % ratio, "times", "2.0")
    say("an event, 1 vCPU", "%.0f" % event, "ns")
    _, _, _, _, start, _ = in_runner(build, variant, SMALL, "topology.vcpus=4")
    say("start of a run, 4 vCPUs", "%.1f" % start, "us", "10")
    _, _, _, many, start, per_vcpu = in_runner(build, variant, LARGE)
    say("an event, 4,096 vCPUs", "%.0f" % many, "ns")
    say("that is", "%.1f" % (many / event), "times", "3")
    say("start of a run, 4,096 vCPUs", "%.1f" % (start / 1000), "ms", "20")
    say("memory, 4,096 vCPUs", "%.1f" % (per_vcpu / 1024), "KiB each", "32")


def process_start(build, variant):
    """From exec() to the end of a run that is over at once."""
    def one():
        begin = time.monotonic()
        subprocess.run([runner(build, variant), "--scenario", SMALL, "--seed", "0", "--set", "topology.vcpus=4", "--set",
                        "limits.duration=1us"], stdout=subprocess.DEVNULL, check=False)
        return 1000 * (time.monotonic() - begin)
    say("start of a process, 4 vCPUs", "%.1f" % min(one() for _ in range(10)), "ms", "30")


def campaign(build, variant, *options):
    """Wall clock and CPU time of a campaign, in seconds."""
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.path.join(build, "lapicsim"), "run", os.path.join(ROOT, CAMPAIGN), "--variant", variant, "--seeds",
                    "0-19999", "--replay-share", "0", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.monotonic() - begin,
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def campaigns(build, variant):
    one, two, plain, kept = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(ROUNDS):
            wall, cpu = campaign(build, variant, "--jobs", "1")
            one.append(wall)
            plain.append(cpu)
            kept.append(campaign(build, variant, "--jobs", "1", "--store", "%s/%d" % (folder, i))[1])
            two.append(campaign(build, variant, "--jobs", "2")[0])
    say("2 jobs against 1, on %d CPUs" % os.cpu_count(), "%.2f" % (min(one) / min(two)), "times", "at least 1.9")
    say("storing, of a campaign's CPU time", "%.1f" % (100 * (min(kept) / min(plain) - 1)), "%", "2")


def where(build, variant, scenario):
    """A table of where runs spend their time."""
    lines = subprocess.run([runner(build, variant), "--bench-where", scenario], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split("\n")[:-1]
    samples = [(line.split()[0], int(line.split()[1])) for line in lines]
    files = subprocess.run(["addr2line", "-e", runner(build, variant)] + [a for a, _ in samples],
                           stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    count = collections.Counter()
    for (_, n), source in zip(samples, files):
        source = re.sub(r"^(%s|\.)/" % re.escape(ROOT), "", source)
        count[next(part for part, pattern in PARTS if re.match(pattern, source))] += n
    for part, _ in PARTS:
        say(part, "%.1f" % (100 * count[part] / sum(count.values())), "%")


def up_to_date():
    def one():
        begin = time.monotonic()
        subprocess.run(["make", "-s", "variant-6.12"], stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
        return 1000 * (time.monotonic() - begin)
    say("variant add, up to date, make included", "%.0f" % min(one() for _ in range(ROUNDS)), "ms", "200")


def main():
    build = os.path.abspath(sys.argv[1])
    for variant in VARIANTS:
        print("%s, an MSI each 2 us, each acknowledged through PV EOI:" % variant)
        costs(build, variant)
        process_start(build, variant)
    print("6.12, a campaign of 20,000 runs of %s:" % CAMPAIGN)
    campaigns(build, "6.12")
    for scenario in (os.path.relpath(SMALL), CAMPAIGN):
        print("Where the time of runs of %s goes, on 6.12:" % scenario)
        where(build, "6.12", scenario)
    print("The build:")
    up_to_date()
    sys.stdout.flush()
    subprocess.run(["make", "-s", "-f", "tests/unit/unit.mk", "O=" + build, "unit-bench"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
