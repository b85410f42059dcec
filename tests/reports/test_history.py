# SPDX-License-Identifier: GPL-2.0-only
"""From `lapicsim replay --trace=states` to the table: a program that plays lapicsim, and what is made of its lines."""

import os
import unittest

import stores
import history
import replays
from replays import parse

TRACE = """\
# tracer: nop
           vcpu0-1       [001] d...     0.000000100: guest: vcpu 0 ipi
           vcpu0-1       [001] d...     0.000000100: kvm_exit: vcpu 0 reason MSR_WRITE info 0x0 idt_vectoring 0x0
           vcpu0-1       [001] ....     0.000000100: kvm_apic_ipi: dst 1 vec 197 (Fixed|physical|assert|edge|dst)
           vcpu0-1       [001] ....     0.000000100: kvm_apic_accept_irq: apicid 1 vec 197 (Fixed|edge)
           vcpu0-1       [001] ....     0.000000100: kvm_apic: apic_write APIC_ICR = 0x440c5
           vcpu0-1       [001] ....     0.000000100: kvm_msr: msr_write 830 = 0x440c5
           vcpu0-1       [001] d...     0.000000100: kvm_entry: vcpu 0
           vcpu0-1       [001] d...     0.000000100: state: vcpu 1 IRR c5, ISR -, PV EOI on, word 0
         memory0-5       [005] ....     0.000000150: memory: vm 0 page 0x100000 is inaccessible
         memory0-5       [005] ....     0.000000150: state: vcpu 0 IRR -, ISR -, PV EOI on, word away
         memory0-5       [005] ....     0.000000150: state: vcpu 1 IRR c5, ISR -, PV EOI on, word away
           vcpu1-2       [002] ....     0.000000200: kvm_exit: vcpu 1 reason TPR_BELOW_THRESHOLD info 0x0 idt_vectoring 0x0
           vcpu1-2       [002] ....     0.000000240: kvm_exit: vcpu 1 reason TPR_BELOW_THRESHOLD info 0x0 idt_vectoring 0x0
           vcpu1-2       [002] ....     0.000000280: kvm_exit: vcpu 1 reason TPR_BELOW_THRESHOLD info 0x0 idt_vectoring 0x0
           vcpu1-2       [002] d...     0.000000300: kvm_entry: vcpu 1, intr_info 0x800000c5
           vcpu1-2       [002] ....     0.000000300: divergence: hang: not-quiet: vm 0 vcpu 1 vector 0xc5: it hangs
           vcpu1-2       [002] ....     0.000000300: divergence: host BUG: bug: vm 0 vcpu 1 vector 0xffffffff: more
digest 0x1
"""


class History(unittest.TestCase):

    def events(self, text=TRACE):
        return history.make([e for e in map(parse, text.splitlines()) if e], "v1:a:b:0x1")

    def test_steps(self):
        h = self.events()
        self.assertEqual(["vcpu0", "vcpu1", "memory0"], h.actors)
        first = h.events[0]
        self.assertEqual(("0.100 us", 0), (first.time, first.column))
        self.assertEqual(["ipi", "exit: MSR_WRITE", "apic_ipi: dst 1 vec 0xc5 (Fixed|physical|assert|edge|dst)",
                          "apic_accept_irq: apicid 1 vec 0xc5 (Fixed|edge)", "entry"], first.text.split("\n"))
        self.assertEqual("vCPU 1: IRR c5, ISR -, PV EOI on, word 0", first.state)
        self.assertEqual(2, len(h.events[1].state.split("\n")))

    def test_what_repeats_is_one_row(self):
        h = self.events()
        self.assertEqual("exit: TPR_BELOW_THRESHOLD\n(3 times, until 0.280 us)", h.events[2].text)
        self.assertEqual("entry: injects 0xc5", h.events[3].text)

    def test_divergences_are_marked(self):
        h = self.events()
        self.assertEqual([False] * 4 + [True] * 2, [e.mark for e in h.events])
        self.assertEqual("divergence: host BUG: bug: vm 0 vcpu 1: more", h.events[-1].text)

    def test_many_actors(self):
        """The last five have columns; what the others do is told with their names."""
        lines = ["  vcpu%d-%d [001] d... 0.%09d: guest: vcpu %d hlt" % (i, i, i, i) for i in range(12)]
        h = self.events("\n".join(lines))
        self.assertEqual(["vcpu10", "vcpu11", "vcpu7", "vcpu8", "vcpu9", "others"], h.actors)
        self.assertEqual("vcpu0: hlt", h.events[0].text)

    def test_state_from_before(self):
        """What the vCPUs that are shown were left in stands beside the first step, however long ago that was."""
        lines = ["  vcpu0-1 [001] d... 0.000000001: state: vcpu 0 IRR -, ISR -",
                 "  vcpu0-1 [001] d... 0.000000002: guest: vcpu 0 ipi",
                 "  vcpu0-1 [001] d... 0.000000002: state: vcpu 0 IRR 9b, ISR bd",
                 "  vcpu2-3 [001] d... 0.000000003: guest: vcpu 2 ipi",
                 "  vcpu2-3 [001] d... 0.000000003: state: vcpu 2 IRR 33, ISR -"]
        lines += ["  vcpu%d-1 [001] d... 0.%09d: guest: vcpu %d op %d" % (i % 2, i, i % 2, i) for i in range(10, 40)]
        h = self.events("\n".join(lines))
        self.assertEqual(["vCPU 0: IRR 9b, ISR bd"] + [""] * (history.SHOWN - 1), [e.state for e in h.events])

    def test_not_a_line(self):
        for line in ("", "digest 0x1", "# tracer", "  vcpu0-1 [001] d... no time"):
            self.assertIsNone(parse(line))
        self.assertEqual("\\x1b[31m", parse("  a-1 [001] d... 0.000000001: guest: \x1b[31m")[3])


