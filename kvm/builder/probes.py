# SPDX-License-Identifier: GPL-2.0-only
"""What a tree has, found by compiling declarations against its headers.

kvm/probes.tbl has one "NAME : declaration" a line.  Those that compile become
"#define KW_HAS_NAME 1" in the generated probes.h.  Nothing is ever decided by
version.  All declarations are compiled at once; only lines of the table may
fail, an error anywhere else means that the tree is not understood.
"""

import json
import os
import re
import subprocess

import compile as comp
from errors import HarnessError, TreeNotUnderstood
from genhdr import write_if_changed
from objects import Job, sha256_text, write_atomically

HEADERS = ("<linux/kvm_host.h>", '"irq.h"', '"ioapic.h"', '"lapic.h"',
           '"mmu.h"', '"x86.h"', '"cpuid.h"', '"hyperv.h"', '"pmu.h"')


def parse_table(path):
    """List of (line number, name, declaration)."""
    out = []
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.readlines()
    except FileNotFoundError:
        return out
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        m = re.fullmatch(r"([A-Z][A-Z0-9_]*)\s*:\s*(.*;)", line)
        if not m:
            raise HarnessError("%s:%d: expected: NAME : declaration;"
                               % (path, number))
        out.append((number, m.group(1), m.group(2)))
    return out


def source_text(probes):
    """A translation unit with these probes."""
    out = ["#include %s" % h for h in HEADERS]
    for number, _, declaration in probes:
        out += ['#line %d "kvm/probes.tbl"' % number, declaration]
    return "\n".join(out) + "\n"


def header_text(all_probes, good, key):
    out = ["/* Generated from kvm/probes.tbl. %s */" % key]
    names = {name for _, name, _ in good}
    for _, name, _ in all_probes:
        out.append("#define KW_HAS_%s 1" % name if name in names
                   else "/* KW_HAS_%s is not set */" % name)
    return "\n".join(out) + "\n"


def failing_lines(compiler, flags, path, paths):
    """The lines of the table that do not compile."""
    done = subprocess.run([compiler] + flags + ["-fsyntax-only", "-fno-"
                          "diagnostics-show-caret", "-fmax-errors=0", path],
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True, errors="replace", check=False,
                          env=dict(os.environ, LC_ALL="C"), cwd=paths.repo)
    failing = set()
    for m in re.finditer(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: .*$",
                         done.stderr, re.M):
        if m.group(1) != "kvm/probes.tbl":
            raise TreeNotUnderstood(
                "probing: " + comp.first_error(m.group(0), paths))
        failing.add(int(m.group(2)))
    if done.returncode and not failing:
        raise HarnessError("probing fails without an error")
    return failing


class Answers:
    """Which probes compiled in trees before, the last tree's first.

    Most variants differ from one of those in no header.  Whether this one does
    is for the object store to say: an object of the same probes counts only if
    all that it was made from is the same.
    """

    MOST = 8

    def __init__(self, folder, key):
        self.path = os.path.join(folder, "probes-%s.json" % key[:20])
        try:
            with open(self.path, encoding="utf-8") as f:
                self.known = json.load(f)
        except (OSError, ValueError):
            self.known = []

    def add(self, good):
        names = [name for _, name, _ in good]
        others = [k for k in self.known if k != names]
        write_atomically(self.path, json.dumps(([names] + others)[:self.MOST]))


def answer_again(answers, probes, source, store, job):
    """The probes that compile, if a tree with the same headers was asked before."""
    for names in answers.known:
        good = [p for p in probes if p[1] in names]
        write_if_changed(source, source_text(good))
        if store.find(job):
            return good
    return None


def ask(probes, paths, compiler, flags, source):
    """The probes that compile."""
    write_if_changed(source, source_text(probes))
    failing = failing_lines(compiler, flags, source, paths)
    return [p for p in probes if p[0] not in failing]


def generate(table, paths, store, compiler, salt, implied):
    """Write include/probes.h below paths.gen; cheap when nothing changed."""
    probes = parse_table(table)
    key = sha256_text(repr(probes))
    source = os.path.join(paths.gen, "probes.c")
    header = os.path.join(paths.gen, "include/probes.h")
    flags = comp.kernel_flags(paths, "probes", 2, "plain", True) + ["-w"]
    job = Job(source, flags, os.path.join(paths.out, "probes.o"),
              "kvm/probes.tbl", salt, implied=implied)
    try:
        with open(header, encoding="utf-8") as f:
            if key in f.readline() and store.find(job):
                return
    except OSError:
        pass
    answers = Answers(store.folder, key)
    good = answer_again(answers, probes, source, store, job)
    if good is None:
        good = ask(probes, paths, compiler, flags, source)
        write_if_changed(source, source_text(good))
        if not store.build(job):
            raise TreeNotUnderstood("probing: " + comp.first_error(
                store.stderr.get(job.label, ""), paths))
        answers.add(good)
    write_if_changed(header, header_text(probes, good, key))
