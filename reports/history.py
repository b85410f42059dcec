# SPDX-License-Identifier: GPL-2.0-only
"""Trace lines as a table: one column for each actor, and what matters of the APICs after each event.

The state comes from the trace itself: IRR and ISR from what KVM says it accepts, injects and ends, the PV EOI
page and word from the memory manager and the guest. What came before the lines that are shown is counted, too.
"""

import re

import words
from document import Event, History

SHOWN = 18
STEP_LINES = 8
COLUMNS = 5
VCPU = re.compile(r"(?:vm (\d+) )?vcpu (\d+),? ?(.*)")
# Consequences that the exit before them has told already, and that change nothing that is shown.
DULL = {"kvm_cpuid", "kvm_halt_poll_ns", "kvm_vcpu_wakeup", "kvm_fpu", "kvm_hv_timer_state"}


class State:
    """Of each APIC, by the number that the trace gives it."""

    def __init__(self):
        self.irr, self.isr, self.page = {}, {}, {}

    def apply(self, actor, event, text):
        """The text of what has changed, or ""."""
        if event == "kvm_apic_accept_irq":
            found = re.match(r"apicid ([0-9a-f]+) vec (\d+) \((?:Fixed|LowPrio)", text)
            return self.change(int(found[1], 16), int(found[2]), self.irr) if found else ""
        if event == "kvm_inj_virq":
            found, apic = re.match(r"IRQ 0x([0-9a-f]+)", text), re.match(r"vcpu(\d+)", actor)
            if not found or not apic or "reinjected" in text:
                return ""
            self.irr.setdefault(int(apic[1]), set()).discard(int(found[1], 16))
            return self.change(int(apic[1]), int(found[1], 16), self.isr)
        if event == "kvm_eoi":
            found = re.match(r"apicid ([0-9a-f]+) vector (-?\d+)", text)
            if found:
                self.isr.setdefault(int(found[1], 16), set()).discard(int(found[2]))
                return self.of(int(found[1], 16))
        if event == "memory":
            found = re.match(r"vm (\d+) page (0x[0-9a-f]+) is (.*)", text)
            if found:
                self.page[found[2]] = found[3]
                away = ["%s %s" % p for p in sorted(self.page.items()) if p[1] != "back"]
                return ", ".join(away) if away else "all pages are there"
        return ""

    def change(self, apic, vector, where):
        where.setdefault(apic, set()).add(vector)
        return self.of(apic)

    def of(self, apic):
        return "APIC %d: IRR %s, ISR %s" % (apic, vectors(self.irr.get(apic)), vectors(self.isr.get(apic)))


def vectors(found):
    return " ".join("%02x" % v for v in sorted(found, reverse=True)) if found else "-"


def shorten(actor, event, text):
    """What the column says already is left out; vectors are written as the divergences write them."""
    found = VCPU.match(text)
    if found and event != "divergence" and actor == "vcpu%s" % found[2]:
        text = found[3]
    text = re.sub(r" info 0x0\b| idt_vectoring 0x0\b|^reason ", "", text).removeprefix("vm 0 ")
    text = re.sub(r"\b(vec|vector) (\d+)\b", lambda m: "%s 0x%02x" % (m[1], int(m[2])), text)
    text = re.sub(r"^intr_info 0x8000000?([0-9a-f]{2})$", r"injects 0x\1", text)
    name = event.removeprefix("kvm_")
    return ("%s: %s" % (name, text)).rstrip(": ") if name not in ("guest", "memory") else text


def steps(lines):
    """[[actor, time, [what], state after, is it the divergence]]: lines of one actor at one moment are one."""
    state, out = State(), []
    for actor, ns, event, text in lines:
        after = state.apply(actor, event, text)
        if event in DULL and not after:
            continue
        mark = event == "divergence"
        if not out or out[-1][:2] != [actor, ns] or len(out[-1][2]) >= STEP_LINES or mark:
            out.append([actor, ns, [], "", mark])
        out[-1][2].append(shorten(actor, event, text))
        out[-1][3] = after or out[-1][3]
    return [step[:2] + [without_echoes(step[2])] + step[3:] for step in out]


def without_echoes(what):
    """An ICR write is told by kvm_apic_ipi, a register write by kvm_apic; kvm_msr and kvm_apic say it again."""
    if any(w.startswith("apic_ipi") for w in what):
        what = [w for w in what if not w.startswith("apic: apic_write APIC_ICR")]
    if any(w.startswith(("apic_ipi", "apic: ")) for w in what):
        what = [w for w in what if not re.match("msr: msr_(read|write) 8[0-9a-f]{2} ", w)]
    return what


def folded(found):
    """The same step again and again is one: [..., how often, time of the last]."""
    out = []
    for step in found:
        if out and out[-1][0] == step[0] and out[-1][2:5] == step[2:5] and not step[4]:
            out[-1][5:] = [out[-1][5] + 1, step[1]]
        else:
            out.append(step + [1, step[1]])
    return out


def make(lines, token):
    """History of @lines, the divergence last."""
    shown = folded(steps(lines))[-SHOWN:]
    actors = []
    for actor, *_ in reversed(shown):
        if actor not in actors:
            actors.append(actor)
    others = actors[COLUMNS:]
    actors = sorted(actors[:COLUMNS], key=lambda a: (not a.startswith("vcpu"), a))
    if others:
        actors.append("others")
    rows = []
    for actor, ns, text, after, mark, times, last in shown:
        column = actors.index("others" if actor in others else actor)
        if actor in others:
            text = ["%s: %s" % (actor, t) for t in text]
        if times > 1:
            text = text + ["(%s times, until %s)" % (words.number(times), words.moment(last))]
        rows.append(Event(words.moment(ns), column, "\n".join(text), after, mark))
    return History("The last %d steps before the divergence, in the run of %s." % (len(rows) - 1, token), actors, rows)
