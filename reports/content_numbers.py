# SPDX-License-Identifier: GPL-2.0-only
"""Variants side by side, how sure one may be, coverage, the course of the campaign, deviations."""

import dataclasses

import stats
import words
from content_causes import cause_label
from document import Badge, Code, Ref, Section, Strong, Table, Text

MOST_ROWS = 60


# --- Variants side by side.
def side_by_side(campaign, verdict):
    """Causes x variants: the rate over the scenarios that show the cause anywhere, with its interval."""
    rows = []
    for i, cause in enumerate(verdict.causes[:MOST_ROWS], 1):
        scenarios = {id(b.cell.scenario) for b in cause.buckets}
        row = [[Ref(cause_label(cause), "cause-%d" % i)] if i <= 40 else [cause_label(cause)]]
        for v in campaign.variants:
            n = sum(c.runs for c in campaign.of(v) if id(c.scenario) in scenarios)
            k = sum(b.runs for b in cause.of(v))
            row.append([rate(k, n)])
        rows.append(row)
    return Table("How often each divergence is seen, over the scenarios in which any variant shows it.",
                 [("Divergence", "l")] + [(v.name, "r") for v in campaign.variants], rows,
                 "In brackets: the 95 % interval of the rate (Wilson). Where nothing was seen: the rate that is "
                 "excluded at 95 %.")


def rate(k, n):
    if not n:
        return "not run"
    if not k:
        return "0 (under %s)" % words.percent(stats.zero_failure(n))
    low, high = stats.wilson(k, n)
    return "%s (%s to %s)" % (words.percent(k / n), words.percent(low), words.percent(high))


def scenario_table(campaign):
    rows = []
    for s in campaign.scenarios[:200]:
        row = [[Code(s.name)]]
        for v in campaign.variants:
            cell = campaign.cell(s, v)
            if not cell or not cell.runs:
                row.append(["not run"])
                continue
            new = sum(b.status == "new" for b in cell.buckets)
            row.append(["%s of %s%s" % (words.number(cell.divergent), words.number(cell.runs),
                                        ", %d new" % new if new else "")])
        rows.append(row)
    return Table("Runs that show any divergence, of all runs.", [("Scenario", "l")] + [(v.name, "r") for v in
                                                                                     campaign.variants], rows)


def variants_section(campaign, verdict):
    blocks = []
    if len(campaign.variants) < 2:
        blocks.append(Text(["One variant was run; there is nothing to put beside it."]))
    elif verdict.causes:
        blocks.append(side_by_side(campaign, verdict))
    else:
        blocks.append(Text(["No variant shows a divergence; they differ in nothing that the oracle looks at."]))
    return Section("variants", "Variants side by side", blocks + [scenario_table(campaign)], short="Variants")


# --- How sure.
def zero_table(campaign):
    """Variants of which the same can be said share a row."""
    rows = []
    for s in campaign.scenarios[:200]:
        same = {}
        for v in campaign.variants:
            cell = campaign.cell(s, v)
            if cell and cell.runs:
                same.setdefault((cell.runs, len(cell.buckets), sum(b.runs == 1 for b in cell.buckets)),
                                []).append(v.name)
        for (runs, nr, once), names in same.items():
            estimate, bound = stats.good_turing(once, runs)
            all_of_them = len(names) == len(campaign.variants) > 1
            rows.append([[Code(s.name)], ["all" if all_of_them else words.enumerate_some(names, 3)],
                         [words.number(runs)],
                         [words.one_in(stats.zero_failure(runs))], [words.number(nr)], [words.number(once)],
                         ["%s (at most %s)" % (words.percent(estimate), words.percent(bound))]])
    return Table("What the number of runs allows to say.", [
        ("Scenario", "l"), ("Variants", "l"), ("Runs", "r"), ("Unseen is rarer than", "r"), ("Buckets", "r"),
        ("Seen once", "r"), ("Chance of a new one", "r")], rows[:400])


