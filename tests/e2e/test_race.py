# SPDX-License-Identifier: GPL-2.0-only
"""End to end on real kernels: what unfixed ones show, what fixed ones don't.

Needs the variants 6.12, 6.1 and 6.1-unfixed in $LAPICSIM_BUILD (make variant-...);
says so and fails where they are missing.
"""

import json
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LAPICSIM_BUILD", os.path.join(ROOT, "build"))
LAPICSIM = os.path.join(BUILD, "lapicsim")


def scenario(name):
    return os.path.join(ROOT, "scenarios", name + ".scn")


def lapicsim(*args):
    return subprocess.run([LAPICSIM] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=600)


def campaign(variant, *args):
    """Exit code, and the JSON rows by type."""
    done = lapicsim("run", "--variant", variant, "--json", *args)
    rows = {"variant": [], "divergence": [], "summary": []}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows.setdefault(row["type"], []).append(row)
    return done.returncode, rows


def runner(variant, *args):
    done = subprocess.run(["%s/variants/%s/plain/runner" % (BUILD, variant)] + list(args),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    return done.stdout


class Variants(unittest.TestCase):
    def test_variants_are_there(self):
        for name in ("6.12", "6.1", "6.1-unfixed"):
            self.assertTrue(os.path.exists("%s/variants/%s/plain/runner" % (BUILD, name)),
                            "no variant %s: make variant-%s" % (name, name))

    def test_show_counts_symbols_and_no_trap_was_hit(self):
        for name in ("6.12", "6.1"):
            text = lapicsim("variant", "show", name).stdout
            m = re.search(r"symbols +(\d+) implemented, (\d+) no-ops, (\d+) traps", text)
            self.assertTrue(m, text)
            self.assertGreater(int(m[1]), 100)
            self.assertRegex(text, r"traps hit +none")


class PvEoi(unittest.TestCase):
    def test_unfixed_hits_the_bug_in_1000_seeds(self):
        code, rows = campaign("6.1-unfixed", scenario("pv-eoi-disable"), "--seeds", "0-999", "--jobs", "1")
        self.assertGreater(rows["variant"][0]["kinds"]["host-bug"], 0)
        bugs = [d for d in rows["divergence"] if d["kind"] == "host-bug"]
        self.assertTrue(bugs and re.match(r"lapic\.c:\d+ ", bugs[0]["site"]), bugs)
        self.assertTrue(bugs[0]["frames"])
        self.assertEqual(code, 0, "expected by the scenario")

    def test_fixed_never_hit_it(self):
        for variant in ("6.12", "6.1"):
            for name in ("pv-eoi-disable", "pv-eoi-move", "pv-eoi-readonly", "pv-eoi-slot-delete",
                         "pv-eoi-userspace"):
                code, rows = campaign(variant, scenario(name), "--seeds", "0-1999")
                self.assertEqual(rows["variant"][0]["kinds"]["host-bug"], 0, (variant, name))
                self.assertEqual(code, 0, (variant, name, rows["summary"]))

    def test_replay_gives_the_same_digest_and_trace(self):
        _, rows = campaign("6.1-unfixed", scenario("pv-eoi-disable"), "--seeds", "0-999")
        token = [d["token"] for d in rows["divergence"] if d["kind"] == "host-bug"][0]
        first, again = (lapicsim("replay", token, "--trace=text") for _ in range(2))
        self.assertEqual(first.stdout, again.stdout)
        self.assertEqual(first.returncode, 10)
        for event in ("kvm_apic_accept_irq", "kvm_inj_virq", "kvm_entry", "kvm_exit", "kvm_msr", "kvm_pv_eoi"):
            self.assertIn(event + ":", first.stdout)
        self.assertIn("apic_sync_pv_eoi_from_guest", first.stdout)
        plain = lapicsim("replay", token).stdout
        digest = re.search(r"digest (0x[0-9a-f]+)", plain)[1]
        self.assertIn(digest, first.stdout, "tracing changes nothing")

    def test_a_run_after_a_crash_is_as_in_a_fresh_process(self):
        lines = [l for l in runner("6.1-unfixed", "--scenario", scenario("pv-eoi-disable"), "--seed",
                                   "0-59").splitlines() if l.startswith("seed")]
        crashed = [i for i, l in enumerate(lines) if "end crashed" in l and i + 1 < len(lines)]
        self.assertTrue(crashed, "no crash in these seeds")
        for i in crashed:
            alone = runner("6.1-unfixed", "--scenario", scenario("pv-eoi-disable"), "--seed", str(i + 1))
            self.assertIn(lines[i + 1], alone)


class Clean(unittest.TestCase):
    def test_ordinary_traffic_shows_nothing(self):
        for name in ("pv-eoi-plain", "pv-eoi-nested", "ipi-storm", "hlt-wakeup", "userspace-lapic"):
            code, rows = campaign("6.12", scenario(name), "--seeds", "0-1999")
            self.assertEqual((code, sum(rows["variant"][0]["kinds"].values())), (0, 0), name)


class Big(unittest.TestCase):
    def test_4096_vcpus_run_in_48_kib_each(self):
        for variant in ("6.12", "6.1"):
            done = subprocess.run(["/usr/bin/python3", "-c", RSS, "%s/variants/%s/plain/runner" % (BUILD, variant),
                                   "--scenario", scenario("big-4096"), "--seed", "1"],
                                  stdout=subprocess.PIPE, text=True, timeout=300)
            self.assertIn(" end complete ", done.stdout, variant)
            rss_kib = int(re.search(r"rss (\d+)", done.stdout)[1])
            self.assertLessEqual(rss_kib / 4096, 48, variant)


RSS = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:]); "
       "print('rss', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")


if __name__ == "__main__":
    unittest.main()
