# SPDX-License-Identifier: GPL-2.0-only
"""
The figures, each from what the store has.  Where there is too little to draw, a sentence stands in its place:
no figure is ever empty.
"""

import collections
import os
import re

import plot
import stats
import words
from content_causes import cause_label
from document import Figure, Text

MOST_CURVES = 6
SHORTEST_NS = 10 ** 9   # what is said of less is noise
MOST_POINTS = 600       # of a curve; beyond that the eye sees no more
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def figure(name, title, says, script, legend=(), sizes=("wide", "narrow")):
    """With one size only, the figure scrolls where there is no room for it."""
    try:
        drawn = plot.draw("fig-" + name, title, says, script, sizes)
        return Figure(name, title, says, drawn["wide"], drawn.get("narrow", ""), list(legend))
    except plot.PlotError as e:
        return Text(["%s: not drawn. %s" % (title, words.one_line(words.clean(str(e))))])


def thin(points):
    """At most MOST_POINTS, first and last included."""
    if len(points) <= MOST_POINTS:
        return points
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(i * step)] for i in range(MOST_POINTS)]


def log_runs(most):
    return ["set xlabel 'runs'", "set xrange [1:%d]" % max(2, most)] + (
        ["set logscale x"] if most > 100 else []) + ["set format x '%.0s%c'" if most >= 1000 else "set format x '%g'"]


def curves(lines, style="steps"):
    """@lines: a list of points for each."""
    script = []
    for i, points in enumerate(lines):
        script += plot.data("d%d" % i, thin(points))
    drawn = ["$d%d using 1:2 with %s lt %d" % (i, style, i + 1) for i in range(len(lines))]
    return script + ["plot " + ", ".join(drawn)]


def legend(texts):
    return [("s%d" % i, text) for i, text in enumerate(texts, 1)]


# --- Divergences found over runs.
def found(campaign, verdict):
    title = "Different divergences found, over runs of each scenario"
    if not verdict.causes:
        return Text(["No divergence was found, so there is no course of finding them to draw."])
    named, most = [], max((c.runs for c in campaign.cells), default=0)
    for v in campaign.variants:
        firsts = sorted(min(b.first_run for b in c.of(v)) for c in verdict.causes if c.of(v))
        if firsts:
            points = [(1, 0)] if firsts[0] > 1 else []
            points += [(run, n) for n, run in enumerate(firsts, 1)] + [(most, len(firsts))]
            named.append((v.name, points, firsts[-1], len(firsts)))
    named = named[:MOST_CURVES]
    says = "; ".join("%s shows %s, the last of them first seen in run %s of %s" % (
        name, words.count(n, "divergence"), words.number(last), words.number(most))
        for name, _, last, n in named) + "."
    top = max(n for *_, n in named)

    def script(size):
        return log_runs(most) + ["set yrange [0:%g]" % (top * 1.08 + 0.2),
                                 "set ytics %s" % (1 if top <= 10 else "autofreq"),
                                 "set ylabel 'divergences'"] + curves([points for _, points, _, _ in named])
    return figure("found", title, says, script, legend("%s: %d" % (name, n) for name, _, _, n in named))


# --- Detection times as survival curves.
def waits(campaign, verdict):
    title = "Runs until a divergence is seen"
    named, most = [], 1
    for cause in verdict.causes:
        best = max(cause.buckets, key=lambda b: (b.runs / max(1, b.cell.runs), b.cell.variant.name,
                                                 b.cell.scenario.name))
        times = stats.waits(best)
        if not times or len(named) == MOST_CURVES:
            continue
        curve = stats.kaplan_meier(times)
        last = max(t for t, _ in times)
        label = "%s, %s on %s" % (cause_label(cause), best.cell.scenario.name, best.cell.variant.name)
        named.append((label, [(max(t, 0.5), share) for t, share in curve] + [(last, curve[-1][1])],
                      stats.median(curve), len(times)))
        most = max(most, last)
    if not named:
        return Text(["No divergence was found, so there are no detection times to draw."])
    says = "Kaplan-Meier curves of the runs from one sight of a divergence to the next: " + "; ".join(
        "%s: %s" % (label, "median %s runs (%s)" % (words.number(m), words.count(n, "wait")) if m else
                    "never reached the median (%s)" % words.count(n, "wait")) for label, _, m, n in named) + "."

    def script(size):
        return log_runs(most) + ["set xrange [0.5:%d]" % max(2, most), "set yrange [0:1.02]",
                                 "set ylabel 'share that still waits'"] + curves(
                                     [points for _, points, *_ in named])
    return figure("waits", title, says, script, legend(label for label, *_ in named))