def gone_rows(campaign):
    """As the campaign says itself, the most serious kind first; the same of several variants is one row."""
    others = {}
    for g in sorted(campaign.gone, key=lambda g: words.kind_rank(g.kind)):
        others.setdefault(dataclasses.astuple(dataclasses.replace(g, other="")), (g, []))[1].append(g.other)
    return [[[kind_and_where(g)], [g.variant], [Code(g.scenario)],
             ["%s of %s on %s" % (words.number(g.shown), words.number(g.other_runs), words.enumerate_some(names, 3))],
             [words.number(g.clean)],
             [words.number(g.needed) if g.needed is not None else "-"],
             ["not known"] if g.more is None else [Badge("ok", "gone")] if not g.more else [
                 Badge("undecided", "open")]] for g, names in others.values()]


def kind_and_where(g):
    return "%s%s%s" % (words.kind_name(g.kind), " in %s()" % g.function if g.function else ", " + g.check,
                       ": " + g.slice if g.slice else "")


def fixed_rows(campaign, verdict):
    """What a variant shows in no scenario, and another does: decided where it takes the fewest runs."""
    rows = []
    for cause in verdict.causes[:MOST_ROWS]:
        for v in campaign.variants:
            if cause.of(v):
                continue
            best = None
            for b in cause.buckets:
                other = campaign.cell(b.cell.scenario, v)
                need = stats.runs_to_fixed(b.runs, b.cell.runs)
                if other and other.runs and need and (not best or need / other.runs < best[0] / best[2]):
                    best = (need, b, other.runs)
            if best:
                need, b, runs = best
                rows.append([[cause_label(cause)], [v.name], [Code(b.cell.scenario.name)],
                             ["%s on %s" % (words.percent(b.runs / b.cell.runs), b.cell.variant.name)],
                             [words.number(runs)],
                             [words.number(need)],
                             [Badge("ok", "gone")] if runs >= need else [Badge("undecided", "open")]])
    return rows


def fixed_table(campaign, verdict):
    said = gone_rows(campaign)
    rows = said or fixed_rows(campaign, verdict)
    if not rows:
        return []
    return [Text(["What one variant shows and another does not may be called gone at 95 % once the other has had enough "
                  "clean runs: log(0.05) / log(1 - p), p being the low end of the rate's interval where it is shown."]),
            Table("Shown by one variant and not by another%s." % ("" if said else ", in the scenario that decides it"), [
                ("Divergence", "l"), ("Not seen on", "l"), ("Scenario", "l"), ("Rate elsewhere", "r"),
                ("Clean runs", "r"),
                ("Needed", "r"), ("So it is", "l")], rows[:MOST_ROWS],
                "" if len(rows) <= MOST_ROWS else "%s more rows are left out." % words.number(len(rows) - MOST_ROWS))]


def how_sure_section(campaign, verdict, figures):
    if not campaign.runs:
        return Section("how-sure", "How sure", [Text(["No run has ended; nothing can be said."])])
    blocks = [Text(["All of this holds for what the scenarios describe, not for all of KVM: a run is a draw from its scenario, "
                    "and another scenario may show in the first run what this one never does."]),
              Text([Strong("Unseen is rarer than"),
                    ": if something happened in more than this share of runs, a campaign "
                    "of this length would have missed it in fewer than 5 of 100 cases (1 - 0.05^(1/n), nearly 3/n). ",
                    Strong("Chance of a new one"),
                    ": the Good-Turing estimate that the next run shows a bucket that none "
                    "did so far: buckets seen exactly once, over runs; in brackets its bound at 95 %, which supposes nothing "
                    "(McAllester and Schapire). The intervals of rates are Wilson's, at 95 %."]),
              zero_table(campaign)]
    blocks += fixed_table(campaign, verdict)
    blocks += [figures["found"], figures["waits"], figures["mutants"]]
    return Section("how-sure", "How sure", blocks)


