# SPDX-License-Identifier: GPL-2.0-only
"""What lapicsim compare found: divergences, behaviour and changed lines of each variant against the base."""

import words
from content_causes import cause_label
from document import Badge, Code, Command, Items, Ref, Section, Strong, Table, Text

MOST_ROWS = 60
MOST_LINES = 200
CLASSES = (("fixed", "ok"), ("still there", "known"), ("changed", "expected"), ("new", "new"))


def headline(campaign, verdict):
    """For the verdict; without what the harness has to say."""
    base = campaign.comparisons[0].base.name
    new = len({r.cause for c in campaign.comparisons for r in c.of("new")})
    idle = [c.variant.name for c in campaign.comparisons if c.idle]
    said = "%s that %s does not show." % (words.count(new, "divergence").capitalize(), base) if new else \
        "Nothing that %s does not show." % base
    if idle:
        said += " No run reached a line that %s changes: of that patch this says nothing." % words.enumerate_some(
            idle, 4)
    return said


def marked(klass, sure):
    badge = dict(CLASSES).get(klass)
    return [Badge(badge, klass + ("" if sure else "?"))] if badge else ["-"]


def reached(c):
    """How many of the changed lines that are code were executed."""
    if c.nr is None or c.nr.reached is None:
        return ["not measured"]
    if not c.nr.reached:
        return [Badge("bad", "not exercised")]
    return ["%s of %s" % (words.number(c.nr.reached), words.number(c.nr.code_lines))]


def summary_table(campaign):
    rows = []
    for c in campaign.comparisons:
        row = [[Ref(c.variant.name, part_id(campaign, c))]]
        row += [[Badge(badge, str(len(c.of(klass))))] if klass == "new" and c.of(klass) else [str(len(c.of(klass)))]
                for klass, badge in CLASSES]
        row += [["%s of %s" % (words.number(c.nr.differ), words.number(c.nr.pairs))] if c.nr else ["-"], reached(c)]
        rows.append(row)
    return Table("Against %s: how many different divergences each variant fixes, keeps, changes and adds." %
                 campaign.comparisons[0].base.name,
                 [("Variant", "l")] + [(klass.capitalize(), "r") for klass, _ in CLASSES] +
                 [("Pairs that differ", "r"), ("Changed lines reached", "l")], rows)


def part_id(campaign, c):
    return "compared-%d" % (campaign.comparisons.index(c) + 1)


def causes(campaign):
    """The rows in the command's order; {cause: {variant's name: row}}."""
    out = {}
    for c in campaign.comparisons:
        for r in c.rows:
            out.setdefault(r.cause, {})[c.variant.name] = r
    return out


def label(cause):
    return cause_label(cause) + (" (known)" if cause.known else "")


def matrix(campaign, found):
    base = campaign.comparisons[0].base.name
    rows = []
    for by_name in list(found.values())[:MOST_ROWS]:
        one = next(iter(by_name.values()))
        row = [[label(one)], [words.number(one.base_runs)]]
        for c in campaign.comparisons:
            r = by_name.get(c.variant.name)
            row.append([words.number(r.variant_runs), " "] + marked(r.klass, r.sure) if r else ["-"])
        rows.append(row)
    note = "A question mark: that may be chance (p not below 0.01)."
    if len(found) > MOST_ROWS:
        note += " %s more are in compared.csv." % words.number(len(found) - MOST_ROWS)
    return Table("Runs that show each divergence.", [("Divergence", "l"), (base, "r")] + [
        (c.variant.name, "r") for c in campaign.comparisons], rows, note)


def rate(limits):
    return "%s to %s" % (words.percent(limits[0]), words.percent(limits[1]))


def median(runs):
    return words.number(runs) if runs else "-"


def figures_table(c):
    rows = [[[label(r)], [rate(r.base_rate)], [rate(r.variant_rate)],
             ["%s, %s" % (median(r.base_median), median(r.variant_median))],
             [words.number(r.only_base)], [words.number(r.only_variant)], [words.p_value(r.p)], marked(r.klass, r.sure)]
            for r in c.rows[:MOST_ROWS]]
    return Table("Divergences, %s against %s, over the pairs of the scenarios that show them anywhere." % (
        c.variant.name, c.base.name), [
            ("Divergence", "l"), ("Rate on " + c.base.name, "r"), ("Rate on " + c.variant.name, "r"),
            ("First seen after", "r"), ("Only " + c.base.name, "r"), ("Only " + c.variant.name, "r"), ("p", "r"),
            ("So it is", "l")], rows)


def counters_table(c):
    rows = []
    for n in c.counters:
        if n.less or n.more:
            change = "%+.3f %%" % (100 * (n.variant - n.base) / n.base) if n.base else "-"
            counts = words.COUNTERS.get(n.name)
            rows.append([[Code(n.name)] + ([": " + counts] if counts else []), [words.number(n.base)],
                         [words.number(n.variant)], [change], [words.number(n.less)], [words.number(n.more)],
                         [words.p_value(n.p)]])
    return Table("What runs did, where it differs, over the pairs that came to their end.", [
        ("Counter", "l"), (c.base.name, "r"), (c.variant.name, "r"), ("Change", "r"), ("Less in", "r"),
        ("More in", "r"), ("p", "r")], rows) if rows else None


