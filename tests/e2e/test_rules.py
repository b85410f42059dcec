# SPDX-License-Identifier: GPL-2.0-only
"""The judge sees: each rule that breaks KVM makes the check fire that is made for it.

Builds a broken variant for each row out of 6.12's source, and runs a scenario
that does not show it on 6.12 itself (tests/e2e/test_race.py).  Each check of the
oracle's table and of the host's has a row here, or a reason why it cannot.
"""

import json
import os
import unittest
from concurrent.futures import ThreadPoolExecutor

from test_race import BUILD, campaign, lapicsim, scenario

# rule, scenario, kind of divergence, check
ROWS = (
    ("lose-irr-pending", "pv-eoi-plain", "stale-cache", "cache-irr-pending"),
    ("lose-irr-pending", "pv-eoi-plain", "lost-interrupt", "quiet-irr"),
    ("drop-nth", "pv-eoi-plain", "lost-interrupt", "irr-lost"),
    ("drop-nth", "preempt", "lost-interrupt", "irr-lost"),
    ("no-sync-on-cancel", "pv-eoi-nested", "pv-eoi-word", "pv-word-irr-pending"),
    ("arm-while-disabled", "pv-eoi-disable", "stale-cache", "cache-pv-pending"),
    ("arm-with-irr", "pv-eoi-plain", "pv-eoi-word", "pv-word-irr-pending"),
    ("pv-eoi-not-withdrawn", "pv-eoi-plain", "pv-eoi-word", "pv-word-untracked"),
    ("double-eoi", "pv-eoi-plain", "premature-eoi", "isr-premature"),
    ("pv-eoi-disabled-goes-on", "pv-eoi-disable-away", "premature-eoi", "isr-premature"),
    ("ppr-ignores-isr", "pv-eoi-nested", "priority-inversion", "dispatch-in-service"),
    ("ppr-ignores-isr", "pv-eoi-nested", "priority-inversion", "dispatch-ppr"),
    ("eoi-keeps-cache", "pv-eoi-plain", "stale-cache", "cache-highest-isr"),
    ("isr-neighbour", "pv-eoi-nested", "lost-eoi", "quiet-isr"),
    ("eoi-keeps-cache", "pv-eoi-nested", "pv-eoi-word", "pv-word-idle"),
    ("isr-count-drift", "pv-eoi-plain", "lost-eoi", "isr-stuck"),
    ("pv-eoi-waits", "pv-eoi-page-away", "lost-eoi", "isr-stuck"),
    ("isr-count-drift", "pv-eoi-plain", "stale-cache", "cache-isr-count"),
    ("isr-not-set", "pv-eoi-plain", "premature-eoi", "isr-premature"),
    ("tmr-not-set", "pv-eoi-plain", "register-mismatch", "tmr-matches"),
    ("timer-restart-on-switch", "timer-modes", "lost-interrupt", "timer-lost"),
    ("timer-load-keeps-hv", "timer-state", "spurious-delivery", "timer-spurious"),
    ("timer-drop-nth", "timer-oneshot", "lost-interrupt", "timer-lost"),
    ("timer-counts-fast", "timer-oneshot", "spurious-delivery", "timer-early"),
    ("timer-no-wait", "timer-deadline", "spurious-delivery", "timer-taken-early"),
    ("timer-early-again", "timer-in-handler", "spurious-delivery", "timer-taken-early"),
    ("timer-waits-long", "timer-deadline", "lost-interrupt", "timer-waits"),
    ("timer-pending-kept", "timer-deadline", "spurious-delivery", "timer-duplicate"),
    ("timer-deadline-kept", "timer-deadline", "register-mismatch", "timer-deadline"),
    ("timer-count-stands", "timer-periodic", "register-mismatch", "timer-count"),
    ("timer-not-stopped", "timer-oneshot", "spurious-delivery", "timer-spurious"),
    ("no-event-after-eoi", "pv-eoi-plain", "lost-interrupt", "dispatch-overdue"),
    ("no-tpr-threshold", "ipi-storm", "lost-interrupt", "tpr-threshold"),
    ("sw-enabled-stale", "pv-eoi-plain", "stale-cache", "cache-sw-enabled"),
    ("pv-eoi-never-armed", "pv-eoi-plain", "pv-eoi-word", "pv-pending-unarmed"),
    ("wrong-vector", "pv-eoi-plain", "spurious-delivery", "dispatch-pending"),
    ("lowest-irr-first", "pv-eoi-plain", "priority-inversion", "dispatch-highest"),
    ("inject-with-if-clear", "pv-eoi-plain", "priority-inversion", "dispatch-blocked"),
    ("cancel-forgets", "pv-eoi-nested", "lost-interrupt", "owed-reinjected"),
    ("irr-not-cleared", "pv-eoi-plain", "spurious-delivery", "irr-spurious"),
    ("isr-neighbour", "pv-eoi-plain", "spurious-delivery", "isr-spurious"),
    ("tpr-wrong-class", "pv-eoi-nested", "register-mismatch", "tpr-matches"),
    ("ppr-not-stored", "pv-eoi-nested", "register-mismatch", "ppr-matches"),
    ("pv-msr-not-stored", "pv-eoi-disable", "register-mismatch", "pv-msr-matches"),
    ("get-lapic-tpr", "userspace-lapic", "register-mismatch", "get-lapic"),
    ("pv-eoi-other-bits", "pv-eoi-plain", "pv-eoi-word", "pv-word-other-bits"),
    ("arm-while-disabled", "pv-eoi-disable", "pv-eoi-word", "pv-word-disabled"),
    ("lowest-dropped", "msi-logical", "lost-interrupt", "quiet-lowest-priority"),
    ("arm-while-running", "pv-eoi-plain", "pv-eoi-word", "pv-word-while-running"),
    ("x2apic-icr-unchecked", "icr-x2apic", "register-mismatch", "access-fault"),
    ("self-ipi-unchecked", "icr-x2apic", "register-mismatch", "access-fault"),
    ("lvt-mask-not-forced", "sw-disable", "register-mismatch", "register-file"),
    ("sw-disabled-accepts", "sw-disable", "spurious-delivery", "irr-spurious"),
    ("lvt-reads-more", "regs-x2apic", "register-mismatch", "access-value"),
    ("ldr-not-mapped", "logical-alias", "lost-interrupt", "irr-lost"),
    ("cpuid-apic-stale", "mode-switch", "register-mismatch", "cpuid-apic"),
    ("base-unchecked", "mode-switch", "register-mismatch", "access-fault"),
    ("load-refused", "lapic-state", "register-mismatch", "set-lapic"),
    ("reset-without-dfr", "lapic-state", "register-mismatch", "power-up"),
    ("nmi-dropped", "nmi", "lost-interrupt", "nmi-held"),
    ("nmi-dropped", "nmi", "lost-interrupt", "quiet-nmi"),
    ("nmi-doubled", "nmi", "spurious-delivery", "nmi-spurious"),
    ("nmi-no-window", "nmi", "lost-interrupt", "nmi-held"),
    ("nmi-not-reinjected", "nmi", "lost-interrupt", "nmi-reinjected"),
    ("init-dropped", "init-sipi", "lost-interrupt", "init-lost"),
    ("init-keeps-tpr", "init-sipi", "register-mismatch", "init-state"),
    ("sipi-dropped", "init-sipi", "lost-interrupt", "sipi-lost"),
    ("sipi-always", "init-sipi", "spurious-delivery", "sipi-spurious"),
    ("init-no-wait", "init-sipi", "spurious-delivery", "runs-without-sipi"),
    ("map-without-sw-disabled", "init-sipi", "lost-interrupt", "sipi-lost"),
    ("hlt-ends-early", "init-sipi", "spurious-delivery", "hlt-ends"),
    ("apicv-keeps-isr-cache", "apicv-inhibit", "stale-cache", "cache-apicv"),
    ("apicv-svi-not-updated", "apicv-activate", "stale-cache", "apicv-svi"),
    ("apicv-svi-not-updated", "apicv-activate", "lost-eoi", "quiet-isr"),
    ("pir-without-irr-pending", "apicv-late-post", "stale-cache", "cache-irr-pending"),
    ("pir-hides-irr", "apicv-posted", "stale-cache", "apicv-rvi"),
    ("pir-loses-one", "apicv-posted", "lost-interrupt", "irr-lost"),
    ("scan-without-pir", "apicv-eoi-exit", "eoi-message", "ioapic-eoi-missing"),
    ("timer-drop-nth", "apicv-timer", "lost-interrupt", "timer-lost"),
    ("arm-with-apicv", "apicv-plain", "pv-eoi-word", "pv-word-apicv"),
    ("ioapic-eoi-lost", "ioapic-level", "eoi-message", "ioapic-eoi-missing"),
    ("ioapic-eoi-lost", "ioapic-level", "eoi-message", "quiet-remote-irr"),
    ("unfix-eoi-old-route", "ioapic-level", "eoi-message", "ioapic-eoi-missing"),
    ("ioapic-eoi-any", "ioapic-level", "eoi-message", "ioapic-eoi-extra"),
    ("ioapic-no-remote-irr", "ioapic-level", "register-mismatch", "ioapic-remote-irr"),
    ("ioapic-no-remote-irr", "ioapic-level", "lost-interrupt", "quiet-pin"),
    ("ioapic-masked-remote-irr", "ioapic-level", "register-mismatch", "ioapic-remote-irr"),
    ("ioapic-keeps-dest", "ioapic-level", "register-mismatch", "ioapic-entry"),
    ("ioapic-bad-read", "ioapic-level", "register-mismatch", "ioapic-read"),
    ("unfix-split-old-route", "ioapic-split", "eoi-message", "eoi-exit-missing"),
    ("eoi-exit-any", "ioapic-split", "eoi-message", "eoi-exit-extra"),
    ("get-irqchip-dest", "irqchip-save", "register-mismatch", "get-irqchip"),
    ("pic-vector", "pic-extint", "spurious-delivery", "pic-vector"),
    ("pic-mask-kept", "pic-extint", "register-mismatch", "pic-state"),
    ("pic-any-lint0", "pic-lint0", "spurious-delivery", "pic-accept"),
    ("pic-no-wakeup", "pic-extint", "lost-interrupt", "quiet-pic"),
    ("irqfd-drops", "irqfd-resample", "lost-interrupt", "irqfd-signal"),
    ("rtc-eoi-lost", "ioapic-rtc", "register-mismatch", "line-status"),
    ("msi-result-zero", "msi-logical", "register-mismatch", "msi-result"),
    ("pv-arms-ioapic", "ioapic-level", "pv-eoi-word", "pv-word-ioapic"),
    ("nmi-while-blocked", "nmi", "priority-inversion", "nmi-blocked"),
    ("nmi-after-irq", "nmi", "priority-inversion", "nmi-priority"),
    ("sipi-is-init", "init-sipi", "spurious-delivery", "init-spurious"),
    ("pv-ipi-skips-one", "pv-ipi", "register-mismatch", "pv-ipi-count"),
    ("events-lose-nmi", "vcpu-events", "register-mismatch", "get-events"),
    ("events-set-drops-nmi", "vcpu-events", "lost-interrupt", "nmi-held"),
    ("events-set-drops-interrupt", "vcpu-events", "lost-interrupt", "owed-reinjected"),
    ("mp-state-always-runnable", "vcpu-events", "register-mismatch", "get-mp-state"),
    ("load-without-irr-pending", "save-restore", "stale-cache", "cache-irr-pending"),
    ("events-set-unmasks-nmi", "save-restore", "priority-inversion", "nmi-blocked"),
    ("hyperv-eoi-dropped", "hyperv-eoi", "lost-eoi", "isr-stuck"),
    ("hyperv-tpr-dropped", "hyperv-eoi", "register-mismatch", "tpr-matches"),
    ("unfix-apf-sw-disabled", "apf-sw-disabled", "lost-interrupt", "irr-lost"),
    ("kick-dropped", "pv-ipi", "lost-interrupt", "kick-lost"),
    ("kick-not-spent", "pv-kick", "spurious-delivery", "hlt-ends"),
    ("mp-state-hides-kick", "migrate-kick", "register-mismatch", "get-mp-state"),
    ("vapic-tpr-cut", "vapic", "register-mismatch", "vapic-tpr"),
    ("vapic-no-irr", "vapic", "register-mismatch", "vapic-word"),
    ("vapic-no-isr", "vapic-page-away", "register-mismatch", "vapic-word"),
    ("tpr-report-writes", "vapic", "register-mismatch", "tpr-report"),
    ("slot-cache-stale", "pv-eoi-slot-delete", "stale-cache", "slot-written"),
    ("slot-write-skipped", "memslot-plug", "register-mismatch", "vapic-word"),
    ("cmci-dropped", "cmci", "lost-interrupt", "irr-lost"),
    ("cmci-unasked", "cmci", "spurious-delivery", "irr-spurious"),
    ("cmci-starts-unmasked", "cmci", "register-mismatch", "power-up"),
    ("mc-ctl2-unchecked", "cmci", "register-mismatch", "mc-ctl2-fault"),
    ("lvtpc-not-masked", "pmi", "register-mismatch", "register-file"),
    ("lvtpc-extint-masked", "pmi-modes", "register-mismatch", "register-file"),
    ("lvtpc-init-dropped", "pmi-modes", "lost-interrupt", "init-lost"),
    ("pmi-no-wake", "pmi-halt", "lost-interrupt", "irr-lost"),
    ("pmi-no-wake", "pmi-halt", "lost-interrupt", "quiet-nmi"),
    ("lowest-to-all", "lowest-no-hash", "spurious-delivery", "irr-spurious"),
    ("hyperv-tpr-reads-ppr", "hyperv-eoi", "register-mismatch", "hyperv-read"),
    ("timer-left-behind", "timer-elsewhere-sw", "lost-interrupt", "timer-lost"),
    ("hv-timer-left-behind", "timer-elsewhere", "lost-interrupt", "timer-lost"),
    ("sint-gsi-forgotten", "hyperv-sint", "eoi-message", "sint-eoi-missing"),
    ("sint-eoi-twice", "hyperv-sint", "eoi-message", "sint-eoi-extra"),
    ("sint-any-vector", "hyperv-sint", "register-mismatch", "sint-msr"),
    ("sint-lowest-refused", "hyperv-sint", "register-mismatch", "sint-msr"),
    ("auto-eoi-ignored", "hyperv-sint", "spurious-delivery", "isr-spurious"),
    ("auto-eoi-keeps-apicv", "hyperv-sint-auto", "spurious-delivery", "isr-spurious"),
    ("auto-eoi-forgets-others", "hyperv-sint-auto", "spurious-delivery", "isr-spurious"),
    ("third-vcpu-refused", "vcpu-add", "register-mismatch", "vcpu-add"),
    ("added-vcpu-inhibited", "apicv-add", "register-mismatch", "mmio-exit"),
    ("added-vcpu-inhibited", "apicv-add", "host-warn", "no-warn"),
    ("hv-timer-in-mwait", "mwait-timer", "lost-interrupt", "timer-lost"),
    ("watchdog-not-counted", "pit-nmi", "lost-interrupt", "nmi-held"),
    ("lvt-mask-ignored", "pit-nmi", "spurious-delivery", "nmi-spurious"),
    ("icr-split-half", "icr-split", "register-mismatch", "access-value"),
    ("pit-unmask-unseen", "pit-steady", "lost-interrupt", "pit-late"),
    ("pit-never-waits", "pit-steady", "spurious-delivery", "pit-early"),
    ("regs-not-freed", "pit-ioapic", "resource-leak", "vm-leak"),
    ("disabled-not-uncounted", "pit-pic", "resource-leak", "vm-leak"),
    ("halted-forgets-owed", "preempt", "lost-interrupt", "quiet-owed"),
    # What the host and its userspace see.
    ("apic-not-found", "sw-disable", "register-mismatch", "apic-exit"),
    ("ioapic-not-found", "ioapic-logical", "register-mismatch", "ioapic-exit"),
    ("apic-page-endless", "timer-short", "register-mismatch", "mmio-exit"),
    ("mce-unchecked", "cmci", "register-mismatch", "set-mce"),
    ("pit-count-shifted", "pit-steady", "register-mismatch", "get-pit"),
    ("pit-reinject-refused", "pit-steady", "register-mismatch", "pit-ioctl"),
    ("pit-source-shared", "pit-ioapic", "register-mismatch", "pit-source"),
    ("irqfd-not-allowed", "irqfd-resample", "register-mismatch", "irqfd-ioctl"),
    ("irqchip-refused", "irqchip-save", "register-mismatch", "irqchip-ioctl"),
    ("routes-refused", "gsi-routing", "register-mismatch", "gsi-routing-ioctl"),
    ("pv-eoi-msr-no-disable", "save-restore", "register-mismatch", "migrate-ioctl"),
    ("msi-route-unchecked", "ioapic-split", "register-mismatch", "bad-call"),
    ("vapic-refused", "vapic", "register-mismatch", "vapic-refused"),
    ("run-refused", "init-sipi", "hang", "kvm-run-fails"),
    ("ioapic-reset-unmasked", "ioapic-level", "register-mismatch", "irqchip-reset"),
    ("icr-unsplit", "icr-x2apic", "host-warn", "no-warn"),
    ("absent-not-skipped", "ioapic-logical", "host-crash", "fault"),
    ("ioapic-keeps-lock", "ioapic-logical", "hang", "deadlock"),
    ("halted-never-blocks", "timer-hv-late", "hang", "not-quiet"),
    ("unfix-pv-eoi", "pv-eoi-disable", "host-bug", "bug"),
    ("loops-rarely", "pv-eoi-plain", "hang", "runaway"),
    ("panics-rarely", "pv-eoi-plain", "host-crash", "panic"),
    ("irq-injected-soft", "fault-state", "spurious-delivery", "delivered-injected"),
    ("events-set-vector-lost", "fault-state", "register-mismatch", "fault-delivered"),
    ("window-any-lint0", "interrupt-window", "register-mismatch", "interrupt-window"),
    ("mp-state-sipi-left", "save-restore-sipi", "lost-interrupt", "sipi-lost"),
    ("mp-state-keeps-srcu", "mp-state-kick", "host-crash", "fault"),
    ("events-set-returns-one", "fault-state", "register-mismatch", "events-ioctl"),
)

