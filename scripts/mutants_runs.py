# SPDX-License-Identifier: GPL-2.0-only
"""Runs of a build with mutants: what the unchanged code does in each scenario and
seed, and which of a mutant's runs kill it.  scripts/mutants.py says which to run.

Killed: a divergence, crash, hang or limit that the scenario does not expect and
the unchanged code does not show, or an expected one that is several times as
frequent.  A digest that differs is not a kill; it is noted, since a mutant that
changes what happens and is not seen is what the oracle is blind for.
"""

import fnmatch
import glob
import hashlib
import os
import re
import select
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEEDS = 40			# of each scenario, in the reach pass
FURTHER = 240			# seeds of a scenario in which a digest changed
TIMEOUT_S = 30
RARE = 8			# an expected divergence: so many times more, and three times as many


def write_atomically(path, data, mode=0o644):
    with open(path + ".tmp", "wb") as f:
        f.write(data)
    os.chmod(path + ".tmp", mode)
    os.rename(path + ".tmp", path)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def own_digest():
    """Who judges otherwise judges anew."""
    return hashlib.sha256(read(os.path.abspath(__file__))).hexdigest()[:16]


class Runner:
    """A copy of a variant's runner, by its name: what is built meanwhile is for the next time."""

    def __init__(self, program, folder):
        data = read(program)
        self.sha = hashlib.sha256(data).hexdigest()[:16]
        self.path = os.path.join(folder, "runner-" + self.sha)
        self.env = dict(os.environ, LAPICSIM_WATCHDOG_MS="50")
        for old in glob.glob(os.path.join(folder, "runner-*")):
            if old != self.path:
                os.unlink(old)
        if not os.path.exists(self.path):
            write_atomically(self.path, data, 0o755)

    def run(self, path, number, seeds, program=None, option="--mutant"):
        """(output, died): the latter when it did not end by itself."""
        words = [program or self.path, option, path, str(number)] + [str(s) for s in seeds]
        try:
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  errors="replace", timeout=TIMEOUT_S, env=self.env, check=False)
        except subprocess.TimeoutExpired as e:
            return (e.stdout or b"").decode(errors="replace"), True
        return done.stdout, done.returncode not in (0, 2)


