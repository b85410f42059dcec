# SPDX-License-Identifier: GPL-2.0-only
"""One run's trace, line by line, on every tree: golden/life.trace.

A difference is a change of what every seed does, and of what every token means;
is it meant?  Then `LAPICSIM_GOLDEN=write python3 tests/e2e/test_trace.py` writes
the file anew, and the commit says why.

Needs the variants 6.12 and 6.1 in $LAPICSIM_BUILD.
"""

import os
import re
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("LAPICSIM_BUILD", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
SCENARIO = os.path.join(HERE, "golden/life.scn")
GOLDEN = os.path.join(HERE, "golden/life.trace")
SEED = "1"


def trace(variant):
    """Lines without ftrace's header and the padding."""
    done = subprocess.run(["%s/variants/%s/plain/runner" % (BUILD, variant), "--scenario", SCENARIO, "--seed", SEED,
                           "--trace"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=True)
    return [re.sub(r"\s+", " ", line.strip()) for line in done.stderr.splitlines() if not line.startswith("#")]


class Golden(unittest.TestCase):
    maxDiff = None

    def test_trace_is_the_one_in_the_file(self):
        with open(GOLDEN, encoding="utf-8") as f:
            golden = f.read().splitlines()
        self.assertGreater(len(golden), 20)
        for variant in ("6.12", "6.1"):
            with self.subTest(variant=variant):
                self.assertEqual(golden, trace(variant))

    def test_states_are_beside_the_trace(self):
        """--trace=states is the text with more lines; the run is the same."""
        def replay(form):
            p = subprocess.run([BUILD + "/lapicsim", "replay", "v1:pv-eoi-disable:6.12:0xc", "--trace=" + form],
                               stdout=subprocess.PIPE, text=True, timeout=60, check=False)
            return p.stdout.splitlines()
        text, states = replay("text"), replay("states")
        self.assertEqual(text, [line for line in states if ": state: vcpu " not in line])
        told = [line.split(": state: ")[1] for line in states if ": state: " in line]
        self.assertEqual("vcpu 0 IRR -, ISR -, PV EOI on, word 0", told[0])
        for what in (r"vcpu 1 IRR cb, ISR -, PV EOI on, word 0", r"vcpu \d .*, ISR ([0-9a-f]{2} )*[0-9a-f]{2}, .*",
                     r"vcpu \d .*PV EOI on and pending, word 1", r"vcpu \d .*, word away"):
            self.assertTrue(any(re.fullmatch(what, line) for line in told), what)

    def test_an_interrupt_s_life_is_in_order(self):
        """docs/architecture.md, "Life of an interrupt", for the first MSI."""
        names = [line.split(": ")[1] for line in trace("6.12")]
        first = names.index("kvm_msi_set_irq")
        self.assertEqual(names[first:first + 11],
                         ["kvm_msi_set_irq", "kvm_apic_accept_irq", "kvm_vcpu_wakeup", "kvm_inj_virq", "kvm_entry",
                          "guest", "guest", "guest", "kvm_exit", "kvm_eoi", "kvm_pv_eoi"])


if __name__ == "__main__":
    if os.environ.get("LAPICSIM_GOLDEN") == "write":
        with open(GOLDEN, "w", encoding="utf-8") as out:
            out.write("\n".join(trace("6.12")) + "\n")
    unittest.main()
