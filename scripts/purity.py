#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make purity: how well a bucket is one cause, measured on mutants.

Takes a sample of the mutants of a variant that was built with --mutate, in an
order of their own, and runs each in scenarios that reach it.  Of every run that
is killed (scripts/mutants_runs.py says what that is) the first new divergence
names a cause, and so does what the host says itself, as in a campaign.  Three figures come of it:

  spread  mutants that one check shows in more than one bucket
  mixed   buckets in which two causes meet: of a variant that has two, over all pairs of causes; and
          of one that has all at once, which depends on how many those are
  hidden  pairs in which one has no bucket that is not the other's as well
  bound   what no signature made from a run can keep apart: two causes that had a run in common

A cause is a mutant, but for mutants of one function whose runs, all that both
made, have the same digests: nobody could tell those apart.

The same runs are named by other signatures, too, to say what each part does.
Writes docs/buckets.md with --docs.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import itertools
import json
import os
import sys
import threading

import mutants_report as report
import mutants_runs as runs

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs/buckets.md")
SEEDS = 12			# of a scenario in the reach pass
SEEDS_EACH = 5			# of them, for a mutant
KILLING, TRIED, HOPELESS = 6, 24, 12	# scenarios of a mutant: killing it, tried, tried without a kill


class Shown:
    """A new divergence of a run, which names a cause."""

    def __init__(self, mutant, line):
        fields = (line.split("\t") + [""] * 5)[:5]
        words = fields[0].split()
        self.mutant = mutant["id"]
        self.check = (words[1], words[2])
        self.function, self.slice, self.stack = fields[1:4]
        self.trail = fields[4].split(" > ") if fields[4] else []
        self.run = self.after = ()	# (scenario, seed, digest); checks of the divergences after it


SIGNATURES = (
    ("check alone", lambda d: ()),
    ("check, function", lambda d: (d.function,)),
    ("**check, function, slice**: the bucket", lambda d: (d.function, d.slice)),
    ("and the stack's two innermost functions", lambda d: (d.function, d.slice, d.stack.split(" < ")[:2])),
    ("and the whole stack", lambda d: (d.function, d.slice, d.stack)),
    ("and the last operation before it", lambda d: (d.function, d.slice, d.trail[-1:])),
    ("and the last two operations", lambda d: (d.function, d.slice, d.trail[-2:])),
    ("and the last three operations", lambda d: (d.function, d.slice, d.trail[-3:])),
    ("and the check of what follows it", lambda d: (d.function, d.slice, d.after[:1])),
    ("and the checks of all that follows it", lambda d: (d.function, d.slice, sorted(set(d.after)))),
    ("and which operations are among the last six", lambda d: (d.function, d.slice, sorted(set(d.trail)))),
)
CHOSEN = 2


def parse(text):
    """(seed, digest, div lines) of each run."""
    out = []
    for line in text.splitlines():
        if line.startswith("run "):
            words = line.split()
            out.append((int(words[1]), words[2], []))
        elif line.startswith("div ") and out:
            out[-1][2].append(line)
    return out


Figures = collections.namedtuple("Figures", "buckets spread mixed hidden mixed_all")


def share(part, whole):
    return "%d of %d (%.1f %%)" % (part, whole, 100.0 * part / max(whole, 1))


