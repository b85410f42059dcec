#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
report.py STORE --output DIR: a campaign's store (docs/store.md) as a page, and for programs.

`lapicsim report` runs this; alone it does the same.  Writes into DIR: report.html, report.md,
report.txt, junit.xml, results.ktap, and *.csv.  The same store gives the same files, byte by
byte.  Needs nothing but the standard library, and gnuplot for the figures.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import content
import figures
import history
import known
import machine
import markdown
import page
import plain
import replays
import store
import verdict
from document import Text

OK, USAGE, BAD_INPUT, HARNESS = 0, 1, 2, 6
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOTAL = 6       # replays may take this many times the time of one, together


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print("lapicsim: report: " + message, file=sys.stderr)
        sys.exit(USAGE)


def seconds(text):
    """As the option table reads a duration."""
    for unit, factor in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError(text)


def arguments(words):
    p = Parser(prog="report.py", allow_abbrev=False,
               description="Writes what a campaign's store has as a page, and for programs.")
    p.add_argument("store", metavar="STORE")
    p.add_argument("--output", metavar="DIR", required=True, help="Folder to write into; made if it is not there.")
    p.add_argument("--campaign", metavar="N", type=int, help="Which campaign of the store. Without it: the latest.")
    p.add_argument("--replays", metavar="N", type=int, default=12,
                   help="Replay that many divergences, the most important first, to show what led to them.")
    p.add_argument("--replay-timeout", metavar="DURATION", type=seconds, default=10,
                   help="Give up a replay after this time, such as 500ms or 10s; all of them after six times this.")
    p.add_argument("--known", metavar="DIR", default=os.path.join(ROOT, "known"),
                   help="Folder of explained findings.")
    p.add_argument("--program", metavar="FILE", default=os.path.join(ROOT, "build/lapicsim"),
                   help="The lapicsim that replays.")
    return p.parse_args(words)


def cheapest(cause):
    """The run of fewest events up to the divergence, among those of the first bucket's kind of standing."""
    told = [b for b in cause.buckets if b.status == cause.status and b.cheap_seed is not None and b.cheap_event]
    if told:
        best = min(told, key=lambda b: (b.cheap_event, b.first_run))
        return best, best.cheap_seed
    kept = [(r.event, b.first_run, r.seed, b) for b in cause.buckets if b.status == cause.status for r in b.records]
    if not kept:
        return cause.buckets[0], cause.buckets[0].first_seed
    event, _, seed, bucket = min(kept, key=lambda k: k[:3])
    return bucket, seed


def led_to(campaign, causes, source):
    """For each of @causes: the command that shows it, and the blocks that tell what led to it."""
    flavour = [] if campaign.flavour == "plain" else ["--flavour", campaign.flavour]
    out = []
    for cause in causes:
        bucket, seed = cheapest(cause)
        token = campaign.token(bucket.cell, seed)
        seen = source.get(token, flavour, cause.kind, cause.check)
        if seen.lines:
            blocks = [history.make(seen.lines, token)]
        else:
            blocks = [Text(["What led to it is not shown: %s." % seen.why.rstrip(".")])]
        out.append((campaign.replay(bucket.cell, seed), blocks))
    return out


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path + ".new", "w", encoding="utf-8", newline="\n") as f:
        f.write(text)
    os.replace(path + ".new", path)


def make(args):
    campaign = store.read(args.store, args.campaign)
    judged = verdict.make(campaign)
    os.makedirs(args.output, exist_ok=True)
    program = args.program if os.access(args.program, os.X_OK) else None
    source = replays.Replays(program, os.path.join(args.output, "replays"), args.replay_timeout,
                             TOTAL * args.replay_timeout)
    histories = led_to(campaign, judged.causes[:max(0, args.replays)], source)
    report = content.build(campaign, judged, figures.make(campaign, judged), histories, known.read(args.known))
    about = "Made by lapicsim report from %s, version %d, campaign %d." % (campaign.path, campaign.version,
        campaign.number)
    write(args.output, "report.html", page.render(report, about))
    write(args.output, "report.md", markdown.render(report, about))
    write(args.output, "report.txt", plain.render(report, about))
    write(args.output, "junit.xml", machine.junit(campaign, judged))
    write(args.output, "results.ktap", machine.ktap(campaign, judged))
    for name, text in machine.csv_files(campaign, judged).items():
        write(args.output, name, text)
    print("%s: %s %s" % (os.path.join(args.output, "report.html"), judged.word, content.headline(campaign, judged)))


def main(words):
    args = arguments(words)
    try:
        make(args)
        sys.stdout.flush()
    except store.StoreError as e:
        print("lapicsim: %s" % e, file=sys.stderr)
        return BAD_INPUT
    except OSError as e:
        print("lapicsim: report: %s: %s" % (e.filename or args.output, e.strerror), file=sys.stderr)
        # What is left in its buffer has failed once, and would again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HARNESS
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
