# SPDX-License-Identifier: GPL-2.0-only
"""The report: what is said, in which order.  The parts with many numbers are in content_*.py."""

import content_compare
import stats
import words
from content_causes import cause_label, causes_section
from content_numbers import (coverage_section, deviations_section, how_sure_section, time_section,
                             variants_section)
from document import Badge, Code, Command, Facts, Items, Ref, Report, Section, Strong, Table, Text, Verdict
from verdict import failure_name

MOST_NEW = 6        # new causes that the summary lists
MOST_FAILURES = 200
ENOUGH = 59         # clean runs exclude a rate of 5 % at 95 %


def headline(campaign, verdict):
    said = findings(campaign, verdict)
    if not verdict.unfinished:
        return said
    wanted = campaign.wanted
    return said + " It has not come to its end%s." % (
        ": %s of %s" % (words.number(campaign.runs), words.count(wanted, "run")) if wanted else "")


def findings(campaign, verdict):
    new, expected, known = (len(verdict.of(s)) for s in ("new", "expected", "known"))
    if not campaign.runs:
        return "Nothing was run."
    if campaign.canary and campaign.canary.state == "missed":
        return "The canary was not found: what this campaign did not see says nothing."
    if verdict.failures:
        said = "The harness failed %s; what the rest says about KVM is to be taken with care." % (
            "once" if len(verdict.failures) == 1 else "%s times" % words.number(len(verdict.failures)))
        return said + (" %s that nobody expected." % words.count(new, "divergence").capitalize() if new else "")
    if campaign.comparisons:
        return content_compare.headline(campaign, verdict)
    if new:
        return "%s that nobody expected." % words.count(new, "divergence").capitalize()
    if any(m.decided for m in verdict.missing):
        return "Nothing new, but what had to appear did not."
    if verdict.limited:
        return "Nothing new, but %s ended at a limit." % words.count(verdict.limited, "run")
    if not expected + known:
        return "No divergence at all."
    said = []
    if expected:
        said.append("%s that %s expected" % (words.count(expected, "divergence"), "was" if expected == 1 else "were"))
    if known:
        said.append("%s that %s known" % (words.number(known) if said else words.count(known, "divergence"),
                                          "is" if known == 1 else "are"))
    return "Nothing new: %s." % " and ".join(said)


def verdict_block(campaign, verdict):
    parts = [headline(campaign, verdict)]
    return Verdict(verdict.word, parts)


def new_list(verdict):
    new = verdict.of("new")
    items = []
    for cause in new[:MOST_NEW]:
        where = sorted({b.cell.variant.name for b in cause.buckets if b.status == "new"})
        first = cause.buckets[0]
        items.append([Badge("new"), " ", Ref(cause_label(cause), first_id(verdict, cause)),
                      " on %s: %s of %s runs of " % (
            words.enumerate_some(where, 4), words.number(first.runs), words.number(first.cell.runs)),
            Code(first.cell.scenario.name)])
    if len(new) > MOST_NEW:
        items.append(["%d more are " % (len(new) - MOST_NEW), Ref("below", "divergences"), "."])
    return [Items(items)] if items else []


def first_id(verdict, cause):
    return "cause-%d" % (verdict.causes.index(cause) + 1)


def missing_list(verdict):
    items = []
    for m in verdict.missing:
        items.append([Badge("bad", "missing") if m.decided else Badge("undecided", "not decided"),
                      " %s in " % words.kind_name(m.kind),
                      Code(m.cell.scenario.name), " on %s: expected always, not seen in %s%s" % (
                          m.cell.variant.name, words.count(m.cell.runs, "run"),
                          "" if m.decided else " (%s are needed)" % words.number(m.cell.scenario.enough_runs))])
    return [Items(items)] if items else []


