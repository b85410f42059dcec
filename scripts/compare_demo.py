#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make compare-demo: docs/compare.md, from three comparisons that really run.

The page shows what lapicsim prints, shortened: "[...]" stands for what is left
out, and the text of KVM's lines always is.  What the page says in words about the
three fixes is checked against the result first.  Exit code 1: it is not true any
more.
"""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs/compare.md")
SCENARIOS = sorted(n[:-4] for n in os.listdir(os.path.join(ROOT, "scenarios")) if n.startswith("pv-eoi-"))
SEEDS = "0-999"
FIXES = ("6.1-fix-ignore", "6.1-fix-clear", "6.1-fix-unread", "6.1")

# variant: (checks that it closes, checks that it opens) against 6.1-unfixed
CLAIMS = {
    "6.1-fix-ignore": ({"bug"}, {"isr-premature"}),
    "6.1-fix-clear": ({"bug"}, {"isr-stuck"}),
    "6.1-fix-unread": ({"bug", "isr-premature-page-away"}, {"isr-stuck", "quiet-isr", "quiet-irr"}),
    "6.1": ({"bug"}, set()),
}

HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Written by `make compare-demo` (scripts/compare_demo.py); what is indented was printed by the commands above it. -->
# Comparing variants

    lapicsim compare BASE VARIANT... [SCENARIO...]

runs the same seeds on all of them. A seed decides everything that is not KVM's own doing, so
two runs of one seed are a pair: they differ in what the code does and in nothing else.

*Divergences.* A row is one bucket, a column a variant, a number the runs that show it. Against
the base a bucket is *fixed* (the base shows it, the variant does not), *still there*, *changed*
(both show it, not equally often) or *new*. Whether a difference may be chance is McNemar's
exact test on the pairs that show it on one side only; below p = 0.01 it counts. A "?" marks
fixed or new ones that may be chance. What is new and has no explanation (neither known/ nor
the scenario's `[expect]`, and it does not follow another in the same run) counts from one run on. A run that
was cut short (a limit, a trap, a crash) and does not show the bucket says nothing about it, and counts for neither
side; if all of a variant's are, there is "no run ended". Rates are Wilson's intervals, 95 %. "First seen
after" is Kaplan and Meier's median of runs from one sight to the next, in the scenarios that show
it on any variant.

*What is no divergence.* Counters of both sides over the pairs that came to their end, in how many
pairs the variant has less or more (sign test), whether guests took the same interrupts in
another order, and the first event in which the first pair parts. `replay --trace=text --mark N`
marks it in the trace. Same events throughout means: the patch changed nothing that a guest, a
device or userspace could see in these runs.

*Changed lines.* In how many of `--coverage-runs` runs each line that the variant adds or
changes (+), and each that it changes or removes (-), was executed; counted by gcov, in a build
of both for which `compare` asks the builder. If none was, the comparison says nothing about the
patch, and says so.

The exit code is 10 if a variant has something new that counts, otherwise as for `run`. `--json` has
all of this for programs, and `--store` keeps it for `lapicsim report`.
"""

DAILY = """
## Every day

    lapicsim try --git ~/linux --time 5m            # HEAD against its parent
    lapicsim try --git ~/linux --rev fix-v2 --base master pv-eoi-disable pv-eoi-page-away
    lapicsim bisect --git ~/linux --good v6.12 --bad HEAD v1:pv-eoi-plain@8b944c56:rev-5275e4a8d5fa@c7713241ed6ea1c4:0x0

Both only read the repository: no checkout, no worktree, no ref of it is touched. `try` builds
variants `rev-HASH` and leaves them, since tokens name them. `bisect` looks for the bucket of the
token's run; the commits that may be it are those that change a file which the good or the bad
revision was compiled from. It first measures how often the bad revision shows the bucket, then
gives every revision so many seeds that one which shows it as often is taken for good with a
probability below 1 %. What does not build is skipped, and so is a revision more than half of whose runs
were cut short without showing it. Interrupted, the same command goes on
(`build/bisect/*.log`). It ends as `git bisect` does.
"""


def fail(text):
    sys.exit("compare-demo: %s" % text)


def compare(program, words, wanted):
    done = subprocess.run([program, "compare", *words], stdout=subprocess.PIPE, text=True)
    if done.returncode not in wanted:
        fail("%s: exit code %d" % (" ".join(words), done.returncode))
    return done.stdout


