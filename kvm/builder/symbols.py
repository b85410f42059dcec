# SPDX-License-Identifier: GPL-2.0-only
"""Undefined kernel symbols: implemented, a no-op with a reason, or a trap.

kvm/symbols.tbl is the allow-list.  A function that is neither implemented by
the environment nor listed there becomes a trap that stops the run and names
the symbol; it never returns a friendly 0.  Undefined data cannot trap, so it
is an error that names the symbol and a file that refers to it.
"""

import re

import elf
from errors import HarnessError, TreeNotUnderstood

# What a stub returns, as instructions that come before "ret".
NOOPS = {
    "noop0": "xorl %eax, %eax",
    "noop1": "movl $1, %eax",
    "noopm1": "movq $-1, %rax",
    "void": "",
}
ACTIONS = tuple(NOOPS) + ("trap",)

# Plain libc functions whose kernel namesakes mean the same.
LIBC = frozenset(
    "memcpy memmove memset memcmp memchr strlen strcmp strncmp strchr "
    "strcpy strncpy strrchr strstr snprintf vsnprintf".split())

# Symbols that the instrumented flavours' own runtimes supply.
RUNTIME_PREFIXES = {
    "plain": (),
    "sanitized": ("__asan_", "__ubsan_", "__sanitizer_"),
    "coverage": ("__gcov_",),
}

# Operations that KVM wants of a vendor module, and ours does not have.
OPS_PREFIX = "kw_op_"

# Bounds of our sections, made by the final link.
LINKER_PREFIXES = ("__start_kw_", "__stop_kw_")


def parse_table(path):
    """kvm/symbols.tbl as {symbol: (action, reason)}."""
    table = {}
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.readlines()
    except FileNotFoundError:
        return table
    for number, line in enumerate(lines, 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        fields = line.split(None, 2)
        where = "%s:%d: " % (path, number)
        if len(fields) < 2 or fields[1] not in ACTIONS:
            raise HarnessError("%sexpected: symbol %s reason"
                               % (where, "|".join(ACTIONS)))
        if len(fields) < 3:
            raise HarnessError("%s%s has no reason" % (where, fields[0]))
        if not re.fullmatch(r"[A-Za-z_]\w*", fields[0]):
            raise HarnessError("%snot a symbol: %s" % (where, fields[0]))
        if fields[0] in table:
            raise HarnessError("%s%s is listed twice" % (where, fields[0]))
        table[fields[0]] = (fields[1], fields[2])
    return table


class Resolution:
    """What became of every symbol that KVM's own files leave undefined."""

    def __init__(self):
        self.implemented = []
        self.noops = {}
        self.traps = []
        self.libc = []


class Symbols:
    """What objects define, and what they only refer to.

    objects: list of (object path, source name, True when it is KVM's).
    """

    def __init__(self, objects):
        self.defined, self.functions, self.from_kvm = set(), set(), set()
        self.undefined = {}             # by name: the first source that refers to it
        for path, source, is_kvm in objects:
            for sym in elf.read_symbols(path).values():
                if sym.defined:
                    self.defined.add(sym.name)
                elif not sym.weak:
                    self.refer(sym, source, is_kvm)

    def refer(self, sym, source, is_kvm):
        self.undefined.setdefault(sym.name, source)
        if is_kvm:
            self.from_kvm.add(sym.name)
        if sym.called or sym.is_function:
            self.functions.add(sym.name)


def resolve(objects, table, flavour):
    """Sort the undefined symbols of objects: see Symbols."""
    found = Symbols(objects)
    out, missing = Resolution(), []
    kvm_defined = defined_by_kvm(objects)
    for name in sorted(found.undefined):
        if name in found.defined:
            if name in found.from_kvm and name not in kvm_defined:
                out.implemented.append(name)
        elif name.startswith("hs_") or name.startswith(LINKER_PREFIXES):
            continue
        elif name.startswith(RUNTIME_PREFIXES[flavour]):
            continue
        elif name in table:
            action, reason = table[name]
            if action == "trap":
                out.traps.append(name)
            else:
                out.noops[name] = (action, reason)
        elif name.startswith(OPS_PREFIX):
            out.traps.append(name)
        elif name.startswith("kw_"):
            raise HarnessError("%s is not implemented (%s refers to it)"
                               % (name, found.undefined[name]))
        elif name in LIBC:
            out.libc.append(name)
        elif name in found.functions:
            out.traps.append(name)
        else:
            missing.append(name)
    if missing:
        more = missing[1:]
        raise TreeNotUnderstood("undefined datum %s referenced by %s%s" % (
            missing[0], found.undefined[missing[0]],
            " (and %d more: %s)" % (len(more), " ".join(more)) if more
            else ""))
    return out


def defined_by_kvm(objects):
    names = set()
    for path, _, is_kvm in objects:
        if is_kvm:
            names.update(s.name for s in elf.read_symbols(path).values()
                         if s.defined)
    return names


def stub_assembly(resolution):
    """Assembly for all traps and no-ops."""
    out = ["\t.text"]
    for name in resolution.traps:
        out += ["\t.globl %s" % name,
                "\t.type %s, @function" % name,
                "%s:" % name,
                "\t.cfi_startproc",
                "\tsubq $8, %rsp",
                "\t.cfi_def_cfa_offset 16",
                "\tleaq .Lname_%s(%%rip), %%rdi" % name,
                "\tcall hs_trap",
                "\tud2",
                "\t.cfi_endproc",
                "\t.size %s, . - %s" % (name, name),
                "\t.section .rodata.str1.1, \"aMS\", @progbits, 1",
                ".Lname_%s: .asciz \"%s\"" % (name, name),
                "\t.text"]
    for name, (action, _) in sorted(resolution.noops.items()):
        out += ["\t.globl %s" % name,
                "\t.type %s, @function" % name,
                "%s:" % name,
                "\t.cfi_startproc"]
        if NOOPS[action]:
            out.append("\t" + NOOPS[action])
        out += ["\tret",
                "\t.cfi_endproc",
                "\t.size %s, . - %s" % (name, name)]
    out.append("\t.section .note.GNU-stack, \"\", @progbits")
    return "\n".join(out) + "\n"
