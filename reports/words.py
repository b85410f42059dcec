# SPDX-License-Identifier: GPL-2.0-only
"""Numbers, names and text as a report writes them."""

import datetime
import math
import unicodedata

# Kinds of divergence, the most serious first: as sim/divergence.c has them (a test compares).
KINDS = {
    "host-bug": "host BUG",
    "host-warn": "host WARN",
    "host-crash": "host crash",
    "hang": "hang",
    "lost-interrupt": "lost interrupt",
    "spurious-delivery": "spurious delivery",
    "priority-inversion": "priority inversion",
    "premature-eoi": "premature EOI",
    "lost-eoi": "lost EOI",
    "pv-eoi-word": "PV EOI word",
    "register-mismatch": "register mismatch",
    "stale-cache": "stale cache",
    "eoi-message": "EOI message",
    "resource-leak": "resource leak",
}

KIND_MEANS = {
    "host-bug": "the host's kernel stops at a BUG()",
    "host-warn": "the host's kernel warns (WARN_ON())",
    "host-crash": "KVM reads or writes memory that is not its own, or never comes back",
    "hang": "a vCPU that has something to do does not run, or a run never becomes quiet",
    "lost-interrupt": "an interrupt that was accepted never reaches the guest",
    "spurious-delivery": "the guest gets an interrupt that nobody sent, or one twice",
    "priority-inversion": "an interrupt is delivered before one of higher priority, or although TPR or ISR forbid it",
    "premature-eoi": "an interrupt leaves ISR although the guest has not ended it",
    "lost-eoi": "an interrupt stays in ISR although the guest has ended it",
    "pv-eoi-word": "the word in guest memory says something that the ABI does not allow",
    "register-mismatch": "a register reads other than it must",
    "stale-cache": "a value that KVM keeps beside the registers does not agree with them",
    "eoi-message": "an EOI message to the I/O APIC or to userspace is missing, or extra",
    "resource-leak": "something is not given back",
}

# What compare counts beside divergences: as sim/run_counters.h has it (a test compares); exits by reason explain themselves.
COUNTERS = {
    "entries": "VM-Entries",
    "cancelled": "entries that were cancelled",
    "injected": "entries that inject an interrupt",
    "virtual": "interrupts that the hardware delivers by itself",
    "nmis": "NMIs that reach the guest",
    "pv-armed": "entries with a PV EOI armed",
    "pv-acked": "PV EOIs that the guest acks by its word",
    "eois": "EOIs that the guest writes to the APIC",
    "kicks": "interrupts from one host CPU to another",
    "wakes": "wake-ups of blocked tasks",
    "timers": "timer interrupts of host CPUs",
    "exits": "VM-Exits",
    "events": "steps of actors",
    "interrupts": "interrupts that guests take",
}


def kind_name(kind):
    return KINDS.get(kind, kind)


def kind_rank(kind):
    return list(KINDS).index(kind) if kind in KINDS else len(KINDS)


def clean(text):
    """Printable everywhere, XML included: what is not a character is spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else
                   "\\x%02x" % ord(c) if ord(c) < 256 else "\\u%04x" % ord(c) for c in text)


def one_line(text):
    return " ".join(text.split())


def cut(text, length):
    return text if len(text) <= length else text[:length - 3] + "..."


def number(n):
    return "{:,}".format(n)


def short(n):
    """1,800,000 as 1.8 M, as the command prints it."""
    for unit, name in ((10 ** 12, "T"), (10 ** 9, "G"), (10 ** 6, "M"), (10 ** 4, "k")):
        if n >= unit:
            scale = 1000 if name == "k" else unit
            return "%.1f %s" % (n / scale, name)
    return number(n)


def count(n, noun, plural=None):
    return "%s %s" % (number(n), noun if n == 1 else plural or noun + "s")


def significant(x, digits=2):
    """0.00123 as 0.0012: no exponents for what people compare."""
    if x == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(x))))
    return "%.*f" % (min(places, 12), x)


def percent(share):
    value = 100 * share
    if value in (0, 100):
        return "%d %%" % value
    if 99.95 <= value < 100:
        return "over 99.9 %"
    return (significant(value) if value < 10 else "%.1f" % value) + " %"


def one_in(share):
    """A probability as people say it."""
    if share <= 0:
        return "never"
    return "1 in %s" % number(max(1, round(1 / share))) if share < 0.5 else percent(share)


def duration(ns):
    s = ns / 1e9
    if s < 1:
        return "%s ms" % significant(s * 1000) if s else "0 s"
    if s < 60:
        return "%.1f s" % s
    whole = round(s)
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return "%d h %d min" % (hours, minutes) if hours else "%d min %d s" % (minutes, seconds)


def moment(ns):
    """Virtual time of a run."""
    return "%.3f us" % (ns / 1000)


def date(unix):
    try:
        return datetime.datetime.fromtimestamp(unix, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown date"


def p_value(p):
    return "under 0.0001" if p < 0.0001 else "%.4f" % p


def enumerate_some(items, most):
    items = [str(i) for i in items]
    if len(items) > most:
        return ", ".join(items[:most]) + " and %d more" % (len(items) - most)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else "none"