def what_was_run(campaign):
    wall = sum(s.wall_ns for s in campaign.sessions)
    hosts = sorted({s.host for s in campaign.sessions})
    said = "%s on %s, %s, %s" % (
        words.count(len(campaign.scenarios), "scenario"), words.count(len(campaign.variants), "variant"),
        words.count(campaign.runs, "run"), words.short(campaign.events) + " events")
    if wall:
        said += ", in %s of %s on %s" % (words.duration(wall),
                                         words.count(len(campaign.sessions), "process", "processes"),
                                         words.enumerate_some(hosts, 3))
    said += ". Begun %s." % words.date(campaign.created)
    if campaign.overrides:
        said += " Keys that were set otherwise: %s." % campaign.overrides
    if campaign.flavour != "plain":
        said += " Flavour: %s." % campaign.flavour
    return [said]


def how_sure(campaign):
    cells = [c for c in campaign.cells if c.runs]
    if not cells:
        return ["Nothing can be said: no run has ended."]
    enough = sorted((c for c in cells if c.runs >= ENOUGH), key=lambda c: c.runs)
    said = []
    if enough:
        low, high = (words.one_in(stats.zero_failure(c.runs)) for c in (enough[0], enough[-1]))
        said.append("What no run of a scenario showed happens in fewer than %s of its runs%s (95 %%). " % (
            low, "" if low == high else ", down to %s where most were made" % high))
    few = {}
    for c in cells:
        if c.runs < ENOUGH:
            few[c.scenario.name] = max(few.get(c.scenario.name, 0), c.runs)
    if few:
        said.append("Too few runs to say anything of %s. " % words.enumerate_some(
            ["%s (%s)" % (name, words.count(runs, "run")) for name, runs in sorted(few.items())], 4))
    said += [Ref("All bounds", "how-sure"), ". "]
    repeated = sum(c.repeated for c in cells)
    differing = sum(f.kind == "differs" for c in cells for f in c.failures)
    if repeated:
        said.append("%s made twice, in different processes, %s." % (
            "1 run was" if repeated == 1 else "%s runs were" % words.number(repeated),
            "with the same digests" if not differing else "and %d differ" % differing))
    else:
        said.append("No run was made twice.")
    return said


def variants_table(campaign, verdict):
    rows = []
    for v in campaign.variants:
        cells = campaign.of(v)
        nr = {s: sum(any(b.status == s for b in c.of(v)) for c in verdict.causes) for s in ("new", "expected",
            "known")}
        runs = sum(c.runs for c in cells)
        rows.append([[Strong(v.name)], [Code(v.identity)], [v.klass], [words.number(runs)],
                     [words.short(sum(c.events for c in cells))],
                     [Badge("new", words.number(nr["new"]))] if nr["new"] else ["0"],
                     [words.number(nr["expected"])], [words.number(nr["known"])]])
    return Table("Variants: what each is, how often it ran, and how many different divergences it shows.",
                 [("Variant", "l"), ("Identity", "l"), ("Class", "l"), ("Runs", "r"), ("Events", "r"), ("New", "r"),
                  ("Expected", "r"), ("Known", "r")], rows)


def summary(campaign, verdict):
    blocks = [verdict_block(campaign, verdict)] + new_list(verdict) + missing_list(verdict)
    if verdict.again:
        blocks.append(Command(verdict.again, "shows the worst of it again"))
    if campaign.comparisons:
        blocks.append(content_compare.summary_table(campaign))
    blocks += [variants_table(campaign, verdict),
               Facts([("What was run", what_was_run(campaign)), ("How sure", how_sure(campaign))] + canary(campaign))]
    return blocks


def canary(campaign):
    """A deliberate bug that had to be found in the background."""
    if not campaign.canary or campaign.canary.state == "off":
        return []
    badge = {"found": Badge("ok", "found"), "missed": Badge("bad", "not found")}.get(campaign.canary.state,
        Badge("undecided"))
    return [("Canary", [badge, ": ", campaign.canary.text.removeprefix("canary: ").removeprefix("found, "), "."])]


