# SPDX-License-Identifier: GPL-2.0-only
"""make install: what is there afterwards, and that it works from there.

The package and a bare machine are `make deb-test`'s.
"""

import gzip
import glob
import os
import re
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LAPICSIM_BUILD", os.path.join(ROOT, "build"))


def make(*words):
    return subprocess.run(["make", "-s", "-C", ROOT, "O=" + BUILD, *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=True).stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="lapicsim-test-")
        make("install", "PREFIX=/opt/lapicsim", "DESTDIR=" + cls.temp.name)
        cls.prefix = cls.temp.name + "/opt/lapicsim"

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def run_it(self, *words, **env):
        clean = {k: v for k, v in os.environ.items() if k not in ("LAPICSIM_BUILD", "XDG_CACHE_HOME", "HOME")}
        return subprocess.run([self.prefix + "/bin/lapicsim", *words], text=True, capture_output=True,
                              env=dict(clean, **env), timeout=60)


class BuildFolder(unittest.TestCase):
    def test_has_one_name(self):
        """Or what `make check` compiled would not be known to depend on headers when `make` comes to it."""
        for given, name in (("build", "build"), (ROOT + "/build", "build"), ("./build/", "build"), ("/x/y", "/x/y")):
            for makefile in ("Makefile", "tests/unit/unit.mk"):
                said = subprocess.run(["make", "-C", ROOT, "-f", makefile, "-pnq", "O=" + given], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
                self.assertIn("\nO := %s\n" % name, said)


class Install(Installed):
    def test_scenarios_and_findings_come_along(self):
        names = self.run_it("help", "scenarios", HOME="/nonexistent").stdout.split()
        self.assertIn("pv-eoi-plain", names)
        self.assertEqual(len(names), len(glob.glob(ROOT + "/scenarios/*.scn")))
        known = self.run_it("known", HOME="/nonexistent")
        self.assertEqual(known.returncode, 0, known.stderr)

    def test_each_user_has_a_build_folder(self):
        for env, folder in (({"LAPICSIM_BUILD": "/tmp/a"}, "/tmp/a"), ({"XDG_CACHE_HOME": "/tmp/b"}, "/tmp/b/lapicsim"),
                            ({"HOME": "/tmp/c"}, "/tmp/c/.cache/lapicsim")):
            os.makedirs(self.temp.name + folder + "/variants/here/plain")
            runner = self.temp.name + folder + "/variants/here/plain/runner"
            with open(runner, "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\n")
            os.chmod(runner, 0o755)
            env = {k: self.temp.name + v for k, v in env.items()}
            self.assertEqual(self.run_it("help", "variants", **env).stdout, "here\n", env)
        nowhere = self.run_it("help", "variants")
        self.assertEqual(nowhere.returncode, 2)
        self.assertIn("HOME", nowhere.stderr)

    def test_the_builder_is_there_and_writes_to_the_user_only(self):
        done = self.run_it("variant", "list", HOME=self.temp.name + "/me")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        done = self.run_it("variant", "add", "x", "--tree", "/nonexistent", HOME=self.temp.name + "/me")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent: no such folder", done.stderr)

    def test_every_command_has_a_manual_page(self):
        pages = {os.path.basename(p)[:-3]: p for p in glob.glob(self.prefix + "/share/man/man*/*.gz")}
        help_text = self.run_it("help", HOME="/nonexistent").stdout
        commands = re.findall(r"^  ((?:variant )?[a-z]+)(?: |$)", help_text, re.M)
        self.assertGreater(len(commands), 10)
        for command in commands:
            self.assertIn("lapicsim-%s.1" % command.replace(" ", "-"), pages)
        for name in ("lapicsim.1", "lapicsim-scenario.5", "lapicsim-known.5"):
            self.assertIn(name, pages)
        for path in pages.values():
            with gzip.open(path, "rt", encoding="utf-8") as f:
                text = f.read()
            self.assertRegex(text, r"\.TH LAPICSIM\S* [15] ", path)
            for section in ("NAME", "DESCRIPTION"):
                self.assertIn("\n.SH %s\n" % section, text, path)
            self.assertFalse(re.search(r"^[.'](?![A-Z\\])", text, re.M), path)
        with gzip.open(pages["lapicsim-run.1"], "rt", encoding="utf-8") as f:
            self.assertIn("\\fB\\-\\-replay\\-share\\fR \\fIPERCENT\\fR", f.read())


COMPLETE = """
source %s/share/bash-completion/completions/lapicsim
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_lapicsim
printf '%%s\\n' "${COMPREPLY[@]}"
"""


class Completion(Installed):
    def complete(self, *words):
        program = self.prefix + "/bin/lapicsim"
        done = subprocess.run(["bash", "-c", COMPLETE % self.prefix, "bash", program, *words], text=True,
                              capture_output=True, env=dict(os.environ, LAPICSIM_BUILD=self.temp.name + "/none"))
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_words(self):
        for words, expected in ((("rep",), ["replay", "report"]), (("variant", "s"), ["show"]),
                                (("run", "pv-eoi-pl"), ["pv-eoi-plain"]), (("run", "--flavou"), ["--flavour="]),
                                (("try", "pv-eoi-pl"), ["pv-eoi-plain"]), (("compare", "pv-eoi-pl"), ["pv-eoi-plain"]),
                                (("run", "--flavour", "=", "sa"), ["sanitized"]),
                                (("run", "--flavour", "sa"), ["sanitized"]),
                                (("variant", "add", "x", "--optim"), ["--optimize="]),
                                (("help", "scenario-k"), ["scenario-keys"])):
            self.assertEqual(self.complete(*words), expected, words)


if __name__ == "__main__":
    unittest.main()