# --- The campaign's speed.
def speed(campaign, verdict):
    title = "Events per second"
    points, offset = [], 0
    for s in campaign.sessions:
        before = (0, 0)
        for wall, _, events, *_ in s.series:
            if wall < before[0] + SHORTEST_NS:
                continue
            if events >= before[1]:
                points.append(((offset + before[0]) / 1e9, (events - before[1]) / ((wall - before[0]) / 1e9)))
                points.append(((offset + wall) / 1e9, points[-1][1]))
            before = (wall, events)
        offset += max(s.wall_ns, before[0])
    mean = campaign.events / (offset / 1e9) if offset else 0
    if len(points) < 4:
        return Text(["The campaign was too short for a course of its speed (a point is kept about each 10 s)%s." % (
            ": %s events a second on the whole" % words.short(round(mean)) if mean else "")])
    unit, scale = (("million ", 1e6) if max(y for _, y in points) >= 1e6 else ("thousand ", 1e3))
    says = "Between %s and %s events a second, %s on the whole, over %s." % (
        words.short(round(min(y for _, y in points))), words.short(round(max(y for _, y in points))),
        words.short(round(mean)), words.duration(offset))
    per, xunit = (3600, "hours") if offset > 7200e9 else (60, "minutes") if offset > 300e9 else (1, "seconds")
    drawn = [(x / per, y / scale) for x, y in points]

    def script(size):
        return ["set xlabel '%s of the campaign'" % xunit, "set ylabel '%sevents per second'" % unit,
                "set yrange [0:%g]" % (1.1 * max(y for _, y in drawn))] + curves([drawn], "lines")
    return figure("speed", title, says, script)


# --- Pairs of operation and state.
LEVELS = ((0, "never met"), (1, "met after 1 operation"), (2, "after 2 or 3 different ones"), (4, "after 4 to 7"),
          (8, "after 8 or more"))
MOST_COLUMNS = 40
# As sim/pair_names.h has them (a test compares).
STATES = ("if: it takes interrupts, in-handler, eoi-done: and has ended that interrupt, tpr: TPR is not 0, x2apic, off: "
          "its APIC is disabled")


def heat(cells, rows, columns):
    """Lines of gnuplot: @cells is {(row, column): level}."""
    lines = ["unset grid", "unset border", "set tics scale 0", "set style fill solid noborder",
             "set xtics rotate by 90 right",
             "set xrange [-0.5:%g]" % (len(columns) - 0.5), "set yrange [%g:-0.5]" % (len(rows) - 0.5),
             "set xtics (%s)" % ", ".join("%s %d" % (plot.quote(words.cut(c, 40)), i) for i, c in enumerate(columns)),
             "set ytics (%s)" % ", ".join("%s %d" % (plot.quote(words.cut(r, 40)), i) for i, r in enumerate(rows))]
    for level in range(len(LEVELS)):
        at = [(x, y) for y, r in enumerate(rows) for x, c in enumerate(columns) if cells.get((r, c), 0) == level]
        lines += plot.data("h%d" % level, at or [(-5, -5)])
    return lines + ["plot " + ", ".join("$h%d using 1:2:(0.46):(0.44) with boxxyerror lc rgb '#00002%d'" % (i, i)
                                        for i in range(len(LEVELS)))]


