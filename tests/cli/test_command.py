# SPDX-License-Identifier: GPL-2.0-only
"""Help, version, variant, the runner by hand, progress on a terminal."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import unittest

from fake import fake

COMMANDS = ["run", "replay", "live", "help", "version"]
ACTIONS = ["add", "list", "show", "remove"]


class CommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()

    def ok(self, *words):
        p = self.f.run(*words)
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        return p.stdout

    def fails(self, code, text, *words):
        p = self.f.run(*words)
        self.assertEqual(p.returncode, code)
        self.assertIn(text, p.stderr)
        self.assertEqual(len(p.stderr.splitlines()), 1)


class Help(CommandTest):
    def test_no_word_is_usage(self):
        p = self.f.run()
        self.assertEqual(p.returncode, 1)
        self.assertIn("usage: lapicsim", p.stderr)

    def test_overview(self):
        text = self.ok("help")
        for command in COMMANDS + ["variant " + a for a in ACTIONS]:
            self.assertIn("  %s " % command, text)
        self.assertEqual(text, self.ok("--help"))

    def test_every_command_has_help(self):
        for words in [[c] for c in COMMANDS] + [["variant", a]
                                                for a in ACTIONS]:
            text = self.ok(*words, "--help")
            self.assertTrue(text.startswith(
                "usage: lapicsim " + " ".join(words)), text)
            self.assertEqual(text, self.ok("help", *words))
            self.assertLess(max(map(len, text.splitlines())), 100)
        self.assertIn("variant remove", self.ok("variant", "--help"))
        self.assertIn("variant remove", self.ok("help", "variant"))

    def test_references(self):
        text = self.ok("help", "scenario-keys")
        self.assertIn("| `vcpus` | number | `2` | 1..4096 |", text)
        self.assertIn("kernel\\|split", text)
        rows = re.findall(r"(?m)^\| `.*\|$", text)
        self.assertGreater(len(rows), 50)
        for row in rows:
            self.assertEqual(len(re.findall(r"(?<!\\)\|", row)), 6, row)
        self.assertIn("| `--seeds` | A-B |", self.ok("help", "options"))
        self.assertIn("random", self.ok("help", "policies"))
        self.assertIn("premature-eoi", self.ok("help", "divergences"))

    def test_version(self):
        self.assertIn("lapicsim", self.ok("version"))
        self.assertEqual(self.ok("version"), self.ok("--version"))

    def test_mistyped(self):
        self.fails(1, 'did you mean "replay"?', "repaly")
        self.fails(1, "lapicsim help lists them", "frobnicate")
        self.fails(1, 'did you mean "scenarios"?', "help", "scenario")
        self.fails(1, 'did you mean "remove"?', "variant", "remvoe")
        self.fails(1, "long options start with --", "run", "-j2")
        # One letter is missing; "--run-time" only begins alike.
        self.fails(1, 'did you mean "--runs"?', "run", "--run", "3")
        self.fails(1, 'did you mean "--replay-share"?', "run", "--repl", "3")


class Variant(CommandTest):
    def words(self, *words):
        return json.loads(self.f.run("variant", *words).stdout)

    def test_passes_on(self):
        build = ["--build", self.f.path("build")]
        for words in (["list"], ["show", "6.12"], ["remove", "6.12"],
                      ["add", "6.12", "--deb", "linux-source-6.12"],
                      ["add", "x", "--git=/r", "--rev", "v6", "--patch", "a",
                       "--patch", "b", "--rule", "c", "--class=d",
                       "--optimize", "3", "--flavour", "sanitized"]):
            self.assertEqual(self.words(*words), words + build)
        self.assertEqual(self.words("list", "--build", "/b"),
                         ["list", "--build", "/b"])

    def test_exit_code_is_the_builders(self):
        self.assertEqual(self.f.run("variant", "show", "bad").returncode, 2)

    def test_checks(self):
        self.fails(1, "needs one of add", "variant")
        self.fails(1, "needs one name", "variant", "add")
        self.fails(1, "needs no name", "variant", "list", "x")
        self.fails(1, "needs one of --deb", "variant", "add", "x")
        self.fails(1, "needs one of --deb", "variant", "add", "x", "--deb",
                   "d", "--tree", "t")
        self.fails(1, "go together", "variant", "add", "x", "--git", "d")
        self.fails(1, 'did you mean "--patch"?', "variant", "add", "x",
                   "--pacth", "d")
        self.fails(1, "at most 3", "variant", "add", "x", "--tree", "t",
                   "--optimize", "9")


class Runner(CommandTest):
    def test_by_hand(self):
        path = self.f.path("scenarios/alpha.scn")
        p = self.f.runner("--scenario", path, "--seed", "0-30", "--trace")
        self.assertEqual(p.returncode, 10)
        self.assertEqual(p.stdout.count(b"digest 0x"), 31)
        self.assertIn(b"host BUG: bug", p.stdout)
        self.assertEqual(p.stderr.count(b"kvm_entry"), 31)
        self.assertEqual(self.f.runner("--help").returncode, 0)
        self.assertEqual(self.f.runner("--seed", "1").returncode, 1)

    def test_protocol(self):
        """Types 1 ready, 2 error, 3 run, 4 checkpoints, 5 events, 7 pairs (of seeds that are looked at)."""
        asked = ("run 0 1\nscenario %s guest.hlt=3\nrun 0x7 3\ntrace 2\n"
                 "trace 2 9\ncheckpoints\nevents 5 1020\nevents 5\ntrace 2 x\nnonsense\nrun 1\nscenario x\nquit\nrun 0 1\n" %
                 self.f.path("scenarios/alpha.scn")).encode()
        p = self.f.runner(stdin=asked)
        types, at = [], 0
        while at < len(p.stdout):
            magic, version, kind, size, _ = struct.unpack_from(
                "<HHIII", p.stdout, at)
            self.assertEqual((magic, version), (0x4c41, 4))
            types.append(kind)
            if kind == 5:
                self.assertEqual(size, 4 * 32)  # up to the next checkpoint
            at += 16 + size
        self.assertEqual(types, [2, 1, 3, 3, 3, 3, 3, 4, 5, 2, 2, 2, 2, 2])
        self.assertIn(b"kvm_entry", p.stderr)


class Live(CommandTest):
    """What can be said without a KVM; tests/unit/live.c has the rest."""

    def test_no_device_is_skipped(self):
        self.fails(77, "no-kvm: No such file or directory", "live")
        self.fails(77, "skipped: ", "live", "--variant", "6.12-fixed", "--json")

    def test_device_that_is_none(self):
        path = self.f.write("no-kvm", "")
        self.addCleanup(os.remove, path)
        p = self.f.run("live", "--seeds", "7", "--steps", "3")
        self.assertEqual(p.returncode, 6)
        self.assertIn("KVM_GET_API_VERSION: ", p.stderr)
        self.assertEqual(p.stderr.splitlines()[-1], "lapicsim live --seeds 0x7 --steps 3")

    def test_usage(self):
        self.fails(1, "takes no arguments", "live", "alpha")
        self.fails(1, "--unsafe: unknown option", "live", "--unsafe")
        self.fails(2, 'did you mean "6.12-fixed"?', "live", "--variant", "6.12-fixd")


class Progress(CommandTest):
    def drawn(self, columns):
        """What a terminal so wide is sent."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        p = subprocess.Popen(
            [self.f.program, "run", "alpha", "--runs", "1000", "--jobs", "2"],
            stdout=subprocess.PIPE, stderr=slave,
            env=self.f.environment({"FAKE_SLEEP_US": "1000"}))
        os.close(slave)
        seen = b""
        while select.select([master], [], [], 20)[0]:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
        p.communicate()
        os.close(master)
        self.assertEqual(p.returncode, 0)
        text = seen.decode()
        self.assertGreater(text.count("\r\033[K"), 2)
        return text

    def test_line_is_drawn_in_place(self):
        self.assertRegex(self.drawn(250), r"0:0\d  [\d,]+/2,000 runs  \S+ left  no new bucket, \d+ known  \S+ runs/s  "
                         r".* events/s  simulated/real .*  slowest alpha, 1\.\d+ ms  \d workers")

    def test_what_matters_fits_on_an_old_terminal(self):
        self.assertRegex(self.drawn(80), r"0:0\d  [\d,]+/2,000 runs  \S+ left  no new bucket, \d+ known  ")

    def test_line_is_cut_where_the_terminal_ends(self):
        lines = self.drawn(60).split("\r\033[K")
        self.assertEqual(59, max(len(line) for line in lines[1:-1]))


if __name__ == "__main__":
    unittest.main()
