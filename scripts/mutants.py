#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make mutants: which of KVM's possible mistakes the oracle sees.

Runs the mutants of a variant that was built with --mutate (kvm/mutate/).  First
a reach pass: every scenario with no mutant on says which mutants each seed
reaches, how often, and what the unchanged code shows.  Then come rounds, each
over the mutants that are still alive (of a sample, the first three):

0  what was killed before, on the seed that killed it;
1  3 seeds of each scenario that reaches the mutant, on from the first event on;
2  of those that the setup reaches, 3 seeds with the mutant on in the setup;
3  the other seeds of those in which a digest changed;
4  12 seeds of the others;
5  200 seeds more of those in which a digest changed;
6  what is left of the first 40 seeds.

What a check sees counts for the run that killed a mutant.  Checks that have none
after round 2 get a turn of their own: the mutant that docs/mutants.tbl names for
the check, in the scenario named there; or those that are dead by then, in the
scenario that tests/e2e/test_rules.py has for the check, until it sees some.

A mutant's scenarios come in the order of what kills its neighbours, then of how
often they reach it for what they cost.  Each mutant gets at most SECONDS of a
round, and all of them --minutes; what did not come to its turn keeps its earlier
result.  What counts as killed, mutants_runs.py says.

Results go to BUILD/mutants/results.jsonl as they come, with the runs that they
cost: a second run goes on where the first stopped, however it stopped, and does
again only what is about a scenario or a build that has changed.
"""

import argparse
import concurrent.futures
import fcntl
import glob
import hashlib
import json
import os
import sys
import threading
import time

import mutants_report as report
import mutants_runs as runs

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEEDS, FURTHER = runs.SEEDS, runs.FURTHER
SECONDS = 6			# of a mutant in a round
CHUNK = 10			# seeds at a time
SECONDS_OF_CHECK = 10		# of a check's own turn, at most
SEEN_ENOUGH = 3			# mutants that it has to see there
CHECK_SHARE = 40		# percent of the sample that make check wants killed
KNOWN_KILL = ("lapic.c", "find_highest_vector", "negate", 1)


class Round:
    """Seeds of each scenario: the @first that reach the mutant; those below @changed_to where a digest changed."""

    def __init__(self, text, first=0, changed_to=0, boot=False):
        self.text, self.first, self.changed_to, self.boot = text, first, changed_to, boot
        self.tried = "boot" if boot else "tried"

    def seeds(self, mutant, scenario, row):
        mine = scenario.seeds(mutant["id"])
        if self.boot and mutant["id"] not in scenario.boot:
            return []
        if self.changed_to:
            if not row["changed"].get(scenario.name):
                return []
            mine = mine + list(range(SEEDS, self.changed_to))
        return mine[row[self.tried].get(scenario.name, [None, 0])[1]:self.first or None]


ROUNDS = (Round("3 seeds of each scenario", first=3),
          Round("3 seeds, setup included", first=3, boot=True),
          Round("digest changed: %d seeds" % SEEDS, changed_to=SEEDS),
          Round("12 seeds of each scenario", first=12),
          Round("digest changed: %d seeds" % FURTHER, changed_to=FURTHER),
          Round("%d seeds of each scenario" % SEEDS, first=SEEDS))


class Neighbours:
    """Which scenarios kill, near a mutant."""

    def __init__(self):
        self.lines = {}		# (file, function): {(line, scenario): kills}
        self.all = {}		# scenario: kills

    def add(self, m, scenario):
        near = self.lines.setdefault((m["file"], m["function"]), {})
        near[m["line"], scenario] = near.get((m["line"], scenario), 0) + 1
        self.all[scenario] = self.all.get(scenario, 0) + 1

    def order(self, m, scenarios):
        score = {}
        for (line, scenario), kills in list(self.lines.get((m["file"], m["function"]), {}).items()):
            score[scenario] = score.get(scenario, 0) + kills * (4 if abs(line - m["line"]) <= 2 else 1)
        total = sum(self.all.values()) or 1
        return sorted(scenarios, key=lambda s: (
            -score.get(s.name, 0), -(s.times[m["id"]] / s.events + self.all.get(s.name, 0) / total)))


class Campaign:
    def __init__(self, args):
        self.args = args
        self.build = os.path.abspath(args.build)
        self.folder = os.path.join(self.build, "mutants")
        self.variant = "%s/variants/%s/plain" % (self.build, args.variant)
        table = os.path.join(self.variant, "mutants.json")
        if not os.path.exists(table):
            sys.exit("mutants: no variant %s with mutants: make variant-%s" % (args.variant, args.variant))
        with open(table, encoding="utf-8") as f:
            self.mutants = json.load(f)
        self.by_key = {report.key(m): m for m in self.mutants}
        os.makedirs(os.path.join(self.folder, "scenarios"), exist_ok=True)
        self.results_path = os.path.join(self.folder, "sample.jsonl" if args.sample else "results.jsonl")
        self.results = {}	# key: the latest row
        self.kills = {}		# key: the latest row that is a kill
        self.near = Neighbours()
        self.lock, self.stop = threading.Lock(), threading.Event()
        self.start, self.end = time.monotonic(), time.monotonic() + 60 * args.minutes

    # --- The reach pass.
    def reach_pass(self):
        self.one_at_a_time()
        self.runner = runs.Runner(os.path.join(self.variant, "runner"), self.folder)
        known = runs.known_findings(self.args.variant.replace("-mutants", ""))
        self.scenarios = [runs.Scenario(p, known, self.folder, self.runner, SEEDS)
                          for p in sorted(glob.glob(ROOT + "/scenarios/*.scn"))
                          if not os.path.basename(p).startswith("big-")]
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            errors = list(pool.map(runs.Scenario.measure, self.scenarios))
        for s, error in zip(self.scenarios, errors):
            if error:
                sys.exit("mutants: %s does not run without a mutant (%s); if %s is older than the scenarios: make "
                         "variant-%s" % (s.name, error, self.args.variant, self.args.variant))
        self.scenario = {s.name: s for s in self.scenarios}
        self.reached = {}
        for s in self.scenarios:
            for number in s.reach:
                self.reached.setdefault(number, []).append(s)

    def one_at_a_time(self):
        self.lock_file = open(os.path.join(self.folder, "lock"), "w", encoding="utf-8")
        try:
            fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("mutants: another process works in %s" % self.folder)

    def differs_from(self, variant, nr=5):
        """Scenarios in which the unchanged code is not what it is in a build without mutants."""
        program = "%s/variants/%s/plain/runner" % (self.build, variant)
        out = []
        for s in self.scenarios:
            found = runs.parse(self.runner.run(s.path, 0, range(nr), program)[0])
            if isinstance(found, str) or \
                    [r["digest"] for r in found["runs"]] != [s.digest[i] for i in range(nr)]:
                out.append(s.name)
        return out

    # --- Results.
    def load(self):
        if self.args.fresh or not os.path.exists(self.results_path):
            return
        with open(self.results_path, encoding="utf-8") as f:
            for line in f:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue	# the line that was cut
                key = row["key"] = tuple(row["key"])
                if key in self.by_key and "boot" in row:
                    self.results[key] = row
                    if row["verdict"] == "killed":
                        self.kills[key] = row
        for key, row in self.results.items():
            for k in ("tried", "boot"):
                row[k] = {n: t for n, t in row[k].items() if n in self.scenario and self.scenario[n].key == t[0]}
            if row["verdict"] == "killed":
                self.near.add(self.by_key[key], row["scenario"])
        self.rewrite()

    def rewrite(self):
        """Without the rows that later ones replace."""
        rows = [r for k, r in self.kills.items() if self.results[k] is not r] + list(self.results.values())
        runs.write_atomically(self.results_path, "".join(json.dumps(r) + "\n" for r in rows).encode())

    def keep(self, row):
        with self.lock:
            self.results[row["key"]] = row
            if row["verdict"] == "killed":
                self.kills[row["key"]] = row
                self.near.add(self.by_key[row["key"]], row["scenario"])
            self.log.write(json.dumps(row) + "\n")
            self.log.flush()

    def is_current(self, row):
        """Of this build and these scenarios: a kill, or at least the first round."""
        if row["verdict"] == "killed":
            s = self.scenario.get(row["scenario"])
            return bool(s) and row["skey"] == s.key
        m = self.by_key[row["key"]]
        return not any(r.seeds(m, s, row) for r in ROUNDS[:2] for s in self.reached.get(m["id"], []))

    # --- One mutant.
    def attempt(self, m, row, scenario, seeds, counts, what):
        """Runs @seeds; a killed row, or None."""
        out = scenario.try_seeds(self.servers, m["id"], seeds, counts.setdefault(scenario.name, {}), what.boot)
        tried = row[what.tried]
        row["runs"] += len(seeds)
        tried[scenario.name] = [scenario.key, tried.get(scenario.name, [None, 0])[1] + len(seeds)]
        if out.changed:
            row["changed"][scenario.name] = row["changed"].get(scenario.name, 0) + out.changed
        if not out.by:
            return None
        return dict(row, verdict="killed", by=out.by, scenario=scenario.name, seed=out.seed, skey=scenario.key,
                    in_setup=what.boot, tried={}, boot={})

    def again(self, m):
        """Round 0: does what killed it once kill it still?"""
        row = self.kills[report.key(m)]
        s = self.scenario.get(row["scenario"])
        killed = None
        if s:
            s.extend([row["seed"]])
            killed = self.attempt(m, self.blank(m), s, [row["seed"]], {}, ROUNDS[1 if row["in_setup"] else 0])
        if killed:
            self.keep(killed)
        elif self.results[row["key"]] is row:	# alive again: from the beginning
            self.keep(self.blank(m))

    def blank(self, m):
        return {"key": report.key(m), "verdict": "survived", "runs": 0, "tried": {}, "boot": {}, "changed": {}}

    def row(self, m):
        return self.results.get(report.key(m)) or self.blank(m)

    def round(self, m, what):
        row = self.row(m)
        row = dict(row, tried=dict(row["tried"]), boot=dict(row["boot"]), changed=dict(row["changed"]))
        end, before, counts = time.monotonic() + SECONDS, row["runs"], {}
        for s in self.near.order(m, self.reached[m["id"]]):
            seeds = what.seeds(m, s, row)
            if what.changed_to > SEEDS and seeds:
                s.extend(seeds)
            while seeds and not self.stop.is_set() and time.monotonic() < min(end, self.end):
                killed = self.attempt(m, row, s, seeds[:CHUNK], counts, what)
                if killed:
                    self.keep(killed)
                    return
                seeds = seeds[CHUNK:]
        if row["runs"] != before or report.key(m) not in self.results:
            self.keep(row)

    # --- Checks that saw none.
    def silent_checks(self):
        """{check: scenarios made for it} of those that were in no run that killed."""
        seen = {b.split("/")[-1] for r in self.results.values() if r["verdict"] == "killed"
                for b in r["by"] + r.get("also", [])}
        made = dict.fromkeys(report.read_witnesses(), [])
        made.update(report.made_for_checks())
        return {c: [self.scenario[n] for n in names if n in self.scenario]
                for c, names in made.items() if c not in seen}

    def witness(self, check):
        """The mutant that docs/mutants.tbl names for it, if it is dead and the check does see it."""
        key, scenario = report.read_witnesses().get(check, (None, None))
        row, m = self.results.get(key), self.by_key.get(key)
        if not m or not row or row["verdict"] != "killed" or scenario not in self.scenario:
            return False
        if not self.scenario[scenario].witnesses(self.servers, m["id"], check):
            return False
        self.keep(dict(row, also=sorted(set(row.get("also", [])) | {check})))
        return True

    def turn_of_check(self, item):
        check, scenarios = item
        if self.witness(check):
            return
        found, end = 0, min(time.monotonic() + SECONDS_OF_CHECK, self.end)
        for s in scenarios:
            dead = [m for m in self.chosen() if not self.alive(m) and s.seeds(m["id"])]
            for m in sorted(dead, key=lambda m: hashlib.sha256(repr((check, report.key(m))).encode()).hexdigest()):
                if found >= SEEN_ENOUGH or self.stop.is_set() or time.monotonic() >= end:
                    return
                if s.sees(self.servers, m["id"], s.seeds(m["id"])[:2], check):
                    row = self.results[report.key(m)]
                    self.keep(dict(row, also=sorted(set(row.get("also", [])) | {check})))
                    found += 1

    # --- All of them.
    def chosen(self):
        out = [m for m in self.mutants if m["compiles"] and m["id"] in self.reached and
               (not self.args.file or m["file"] in self.args.file) and
               (not self.args.function or m["function"] in self.args.function)]
        if self.args.sample:
            out.sort(key=lambda m: hashlib.sha256(repr(report.key(m)).encode()).hexdigest())
            known = [m for m in out if report.key(m) == KNOWN_KILL]
            out = known + [m for m in out if m not in known][:self.args.sample - len(known)]
        return out

    def alive(self, m):
        return self.results.get(report.key(m), {}).get("verdict") != "killed"

    def urgency(self, m):
        """Never tried first, then those whose digest changed."""
        row = self.results.get(report.key(m))
        return (row is not None, not (row and row["changed"]))

    def run_all(self):
        chosen = self.chosen()
        with open(self.results_path, "w" if self.args.fresh else "a", encoding="utf-8") as self.log:
            try:
                old = [m for m in chosen if report.key(m) in self.kills and
                       not self.is_current(self.kills[report.key(m)])]
                self.all_of(old, "what was killed before", 0, self.again)
                for i, what in enumerate(ROUNDS[:3] if self.args.sample else ROUNDS):
                    if time.monotonic() >= self.end:
                        break
                    mine = sorted((m for m in chosen if self.alive(m) and self.has_work(m, what)), key=self.urgency)
                    self.all_of(mine, what.text, i + 1, lambda m, what=what: self.round(m, what))
                    if i == 1 and not self.args.sample:
                        self.all_of(list(self.silent_checks().items()), "checks that saw none", i + 1,
                                    self.turn_of_check)
            except KeyboardInterrupt:
                self.stop.set()
                sys.stderr.write("\nmutants: stopped; what is done is kept\n")
        return chosen

    def has_work(self, m, what):
        return any(what.seeds(m, s, self.row(m)) for s in self.reached[m["id"]])

    def all_of(self, mutants, text, number, work):
        def one(m):
            if not self.stop.is_set() and time.monotonic() < self.end:
                work(m)
        begin, told = time.monotonic(), 0.0
        self.servers = runs.Servers()
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            try:
                for i, _ in enumerate(pool.map(one, mutants)):
                    if time.monotonic() - told > (1 if sys.stderr.isatty() else 20) or i + 1 == len(mutants):
                        told = time.monotonic()
                        self.progress(number, text, i + 1, len(mutants), begin)
            except KeyboardInterrupt:
                self.stop.set()
                raise
            finally:
                self.servers.close()
        if mutants and sys.stderr.isatty():
            sys.stderr.write("\n")

    def progress(self, number, text, done, total, begin):
        now = time.monotonic()
        killed = sum(r["verdict"] == "killed" for r in self.results.values())
        sys.stderr.write("%sround %d of %d, %s: %d of %d, %d killed in all; %.0f s, this round %.0f s more, all at "
                         "most %.0f s more%s" % (
                             "\r" if sys.stderr.isatty() else "", number, len(ROUNDS), text, done, total, killed,
                             now - self.start, min((now - begin) * (total - done) / done, max(self.end - now, 0)),
                             max(self.end - now, 0), "" if sys.stderr.isatty() else "\n"))
        sys.stderr.flush()


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--variant", default="6.12-mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=40, help="all rounds together (40)")
    parser.add_argument("--file", action="append", help="only of this file, as lapic.c; repeatable")
    parser.add_argument("--function", action="append", help="only of this function; repeatable")
    parser.add_argument("--sample", type=int, help="so many, always the same ones; for make check")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--docs", action="store_true", help="write docs/mutants.md and docs/mutants.json")
    parser.add_argument("--report", action="store_true", help="no runs: report what was found so far")
    parser.add_argument("--reach", action="store_true", help="only the reach pass")
    return parser.parse_args()


def check_sample(campaign, chosen):
    """TAP-like lines, for scripts/check.py."""
    rows = [campaign.results.get(report.key(m)) for m in chosen]
    killed = [r for r in rows if r and r["verdict"] == "killed"]
    known = [r for r in killed if r["key"] == KNOWN_KILL]
    share = 100.0 * len(killed) / max(len(chosen), 1)
    differs = campaign.differs_from(campaign.args.variant.replace("-mutants", ""))
    tests = ((not differs, "without a mutant, digests are those of the plain build " + " ".join(differs)),
             (len(chosen) == campaign.args.sample, "a sample of %d mutants" % len(chosen)),
             (share >= CHECK_SHARE, "%.0f %% of them are killed, at least %d %%" % (share, CHECK_SHARE)),
             (bool(known), "the mutant that must be killed is: %s %s %s %d" % KNOWN_KILL))
    for ok, text in tests:
        print("%s - %s" % ("ok" if ok else "not ok", text))
    failed = sum(not ok for ok, _ in tests)
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


def main():
    args = arguments()
    campaign = Campaign(args)
    campaign.reach_pass()
    print("%d mutants, %d compile, %d of them are reached by %d scenarios" % (
        len(campaign.mutants), sum(m["compiles"] for m in campaign.mutants),
        sum(m["compiles"] and m["id"] in campaign.reached for m in campaign.mutants), len(campaign.scenarios)),
        flush=True)
    if args.reach:
        return 0
    campaign.load()
    if args.report:
        return report.write(campaign, args.docs)
    chosen = campaign.run_all()
    if args.sample:
        return check_sample(campaign, chosen)
    return report.write(campaign, args.docs)


if __name__ == "__main__":
    sys.exit(main())