def pairs(campaign, verdict):
    title = "Guest operations against the state of the APIC that they met"
    if not campaign.pairs:
        return Text(["The store has no counts of pairs of operation and APIC state: no run was looked at for them, or the campaign "
                     "was run by a lapicsim that does not keep them."])
    before = {}
    for p in campaign.pairs:
        before.setdefault((p.operation, p.state), set()).add(p.previous)
    common = collections.Counter(state for _, state in before)
    columns = sorted(common, key=lambda state: (-common[state], state))
    left_out = len(columns) - MOST_COLUMNS
    columns = sorted(columns[:MOST_COLUMNS])
    rows = sorted({operation for operation, _ in before})
    cells = {where: max(i for i, (least, _) in enumerate(LEVELS) if len(b) >= least) for where, b in before.items()}
    says = "%s of %s and %s were met; with the operation before it, %s different ones. " \
        "A state is all that holds of the vCPU: %s; - means that none of it does.%s" % (
        words.count(len(before), "pair"), words.count(len(rows), "operation"),
        words.count(len(columns) + max(0, left_out), "state"),
        words.number(len({(p.previous, p.operation, p.state) for p in campaign.pairs})), STATES,
        " The %d rarest states are not drawn." % left_out if left_out > 0 else "")
    longest = max(len(words.cut(c, 40)) for c in columns)
    size = (760, 30 + 14 * len(rows) + round(6.2 * longest))
    script = ["set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,10' linewidth 1" % size,
              "set bmargin at screen %.4f" % ((12 + 6.2 * longest) / size[1])]
    return figure("pairs", title, says, lambda _: script + heat(cells, rows, columns),
                  [("h%d" % i, text) for i, (_, text) in enumerate(LEVELS)], sizes=("wide",))


# --- How much the oracle sees.
def read_mutants(root):
    """[(file, killed, equivalent, survived)] from docs/mutants.md, as `make mutants` wrote it."""
    try:
        with open(os.path.join(root, "docs/mutants.md"), encoding="utf-8") as f:
            page = f.read()
    except OSError:
        return []
    rows = []
    for line in page.splitlines():
        found = re.match(r"\| (\w+\.c) \| \d+ % \| \d+ \| \d+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", line)
        if found:
            rows.append((found[1], int(found[3]), int(found[4]), int(found[5])))
    return rows


def mutants(campaign, verdict):
    title = "Small mistakes put into KVM's files, and whether the oracle sees them"
    rows = read_mutants(ROOT)
    if not rows:
        return Text(["How many small mistakes in KVM the oracle sees is not known here: there is no docs/mutants.md."])
    says = "By docs/mutants.md, not by this campaign: " + "; ".join(
        "%s: %d of %d seen (%s)" % (name, killed, killed + survived,
                                    words.percent(killed / max(1, killed + survived)))
        for name, killed, _, survived in rows) + ". Those that change nothing are left out."

    def script(size):
        lines = ["set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,12' linewidth 1" % (
            plot.SIZES[size][0], 70 + 34 * len(rows)), "set yrange [%g:-0.6]" % (
            len(rows) - 0.4), "set xrange [0:100]", "set xlabel '%'", "set style fill solid noborder", "unset grid",
            "set ytics scale 0"]
        lines.append("set ytics (%s)" % ", ".join("%s %d" % (plot.quote(r[0]), i) for i, r in enumerate(rows)))
        lines += plot.data("m", [(100 * k / max(1, k + s), i) for i, (_, k, _, s) in enumerate(rows)])
        return lines + [
            "plot $m using (0):2:(0):1:($2-0.32):($2+0.32) with boxxyerror lc rgb '%s', "
            "$m using 1:2:1:(100):($2-0.32):($2+0.32) with boxxyerror lc rgb '#000003'" % plot.SERIES[0]]
    return figure("mutants", title, says, script, [("s1 box", "seen by the oracle"), ("grid box", "not seen")])


def make(campaign, verdict):
    if not plot.available():
        missing = Text(["Not drawn: gnuplot is not installed here (Debian: gnuplot-nox)."])
        return dict.fromkeys(("found", "waits", "speed", "pairs", "mutants"), missing)
    return {f.__name__: f(campaign, verdict) for f in (found, waits, speed, pairs, mutants)}
