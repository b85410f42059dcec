# SPDX-License-Identifier: GPL-2.0-only
"""lapicsim replay: the same run again, or a clear word why not."""

import os
import unittest

from fake import fake, json_lines


class ReplayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()
        p = cls.f.run("run", "alpha", "--runs", "100", "--json")
        cls.bug = next(x for x in json_lines(p.stdout)
                       if x["type"] == "divergence")
        cls.token = cls.bug["token"]

    def test_digest_and_stack(self):
        p = self.f.run("replay", self.token)
        self.assertEqual(p.returncode, 10, p.stderr)
        self.assertRegex(p.stdout, "(?m)^digest 0x[0-9a-f]{16}$")
        self.assertIn("host BUG: bug, VM 0, vCPU 1, at", p.stdout)
        self.assertRegex(p.stdout, r"run_one +\S*fake_run\.c:\d+")
        self.assertRegex(p.stdout, r"run_setup +\S*fake_run\.c:\d+")
        self.assertEqual(p.stdout.splitlines()[-1],
                         "lapicsim replay " + self.token)

    def test_same_digest_each_time_and_in_json(self):
        texts = {self.f.run("replay", self.token).stdout for _ in range(3)}
        self.assertEqual(len(texts), 1)
        out = json_lines(self.f.run("replay", self.token, "--json").stdout)
        self.assertEqual([x["type"] for x in out], ["divergence", "run"])
        self.assertIn("digest " + out[-1]["digest"] + "\n", texts.pop())
        self.assertEqual(out[-1]["exit"], 10)
        self.assertEqual(out[0]["stack"][0]["function"], "run_one")

    def test_clean_run_is_0(self):
        p = self.f.run("replay", "v1:alpha:6.12-fixed:0x3")
        self.assertEqual(p.returncode, 0)
        self.assertNotIn("replay", p.stdout)

    def test_trace(self):
        p = self.f.run("replay", self.token, "--trace=text")
        plain = self.f.run("replay", self.token)
        self.assertTrue(p.stdout.startswith("0.000001 vcpu0 kvm_entry"))
        self.assertIn(plain.stdout, p.stdout)
        p = self.f.run("replay", self.token, "--trace", "text", "--json")
        json_lines(p.stdout)
        self.assertIn("kvm_entry", p.stderr)

    def test_wrong_identity(self):
        token = self.token.replace("@aaaa0000", "@cccc0000")
        p = self.f.run("replay", token)
        self.assertEqual(p.returncode, 2)
        self.assertIn("the identity of variant 6.1-unfixed is aaaa0000, the "
                      "token says cccc0000", p.stderr)
        p = self.f.run("replay", token, "--force")
        self.assertEqual(p.returncode, 10)
        self.assertIn("going on", p.stderr)

    def test_changed_scenario(self):
        path = self.f.path("scenarios/alpha.scn")
        with open(path, encoding="utf-8") as s:
            text = s.read()
        try:
            self.f.write("scenarios/alpha.scn",
                         "# only the text changes\n" + text.replace(
                             "alpha holds", "other words"))
            self.assertEqual(self.f.run("replay", self.token).returncode, 10)
            self.f.write("scenarios/alpha.scn",
                         text.replace("vcpus = 2", "vcpus = 3"))
            p = self.f.run("replay", self.token)
            self.assertEqual(p.returncode, 2)
            self.assertIn("the hash of scenario alpha", p.stderr)
            self.assertEqual(
                self.f.run("replay", self.token, "--force").returncode, 10)
        finally:
            self.f.write("scenarios/alpha.scn", text)

    def test_worker_that_dies(self):
        p = self.f.run("replay", self.token,
                       FAKE_CRASH=str(int(self.bug["seed"], 16)))
        self.assertEqual(p.returncode, 10)
        self.assertIn("killed by signal 6", p.stderr)
        self.assertEqual(p.stderr.splitlines()[-1],
                         "lapicsim replay " + self.token)

    def test_hang(self):
        p = self.f.run("replay", "v1:alpha:6.12-fixed:0x3",
                       "--worker-timeout=200ms", FAKE_HANG="3")
        self.assertEqual(p.returncode, 10)
        self.assertIn("the worker gave no answer in 200 ms, and was killed", p.stderr)
        self.assertEqual(p.stderr.splitlines()[-1], "lapicsim replay v1:alpha:6.12-fixed:0x3")

    def test_trap(self):
        p = self.f.run("replay", "v1:alpha:6.12-fixed:0x3", FAKE_TRAP="3")
        self.assertEqual(p.returncode, 6)
        self.assertIn("end trapped kvm_fake_symbol", p.stdout)

    def test_gdb(self):
        """gdb itself is not needed: a script of that name shows its words."""
        script = self.f.write("bin/gdb", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        os.chmod(script, 0o755)
        p = self.f.run("replay", self.token + ":guest.hlt=3", "--gdb",
                       "--force",
                       PATH=self.f.path("bin") + ":" + os.environ["PATH"])
        words = p.stdout.splitlines()
        self.assertIn("break run_one", words)
        at = words.index("--args")
        self.assertEqual(words[at + 1:at + 3], [
            self.f.path("build/variants/6.1-unfixed/plain/runner"),
            "--scenario"])
        self.assertEqual(words[-2:], ["--set", "guest.hlt=3"])
        self.assertIn("  break run_setup", p.stderr)
        # The builder says where the sources lie; the fake one repeats what it is asked.
        self.assertTrue(words[words.index("-d") + 1].startswith('["show", "6.1-unfixed", "--sources"'), words)

    def test_bad_tokens(self):
        for code, text, words in (
                (1, "needs one token", []),
                (2, "", ["nonsense"]),
                (2, "", ["v2:alpha:6.12-fixed:0x3"]),
                (2, "", ["v1:alpha:6.12-fixed:3x"]),
                (2, 'did you mean "alpha"?', ["v1:alfa:6.12-fixed:0x3"]),
                (2, 'did you mean "6.12-fixed"?', ["v1:alpha:6.12-fixd:0x3"]),
                (2, 'did you mean "hlt"?',
                 ["v1:alpha:6.12-fixed:0x3:guest.htl=1"]),
                (1, 'did you mean "text"?',
                 ["v1:alpha:6.12-fixed:0x3", "--trace=test"])):
            with self.subTest(words=words):
                p = self.f.run("replay", *words)
                self.assertEqual(p.returncode, code, p.stderr)
                self.assertIn(text, p.stderr)
                self.assertEqual(len(p.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
