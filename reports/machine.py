# SPDX-License-Identifier: GPL-2.0-only
"""The results for programs: JUnit XML, KTAP, CSV.  A scenario on a variant is a test."""

import csv
import io
from xml.sax.saxutils import escape, quoteattr

import stats
import words
from verdict import failure_name

MOST_LINES = 50     # of one test's buckets, in JUnit and KTAP


def tests(campaign, verdict):
    """(cell, [failures], [skips], [remarks]): what went wrong, why it says nothing, what else is to be told."""
    missing = {}
    for m in verdict.missing:
        missing.setdefault(id(m.cell), []).append(m)
    for cell in campaign.cells:
        bad, skip, said = [], [], []
        for f in cell.failures[:MOST_LINES]:
            bad.append("harness: %s: %s" % (failure_name(f.kind), words.one_line(f.text)))
        for b in sorted(cell.buckets, key=lambda b: (b.status != "new", words.kind_rank(b.kind), b.first_run)):
            what = "%s [%s]%s: %s of %s runs, %s" % (
                words.kind_name(b.kind), b.check, " in %s()" % b.function if b.function else "", words.number(b.runs),
                words.number(cell.runs), campaign.replay(cell, b.first_seed))
            (bad if b.status == "new" else said).append(what if b.status == "new" else "%s: %s" % (b.status, what))
        for m in missing.get(id(cell), []):
            (bad if m.decided else said).append("%s: %s, expected always" % (
                "missing" if m.decided else "not decided", words.kind_name(m.kind)))
        if cell.ends.get("limited"):
            skip.append("%s hit a limit" % words.count(cell.ends["limited"], "run"))
        if not cell.runs and not bad:
            skip.append("no run has ended")
        elif verdict.unfinished and campaign.wanted and cell.runs < cell.wanted:
            skip.append("not finished: %s of %s" % (words.number(cell.runs), words.count(cell.wanted, "run")))
        yield cell, [words.one_line(t) for t in bad], skip, [words.one_line(t) for t in said]


def junit(campaign, verdict):
    suites = []
    total = [0, 0, 0]
    for v in campaign.variants:
        cases, nr = [], [0, 0, 0]
        for cell, bad, skip, said in tests(campaign, verdict):
            if cell.variant is not v:
                continue
            inner = ""
            harness = [b for b in bad if b.startswith("harness: ")]
            if bad:
                tag = "error" if harness else "failure"
                inner += "<%s message=%s>%s</%s>" % (tag, quoteattr(words.cut(bad[0], 300)),
                    escape("\n".join(bad[:MOST_LINES])), tag)
            elif skip:
                inner += "<skipped message=%s/>" % quoteattr("; ".join(skip))
            said = ["%s runs, %s events" % (words.number(cell.runs), words.number(cell.events))] + said[:MOST_LINES]
            inner += "<system-out>%s</system-out>" % escape("\n".join(said))
            nr[0] += 1
            nr[1] += bool(bad and not harness)
            nr[2] += bool(harness)
            cases.append('<testcase classname=%s name=%s time="%.3f">%s</testcase>' % (
                quoteattr("lapicsim." + v.name), quoteattr(cell.scenario.name), cell.wall_ns / 1e9, inner))
        total = [a + b for a, b in zip(total, nr)]
        suites.append('<testsuite name=%s tests="%d" failures="%d" errors="%d"><properties><property name="identity" '
                      'value=%s/></properties>\n%s\n</testsuite>' % (quoteattr(v.name), *nr, quoteattr(v.identity),
                          "\n".join(cases)))
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lapicsim" tests="%d" failures="%d" errors="%d">\n%s\n' \
        '</testsuites>\n' % (*total, "\n".join(suites))


def description(text):
    """'#' begins a directive, and a description does not begin with a number."""
    return words.one_line(text).replace("#", "_")


def ktap(campaign, verdict):
    """Documentation/dev-tools/ktap.rst: a test for each variant, a subtest for each of its scenarios."""
    out = ["KTAP version 1", "1..%d" % len(campaign.variants)]
    all_tests = list(tests(campaign, verdict))
    for i, v in enumerate(campaign.variants, 1):
        mine = [t for t in all_tests if t[0].variant is v]
        out += ["  KTAP version 1", "  # Subtest: %s" % description(v.name), "  1..%d" % len(mine)]
        worst = True
        for n, (cell, bad, skip, said) in enumerate(mine, 1):
            out += ["  # %s" % description(t) for t in bad[:MOST_LINES] + said[:MOST_LINES]]
            directive = " # SKIP %s" % "; ".join(skip) if skip and not bad else ""
            out.append("  %s %d %s%s" % ("not ok" if bad else "ok", n, description(cell.scenario.name), directive))
            worst &= not bad
        out.append("%s %d %s" % ("ok" if worst else "not ok", i, description(v.name)))
    return "\n".join(out) + "\n"