class Replays(unittest.TestCase):

    def setUp(self):
        self.folder = stores.folder()
        self.addCleanup(self.folder.cleanup)

    def program(self, body):
        path = os.path.join(self.folder.name, "lapicsim")
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(path, 0o755)
        return replays.Replays(path, os.path.join(self.folder.name, "kept"), 0.5, 5)

    def test_up_to_the_divergence(self):
        """The program writes on for ever; it is ended. The second time nobody is asked."""
        source = self.program("echo $* >> %s/asked\ncat << 'END'\n%sEND\nwhile :; do echo more; done\n" % (self.folder.name, TRACE))
        for _ in range(2):
            seen = source.get("v1:a:b:0x1", [], "hang", "not-quiet")
            self.assertEqual("", seen.why)
            self.assertEqual(("divergence", "hang: not-quiet: vm 0 vcpu 1 vector 0xc5: it hangs"), seen.lines[-1][2:])
        with open(self.folder.name + "/asked", encoding="utf-8") as f:
            self.assertEqual("replay v1:a:b:0x1 --trace=states\n", f.read())

    def test_state_of_long_ago(self):
        """Of lines that are not kept the last state of each vCPU is."""
        state = "  vcpu0-1 [001] d... 0.%09d: state: vcpu 0 IRR %d, ISR -\n"
        step = "".join("  vcpu0-1 [001] d... 0.%09d: guest: vcpu 0 op\n" % (100 + i) for i in range(replays.KEEP))
        end = "  vcpu0-1 [001] d... 0.000009999: divergence: hang: not-quiet: it hangs\n"
        with open(self.folder.name + "/trace", "w", encoding="utf-8") as f:
            f.write(state % (1, 1) + state % (2, 2) + step + end)
        seen = self.program("cat %s/trace\n" % self.folder.name).get("v1:a:b:0x1", [], "hang", "not-quiet")
        self.assertEqual(replays.KEEP + 1, len(seen.lines))
        self.assertEqual("vCPU 0: IRR 2, ISR -", history.make(seen.lines, "t").events[0].state)

    def test_a_cache_that_is_damaged(self):
        source = self.program("cat << 'END'\n%sEND\n" % TRACE)
        source.get("v1:a:b:0x1", [], "hang", "not-quiet")
        for name in os.listdir(source.folder):
            with open(os.path.join(source.folder, name), "w", encoding="utf-8") as f:
                f.write('{"format": %d, "lines": [["vcpu0", 1, "guest", null]]}' % replays.FORMAT)
        self.assertEqual(4, len(source.get("v1:a:b:0x1", [], "hang", "not-quiet").lines[-1]))

    def test_why_not(self):
        for body, why in (("sleep 60\n", "the replay was not there within 0.5 s"),
                          ("echo 'lapicsim: there is no variant \"x\"' >&2; exit 2\n", 'there is no variant "x"'),
                          ("echo nothing; exit 10\n", "the replay did not show it again (exit code 10)")):
            self.assertEqual(why, self.program(body).get("v1:a:b:0x1", [], "hang", "not-quiet").why)
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "kept")), "only what was seen is kept")


if __name__ == "__main__":
    unittest.main()