def failures_section(campaign, verdict):
    if not verdict.failures:
        return Section("failures", "Failures of the harness",
                       [Text(["None: no worker died or hung, nothing that is not modelled was called, and every run that "
                              "was made twice gave the same digest." if campaign.runs else "None."])],
                              short="Harness")
    rows = []
    for f in verdict.failures[:MOST_FAILURES]:
        command = "" if f.kind == "setup" else campaign.replay(f.cell, f.seed)
        rows.append([[failure_name(f.kind)], [f.cell.scenario.name], [f.cell.variant.name], [f.text],
                     [Code(command)] if command else ["-"]])
    note = ""
    if len(verdict.failures) > MOST_FAILURES:
        note = "%s more are in failures.csv." % words.number(len(verdict.failures) - MOST_FAILURES)
    return Section("failures", "Failures of the harness", [
        Text(["These say nothing about KVM; they are to be repaired first."]),
        Table("Failures of the harness.", [("What", "l"), ("Scenario", "l"), ("Variant", "l"), ("Said", "l"),
                                           ("Again", "l")], rows, note)], short="Harness")


def made_of(variant):
    """Where the code of @variant comes from, by its manifest."""
    m, said = variant.manifest, []
    source = m.get("source")
    if isinstance(source, dict):
        said.append(" ".join(str(source[k]) for k in ("package", "version", "repository", "path", "rev", "commit")
                             if isinstance(source.get(k), (str, int))))
    edits = m.get("edits")
    if isinstance(edits, list):
        said += ["%s %s" % (e.get("kind", "edit"), e.get("name", "")) for e in edits[:6] if isinstance(e, dict)]
    said += [m[k] for k in ("compiler",) if isinstance(m.get(k), str)]
    if isinstance(m.get("optimize"), int):
        said.append("-O%d" % m["optimize"])
    return words.one_line(words.clean("; ".join(s for s in said if s))) or "the store does not say"


def inputs_section(campaign):
    scenarios = [[[Code(s.name)], [Code("%08x" % (s.hash & 0xffffffff))], [s.claim]] for s in campaign.scenarios]
    variants = [[[Strong(v.name)], [Code(v.identity)], [made_of(v)]] for v in campaign.variants]
    blocks = [Table("Scenarios and what each claims.", [("Scenario", "l"), ("Hash", "l"), ("Claim", "l")], scenarios),
              Table("Variants and what they were built from.",
                    [("Variant", "l"), ("Identity", "l"), ("Made of", "l")],
                    variants)]
    if campaign.nr_campaigns > 1:
        blocks.append(Text(["The store has %d campaigns; this is number %d. " % (campaign.nr_campaigns,
            campaign.number),
                            Code("--campaign N"), " reports another."]))
    return Section("inputs", "What it was made of", blocks, short="Inputs")


def heading(campaign):
    if campaign.comparisons:
        return "%s against %s, %s" % (
            words.enumerate_some([c.variant.name for c in campaign.comparisons], 4),
            campaign.comparisons[0].base.name, words.count(campaign.runs, "run"))
    names = words.enumerate_some([v.name for v in campaign.variants], 4)
    return "%s on %s" % (words.count(campaign.runs, "run"),
                         names) if campaign.variants else "A campaign without variants"


def build(campaign, verdict, figures, histories, known):
    """@figures: {name: Figure or Text}; @histories: (command, blocks) of the n-th cause; @known: {name: dict}."""
    sections = [content_compare.compare_section(campaign)] if campaign.comparisons else []
    sections += [
        causes_section(campaign, verdict, histories, known),
        variants_section(campaign, verdict),
        how_sure_section(campaign, verdict, figures),
        coverage_section(campaign, figures),
        time_section(campaign, figures),
        deviations_section(campaign),
        failures_section(campaign, verdict),
        inputs_section(campaign),
    ]
    return Report(heading(campaign), summary(campaign, verdict), sections)