class Purity:
    def __init__(self, args):
        self.args = args
        build = os.path.abspath(args.build)
        self.variant = "%s/variants/%s/plain" % (build, args.variant)
        if not os.path.exists(self.variant + "/mutants.json"):
            sys.exit("purity: no variant %s with mutants: make variant-%s" % (args.variant, args.variant))
        with open(self.variant + "/mutants.json", encoding="utf-8") as f:
            self.mutants = {m["id"]: m for m in json.load(f) if m["compiles"]}
        folder = os.path.join(build, "purity")
        os.makedirs(folder + "/scenarios", exist_ok=True)
        self.runner = runs.Runner(self.variant + "/runner", folder)
        known = runs.known_findings(args.variant.replace("-mutants", ""))
        self.scenarios = [runs.Scenario(p, known, folder, self.runner, SEEDS)
                          for p in sorted(glob.glob(ROOT + "/scenarios/*.scn"))
                          if not os.path.basename(p).startswith("big-")]
        self.lock = threading.Lock()
        self.shown, self.following, self.nr_runs, self.nr_killed = [], [], 0, 0
        self.digests = {}	# mutant: {(scenario, seed): digest}
        self.killed_in = {}	# mutant: {(scenario, seed)}

    def measure(self):
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            for s, error in zip(self.scenarios, pool.map(runs.Scenario.measure, self.scenarios)):
                if error:
                    sys.exit("purity: %s: %s" % (s.name, error))
            chosen = [m for m in self.mutants.values() if any(m["id"] in s.reach for s in self.scenarios)]
            # From the other end than the sample that the signature was made with.
            chosen.sort(key=lambda m: hashlib.sha256(repr(report.key(m)).encode()).hexdigest(), reverse=True)
            for _ in pool.map(self.one, chosen):
                pass

    def enough(self):
        with self.lock:
            return len(self.killed_in) >= self.args.sample

    def one(self, m):
        tried = killing = 0
        found = []
        if self.enough():
            return
        for s in sorted((s for s in self.scenarios if m["id"] in s.reach), key=lambda s: hashlib.sha256(
                ("%s %d" % (s.name, m["id"])).encode()).hexdigest()):
            if killing == KILLING or tried == TRIED or (tried == HOPELESS and not killing):
                break
            tried += 1
            found.append((s, self.run(m, s)))
            killing += any(new for _, _, new in found[-1][1])
        if killing:
            self.keep(m, found)

    def run(self, m, s):
        """[(seed, digest, new divergences' lines)]"""
        text, _ = self.runner.run(s.path, m["id"], s.seeds(m["id"])[:SEEDS_EACH], option="--mutant-explain")
        return [(seed, digest, [d for d in lines if not s.is_expected(*d.split()[1:3])])
                for seed, digest, lines in parse(text)]

    def keep(self, m, found):
        with self.lock:
            if len(self.killed_in) >= self.args.sample:
                return
            for s, rows in found:
                self.nr_runs += len(rows)
                for seed, digest, new in rows:
                    self.digests.setdefault(m["id"], {})[s.name, seed] = digest
                    if new:
                        self.killed_in.setdefault(m["id"], set()).add((s.name, seed))
                        self.nr_killed += 1
                        shown = [Shown(m, d) for d in new]
                        for i, d in enumerate(shown):
                            d.run = (s.name, seed, digest)
                            d.after = tuple(x.check[1] for x in shown[i + 1:])
                        self.shown += [d for i, d in enumerate(shown) if not i or d.check[0].startswith("host-")]
                        self.following += shown[1:]
            done = len(self.killed_in)
            if sys.stderr.isatty() or done % 20 == 0:
                sys.stderr.write("%d of %d mutants\n" % (done, self.args.sample))

    # --- Figures.
    def causes(self):
        """{mutant: one of those that nobody can tell from it}"""
        parent = {i: i for i in self.killed_in}

        def root(i):
            while parent[i] != i:
                i = parent[i]
            return i

        ids = sorted(parent)
        for a in ids:
            for b in ids:
                if a < b and self.mutants[a]["function"] == self.mutants[b]["function"] and self.same(a, b):
                    parent[root(b)] = root(a)
        return {i: root(i) for i in ids}

    def same(self, a, b):
        both = self.digests[a].keys() & self.digests[b].keys()
        return bool((self.killed_in[a] | self.killed_in[b]) & both) and \
            all(self.digests[a][k] == self.digests[b][k] for k in both)

    @staticmethod
    def figures(shown, name, cause):
        """What a signature is worth: @name is what it makes of a divergence, @cause what a mutant stands for."""
        of, causes, names = (collections.defaultdict(set) for _ in range(3))
        for d in shown:
            bucket = (d.check, json.dumps(name(d)))
            of[d.mutant, d.check].add(bucket)
            causes[bucket].add(cause(d.mutant))
            names[cause(d.mutant)].add(bucket)
        spread = {mutant for (mutant, _), buckets in of.items() if len(buckets) > 1}
        pairs = list(itertools.combinations(names.values(), 2))
        return Figures(len(causes), share(len(spread), len({m for m, _ in of})),
                       share(sum(len(a & b) for a, b in pairs), sum(len(a | b) for a, b in pairs)),
                       share(sum(a <= b or b <= a for a, b in pairs), len(pairs)),
                       share(sum(len(c) > 1 for c in causes.values()), len(causes)))

    def bound(self):
        """(names, those that must be mixed, causes in those, causes).

        A signature is a function of a run.  Two mutants with a killed run in common, the same to the
        last event (its digest), get one name for it; and if no mutant is spread over two names of a check, that name
        is all that both have of this check, and so on to the next mutant.
        """
        causes, parent, first = self.causes(), {}, {}

        def root(i):
            while parent.setdefault(i, i) != i:
                i = parent[i]
            return i
        for d in self.shown:
            node, run = (causes[d.mutant], d.check), (d.check, d.run)
            parent[root(node)] = root(first.setdefault(run, node))
        names = collections.defaultdict(set)
        for node in list(parent):
            names[root(node)].add(node[0])
        mixed = [n for n in names.values() if len(n) > 1]
        return len(names), len(mixed), len(set().union(*mixed)), len(set(causes.values()))

    def rows(self):
        causes = self.causes()
        of = lambda m: causes[m]
        where = lambda m: (self.mutants[m]["file"], self.mutants[m]["function"])
        for text, name in SIGNATURES:
            yield text, self.figures(self.shown, name, of)
        name = SIGNATURES[CHOSEN][1]
        yield "the bucket; causes are functions, not mutants", self.figures(self.shown, name, where)
        yield "the bucket, without the rule for what follows", self.figures(self.shown + self.following, name, of)


def table(p):
    names, mixed, unlucky, causes = p.bound()
    return ["| signature | buckets | mutants that are spread | of two causes: buckets that are mixed "
            "| one hides the other | of all at once: buckets that are mixed |", "|---|---|---|---|---|---|"] + \
        ["| %s | %d | %s | %s | %s | %s |" % (text, *row) for text, row in p.rows()] + \
        ["| bound: the finest that spreads none | %d | 0 | | | %s; %s causes are never alone |" % (
            names, share(mixed, names), share(unlucky, causes))]


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--variant", default="6.12-mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=200, help="killed mutants (200)")
    parser.add_argument("--docs", action="store_true", help="write docs/buckets.md")
    args = parser.parse_args()
    p = Purity(args)
    p.measure()
    lines = table(p)
    print("\n".join(lines))
    print("%d killed mutants, %d causes, %d runs, %d of them killed" % (
        len(p.killed_in), len(set(p.causes().values())), p.nr_runs, p.nr_killed))
    if args.docs:
        write_page(p, lines)


def write_page(p, lines):
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    begin, end = "<!-- measured -->\n", "<!-- end -->\n"
    head, rest = page.split(begin)
    text = "%d killed mutants of `%s`, %d causes; %d runs of %d scenarios, %d of them killed.\n\n%s\n" % (
        len(p.killed_in), p.args.variant, len(set(p.causes().values())), p.nr_runs, len(p.scenarios), p.nr_killed,
        "\n".join(lines))
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(head + begin + text + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
