#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make mutants: which of KVM's possible mistakes the oracle sees.

Runs the mutants of a variant that was built with --mutate (kvm/mutate/).  First
a reach pass: every scenario with no mutant on says which mutants each seed
reaches, and what the unchanged code shows.  Then each reached mutant runs the
scenarios and seeds that reach it, in growing batches, until it is killed or has
run them all.

Killed: a divergence, crash, hang or limit that the scenario does not expect and
the unchanged code does not show, or an expected one that is several times as
frequent.  A digest that differs is not a kill; it is noted, since a mutant that
changes what happens and is not seen is what the oracle is blind for.

Results go to BUILD/mutants/results.jsonl as they come; a second run goes on
where the first stopped.  When the runner or a scenario has changed, a kill is
tried again on its own seed first.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time

import mutants_report as report

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BATCHES = (3, 9, 28, 1000)	# seeds of a scenario, batch by batch
TIMEOUT_S = 120
RARE = 5			# an expected divergence: so many times more, and three times as many
CHECK_SHARE = 40		# percent of the sample that make check wants killed
KNOWN_KILL = ("lapic.c", "find_highest_vector", "negate", 1)


class Scenario:
    """What the unchanged code does in one scenario, seed by seed."""

    def __init__(self, path, known):
        self.path = path
        self.name = os.path.basename(path)[:-4]
        self.expected = known.get(self.name, set())
        self.expected_kinds = expected_kinds(path)
        self.boot, self.reach, self.digest, self.shown, self.ends = set(), {}, {}, {}, {}
        self.events = 1

    def load(self, text):
        runs = parse(text)
        if runs is None:
            return False
        self.boot = runs["boot"]
        for r in runs["runs"]:
            self.reach[r["seed"]] = r["reach"] | self.boot
            self.digest[r["seed"]] = r["digest"]
            self.shown[r["seed"]] = set(r["shown"])
            self.ends[r["seed"]] = r["end"]
            self.events += r["events"]
        return True

    def seeds(self, number):
        return [s for s in sorted(self.reach) if number in self.reach[s]]

    def is_expected(self, kind, check):
        return kind in self.expected_kinds or (kind, check) in self.expected or \
            any((kind, check) in shown for shown in self.shown.values())


