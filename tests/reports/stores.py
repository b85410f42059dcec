# SPDX-License-Identifier: GPL-2.0-only
"""Stores made by SQL on the schema of sim/cmd/store_schema.c, for tests of reports/."""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REPORT = os.path.join(REPO, "reports/report.py")
FIGURES = 5     # of an ordinary report: found, waits, mutants, pairs, speed
sys.path.insert(0, os.path.join(REPO, "reports"))

SCENARIO = """\
[scenario]
claim = %s
[limits]
enough_runs = 500
[expect]
default = sometimes premature-eoi, never host-bug
unfixed = always host-bug
"""


SCHEMA = """
#include <stdio.h>
#include "sim/cmd/store_schema.c"
int main(int argc, char **argv)
{
	(void)argv;
	for (unsigned int i = 0; store_schema(i); i++)
		printf("%s;\\n", store_schema(i));
	for (unsigned int i = 0; argc > 1 && store_schema_compare(i); i++)
		printf("%s;\\n", store_schema_compare(i));
	return 0;
}
"""
_SCHEMA = []


def schema(compare=False):
    """The SQL, from a program around sim/cmd/store_schema.c."""
    if not _SCHEMA:
        with tempfile.TemporaryDirectory() as where:
            subprocess.run(["gcc", "-std=gnu11", "-I" + REPO, "-x", "c", "-", "-o", where + "/schema"],
                           input=SCHEMA, text=True,
                           check=True)
            for words in ([], ["compare"]):
                _SCHEMA.append(subprocess.run([where + "/schema", *words], capture_output=True, text=True,
                                              check=True).stdout)
    return _SCHEMA[compare]


def version():
    with open(os.path.join(REPO, "sim/cmd/store.h"), encoding="utf-8") as f:
        return int(re.search(r"#define STORE_VERSION\s+(\d+)", f.read())[1])


