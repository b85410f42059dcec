# SPDX-License-Identifier: GPL-2.0-only
"""New, expected or known: as sim/cmd/verdict.c decides, from what the store has of the scenarios.

In a campaign of lapicsim compare as sim/cmd/cmd_compare.c does: new is what a variant has and the base has not.
"""

import dataclasses

import words
from model import Cause

STATUS_RANK = {"new": 0, "base": 1, "expected": 2, "known": 3, "follows": 4}
# As sim/cmd/campaign.c has them (a test compares).
FAILURES = {
    "setup": "not built",
    "worker-died": "worker died",
    "out-of-memory": "out of memory",
    "trapped": "trapped",
    "differs": "digests differ",
    "unsteady": "died once, not again",
}


@dataclasses.dataclass
class Missing:
    cell: object
    kind: str
    decided: bool       # there were enough runs


@dataclasses.dataclass
class Verdict:
    code: int           # as `lapicsim run` exits
    word: str           # PASS, FAIL, INCONCLUSIVE
    causes: list
    missing: list
    failures: list
    limited: int
    again: str          # the command that shows the worst of it
    nr: dict            # buckets by status
    unfinished: bool    # whoever worked on it last was stopped, killed, or is still there

    def of(self, status):
        return [c for c in self.causes if c.status == status]


def decimal(text):
    """A number as the scenario's reader takes one, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def expectations(text):
    """([expect] as {(class, kind): word}, [limits] enough_runs or None) of a scenario file."""
    expect, enough, section = {}, None, ""
    for line in text.splitlines():
        line = line.split(" ;")[0].strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            section = line.strip("[]")
            continue
        key, _, value = (part.strip() for part in line.partition("="))
        if section == "expect":
            for item in value.split(","):
                pair = item.split()
                if len(pair) == 2:
                    expect[key, pair[1]] = pair[0]
        elif section == "limits" and key == "enough_runs":
            enough = decimal(value)
    return expect, enough


def expected_word(cell, kind):
    """never, sometimes, always, or None where nothing is said."""
    expect = cell.scenario.expect
    return expect.get((cell.variant.klass, kind)) or expect.get(("default", kind))


def read_expectations(campaign):
    overridden = None
    for item in campaign.overrides.split(","):
        key, _, value = item.partition("=")
        if key == "limits.enough_runs":
            overridden = decimal(value)
    for scenario in campaign.scenarios:
        scenario.expect, enough = expectations(scenario.text)
        scenario.enough_runs = overridden or enough or 1000


def status(bucket):
    if bucket.known:
        return "known"
    if expected_word(bucket.cell, bucket.kind) in ("sometimes", "always"):
        return "expected"
    return "follows" if bucket.follows else "new"


def compared_status(campaign, bucket):
    """What only the base shows, or both do, is nobody's fault here, explained or not."""
    for c in campaign.comparisons:
        if c.variant is bucket.cell.variant and any(
                r.cause == (bucket.kind, bucket.check, bucket.function, bucket.known) for r in c.of("new")):
            return "follows" if bucket.follows else "new"
    alone = status(bucket)
    return "base" if alone == "new" else alone


def find_missing(campaign):
    out = []
    for cell in campaign.cells:
        for kind in words.KINDS:
            if cell.runs and expected_word(cell, kind) == "always" and not cell.kinds.get(kind):
                out.append(Missing(cell, kind, cell.runs >= cell.scenario.enough_runs))
    return out


def importance(cause):
    """New before expected before known; of those, the more serious kind first."""
    return (STATUS_RANK[cause.status], bool(cause.known), words.kind_rank(cause.kind), -cause.runs, cause.kind, cause.check,
            cause.function, cause.known, cause.slice)


def find_causes(campaign):
    groups = {}
    for cell in campaign.cells:
        for b in cell.buckets:
            b.status = compared_status(campaign, b) if campaign.comparisons else status(b)
            groups.setdefault((b.kind, b.check, b.function, b.known, b.slice), []).append(b)
    causes = []
    for name, buckets in groups.items():
        buckets.sort(key=lambda b: (STATUS_RANK[b.status], campaign.variants.index(b.cell.variant),
                                    -b.runs, b.first_run, b.cell.scenario.name))
        causes.append(Cause(*name, buckets, buckets[0].status))
    return sorted(causes, key=importance)


def make(campaign):
    read_expectations(campaign)
    causes = find_causes(campaign)
    missing = [] if campaign.comparisons else find_missing(campaign)
    failures = [f for c in campaign.cells for f in c.failures]
    limited = sum(c.ends.get("limited", 0) for c in campaign.cells)
    nr = {s: sum(b.status == s for c in causes for b in c.buckets) for s in STATUS_RANK}
    decided = [m for m in missing if m.decided]
    unfinished = bool(campaign.sessions) and not campaign.sessions[-1].finished
    code, again = 0, ""
    if campaign.canary and campaign.canary.state == "missed":
        code, again = 6, ""
    elif failures:
        code, again = 6, again_failure(campaign, failures[0])
    elif nr["new"]:
        worst = causes[0].buckets[0]
        code, again = 10, campaign.replay(worst.cell, worst.first_seed)
    elif decided:
        code, again = 11, run_command(campaign, decided[0].cell)
    elif limited:
        cell = next(c for c in campaign.cells if c.first_limited is not None)
        code, again = 5, campaign.replay(cell, cell.first_limited)
    elif unfinished or not campaign.runs:
        code = 5
    word = "PASS" if code == 0 else "INCONCLUSIVE" if code == 5 else "FAIL"
    return Verdict(code, word, causes, missing, failures, limited, again, nr, unfinished)


def again_failure(campaign, failure):
    if failure.kind == "setup":
        return run_command(campaign, failure.cell)
    return campaign.replay(failure.cell, failure.seed)


def run_command(campaign, cell):
    last = cell.ranges[-1][0] + cell.ranges[-1][1] - 1 if cell.ranges else campaign.first_seed
    return "lapicsim run %s --variant %s --seeds %d-%d%s%s" % (
        cell.scenario.name, cell.variant.name, campaign.first_seed, last,
        " --set " + campaign.overrides if campaign.overrides else "",
        "" if campaign.flavour == "plain" else " --flavour " + campaign.flavour)


def failure_name(kind):
    return FAILURES.get(kind, kind.replace("-", " "))
