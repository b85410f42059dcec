# SPDX-License-Identifier: GPL-2.0-only
"""Trace lines (`lapicsim replay --trace=states`) as a table: one column for each actor, and after each step the
local APICs that it changed, as KVM holds them."""

import re

import words
from document import Event, History

SHOWN = 18
STEP_LINES = 8
COLUMNS = 5
VCPU = re.compile(r"(?:vm (\d+) )?vcpu (\d+),? ?(.*)")
# Consequences that the exit before them has told already, and that change nothing that is shown.
DULL = {"kvm_cpuid", "kvm_halt_poll_ns", "kvm_vcpu_wakeup", "kvm_fpu", "kvm_hv_timer_state"}


def shorten(actor, event, text):
    """What the column says already is left out; vectors are written as the divergences write them."""
    found = VCPU.match(text)
    if found and event != "divergence" and actor == "vcpu%s" % found[2]:
        text = found[3]
    text = text.replace(" vector 0xffffffff", "")
    text = re.sub(r" info 0x0\b| idt_vectoring 0x0\b|^reason ", "", text).removeprefix("vm 0 ")
    text = re.sub(r"\b(vec|vector) (\d+)\b", lambda m: "%s 0x%02x" % (m[1], int(m[2])), text)
    text = re.sub(r"^intr_info 0x8000000?([0-9a-f]{2})$", r"injects 0x\1", text)
    name = event.removeprefix("kvm_")
    return ("%s: %s" % (name, text)).rstrip(": ") if name not in ("guest", "memory") else text


def steps(lines):
    """[states before], and [[actor, time, [what], [states after], is it the divergence]]: lines of one actor at one
    moment are one."""
    before, out = [], []
    for actor, ns, event, text in lines:
        if event == "state":
            (out[-1][3] if out else before).append(re.sub(r"^vcpu (\d+) ", r"vCPU \1: ", text))
            continue
        if event in DULL:
            continue
        mark = event == "divergence"
        if not out or out[-1][:2] != [actor, ns] or len(out[-1][2]) >= STEP_LINES or mark or out[-1][4]:
            out.append([actor, ns, [], [], mark])
        out[-1][2].append(shorten(actor, event, text))
    return before, [step[:2] + [without_echoes(step[2])] + step[3:] for step in out]


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


def carry(states, steps_before, first, actors):
    """The first step that is shown also has what the vCPUs beside it were left in before."""
    last = {}
    for state in states + [s for step in steps_before for s in step[3]]:
        last[state.partition(":")[0]] = state
    for state in first[3]:
        last.pop(state.partition(":")[0], None)
    kept = [last[vcpu] for vcpu in sorted(last) if vcpu.replace("vCPU ", "vcpu") in actors]
    return first[:3] + [kept + first[3]] + first[4:]


def make(lines, token):
    """History of @lines, the divergence last."""
    before, found = steps(lines)
    found = folded(found)
    shown = found[-SHOWN:]
    actors = []
    for actor, *_ in reversed(shown):
        if actor not in actors:
            actors.append(actor)
    others = actors[COLUMNS:]
    actors = sorted(actors[:COLUMNS], key=lambda a: (not a.startswith("vcpu"), a))
    if others:
        actors.append("others")
    if shown:
        shown[0] = carry(before, found[:-SHOWN], shown[0], actors)
    rows = []
    for actor, ns, text, after, mark, times, last in shown:
        column = actors.index("others" if actor in others else actor)
        if actor in others:
            text = ["%s: %s" % (actor, t) for t in text]
        if times > 1:
            text = text + ["(%s times, until %s)" % (words.number(times), words.moment(last))]
        rows.append(Event(words.moment(ns), column, "\n".join(text), "\n".join(after), mark))
    return History("The last %d steps before the divergence, in the run of %s." % (len(rows) - 1, token), actors,
                   rows)