def table(head, rows):
    """RFC 4180, but with newlines; what a spreadsheet would take as a formula is quoted by an apostrophe."""
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(head)
    for row in rows:
        w.writerow(["'" + v if isinstance(v, str) and v[:1] in ("=", "+", "-", "@", "\t") else v for v in row])
    return out.getvalue()


def compared_files(campaign):
    """Of a campaign of lapicsim compare."""
    if not campaign.comparisons:
        return {}
    all_of = [(c, [c.base.name, c.variant.name]) for c in campaign.comparisons]
    head = ["base", "variant"]
    return {
        "compared.csv": table(head + ["kind", "check", "function", "known", "class", "sure", "pairs", "base_runs",
                                      "variant_runs", "only_base", "only_variant", "p", "base_low", "base_high",
                                      "variant_low", "variant_high", "base_median", "variant_median", "token"],
                              [names + [*r.cause, r.klass, int(r.sure), r.pairs, r.base_runs, r.variant_runs,
                                        r.only_base, r.only_variant,
                                        *("%.6g" % v for v in (r.p, *r.base_rate, *r.variant_rate)),
                                        r.base_median, r.variant_median, r.token] for c, names in all_of
                                                                                  for r in c.rows]),
        "behaviour.csv": table(head + ["counter", "base_sum", "variant_sum", "pairs", "less", "more", "p"],
                               [names + [n.name, n.base, n.variant, n.pairs, n.less, n.more, "%.6g" % n.p]
                                                                 for c, names in all_of for n in c.counters]),
        "patch-lines.csv": table(head + ["side", "file", "line", "runs", "of", "text"],
                                 [names + ["base" if p.in_base else "variant", p.file, p.line, p.runs, p.sampled,
                                           p.text] for c, names in all_of for p in c.lines]),
    }


def csv_files(campaign, verdict):
    """{name: text}"""
    def where(cell):
        return [cell.scenario.name, cell.variant.name, cell.variant.identity]
    head = ["scenario", "variant", "identity"]
    buckets = []
    for cause in verdict.causes:
        for b in cause.buckets:
            low, high = stats.wilson(b.runs, b.cell.runs)
            buckets.append(where(b.cell) + [b.kind, b.check, b.function, b.known, b.slice, b.status, b.runs,
                                            b.cell.runs,
                                            "%.6g" % low, "%.6g" % high, b.first_run,
                                            campaign.token(b.cell, b.first_seed),
                                            b.records[0].text if b.records else ""])
    points, offset = [], 0
    for s in campaign.sessions:
        points += [[s.id, "%.3f" % ((offset + p[0]) / 1e9), *p[1:]] for p in s.series]
        offset += s.wall_ns
    return compared_files(campaign) | {
        "cells.csv": table(head + ["class", "runs", "events", "interrupts", "virtual_ns", "wall_ns", "divergent",
                                   "repeated",
                                   "limited", "crashed", "hung", "trapped", "died", "unseen_below"],
                           [where(c) + [c.variant.klass, c.runs, c.events, c.interrupts, c.virtual_ns, c.wall_ns,
                                        c.divergent, c.repeated,
                                        *(c.ends.get(e, 0) for e in ("limited", "crashed", "hung", "trapped")),
                                        c.died, "%.6g" % stats.zero_failure(c.runs)] for c in campaign.cells]),
        "buckets.csv": table(head + ["kind", "check", "function", "known", "slice", "status", "runs", "of",
                                     "rate_low", "rate_high",
                                     "first_run", "token", "example"], buckets),
        "deviations.csv": table(head + ["deviation", "uses", "runs"],
                                [where(c) + [name, *c.deviations[name]] for c in campaign.cells
                                                                     for name in sorted(c.deviations)]),
        "failures.csv": table(head + ["kind", "seed", "text"], [where(f.cell) + [f.kind, "0x%x" % f.seed, f.text]
                                                              for f in verdict.failures]),
        "pairs.csv": table(["scenario", "variant", "previous", "operation", "state", "runs"], [
            [p.scenario, p.variant, p.previous, p.operation, p.state, p.runs]
                                                                     for p in campaign.pairs]),
        "series.csv": table(["session", "seconds", "runs", "events", "divergent", "buckets", "new_buckets",
                             "known_buckets"], points),
    }
