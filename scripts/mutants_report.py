# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/mutants.py found, as tables: BUILD/mutants/report.txt, docs/mutants.md.

docs/mutants.tbl explains survivors that no test can kill, a row each; those whose
reason begins with "Gap: " could be killed, and count; "Not the APIC: " is what else
the functions of NO_GOAL do.  A row for a mutant that is killed, or is not there, is
an error, and so is a row for a check that does not see what it is to see.
"""

import ast
import collections
import json
import os
import re
import subprocess

import mutants_runs as runs

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EQUIVALENTS = os.path.join(ROOT, "docs/mutants.tbl")
PAGE = os.path.join(ROOT, "docs/mutants.md")
COUNTS = os.path.join(ROOT, "docs/mutants.json")	# what scripts/oracle_doc.py shows
RULES = os.path.join(ROOT, "tests/e2e/test_rules.py")
GAP = "Gap: "			# of a reason in the table
OUTSIDE = "Not the APIC: "
SEES = "sees"			# a row of a check: sees CHECK FILE FUNCTION OPERATOR ORDINAL SCENARIO
LIVE_ONLY = "lapicsim live only"	# of a reason in NO_RULE of tests/e2e/test_rules.py
GOALS = {"lapic.c": 95, "irq.c": 90, "irq_comm.c": 90, "ioapic.c": 90}	# percent
# Of these the functions that events go through on their way into the guest (scripts/variants.mk), so that the checks
# that judge these kill something: what else they do (SMIs, exceptions, nesting) is no scenario's, so there is no goal.
NO_GOAL = ("x86.c", "hyperv.c", "kvm_main.c")


def key(m):
    return (m["file"], m["function"], m["operator"], m["ordinal"])


def table_rows():
    """(number, line) of docs/mutants.tbl that say something."""
    with open(EQUIVALENTS, encoding="utf-8") as f:
        return [(n, line) for n, line in enumerate(f, 1) if line.strip() and not line.startswith("#")]


def read_witnesses():
    """{check: (key, scenario)}: for a check that sees too few mutants to come by one, which and where."""
    out = {}
    for number, line in table_rows():
        words = line.split()
        if words[0] != SEES:
            continue
        if len(words) != 7 or not words[5].isdigit():
            raise SystemExit("%s:%d: expected: %s CHECK FILE FUNCTION OPERATOR ORDINAL SCENARIO" % (
                EQUIVALENTS, number, SEES))
        out[words[1]] = (words[2], words[3], words[4], int(words[5])), words[6]
    return out


def read_equivalents():
    """{key: reason}; a row is FILE FUNCTION OPERATOR ORDINALS REASON, ordinals as 1,3-5."""
    out = {}
    for number, line in table_rows():
        words = line.split(None, 4)
        if words[0] == SEES:
            continue
        if len(words) < 5 or words[0] not in (*GOALS, *NO_GOAL) or \
                not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", words[3]) or \
                (words[0] in GOALS and words[4].startswith(OUTSIDE)):
            raise SystemExit("%s:%d: expected: FILE FUNCTION OPERATOR ORDINALS REASON" % (EQUIVALENTS, number))
        for part in words[3].split(","):
            first, _, last = part.partition("-")
            for ordinal in range(int(first), int(last or first) + 1):
                out[words[0], words[1], words[2], ordinal] = words[4].strip()
    return out


def of_rules(name):
    """A table of tests/e2e/test_rules.py."""
    with open(RULES, encoding="utf-8") as f:
        tree = ast.parse(f.read())
    return next(ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == name)


def live_checks():
    """{check: why} of those that no scenario has."""
    return {c: why for c, why in of_rules("NO_RULE").items() if why.startswith(LIVE_ONLY)}


def made_for_checks():
    """{check: scenarios} of tests/e2e/test_rules.py, where a rule makes the check fire."""
    out = {}
    for _, scenario, _, check in of_rules("ROWS"):
        if scenario not in out.setdefault(check, []):
            out[check].append(scenario)
    return out


class Score:
    def __init__(self):
        self.killed = self.equivalent = self.outside = self.survived = self.changed = 0

    def add(self, row, equivalent, outside):
        if row["verdict"] == "killed":
            self.killed += 1
        elif equivalent:
            self.equivalent += 1
        elif outside:
            self.outside += 1
        else:
            self.survived += 1
            self.changed += bool(row["changed"])

    @property
    def reached(self):
        return self.killed + self.equivalent + self.outside + self.survived

    def share(self):
        return 100.0 * self.killed / self.reached if self.reached else 0.0

    def share_without(self):
        n = self.killed + self.survived
        return 100.0 * self.killed / n if n else 0.0


def all_checks(build):
    """Names of the oracle's checks, as `lapicsim checks` lists them."""
    done = subprocess.run([os.path.join(build, "lapicsim"), "checks", "--json"], stdout=subprocess.PIPE, text=True,
                          check=True)
    return [row["name"] for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "check"]