# --- Coverage, time, deviations.
def pairs_table(campaign):
    rows = []
    for s in campaign.sure:
        if s.sampled:
            rows.append([[Code(s.scenario)], [s.variant], [words.number(s.sampled)], [words.number(s.pairs)],
                         [words.number(s.once)],
                         [words.percent(s.unseen) if s.unseen is not None else "-"],
                         [words.number(round(s.hidden)) if s.hidden is not None else "-"]])
    return Table("Pairs of each scenario: an operation, the one before it, and the state of the APIC.", [
        ("Scenario", "l"), ("Variant", "l"), ("Runs looked at", "r"), ("Pairs met", "r"), ("In one run only", "r"),
        ("Unseen", "r"), ("Still hidden", "r")], rows[:400],
        "Unseen: the share of what further runs meet that is new (Good and Turing). Still hidden: at least so many pairs that "
        "the scenario could show and has not (Chao).") if rows else None


def coverage_section(campaign, figures):
    table = pairs_table(campaign)
    return Section("coverage", "Pairs of operation and APIC state", [figures["pairs"]] + ([table] if table else []),
                   short="Coverage")


def sessions_table(campaign):
    rows = []
    for s in campaign.sessions[:MOST_ROWS]:
        rows.append([[words.date(s.started)], [s.host], [words.number(s.jobs)], [words.duration(s.wall_ns)],
                     ["came to its end" if s.finished else "was interrupted, or still runs"]])
    return Table("Processes that worked on it.", [("Started", "l"), ("Host", "l"), ("Jobs", "r"), ("Worked", "r"),
                                                  ("How it ended", "l")], rows)


def time_section(campaign, figures):
    blocks = [figures["speed"]]
    virtual, wall = sum(c.virtual_ns for c in campaign.cells), sum(c.wall_ns for c in campaign.cells)
    if virtual and wall:
        blocks.append(Text(["%s of virtual time were simulated in %s of the workers' time: %s times as fast as the clock." % (
            words.duration(virtual), words.duration(wall), words.significant(virtual / wall))]))
    if campaign.sessions:
        blocks.append(sessions_table(campaign))
    ends = {}
    for c in campaign.cells:
        for end, n in c.ends.items():
            ends[end] = ends.get(end, 0) + n
        ends["died"] = ends.get("died", 0) + c.died
    says = {"complete": "came to rest", "limited": "hit a limit first", "crashed": "ended in a host BUG or crash",
            "hung": "ended in a hang", "trapped": "called what is not modelled", "timed_out": "took too long",
            "out_of_memory": "took too much memory", "died": "took the worker along"}
    blocks.append(Text(["How the runs ended: %s." % ", ".join(
        "%s %s" % (words.number(n), says[e]) for e, n in ends.items() if n)] if any(ends.values()) else
        ["No run has ended."]))
    return Section("time", "The campaign over time", blocks, short="Over time")


def deviations_section(campaign):
    uses = {}
    for c in campaign.cells:
        for name, (n, runs) in c.deviations.items():
            if n:
                uses.setdefault(name, {}).setdefault(c.variant.name, [0, 0])
                uses[name][c.variant.name][0] += n
                uses[name][c.variant.name][1] += runs
    if not uses:
        return Section("deviations", "Deviations",
                       [Text(["The oracle forgave nothing: no named deviation was used."])])
    rows = []
    for name in sorted(uses):
        row = [[Code(name)]]
        for v in campaign.variants:
            n, runs = uses[name].get(v.name, (0, 0))
            row.append(["%s in %s" % (words.number(n), words.count(runs, "run")) if n else "-"])
        rows.append(row)
    return Section("deviations", "Deviations", [
        Text(["Where the oracle lets KVM differ from the rule, and how often it had to. ",
              Code("lapicsim deviations"),
              " has what each allows, and why."]),
        Table("Uses of deviations.", [("Deviation", "l")] + [(v.name, "r") for v in campaign.variants], rows)])