def blocks(text):
    return [b.splitlines() for b in text.strip().split("\n\n")]


def without_source(line):
    return re.sub(r"  \| .*", "", line)


def shorten(text, rows=2, lines=12):
    """The table, the figures of the first rows, behaviour, changed lines, and the end."""
    out = []
    parts = blocks(text)
    figures = [b for b in parts[1:-1] if not re.search(r"what is no divergence|^lines that", b[0])]
    for part in parts:
        if part in figures[rows:]:
            if part is figures[rows]:
                out += ["[...]", ""]
            continue
        part = [without_source(line) for line in part]
        if part[0].startswith("lines that") and len(part) > lines:
            part = part[:lines] + ["  [...]"]
        out += part + [""]
    return "".join("    %s\n" % line if line else "\n" for line in out).rstrip() + "\n"


def command(words):
    return "    $ lapicsim compare %s\n" % " ".join(words)


def section(program, title, words, wanted, rows):
    return "\n## %s\n\n%s%s" % (title, command(words), shorten(compare(program, words, wanted), rows))


def check_claims(program, words):
    """What the page says about the fixes, against the result."""
    rows = [json.loads(line) for line in compare(program, words + ["--json"], (10,)).splitlines()]
    for variant, (closes, opens) in CLAIMS.items():
        mine = [r for r in rows if r["type"] == "compared" and r["variant"] == variant and r["sure"]]
        closed = {r["check"] for r in mine if r["class"] == "fixed"}
        opened = {r["check"] for r in mine if r["class"] == "new"}
        if closed != closes or not opens <= opened or (opened and not opens):
            fail("%s closes %s and opens %s" % (variant, sorted(closed), sorted(opened)))


FIX_TEXT = """
Three other fixes, each a rule on top of the one that takes the real fix out (`variants/rules/`), and
the real one in the last column:

| variant | rule | what it does |
|---|---|---|
| 6.1-fix-ignore | [fix-ignore-disabled](../variants/rules/fix-ignore-disabled.rule) | an exit that finds PV EOI pending and disabled does nothing |
| 6.1-fix-clear | [fix-clear-on-write](../variants/rules/fix-clear-on-write.rule) | a write of the MSR clears "pending" |
| 6.1-fix-unread | [fix-unreadable-not-acked](../variants/rules/fix-unreadable-not-acked.rule) | a word that cannot be read or written back is "not acked", and nothing is pending |
| 6.1 | | the real one: such an exit clears "pending", and does no EOI |

"""

FIX_RESULT = """
All four close the BUG. What each opens:

- *fix-ignore* leaves "pending" set while PV EOI is off. When the guest enables it again, its zeroed
  word reads as an ack that it never gave: an EOI of a vector that is still being handled, with
  no page away that would explain it (`isr-premature`).
- *fix-clear* forgets "pending" also when the word could not be written back and still says 1, for
  instance because its page was read-only for a moment. A guest that writes the MSR again with the same
  address then trusts that 1 and skips an EOI which the host waits for: the vector stays in service
  (`isr-stuck`), and with it all below. Rare: a page must be away in one of few windows.
- *fix-unread* also closes what the real fix leaves, the premature EOIs while the page is away
  ([finding](findings/pv-eoi-page-away.md)). But it takes every ack that it cannot read for none:
  stuck vectors and lost interrupts in a share of runs that no test would miss. What is cheap to write
  is not always a fix.
- The real one opens nothing in these runs, and changes nothing else: every pair that differs is one in
  which the base hits the BUG.
"""


def main():
    program, old_61, old_612 = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    common = SCENARIOS + ["--seeds", SEEDS]
    fixes = ["6.1-unfixed", *FIXES, *common, "--coverage-runs", "0"]
    check_claims(program, fixes)
    text = HEAD + DAILY
    text += section(program, "%s against current 6.1" % old_61, [old_61, "6.1", *common, "--coverage-runs", "60"],
                    (0,), 2)
    text += section(program, "%s against current 6.12" % old_612,
                    [old_612, "6.12", *common, "--coverage-runs", "60"], (0, 10), 1)
    table = blocks(compare(program, fixes, (10,)))
    text += "\n## Three fixes of one bug\n" + FIX_TEXT + command(fixes)
    text += "".join("    %s\n" % line for line in table[0] + ["[...]"] + table[-1]) + FIX_RESULT
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