class Report:
    def __init__(self, campaign):
        self.campaign = campaign
        explained = read_equivalents()
        self.gaps = {k: why[len(GAP):] for k, why in explained.items() if why.startswith(GAP)}
        self.outside = {k: why[len(OUTSIDE):] for k, why in explained.items() if why.startswith(OUTSIDE)}
        self.equivalents = {k: why for k, why in explained.items() if k not in self.gaps and k not in self.outside}
        self.rows = []		# (mutant, result) of those that compile, are reached and were run
        for m in campaign.mutants:
            result = campaign.results.get(key(m))
            if m["compiles"] and m["id"] in campaign.reached and result:
                self.rows.append((m, result))
        self.files = self.scores(lambda m: m["file"])
        self.operators = self.scores(lambda m: m["operator"])
        self.by_check = collections.Counter()	# mutants that a check kills
        self.alone = collections.Counter()	# that no other check saw in the same run
        for _, r in self.rows:
            if r["verdict"] == "killed":
                names = {b.split("/")[-1] for b in r["by"]}
                self.by_check.update(names | set(r.get("also", [])))
                if len(names) == 1:
                    self.alone.update(names)

    def scores(self, group):
        out = {}
        for m, r in self.rows:
            out.setdefault(group(m), Score()).add(r, key(m) in self.equivalents, key(m) in self.outside)
        return out

    def survivors(self):
        return [(m, r) for m, r in self.rows if r["verdict"] != "killed" and
                key(m) not in self.equivalents and key(m) not in self.outside]

    def stale(self):
        verdicts = {key(m): r["verdict"] for m, r in self.rows}
        there = {key(m) for m in self.campaign.mutants}
        return ["docs/mutants.tbl: %s %s %s %d: %s" % (k + ("no such mutant" if k not in there else "is killed",))
                for k in sorted({**self.equivalents, **self.gaps, **self.outside})
                if k not in there or verdicts.get(k) == "killed"]

    def blind_witnesses(self):
        return ["docs/mutants.tbl: %s does not see %s %s %s %d in %s" % ((check,) + k + (scenario,))
                for check, (k, scenario) in sorted(read_witnesses().items()) if check not in self.by_check]

    def silent_checks(self):
        return [n for n in all_checks(self.campaign.build) if n not in self.by_check and n not in live_checks()]

    def silent_text(self):
        """The sentences on checks that have no mutant."""
        silent, live = self.silent_checks(), live_checks()
        out = ["Checks that kill nothing: %s." % (", ".join(silent) or "none")]
        if live:
            out += ["", "Of `lapicsim live` alone, which plays no mutant; tests/e2e/test_live.py breaks KVM for each: "
                    "%s." % ", ".join(sorted(live))]
        return out

    def counts(self):
        """What scripts/oracle_doc.py shows: by check mutants killed, by function reached and killed."""
        functions = {}
        for m, r in self.rows:
            row = functions.setdefault(m["file"], {}).setdefault(m["function"], [0, 0])
            row[0] += 1
            row[1] += r["verdict"] == "killed"
        names = set(all_checks(self.campaign.build))
        return {"checks": {n: k for n, k in sorted(self.by_check.items()) if n in names}, "functions": functions}

    def text(self):
        out = ["%-12s %5s %7s %7s %10s %7s %9s %8s  %s" % (
            "file", "goal", "reached", "killed", "equivalent", "outside", "survived", "changed",
            "score (of what is to be killed)")]
        for name, s in list(self.files.items()) + [(None, None)] + sorted(self.operators.items()):
            if name is None:
                out.append("")
                continue
            out.append("%-12s %5s %7d %7d %10d %7d %9d %8d  %.1f %% (%.1f %%)" % (
                name, GOALS.get(name, ""), s.reached, s.killed, s.equivalent, s.outside, s.survived, s.changed, s.share(),
                s.share_without()))
        out += ["", "by check: mutants killed, and those that it alone saw"]
        out += ["%-32s %5d %5d" % (n, c, self.alone[n]) for n, c in self.by_check.most_common()]
        out += ["", "checks that kill nothing: " + (" ".join(self.silent_checks()) or "none"), "", "survivors:"]
        out += ["%s:%d %s() %s %d%s, %d runs: %s%s" % (
            m["file"], m["line"], m["function"], m["operator"], m["ordinal"],
            ", digest changed in %s" % ", ".join(sorted(r["changed"])[:5]) if r["changed"] else "", r["runs"], m["text"],
            " => " + m["new"] if m["new"] else "") for m, r in self.survivors()]
        not_reached = collections.Counter((m["file"], m["function"]) for m in self.campaign.mutants
                                          if m["compiles"] and m["id"] not in self.campaign.reached)
        out += ["", "not reached, by function:"]
        out += ["%s %s() %d" % (k + (n,)) for k, n in sorted(not_reached.items())]
        return "\n".join(out) + "\n"

    def head_text(self):
        c = self.campaign
        out = ["<!-- SPDX-License-Identifier: GPL-2.0-only -->",
               "<!-- Written by `make mutants` from its results and docs/mutants.tbl. -->", "# Mutants", "",
               "`make mutants` changes KVM's APIC files in small ways, one at a time, and runs the",
               "scenario library on each: what the oracle does not see then is a gap in it, or in the",
               "scenarios. `kvm/mutate/find.py` says what is changed, `scripts/mutants.py` what counts",
               "as killed. %d scenarios, seeds 0-%d (0-%d where a digest changed), variant" % (
                   len(c.scenarios), runs.SEEDS - 1, runs.FURTHER - 1),
               "`%s`; a mutant that does not compile, or that no seed reaches, does not" % c.args.variant,
               "count. %d of %d results are from the build and the scenarios of this page, the others" % (
                   sum(c.is_current(r) for _, r in self.rows), len(self.rows)),
               "from earlier ones.", "",
               "| file | goal | mutants | compile | reached | killed | equivalent | not the APIC | survived | of them"
               " with another digest | score | of what is to be killed |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
        for name, s in self.files.items():
            mine = [m for m in c.mutants if m["file"] == name]
            goal = "%d %%" % GOALS[name] if name in GOALS else "none: %s" % ", ".join(sorted(
                {"`%s()`" % m["function"] for m in mine}))
            out.append("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %.1f %% | %.1f %% |" % (
                name, goal, len(mine), sum(m["compiles"] for m in mine), s.reached, s.killed, s.equivalent, s.outside,
                s.survived, s.changed, s.share(), s.share_without()))
        return out

    def operators_text(self):
        out = ["", "| operator | reached | killed | equivalent | not the APIC | survived | score |",
                "|---|---|---|---|---|---|---|"]
        for name, s in sorted(self.operators.items()):
            out.append("| %s | %d | %d | %d | %d | %d | %.1f %% |" % (name, s.reached, s.killed, s.equivalent, s.outside,
                                                                     s.survived, s.share()))
        return out

    def checks_text(self):
        out = ["", "## By check", "", "Mutants that a check saw in the run that killed them, and those that it "
                "alone saw; a check that would have none was then tried on those that were dead already.", "",
                "| check | killed | alone |", "|---|---|---|"]
        out += ["| %s | %d | %d |" % (n, k, self.alone[n]) for n, k in self.by_check.most_common()]
        return out

    def survivors_text(self):
        out = ["", "## Survivors", "", "Mutants that were not killed, by function and operator; `make mutants`",
                "lists them in `build/mutants/report.txt`.", "", "| file | function | survivors |", "|---|---|---|"]
        groups = {}
        for m, _ in self.survivors():
            groups.setdefault((m["file"], m["function"]), []).append("%s %d" % (m["operator"], m["ordinal"]))
        out += ["| %s | %s | %s |" % (k + (", ".join(v),)) for k, v in sorted(groups.items())]
        return out if groups else ["", "## Survivors", "", "None."]

    def judged_text(self):
        """What docs/mutants.tbl says of survivors."""
        out = []
        if self.gaps:
            out += ["", "Of these, what a guest or a VMM could see that does what ours do not:", "",
                    "| file | function | mutant | why not |", "|---|---|---|---|"]
            out += ["| %s | %s | %s %d | %s |" % (k + (why,)) for k, why in sorted(self.gaps.items())]
        out += ["", "## Not the APIC", "", "What the functions of files without a goal do besides.", "",
                "| file | function | mutant | what |", "|---|---|---|---|"]
        out += ["| %s | %s | %s %d | %s |" % (k + (why,)) for k, why in sorted(self.outside.items())]
        out += ["", "## Equivalents", "", "Survivors that change nothing that anybody could see, and why.", "",
                "| file | function | mutant | why |", "|---|---|---|---|"]
        out += ["| %s | %s | %s %d | %s |" % (k + (why,)) for k, why in sorted(self.equivalents.items())]
        return out

    def page(self):
        out = self.head_text() + self.operators_text() + self.checks_text() + [""] + self.silent_text()
        return "\n".join(out + self.survivors_text() + self.judged_text()) + "\n"


def write(campaign, docs):
    """Report and page; the exit code."""
    r = Report(campaign)
    text = r.text()
    with open(os.path.join(campaign.folder, "report.txt"), "w", encoding="utf-8") as f:
        f.write(text)
    print(text.split("\nsurvivors:")[0])
    print("survivors: %s" % os.path.join(campaign.folder, "report.txt"))
    if docs:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(r.page())
        with open(COUNTS, "w", encoding="utf-8") as f:
            json.dump(r.counts(), f, indent=1)
            f.write("\n")
    bad = r.stale()
    if not (campaign.args.file or campaign.args.function or campaign.stop.is_set()):
        bad += r.blind_witnesses()
        bad += ["%s: %.1f %% is below the goal of %d %%" % (n, s.share_without(), GOALS[n])
                for n, s in r.files.items() if s.share_without() < GOALS.get(n, 0)]
    for line in bad:
        print(line)
    return 1 if bad else 0