class Store:
    def __init__(self, path, compare=False):
        self.path = path
        self.db = sqlite3.connect(path)
        self.db.executescript(schema(compare))
        self.db.execute("PRAGMA application_id = %d" % 0x4c415049)
        self.db.execute("PRAGMA user_version = %d" % version())
        self.columns = {}

    def names(self, table):
        if table not in self.columns:
            self.columns[table] = self.db.execute("PRAGMA table_info(%s)" % table).fetchall()
        return [column[1] for column in self.columns[table]]

    def add(self, table, **values):
        """A row; what is not given and must not be NULL is empty. Its id."""
        self.names(table)
        for _, name, kind, needed, default, _ in self.columns[table]:
            if needed and default is None and name not in values and name != "id":
                values[name] = "" if kind == "TEXT" else 0
        return self.db.execute("INSERT INTO %s (%s) VALUES (%s)" % (
            table, ", ".join('"%s"' % n for n in values), ", ".join("?" * len(values))),
            tuple(values.values())).lastrowid

    def campaign(self, **values):
        values = {"key": "k%d" % id(values), "flavour": "plain", "overrides": "", "first_seed": 0, "last_seed": 999,
                  "replay_share": 1, "created": 1795565000, **values}
        return self.add("campaign", **values)

    def variant(self, name, klass="fixed", identity="0123456789abcdef", manifest="{}"):
        return self.add("variant", name=name, identity=identity, **{"class": klass}, manifest=manifest)

    def scenario(self, name, claim="it holds", text=None):
        return self.add("scenario", name=name, hash=0xabcd1234, claim=claim,
                        text=SCENARIO % "c" if text is None else text)

    def cell(self, campaign, scenario, variant, runs=1000, first=0, session=1, **values):
        cell = self.add("cell", campaign=campaign, scenario=scenario, variant=variant, first_seed=first,
                        last_seed=first + max(runs, 1) - 1)
        if runs:
            self.add("range", cell=cell, first=first, session=session, **{"count": runs, "events": runs * 1000,
                     "interrupts": runs * 100, "virtual_ns": runs * 100000, "complete": runs,
                     "wall_ns": runs * 300000,
                     "repeated": runs // 100, "first_limited": 0, **values})
        return cell

    def session(self, campaign, points=12, **values):
        session = self.add("session", campaign=campaign, started=1795565000, wall_ns=points * 10 ** 10, host="box",
                           pid=1,
                           jobs=2, finished=1, **values)
        for i in range(1, points + 1):
            self.add("series", session=session, wall_ns=i * 10 ** 10, runs=i * 100, events=i * 100000 + i % 3 * 9000,
                     divergent=i, buckets=min(i, 4), new_buckets=min(i, 1), known_buckets=min(i, 3))
        return session

    def bucket(self, cell, kind="premature-eoi", check="isr-premature", function="", known="", runs=20, first=5,
               kept=16,
               text="vector 0x31 left ISR", site="", step=7, **more):
        later = {"cheap_seed": first + step, "cheap_event": 41, "trail": "set-lapic > eoi", "replays": 20,
                 "replayed": 19}
        there = self.names("bucket")
        bucket = self.add("bucket", cell=cell, kind=kind, check_name=check, function=function, known=known, runs=runs,
                          first_seed=first, **{k: v for k, v in {**later, **more}.items() if k in there})
        for i in range(min(kept, runs)):
            self.add("divergence", bucket=bucket, seed=first + i * step, vm=0, vcpu=1, vector=0x31, time_ns=5000,
                     event=40 + i,
                     site=site, text=text)
        return bucket

    def pairs(self, cell, operations, states):
        """Most operations in most states, after some others."""
        for i in range(operations):
            self.db.execute("INSERT OR IGNORE INTO operation (id, name) VALUES (?, ?)", (i + 1, "operation %d" % i))
        for i in range(states):
            self.db.execute("INSERT OR IGNORE INTO apic_state (id, name) VALUES (?, ?)",
                            (i + 1, "irr isr pending %d" % i))
        for n in range(operations * operations * states):
            if n * 7919 % 11 < n % 5:
                self.db.execute("INSERT OR IGNORE INTO pair VALUES (?, ?, ?, ?, ?)", (
                    cell, n % operations + 1, n // operations % operations + 1, n // operations ** 2 % states + 1,
                    n % 3 + 1))

    def statements(self, campaign, scenario, variant):
        self.add("sure", campaign=campaign, scenario=scenario, variant=variant, runs=1000, sampled=200, pairs=90,
                 f1=6, f2=3,
                 unseen=0.0004, hidden=6.5, text="t")
        self.add("gone", campaign=campaign, scenario=scenario, variant=variant, kind="host-bug", check_name="bug",
                 function="kvm_lapic_sync_from_vapic", slice="register lvt0", other="6.1-unfixed", other_shown=12, other_runs=1000,
                 rate_low=0.006,
                 clean=1000, needed=480, more=0)
        self.add("canary", campaign=campaign, state="found", variant="canary", scenario="alpha", runs=100, shown=1,
                 text="seen in run 31 of 100")

    def comparison(self, campaign, base, variant, **numbers):
        """A variant against the base; which of its lines were reached, unless @numbers says so."""
        self.add("comparison", campaign=campaign, base=base, variant=variant, **{
            "pairs": 2000, "differ": 100, "cut": 3, "other_order": 4, "other_interrupts": 50, "base_changed": 2,
            "variant_changed": 5, "code_lines": 4, "reached": 3, **numbers})
        for n, counter in enumerate(("entries", "pv-armed", "exit-hlt", "virtual")):
            self.add("behaviour", campaign=campaign, base=base, variant=variant, counter=counter,
                     base_sum=1000 * n, variant_sum=900 * n + 5, runs=1997, less=30 * n, more=9 * n, p=0.5 ** (8 * n))

    def compared(self, campaign, base, variant, klass, base_runs, variant_runs, **what):
        self.add("compared", campaign=campaign, base=base, variant=variant, **{
            "kind": "host-bug", "check_name": "bug", "function": "kvm_lapic_sync_from_vapic", "class": klass,
            "base_runs": base_runs, "variant_runs": variant_runs, "runs": 2000,
            "only_base": base_runs, "only_variant": variant_runs, "p": 0.0005, "base_low": base_runs / 2500,
            "base_high": (base_runs + 4) / 1500, "variant_low": variant_runs / 2500,
            "variant_high": (variant_runs + 4) / 1500, "base_median": 80 if base_runs else None, "token": "", **what})

    def done(self):
        self.db.commit()
        self.db.close()
        return self.path


def folder():
    return tempfile.TemporaryDirectory(prefix="lapicsim-report-")


def ordinary(path):
    """Two variants, two scenarios: one thing new, one expected, one known, a missing one, a failure of none."""
    s = Store(path)
    c = s.campaign()
    session = s.session(c)
    old, now = s.variant("6.1-unfixed", "unfixed", "aaaa000011112222"), s.variant("6.12", "fixed", "bbbb000011112222")
    alpha, beta = s.scenario("alpha"), s.scenario("beta")
    for scenario in (alpha, beta):
        for variant in (old, now):
            cell = s.cell(c, scenario, variant, session=session, divergent=30)
            if variant == old and scenario == alpha:
                s.bucket(cell, "host-bug", "bug", "kvm_lapic_sync_from_vapic", runs=12, first=9, text="kernel BUG")
                s.add("kind_runs", cell=cell, kind="host-bug", runs=12)
            s.bucket(cell, "premature-eoi", "isr-premature-page-away", known="pv-eoi-page-away", runs=25, first=3)
            s.add("kind_runs", cell=cell, kind="premature-eoi", runs=25)
            if variant == now and scenario == beta:
                s.bucket(cell, "lost-interrupt", "irr-lost", runs=1, first=701,
                         text="vector 0x44 was accepted and is gone")
                s.add("kind_runs", cell=cell, kind="lost-interrupt", runs=1)
            s.add("deviation", cell=cell, name="icr-level", uses=17, runs=9)
            s.pairs(cell, 9, 7)
    s.statements(c, alpha, now)
    return s.done()


LOST = {"kind": "lost-interrupt", "check_name": "irr-lost", "function": ""}


def compared(path):
    """Three variants against a base that shows a BUG: one fixes it, one breaks something else, one does not matter."""
    s = Store(path, compare=True)
    c = s.campaign(key="alpha compared")
    session = s.session(c)
    # The base has the highest number: an earlier campaign had the others.
    fix, worse, idle = s.variant("fix"), s.variant("worse"), s.variant("idle")
    base, alpha = s.variant("before", identity="aaaa000011112222"), s.scenario("alpha", text="[expect]\n")
    cells = {v: s.cell(c, alpha, v, runs=2000, session=session) for v in (fix, worse, idle, base)}
    for v in (base, worse, idle):
        s.bucket(cells[v], "host-bug", "bug", "kvm_lapic_sync_from_vapic", runs=12, first=9, text="kernel BUG")
    s.bucket(cells[worse], "lost-interrupt", "irr-lost", runs=1, first=701, text="vector 0x44 is gone")
    s.compared(c, base, fix, "fixed", 12, 0)
    s.compared(c, base, fix, "none", 0, 0, **LOST)
    s.compared(c, base, worse, "still there", 12, 12, p=1.0)
    s.compared(c, base, worse, "new", 0, 1, p=1.0, **LOST)
    s.compared(c, base, idle, "still there", 12, 12, p=1.0)
    s.compared(c, base, idle, "none", 0, 0, **LOST)
    s.comparison(c, base, fix)
    s.comparison(c, base, worse)
    s.comparison(c, base, idle, differ=0, reached=0)
    for v, runs in ((fix, 17), (worse, 20), (idle, 0)):
        for line in range(4):
            s.add("patch_line", campaign=c, base=base, variant=v, side="base" if line == 3 else "variant",
                  file="arch/x86/kvm/lapic.c", line=100 + line, runs=runs * (line != 2), sampled=20,
                  text="if (a < b && c > d)")
    s.add("first_difference", campaign=c, base=base, variant=fix, scenario=alpha, seed="0x9", event=68,
          base_event="divergence: host BUG", variant_event="vCPU 0: entry")
    return s.done()


def nothing_found(path):
    s = Store(path)
    c = s.campaign()
    s.session(c, points=0)
    s.cell(c, s.scenario("alpha", text="[expect]\ndefault = never host-bug\n"), s.variant("6.12"), runs=300)
    return s.done()


def empty(path):
    """A campaign of which no run has ended."""
    s = Store(path)
    s.cell(s.campaign(), s.scenario("alpha"), s.variant("6.12"), runs=0)
    return s.done()


HOSTILE = "</script><script>alert(1)</script><!-- ]]> \"'`|*_&amp; =1+1 # SKIP \x01\x1b[31m\u202egnp \\ {x} \ufffe\n\nnot ok 1 %s"


def hostile(path):
    """Nothing in it can be trusted."""
    s, h = Store(path), HOSTILE
    c = s.campaign(key=h, overrides=h, flavour=h)
    session = s.add("session", campaign=c, started=1 << 62, wall_ns=20, host=h, pid=0, jobs=1)
    cell = s.cell(c, s.scenario(h, claim=h, text=h), s.variant(h, h, h, manifest='{"source": {"kind": %s}}' % "1"),
                  session=session)
    s.bucket(cell, kind=h, check=h, function=h, known=h, text=h, site=h)
    s.bucket(cell, kind="host-bug", check="=cmd()", function="../../x", known="../../etc/passwd", text=h)
    s.add("kind_runs", cell=cell, kind=h, runs=3)
    s.add("failure", cell=cell, seed=-1, kind=h, text=h)
    s.add("deviation", cell=cell, name=h, uses=3, runs=2)
    return s.done()


def huge(path, divergences=100000):
    """As many divergences as a store can keep of that many buckets."""
    s = Store(path)
    c = s.campaign()
    s.session(c, points=3000)
    variants = [s.variant("v%d" % i, identity="%016x" % i) for i in range(5)]
    scenarios = [s.scenario("scenario-%d" % i) for i in range(10)]
    cells = [s.cell(c, scenario, v, runs=100000) for scenario in scenarios for v in variants]
    nr = divergences // 16
    for i in range(nr):
        s.bucket(cells[i % len(cells)], "lost-interrupt", "check-%d" % (i // 40 % 50),
                 "function_%d" % (i // 50 % 2000), runs=40,
                 first=i % 900, text="vector 0x%02x was lost in some way that takes a few words to describe" % (i % 256))
    s.pairs(cells[0], 60, 50)
    return s.done()


def report(store, output, *words, program="/nonexistent", env=None):
    return subprocess.run([sys.executable, "-S", REPORT, store, "--output", output, "--program", program, *words],
                          capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, **env) if env else None)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
        return f.read()