def pairs_text(c):
    if c.nr is None:
        return Text(["How many pairs of runs differ is not in this store."])
    said = "%s of %s differ in anything that a guest, a device or userspace could see." % (
        words.number(c.nr.differ), words.count(c.nr.pairs, "pair of runs", "pairs of runs"))
    if not c.nr.differ:
        said = "None of the %s differs: the same events throughout." % words.count(c.nr.pairs, "pair of runs",
                                                                                   "pairs of runs")
    if c.nr.other_order or c.nr.other_interrupts:
        said += " In %s guests take the same interrupts in another order, in %s others." % (
            words.number(c.nr.other_order), words.number(c.nr.other_interrupts))
    if c.nr.cut:
        said += " %s in which a run did not come to its end %s left out below." % (
            words.count(c.nr.cut, "pair").capitalize(), "is" if c.nr.cut == 1 else "are")
    return Text([said])


def first_blocks(campaign, c):
    """Where the first pair parts, and the commands that show it on both."""
    f = c.first
    if f is None:
        return []
    try:
        seed = int(f.seed, 16)
    except ValueError:
        return []
    blocks = [Text(["The first pair that differs: ", Code(f.scenario), ", seed %s, at event %s. " % (
        f.seed, words.number(f.event)), Strong(c.base.name), ": ", Code(f.base), ". ", Strong(c.variant.name), ": ",
        Code(f.variant), "."])]
    scenario = next((s for s in campaign.scenarios if s.name == f.scenario), None)
    for variant in (c.base, c.variant):
        cell = campaign.cell(scenario, variant)
        if cell:
            blocks.append(Command("%s --trace=text --mark %d" % (campaign.replay(cell, seed), f.event),
                                  "on %s, the event marked" % variant.name))
    return blocks


def lines_blocks(c):
    if c.nr is None or c.nr.reached is None:
        return [] if c.lines else [Text(["Which of the changed lines were executed was not measured."])]
    changed = "%s changes or adds %s and changes or removes %s of %s; %s of them are code, and runs reached %s." % (
        c.variant.name, words.count(c.nr.variant_changed, "line"), words.number(c.nr.base_changed), c.base.name,
        words.number(c.nr.code_lines), words.number(c.nr.reached))
    if c.idle:
        why = "no run reached a line that it changes" if c.nr.code_lines else \
            "no line that it changes is compiled to code here"
        return [Items([[Badge("bad", "not exercised"), " This patch was not exercised: %s. %s" % (why, changed)]])]
    return [Text([changed])]


def lines_table(c):
    rows = [[[Code("%s:%d" % (line.file, line.line))], ["as it was" if line.in_base else "as it is"],
             ["%s of %s" % (words.number(line.runs), words.number(line.sampled))],
             [Code(words.cut(words.one_line(line.text), 120))]] for line in c.lines[:MOST_LINES]]
    note = "%s more are in patch-lines.csv." % words.number(len(c.lines) - MOST_LINES) if len(
        c.lines) > MOST_LINES else ""
    return [Table("Lines that %s changes, and runs that reached them." % c.variant.name, [
        ("Line", "l"), ("Which", "l"), ("Runs", "r"), ("Text", "l")], rows, note)] if rows else []


def part(campaign, c):
    counters = counters_table(c)
    blocks = ([figures_table(c)] if c.rows else [Text(["Neither shows a divergence."])]) + [pairs_text(c)]
    blocks += ([counters] if counters else []) + first_blocks(campaign, c) + lines_blocks(c) + lines_table(c)
    return Section(part_id(campaign, c), "%s against %s" % (c.variant.name, c.base.name), blocks)


def compare_section(campaign):
    found = causes(campaign)
    blocks = [Text(["The same seeds ran on all variants. A seed decides everything that is not KVM's own doing, so two runs of "
                    "a seed are a pair. ", Strong("Fixed"), ": the base shows it, the variant does not. ",
                    Strong("New"), ": the other way round. ", Strong("Changed"),
                    ": both, and not equally often. Whether that may be chance is McNemar's exact test on the pairs that show it "
                    "on one side only, p being the chance of so uneven a split if both were alike; below 0.01 it counts. "
                    "What nobody has explained counts as new from one run on. Rates are Wilson's intervals, 95 %; ",
                    Strong("first seen after"), " is Kaplan and Meier's median of runs, of the base and of the variant; ",
                    Strong("less"), " and ", Strong("more"),
                    " are pairs in which the variant has less or more of it (sign test)."])]
    blocks += [matrix(campaign, found)] if found else [Text(["No variant shows a divergence."])]
    return Section("compared", "Against %s" % campaign.comparisons[0].base.name,
                   blocks + [part(campaign, c) for c in campaign.comparisons], short="Compared")
