# SPDX-License-Identifier: GPL-2.0-only
"""What a tree has, found by compiling declarations against its headers.

kvm/probes.tbl has one "NAME : declaration" a line.  Those that compile become
"#define KW_HAS_NAME 1" in the generated probes.h.  Nothing is ever decided by
version.  All declarations are compiled at once; only lines of the table may
fail, an error anywhere else means that the tree is not understood.
"""

import os
import re
import subprocess

import compile as comp
from errors import HarnessError, TreeNotUnderstood
from genhdr import write_if_changed
from objects import Job, sha256_text

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
    write_if_changed(source, source_text(probes))
    failing = failing_lines(compiler, flags, source, paths)
    good = [p for p in probes if p[0] not in failing]
    write_if_changed(source, source_text(good))
    if not store.build(job):
        raise TreeNotUnderstood("probing: " + comp.first_error(
            store.stderr.get(job.label, ""), paths))
    write_if_changed(header, header_text(probes, good, key))