def expected_kinds(path):
    """Kinds that the scenario expects of a fixed kernel, sometimes or always."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"#.*", "", f.read())
    section = re.search(r"^\[expect\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
    lines = dict(re.findall(r"^([\w.+-]+)\s*=\s*(.*(?:\n[ \t]+\S.*)*)", section[1] if section else "", re.M))
    return set(re.findall(r"(?:sometimes|always)\s+([\w-]+)", lines.get("fixed", lines.get("default", ""))))


def known_findings():
    """{scenario: (kind, check)s} of known/: what is explained, where it is shown, is no kill."""
    out = {}
    for path in glob.glob(ROOT + "/known/*.known"):
        with open(path, encoding="utf-8") as f:
            keys = dict(re.findall(r"^(kind|check|scenario)\s*=\s*(\S+)", f.read(), re.M))
        if len(keys) == 3:
            out.setdefault(keys["scenario"], set()).add((keys["kind"], keys["check"]))
    return out


def parse(text):
    """What `runner --mutant` printed, or None when it did not get through its setup."""
    out = {"boot": set(), "runs": []}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "setup":
            return None
        if words[0] == "boot":
            out["boot"] = numbers(words[1])
        elif words[0] == "run" and len(words) == 7:
            out["runs"].append({"seed": int(words[1]), "digest": words[2], "end": words[3],
                                "events": int(words[4]), "trap": words[5], "reach": numbers(words[6]),
                                "shown": []})
        elif words[0] == "div" and out["runs"]:
            out["runs"][-1]["shown"].append((words[1], words[2]))
    return out


def numbers(word):
    return set() if word == "-" else {int(n, 16) for n in word.split(",")}


class Campaign:
    def __init__(self, args):
        self.args = args
        self.build = os.path.abspath(args.build)
        self.folder = os.path.join(self.build, "mutants")
        variant = "%s/variants/%s/plain" % (self.build, args.variant)
        table = os.path.join(variant, "mutants.json")
        if not os.path.exists(table):
            sys.exit("mutants: no variant %s with mutants: make variant-%s" % (args.variant, args.variant))
        with open(table, encoding="utf-8") as f:
            self.mutants = json.load(f)
        os.makedirs(os.path.join(self.folder, "scenarios"), exist_ok=True)
        self.results_path = os.path.join(self.folder, "results.jsonl")
        self.killed = {}	# the latest kill, even if the latest try was none
        self.results, self.lock, self.stop = {}, threading.Lock(), threading.Event()
        self.kills = {}
        self.env = dict(os.environ, LAPICSIM_WATCHDOG_MS="50")
        # As with the scenarios: a copy, by its name.
        with open(os.path.join(variant, "runner"), "rb") as f:
            program = f.read()
        self.sha = hashlib.sha256(program).hexdigest()[:16]
        self.runner = os.path.join(self.folder, "runner-" + self.sha)
        self.copy_runner(program)

    def copy_runner(self, program):
        for old in glob.glob(os.path.join(self.folder, "runner-*")):
            if old != self.runner:
                os.unlink(old)
        if not os.path.exists(self.runner):
            with open(self.runner + ".tmp", "wb") as f:
                f.write(program)
            os.chmod(self.runner + ".tmp", 0o755)
            os.rename(self.runner + ".tmp", self.runner)

    # --- Runs.
    def run(self, scenario, number, seeds):
        """The runner's output; "died" when it did not end by itself."""
        words = ["nice", self.runner, "--mutant", scenario.path, str(number)] + [str(s) for s in seeds]
        try:
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  errors="replace", timeout=TIMEOUT_S, env=self.env, check=False)
        except subprocess.TimeoutExpired as e:
            return (e.stdout or b"").decode(errors="replace"), True
        return done.stdout, done.returncode not in (0, 2)

    def differs_from(self, variant, nr=5):
        """Scenarios in which the unchanged code is not what it is in a build without mutants."""
        runner, self.runner = self.runner, "%s/variants/%s/plain/runner" % (self.build, variant)
        out = []
        for s in self.scenarios:
            runs = parse(self.run(s, 0, range(nr))[0])
            if not runs or [r["digest"] for r in runs["runs"]] != [s.digest[i] for i in range(nr)]:
                out.append(s.name)
        self.runner = runner
        return out

    # --- The reach pass.
    def reach_pass(self):
        known = known_findings()
        self.scenarios = [Scenario(p, known) for p in sorted(glob.glob(ROOT + "/scenarios/*.scn"))
                          if not os.path.basename(p).startswith("big-")]
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            list(pool.map(self.reach_one, self.scenarios))
        with open(os.path.abspath(__file__), "rb") as f:	# who judges otherwise judges anew
            digest = hashlib.sha256(self.sha.encode() + f.read())
        for s in self.scenarios:
            digest.update(s.key.encode())
        self.state = digest.hexdigest()[:16]
        self.reached = {}
        for s in self.scenarios:
            for number in set().union(*s.reach.values()):
                self.reached.setdefault(number, []).append(s)

    def reach_one(self, scenario):
        with open(scenario.path, "rb") as f:
            text = f.read()
        # A copy: what is edited while this goes on is for the next time.
        scenario.path = os.path.join(self.folder, "scenarios", scenario.name + ".scn")
        with open(scenario.path, "wb") as f:
            f.write(text)
        scenario.key = hashlib.sha256(text + self.sha.encode() + b"%d" % self.args.seeds).hexdigest()[:16]
        path = os.path.join(self.folder, "reach-%s.txt" % scenario.name)
        try:
            with open(path, encoding="utf-8") as f:
                if f.readline().strip() == scenario.key and scenario.load(f.read()):
                    return
        except OSError:
            pass
        text, died = self.run(scenario, 0, range(self.args.seeds))
        if died or not scenario.load(text):
            raise RuntimeError("%s does not run without a mutant" % scenario.name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(scenario.key + "\n" + text)

    # --- One mutant.
    def judge(self, scenario, text, died, count):
        """(checks that kill, seed, did a digest change) of one batch's output."""
        runs = parse(text)
        if runs is None:
            return ["setup"], None, True
        changed = False
        for r in runs["runs"]:
            seed = r["seed"]
            changed |= r["digest"] != scenario.digest[seed]
            new = []
            for kind, check in dict.fromkeys(r["shown"]):
                if not scenario.is_expected(kind, check):
                    new.append("%s/%s" % (kind, check))
                    continue
                had, has = count.get((kind, check), (0, 0))
                had, has = had + ((kind, check) in scenario.shown[seed]), has + 1
                count[kind, check] = had, has
                if has >= 3 * had + RARE:
                    new.append("%s/%s" % (kind, check))
            if r["end"] == "trapped" and scenario.ends[seed] != "trapped":
                new.append("trap/%s" % r["trap"])
            if r["end"] == "limit" and scenario.ends[seed] != "limit":
                new.append("limit/events")
            if new:
                return new, seed, True
        if died:
            return ["died/runner"], None, True
        return [], None, changed

    def order(self, m):
        """The scenarios that reach a mutant; those that kill its neighbours first."""
        with self.lock:
            kills = dict(self.kills)
        return sorted(self.reached[m["id"]], key=lambda s: (
            -kills.get((m["file"], m["function"], s.name), 0), -kills.get(s.name, 0), s.events))

    def again(self, m, old):
        """Does what killed it once kill it still?"""
        for s in self.scenarios:
            if s.name == old.get("scenario") and old.get("seed") in s.reach:
                text, died = self.run(s, m["id"], [old["seed"]])
                by, seed, _ = self.judge(s, text, died, {})
                if by:
                    return dict(old, by=by, seed=seed, state=self.state)
        return None

    def try_mutant(self, m):
        old = self.results.get(report.key(m))
        if old and old["state"] == self.state:
            return None
        if report.key(m) in self.killed:
            result = self.again(m, self.killed[report.key(m)])
            if result:
                return result
        if not self.args.effort:
            return None
        out = {"key": report.key(m), "verdict": "survived", "changed": False, "runs": 0, "state": self.state}
        todo = {s.name: s.seeds(m["id"]) for s in self.reached[m["id"]]}
        counts = {name: {} for name in todo}
        for size in BATCHES[:self.args.effort]:
            for s in self.order(m):
                if self.stop.is_set():
                    return None
                seeds, todo[s.name] = todo[s.name][:size], todo[s.name][size:]
                if not seeds:
                    continue
                text, died = self.run(s, m["id"], seeds)
                by, seed, changed = self.judge(s, text, died, counts[s.name])
                out["changed"] |= changed
                out["runs"] += len(seeds)
                if by:
                    with self.lock:
                        for k in ((m["file"], m["function"], s.name), s.name):
                            self.kills[k] = self.kills.get(k, 0) + 1
                    return dict(out, verdict="killed", by=by, scenario=s.name,
                                seed=seeds[0] if seed is None else seed)
        return out

    # --- All of them.
    def load(self):
        if self.args.fresh or not os.path.exists(self.results_path):
            return
        with open(self.results_path, encoding="utf-8") as f:
            for line in f:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue	# the line that Ctrl-C cut
                row["key"] = tuple(row["key"])
                self.results[row["key"]] = row
                if row["verdict"] == "killed":
                    self.killed[row["key"]] = row
        for row in self.results.values():
            if row["verdict"] == "killed":
                for k in (row["key"][:2] + (row["scenario"],), row["scenario"]):
                    self.kills[k] = self.kills.get(k, 0) + 1

    def chosen(self):
        out = [m for m in self.mutants if m["compiles"] and m["id"] in self.reached and
               (not self.args.file or m["file"] in self.args.file) and
               (not self.args.function or m["function"] in self.args.function)]
        if self.args.sample:
            out.sort(key=lambda m: hashlib.sha256(repr(report.key(m)).encode()).hexdigest())
            known = [m for m in out if report.key(m) == KNOWN_KILL]
            out = known + [m for m in out if m not in known][:self.args.sample - len(known)]
        return out

    def run_all(self):
        chosen = self.chosen()
        start, done = time.monotonic(), 0
        with open(self.results_path, "w" if self.args.fresh else "a", encoding="utf-8") as log, \
                concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            try:
                for result in pool.map(self.guarded, chosen):
                    done += 1
                    if result:
                        self.results[tuple(result["key"])] = result
                        log.write(json.dumps(result) + "\n")
                        log.flush()
                    self.progress(done, len(chosen), start)
            except KeyboardInterrupt:
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                sys.stderr.write("\nmutants: stopped; what is done is kept\n")
        return chosen

    def guarded(self, m):
        if self.stop.is_set():
            return None
        return self.try_mutant(m)

    def progress(self, done, total, start):
        if sys.stderr.isatty() or done % 100 == 0 or done == total:
            killed = sum(1 for r in self.results.values() if r["verdict"] == "killed")
            sys.stderr.write("%s%d of %d mutants, %d killed, %.0f s%s" % (
                "\r" if sys.stderr.isatty() else "", done, total, killed, time.monotonic() - start,
                "" if sys.stderr.isatty() and done < total else "\n"))
            sys.stderr.flush()


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--variant", default="6.12-mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=40, help="of each scenario (40)")
    parser.add_argument("--effort", type=int, default=3, choices=(0, 1, 2, 3, 4),
                        help="batches: 3, 9, 28 and all other seeds of a scenario (3); 0: only earlier kills")
    parser.add_argument("--file", action="append", help="only of this file, as lapic.c; repeatable")
    parser.add_argument("--function", action="append", help="only of this function; repeatable")
    parser.add_argument("--sample", type=int, help="so many, always the same ones; for make check")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--docs", action="store_true", help="write docs/mutants.md")
    parser.add_argument("--report", action="store_true", help="no runs: report what was found so far")
    parser.add_argument("--reach", action="store_true", help="only the reach pass")
    return parser.parse_args()


def check_sample(campaign, chosen):
    """TAP-like lines, for scripts/check.py."""
    rows = [campaign.results.get(report.key(m)) for m in chosen]
    killed = [r for r in rows if r and r["verdict"] == "killed"]
    known = [r for r in killed if tuple(r["key"]) == KNOWN_KILL]
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
    if args.sample:
        campaign.results_path = os.path.join(campaign.folder, "sample.jsonl")
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