class Server:
    """`runner --mutant SCENARIO -`: a machine that was built once, for many mutants."""

    def __init__(self, runner, path):
        self.process = subprocess.Popen([runner.path, "--mutant", path, "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=runner.env)
        self.used = False	# by another mutant before

    def run(self, number, seeds):
        """(output, died)"""
        out, end = b"", time.monotonic() + TIMEOUT_S
        poll = select.poll()	# as many files as there are
        poll.register(self.process.stdout)
        try:
            self.process.stdin.write(b"%d %s\n" % (number, b" ".join(b"%d" % s for s in seeds)))
            self.process.stdin.flush()
        except BrokenPipeError:
            return "", True
        while not out.endswith(b"\ndone\n"):
            ready = poll.poll(1000 * max(end - time.monotonic(), 0))
            more = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
            if not more:
                return out.decode(errors="replace"), True
            out += more
        return out.decode(errors="replace"), False

    def close(self):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Servers:
    """The servers of each thread of a round, by scenario."""

    def __init__(self):
        self.by_thread = threading.local()
        self.all = []

    def run(self, scenario, number, seeds, fresh):
        """(output, died, whether other mutants ran in that process before)"""
        mine = self.by_thread.__dict__.setdefault("servers", {})
        server = mine.get(scenario.name)
        if server and fresh:
            self.drop(mine, scenario)
            server = None
        if not server:
            server = mine[scenario.name] = Server(scenario.runner, scenario.path)
            self.all.append(server)
        used, server.used = server.used, True
        text, died = server.run(number, seeds)
        if died:
            self.drop(mine, scenario)
        return text, died, used

    def drop(self, mine, scenario):
        server = mine.pop(scenario.name)
        self.all.remove(server)
        server.close()

    def close(self):
        for server in self.all:
            server.close()
        self.all.clear()


class Scenario:
    """What the unchanged code does in one scenario, seed by seed."""

    def __init__(self, path, known, folder, runner, nr_seeds):
        self.name = os.path.basename(path)[:-4]
        self.runner, self.nr_seeds = runner, nr_seeds
        text = read(path)
        self.expected = known["*"] | known.get(self.name, set())
        self.expected_kinds = expected_kinds(text.decode())
        # A copy: what is edited while this goes on is for the next time.
        self.path = os.path.join(folder, "scenarios", self.name + ".scn")
        write_atomically(self.path, text)
        self.reach_path = os.path.join(folder, "reach-%s.txt" % self.name)
        key = repr((text, runner.sha, own_digest(), nr_seeds, sorted(self.expected)))
        self.key = hashlib.sha256(key.encode()).hexdigest()[:16]
        self.boot = set()	# mutants that the setup reaches
        self.reach = {}		# mutant: seeds that reach it, as bits
        self.times = {}		# mutant: how often, in all of them
        self.digest, self.shown, self.ends = {}, {}, {}
        self.events, self.lock = 1, threading.Lock()

    def measure(self):
        """The reach pass, or what an earlier one said; an error's text."""
        try:
            with open(self.reach_path, encoding="utf-8") as f:
                if f.readline().strip() == self.key:
                    return self.load(f.read())
        except OSError:
            pass
        text, died = self.runner.run(self.path, 0, range(self.nr_seeds))
        error = "ended by itself" if died else self.load(text)
        if not error:
            write_atomically(self.reach_path, (self.key + "\n" + text).encode())
        return error

    def load(self, text):
        runs = parse(text)
        if isinstance(runs, str):
            return runs
        if len(runs["runs"]) != self.nr_seeds:
            return "%d runs, not %d" % (len(runs["runs"]), self.nr_seeds)
        self.boot = set(runs["boot"])
        for r in runs["runs"]:
            self.add(r)
            self.events += r["events"]
            for number, times in list(r["reach"].items()) + list(runs["boot"].items()):
                self.reach[number] = self.reach.get(number, 0) | 1 << r["seed"]
                self.times[number] = self.times.get(number, 0) + times
        return None

    def add(self, r):
        self.digest[r["seed"]], self.ends[r["seed"]] = r["digest"], r["end"]
        self.shown[r["seed"]] = set(r["shown"])

    def extend(self, seeds):
        """The unchanged code's runs of further seeds, once."""
        with self.lock:
            missing = [s for s in seeds if s not in self.digest]
            if missing:
                for r in parse(self.runner.run(self.path, 0, missing)[0])["runs"]:
                    self.add(r)

    def seeds(self, number):
        bits = self.reach.get(number, 0)
        return [s for s in range(self.nr_seeds) if bits >> s & 1]

    def is_expected(self, kind, check):
        return kind in self.expected_kinds or (kind, check) in self.expected or \
            any((kind, check) in shown for shown in list(self.shown.values()))

    def share(self, kind, check):
        """Of the unchanged code's runs, those that show it."""
        return sum((kind, check) in shown for shown in list(self.shown.values())) / len(self.shown)

    def judge(self, r, count):
        """What kills in a run; @count is of expected divergences, so far."""
        seed, new = r["seed"], []
        count["runs"] = count.get("runs", 0) + 1
        for kind, check in dict.fromkeys(r["shown"]):
            if not self.is_expected(kind, check):
                new.append("%s/%s" % (kind, check))
                continue
            had, has = count.get((kind, check), (0, 0))
            had, has = had + ((kind, check) in self.shown[seed]), has + 1
            count[kind, check] = had, has
            if has >= 3 * max(had, self.share(kind, check) * count["runs"]) + RARE:
                new.append("%s/%s" % (kind, check))
        if r["end"] == "trapped" and self.ends[seed] != "trapped":
            new.append("trap/%s" % r["trap"])
        if r["end"] == "limit" and self.ends[seed] != "limit":
            new.append("limit/events")
        return new

    def witnesses(self, servers, number, check):
        """Is @check among what kills the mutant here, in the reach pass's seeds or later ones?"""
        count, fresh = {}, True
        seeds = self.seeds(number) + list(range(self.nr_seeds, FURTHER))
        self.extend(seeds)
        for i in range(0, len(seeds), 20):
            text, died, _ = servers.run(self, number, seeds[i:i + 20], fresh)
            runs, fresh = parse(text), died
            if isinstance(runs, str):
                return False
            if any(b.split("/")[-1] == check for r in runs["runs"] for b in self.judge(r, count)):
                return True
        return False

    def sees(self, servers, number, seeds, check):
        """Does @check see the mutant in one of these runs?"""
        runs = parse(servers.run(self, number, seeds, False)[0])
        return not isinstance(runs, str) and any(
            c == check and not self.is_expected(k, c) for r in runs["runs"] for k, c in r["shown"])

    def try_seeds(self, servers, number, seeds, count, boot=False):
        """Runs of a mutant: Outcome.  @count is of expected divergences, for all its runs here.  @boot: with
        the mutant on in the setup, too.  A kill is a kill in a process that no other mutant has seen."""
        if boot:
            return Outcome(self, count, seeds, *self.runner.run(self.path, number, seeds))
        kept = dict(count)
        text, died, used = servers.run(self, number, seeds, False)
        out = Outcome(self, count, seeds, text, died)
        if out.by and used:
            count.clear()
            count.update(kept)
            text, died, _ = servers.run(self, number, seeds, True)
            out = Outcome(self, count, seeds, text, died)
        return out


class Outcome:
    """by: checks that kill in the first run that does; seed: that run's; changed: runs with another digest."""

    def __init__(self, scenario, count, seeds, text, died):
        self.by, self.seed, self.changed = [], seeds[0], 0
        runs = parse(text)
        if isinstance(runs, str):
            self.by, self.changed = ["setup"] + checks_of_setup(runs), len(seeds)
            return
        for r in runs["runs"]:
            self.changed += r["digest"] != scenario.digest[r["seed"]]
            self.by = scenario.judge(r, count)
            if self.by:
                self.seed = r["seed"]
                return
        if died:
            self.by = ["died/runner"]


def checks_of_setup(line):
    """The check that did not let the setup through, if it was one: run_setup() names it."""
    return re.findall(r"^setup building the VMs: ([a-z0-9]+(?:-[a-z0-9]+)+): ", line)


def expected_kinds(text):
    """Kinds that the scenario expects of a fixed kernel, sometimes or always."""
    text = re.sub(r"#.*", "", text)
    section = re.search(r"^\[expect\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
    lines = dict(re.findall(r"^([\w.+-]+)\s*=\s*(.*(?:\n[ \t]+\S.*)*)", section[1] if section else "", re.M))
    return set(re.findall(r"(?:sometimes|always)\s+([\w-]+)", lines.get("fixed", lines.get("default", ""))))


def known_findings(variant):
    """{scenario: (kind, check)s} of known/: what is explained, where it is shown, is no kill.

    "*" is for all scenarios: an entry that names none, and is of the whole check, explains each.
    """
    out = {"*": set()}
    for path in glob.glob(ROOT + "/known/*.known"):
        text = read(path).decode()
        keys = dict(re.findall(r"^(kind|check|scenario)\s*=\s*(\S+)", text, re.M))
        variants, scenarios = (re.search(r"^%s\s*=\s*(.*)" % k, text, re.M) for k in ("variants", "scenarios"))
        if variants and not any(fnmatch.fnmatch(variant, p) for p in variants[1].split()):
            continue
        if len(keys) < 3:
            continue
        whole = not re.search(r"^(text|slice|function)\s*=", text, re.M)
        for scenario in scenarios[1].split() if scenarios else ["*" if whole else keys["scenario"]]:
            out.setdefault(scenario, set()).add((keys["kind"], keys["check"]))
    return out


def parse(text):
    """What `runner --mutant` printed; its error when it did not get through its setup."""
    out = {"boot": {}, "runs": []}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "setup":
            return line
        if words[0] == "boot":
            out["boot"] = numbers(words[1])
        elif words[0] == "run" and len(words) >= 7:	# what trapped may be several words
            out["runs"].append({"seed": int(words[1]), "digest": words[2], "end": words[3],
                                "events": int(words[4]), "trap": " ".join(words[5:-1]),
                                "reach": numbers(words[-1]), "shown": []})
        elif words[0] == "div" and out["runs"]:
            out["runs"][-1]["shown"].append((words[1], words[2]))
    return out


def numbers(word):
    """{mutant: times} of NUMBER.TIMES,..."""
    return {} if word == "-" else {int(n, 16): int(t, 16) for n, t in (w.split(".") for w in word.split(","))}