# Checks that no rule makes fire, and why. One that has a row as well is an error.
NO_RULE = {
    "pv-msr-after-move": "fires on today's kernels: known/hyperv-init.known, tests/e2e/test_known.py",
    "ppr-after-set-lapic": "fires on today's kernels: known/set-lapic-ppr.known, tests/e2e/test_known.py",
    "run-spins": "fires on today's kernels: known/nmi-wait-sipi.known, tests/e2e/test_known.py",
    "isr-premature-page-away": "fires on today's kernels: known/pv-eoi-page-away.known, tests/e2e/test_known.py",
    "vapic-after-refusal": "fires on today's kernels: known/vapic-bad-address.known, tests/e2e/test_known.py",
    "page-register": "lapicsim live only: tests/e2e/test_live.py",
    "msr-access": "lapicsim live only: tests/e2e/test_live.py",
    "disabled-accepts": "lapicsim live only: tests/e2e/test_live.py",
    "worker-died": "of the supervisor: kills-rarely, in tests/e2e/test_limits.py",
    "worker-hung": "of the supervisor: loops-rarely, in tests/e2e/test_limits.py",
}
# Most rules are seen at once; the rest of the seeds is for the rare ones.
SEEDS = ("0-49", "50-399")


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(BUILD, "variants/6.12/manifest.json"), encoding="utf-8") as f:
            cls.tree = json.load(f)["source_root"]
        # One file or two are compiled again for each, so a processor each is what is needed.
        rules = sorted({row[0] for row in ROWS})
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            cls.seen = dict(zip(rules, pool.map(cls.try_rule, rules)))

    @classmethod
    def try_rule(cls, rule):
        """What each scenario of its rows sees: {scenario: {(kind, check)}}, or what the builder complains of."""
        done = lapicsim("variant", "add", "rule-" + rule, "--tree", cls.tree, "--rule", rule, "--class", "broken")
        if done.returncode:
            return done.stderr
        wanted = {}
        for _, name, kind, check in (row for row in ROWS if row[0] == rule):
            wanted.setdefault(name, set()).add((kind, check))
        return {name: cls.race(rule, name, rows) for name, rows in wanted.items()}

    @staticmethod
    def race(rule, name, wanted):
        seen = set()
        for seeds in SEEDS:
            _, rows = campaign("rule-" + rule, scenario(name), "--seeds", seeds, "--replay-share", "0",
                               "--known", "none", "--jobs", "1")
            seen |= {(d["kind"], d["check"]) for d in rows["divergence"]}
            # What is wrong with a new VM is told as what the scenario's VMs are not built for.
            seen |= {(kind, check) for kind, check in wanted for f in rows.get("failure", ())
                     if f["text"].startswith("building the VMs: %s: " % check)}
            if seen >= wanted:
                break
        return seen

    def test_each_rule_is_seen(self):
        for rule, name, kind, check in ROWS:
            with self.subTest(rule=rule, check=check):
                self.assertIsInstance(self.seen[rule], dict, self.seen[rule])
                self.assertIn((kind, check), self.seen[rule][name])

    def test_each_check_has_a_rule_or_a_reason(self):
        checks = {}
        for line in lapicsim("checks", "--json").stdout.splitlines():
            row = json.loads(line)
            checks[row["name"]] = row["kind"]
        self.assertTrue(checks)
        rows = {check: kind for _, _, kind, check in ROWS}
        for check, kind in checks.items():
            with self.subTest(check=check):
                self.assertTrue((check in rows) != (check in NO_RULE),
                                "needs either a row of ROWS or a reason in NO_RULE")
                self.assertEqual(rows.get(check, kind), kind)
        self.assertLessEqual(set(NO_RULE), set(checks), "reasons for checks that are not there")


if __name__ == "__main__":
    unittest.main()
