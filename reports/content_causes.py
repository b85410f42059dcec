# SPDX-License-Identifier: GPL-2.0-only
"""The divergences: a list of all, then each with what led to it and the commands that show it."""

import stats
import words
from document import Badge, Code, Command, Ref, Section, Strong, Table, Text

IN_FULL = 40        # causes with a part of their own
IN_LIST = 300       # rows of the list
ROWS = 24           # scenarios and variants of one cause


def cause_label(cause):
    """Short enough for a heading."""
    if cause.function:
        return "%s in %s()" % (words.kind_name(cause.kind), words.cut(cause.function, 60))
    return "%s, %s" % (words.kind_name(cause.kind), words.cut(cause.check, 60))


def example(cause):
    for b in cause.buckets:
        for r in b.records:
            if r.text or r.site:
                return ": ".join(t for t in (r.site, r.text) if t)
    return ""


def list_table(campaign, causes):
    head = [("Divergence", "l"), ("Status", "l")] + [(v.name, "r") for v in campaign.variants] + [("Scenarios", "r")]
    rows = []
    for i, cause in enumerate(causes[:IN_LIST], 1):
        label = cause_label(cause)
        row = [[Ref(label, "cause-%d" % i) if i <= IN_FULL else label], [Badge(cause.status)]]
        for v in campaign.variants:
            runs = sum(b.runs for b in cause.of(v))
            row.append([words.number(runs) if runs else "-"])
        row.append([words.number(len({b.cell.scenario.name for b in cause.buckets}))])
        rows.append(row)
    note = "A number is how many runs showed it; - means none did."
    if len(causes) > IN_LIST:
        note += " %s more are in buckets.csv." % words.number(len(causes) - IN_LIST)
    return Table("All divergences, what is new first, then by how serious they are.", head, rows, note)


def where_table(cause):
    rows = []
    for b in cause.buckets[:ROWS]:
        low, high = stats.wilson(b.runs, b.cell.runs)
        rows.append([[Strong(b.cell.variant.name)], [Code(b.cell.scenario.name)],
                     ["%s of %s" % (words.number(b.runs), words.number(b.cell.runs))],
                     [words.percent(b.runs / b.cell.runs) if b.cell.runs else "-"],
                     ["%s to %s" % (words.percent(low), words.percent(high))], [words.number(b.first_run)],
                     [Badge(b.status)]])
    note = "%s more rows are in buckets.csv." % words.number(len(cause.buckets) - ROWS) if len(cause.buckets) > ROWS else ""
    return Table("Where it was seen.", [("Variant", "l"), ("Scenario", "l"), ("Runs", "r"), ("Rate", "r"),
                                        ("95 % interval", "r"),
                                        ("First in run", "r"), ("Status", "l")], rows, note)


def status_text(cause, known, base):
    """@base: the name of the variant that the others are compared with, or None."""
    if cause.status == "new" and base:
        return ["New: not on %s.%s" % (base, " It is explained in known/%s.known, and comes more often than chance has it." %
                                       cause.known if cause.known else "")]
    if cause.status == "base":
        return ["%s shows it, too, or alone; nothing in known/ explains it." % base]
    if cause.status == "known":
        entry = known.get(cause.known, {})
        if not entry:
            return ["Explained in known/%s.known, which is not here." % cause.known]
        parts = [Strong(entry.get("title", cause.known)), ". ", entry.get("explanation", ""), " "]
        return parts + (["Write-up: ", Code(entry["finding"]), "."] if entry.get("finding") else [])
    if cause.status == "follows":
        return ["A consequence: it comes after another divergence of the same run, and does not count by itself."]
    if cause.status == "expected":
        return ["Expected: the scenario says that this class of variants shows it."]
    return ["New: no scenario expects it, and nothing in known/ explains it."]


def meaning(cause):
    said = words.KIND_MEANS.get(cause.kind)
    parts = [Strong(words.kind_name(cause.kind)), ": %s. " % said] if said else []
    if cause.check:
        parts += ["Check: ", Code(cause.check), ". "]
    if cause.slice:
        parts += ["State: ", Code(words.cut(cause.slice, 300)), ". "]
    first = cause.buckets[0]
    if first.trail:
        parts += ["Last operations on it: ", Code(words.cut(first.trail, 300)), ". "]
    if first.stack:
        parts += ["Functions: ", Code(words.cut(first.stack, 400)), ". "]
    if first.replays:
        parts += ["Replayed in fresh processes: %d of %d times." % (first.replayed or 0, first.replays)]
    return parts


def commands(campaign, cause, shown):
    """The run that is shown, then for each other variant the first one."""
    out = [Command(shown, "the shortest that is known")] if shown else []
    for v in campaign.variants:
        mine = cause.of(v)
        if mine and not (shown and "%s@%s:" % (v.name, v.identity) in shown):
            out.append(Command(campaign.replay(mine[0].cell, mine[0].first_seed), "on %s" % v.name))
    return out[:8]


def cause_part(campaign, verdict, i, cause, history, known):
    base = campaign.comparisons[0].base.name if campaign.comparisons else None
    blocks = [Text(status_text(cause, known, base))]
    shown = example(cause)
    if shown:
        blocks.append(Text(["For example: ", Code(words.cut(words.one_line(shown), 400))]))
    shown, history = history if history else (None, [])
    blocks += [Text(meaning(cause)), where_table(cause)] + commands(campaign, cause, shown) + history
    return Section("cause-%d" % i, cause_label(cause), blocks, Badge(cause.status))


def causes_section(campaign, verdict, histories, known):
    causes = verdict.causes
    if not causes:
        return Section("divergences", "Divergences", [Text([
            "None: no run showed anything that the oracle objects to. ",
            Ref("How sure that makes one", "how-sure"),
            " is said below."] if campaign.runs else ["None: nothing was run."])])
    blocks = [list_table(campaign, causes)]
    for i, cause in enumerate(causes[:IN_FULL], 1):
        blocks.append(cause_part(campaign, verdict, i, cause, histories[i - 1] if i <= len(histories) else None,
                                 known))
    if len(causes) > IN_FULL:
        blocks.append(Text(["The other %s are in the list above only, and in buckets.csv with their tokens." %
                            words.number(len(causes) - IN_FULL)]))
    return Section("divergences", "Divergences", blocks)
