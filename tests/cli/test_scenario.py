# SPDX-License-Identifier: GPL-2.0-only
"""Scenario files: what is read, what is refused, and in which words."""

import glob
import os
import re
import unittest

from fake import REPO, fake

GOOD = """\
[scenario]
claim = Nothing is lost
  on two vCPUs.     ; a comment
[topology]
vcpus = 2
[guest]
op_time = 100ns
[expect]
default = never host-bug
"""


class ScenarioTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()

    def load(self, text, name="test", *words):
        path = self.f.write("files/%s.scn" % name, text)
        p = self.f.runner("--scenario", path, "--seed", "2", *words,
                          variant="6.12-fixed")
        return p.returncode, p.stderr.decode().replace(path, "FILE"), p

    def good(self, text, *words):
        code, err, p = self.load(text, "test", *words)
        self.assertEqual(code, 0, err)
        return re.search("digest (0x[0-9a-f]+)", p.stdout.decode()).group(1)

    def bad(self, text, message, *words):
        code, err, _ = self.load(text, "test", *words)
        self.assertEqual(code, 2)
        self.assertEqual(err.strip(), message)

    def test_good(self):
        self.good(GOOD)

    def test_defaults_are_values_like_any_other(self):
        """The hash is over the meaning, and the fake digest over the hash."""
        self.assertEqual(self.good(GOOD), self.good(
            GOOD.replace("op_time = 100ns", "; c\nnest = 20%\n\n"
                         "op_time=0x64ns").replace("never", "sometimes")))
        self.assertEqual(self.good(GOOD), self.good(
            GOOD.replace("vcpus = 2", "vcpus = 7"), "--set",
            "topology.vcpus=2"))
        self.assertNotEqual(self.good(GOOD),
                            self.good(GOOD.replace("100ns", "101ns")))

    def test_deviations_are_part_of_the_meaning(self):
        off = GOOD.replace("[guest]", "[deviations]\nicr-level = off\n[guest]")
        self.assertNotEqual(self.good(GOOD), self.good(off))
        self.assertEqual(self.good(off), self.good(
            GOOD, "--set", "deviations.icr-level=off"))
        self.assertEqual(self.good(GOOD), self.good(
            off, "--set", "deviations.icr-level=on"))

    def test_lines_and_keys(self):
        for old, new, message in (
                ("vcpus = 2", "vcpsu = 2",
                 'FILE:5: vcpsu: unknown key in [topology]; did you mean '
                 '"vcpus"?'),
                ("vcpus = 2", "hlt = 2",
                 "FILE:5: hlt: unknown key in [topology]; it belongs into "
                 "[guest]"),
                ("vcpus = 2", "vcpus = two",
                 'FILE:5: vcpus: "two" is not a whole number'),
                ("vcpus = 2", "vcpus = 0",
                 "FILE:5: vcpus: must be at least 1"),
                ("vcpus = 2", "vcpus = 5000",
                 "FILE:5: vcpus: must be at most 4096"),
                ("vcpus = 2", "vcpus = 99999999999999999999",
                 'FILE:5: vcpus: "99999999999999999999" is not a whole '
                 'number'),
                ("vcpus = 2", "vcpus = 2\nvcpus = 3",
                 "FILE:6: vcpus: was set in line 5 already"),
                ("vcpus = 2", "vcpus 2",
                 "FILE:5: neither [section] nor key = value"),
                ("vcpus = 2", "pv_eoi = maybe",
                 'FILE:5: pv_eoi: "maybe" is neither yes nor no'),
                ("vcpus = 2", "irqchip = splitt",
                 'FILE:5: irqchip: "splitt" is none of kernel|split; did you '
                 'mean "split"?'),
                ("vcpus = 2", "vcpus = 2\n  3",
                 "FILE:6: vcpus: only claim may continue on an indented "
                 "line"),
                ("vcpus = 2", "; " + "x" * 300,
                 "FILE:5: line is longer than 199 characters; a claim may go on on an indented line"),
                ("[topology]", "[topolgy]",
                 'FILE:4: [topolgy]: unknown section; did you mean '
                 '"topology"?'),
                ("[guest]", "[topology]",
                 "FILE:6: [topology] was there before; keep the keys of a "
                 "section together"),
                ("op_time = 100ns", "op_time = 100",
                 'FILE:7: op_time: "100" needs a unit: ns, us, ms, s, m or '
                 'h'),
                ("op_time = 100ns", "op_time = 1h",
                 "FILE:7: op_time: must be at most 4s"),
                ("op_time = 100ns", "nest = 101%",
                 "FILE:7: nest: must be at most 100"),
                ("[guest]", "[deviations]\nicr-levle = off\n[guest]",
                 'FILE:7: icr-levle: unknown deviation; did you mean '
                 '"icr-level"?'),
                ("[guest]", "[deviations]\nicr-level = of\n[guest]",
                 'FILE:7: icr-level: "of" is neither on nor off'),
                ("[guest]", "[deviations]\nicr-level = off\n"
                 "icr-level = on\n[guest]",
                 "FILE:8: icr-level: was set already"),
                ("[scenario]", "vcpus = 1\n[scenario]",
                 "FILE:1: vcpus: comes before the first [section]"),
                ("claim = Nothing is lost\n  on two vCPUs.     ; a comment\n",
                 "", "FILE: claim: is missing from [scenario]"),
                ("default = never host-bug", "",
                 "FILE: default: is missing from [expect]: what is expected "
                 "of ordinary variants?"),
                ("[expect]\ndefault = never host-bug", "",
                 "FILE: section [expect] is missing: every scenario says what "
                 "it expects"),
                ("never host-bug", "nevr host-bug",
                 'FILE:9: default: "nevr" is none of never, sometimes, '
                 'always; did you mean "never"?'),
                ("never host-bug", "never host-bugs",
                 'FILE:9: default: "host-bugs" is no kind of divergence; did '
                 'you mean "host-bug"?'),
                ("never host-bug", "never host-bug, always host-bug",
                 "FILE:9: default: says something about host-bug twice"),
                ("never host-bug", "never",
                 'FILE:9: default: "never" is not WORD KIND, such as never '
                 'host-bug'),
                ("[topology]", "[topology",
                 "FILE:4: ']' is missing behind [topology"),
                ("[topology]\nvcpus = 2", "[topology] vcpus = 2",
                 "FILE:4: a key stands on a line of its own, not behind "
                 "[topology]"),
                ("vcpus = 2", "  vcpus = 2",
                 "FILE:5: vcpus: only claim may continue on an indented line"),
                ("vcpus = 2", "vcpus = 2\0 and more",
                 "FILE:5: has a byte that is 0: not a text file"),
                ("host-bug\n", "host-bug\n\0\0",
                 "FILE:10: has a byte that is 0: not a text file"),
                ("default = never", "default = never hang\ndefault = never",
                 "FILE:10: default: was set already; one line per class")):
            with self.subTest(new=new[:40]):
                self.assertIn(old, GOOD)
                self.bad(GOOD.replace(old, new), message)

    def test_editors_of_other_systems(self):
        for text in ("\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("[guest]", "[guest]  ; a comment"), GOOD[:-1]):
            self.assertEqual(self.good(GOOD), self.good(text))

    def test_between_keys(self):
        for old, new, message in (
                ("vcpus = 2", "vcpus = 3000\nvms = 2\nirqchip = split\n"
                 "apic_mode = x2apic",
                 "FILE:5: vcpus: vms times vcpus must be at most 4096"),
                ("vcpus = 2", "vcpus = 300",
                 "FILE: topology.irqchip: more than 255 vCPUs in a VM need "
                 "irqchip = split"),
                ("[guest]", "[devices]\nvector_last = 0x20\n[guest]",
                 "FILE: devices.vector_first: must be at most vector_last"),
                ("[guest]", "[memory]\ngap = 1us\nunmap = 0\n[guest]",
                 "FILE:7: gap: every action of [memory] has weight 0"),
                ("[guest]", "[guest]\nmwait = 1",
                 "FILE:7: mwait: needs topology.mwait = yes"),
                ("[guest]", "[userspace]\nrun_again = 0\n[guest]",
                 "FILE:7: run_again: every action of [userspace] has weight "
                 "0"),
                ("[guest]", "[policy]\nname = randm\n[guest]",
                 'FILE:7: name: there is no policy "randm"; did you mean '
                 '"random"?')):
            with self.subTest(new=new):
                self.bad(GOOD.replace(old, new), message)

    def test_one_action_of_userspace_is_enough(self):
        for key in ("bad_calls", "pit_calls", "refused_lapic"):
            with self.subTest(key=key):
                self.good(GOOD, "--set", "userspace.run_again=0,userspace.%s=1" % key)

    def test_overrides(self):
        for override, message in (
                ("topology.vcpsu=1", '--set: topology.vcpsu: unknown key in '
                 '[topology]; did you mean "vcpus"?'),
                ("topolgy.vcpus=1", '--set: [topolgy]: unknown section; did '
                 'you mean "topology"?'),
                ("topology.vcpus=0",
                 "--set: topology.vcpus: must be at least 1"),
                ("deviations.icr-leve=off",
                 '--set: deviations.icr-leve: unknown deviation; did you mean '
                 '"icr-level"?'),
                ("vcpus=1", "--set: vcpus=1: an override looks like "
                 "SECTION.KEY=VALUE")):
            with self.subTest(override=override):
                self.bad(GOOD, message, "--set", override)

    def test_file_name(self):
        code, err, _ = self.load(GOOD, "with blank")
        self.assertEqual(code, 2)
        self.assertIn("file name may have letters, digits", err)

    def test_no_such_file(self):
        p = self.f.runner("--scenario", "/nonexistent.scn", "--seed", "0")
        self.assertEqual(p.returncode, 2)
        self.assertIn(b"/nonexistent.scn: No such file", p.stderr)

    def test_every_shipped_scenario_loads(self):
        files = sorted(glob.glob(os.path.join(REPO, "scenarios/*.scn")))
        self.assertTrue(files)
        for path in files:
            with self.subTest(path=path):
                p = self.f.runner("--scenario", path, "--seed", "2",
                                  variant="6.12-fixed")
                self.assertEqual(p.returncode, 0, p.stderr)


if __name__ == "__main__":
    unittest.main()
