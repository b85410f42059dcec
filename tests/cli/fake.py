# SPDX-License-Identifier: GPL-2.0-only
"""A lapicsim with fake variants, in a folder of its own.

Builds the command and two runners around fake_run.c once per test process.
The folder looks like a repository: build/lapicsim, scenarios/, kvm/builder.
"""

import atexit
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CFLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror",
          "-fno-pie", "-no-pie", "-I" + REPO]
SHARED = ["alloc", "options", "option_guess", "option_table", "option_help", "command_line",
          "scenario", "scenario_check", "scenario_expect", "scenario_deviation", "divergence", "rng",
          "run_end", "pair_names", "signature", "oracle/deviation", "oracle/check"]
VARIANTS = (("6.1-unfixed", "aaaa0000", "pv-eoi-unfixed"),
            ("6.12-fixed", "bbbb0000", "fixed"))

SCENARIO = """\
[scenario]
claim = %s
[topology]
vcpus = 2
[expect]
default = sometimes premature-eoi, never host-bug
pv-eoi-unfixed = always host-bug
"""

# Prints its arguments; a git revision it "builds" by what its file "code" says.
BUILDER = """\
import json, os, shutil, subprocess, sys
argv = sys.argv[1:]
name = argv[1] if len(argv) > 1 else ""
if name.startswith(("rev-", "bisect-")):
    build = argv[argv.index("--build") + 1]
    place = os.path.join(build, "variants", name, "plain")
    if argv[0] == "show":
        print("code")
    elif argv[0] == "remove":
        shutil.rmtree(os.path.dirname(place))
    else:
        git, rev = argv[argv.index("--git") + 1], argv[argv.index("--rev") + 1]
        code = subprocess.run(["git", "-C", git, "show", rev + ":code"], check=True, stdout=subprocess.PIPE,
                              text=True).stdout.split()[0]
        with open(os.path.join(build, "built.log"), "a") as f:
            print(name, code, file=f)
        if code == "broken":
            sys.exit("lapicsim: it does not build" if os.environ.get("FAKE_STOP") else 2)
        os.makedirs(place, exist_ok=True)
        variant = {"good": "6.12-fixed", "bad": "6.1-unfixed"}[code]
        shutil.copy(os.path.join(build, "variants", variant, "plain/runner"), place)
else:
    print(json.dumps(argv))
    sys.exit(2 if "bad" in argv else 0)
"""

# Says which lines were executed as $FAKE_TOUCHED wants it: runs of the second line, "fails", or "stop" (who asks).
TOUCHED = """\
import os, signal, sys
runs = os.environ.get("FAKE_TOUCHED", "3")
if runs == "fails":
    sys.exit("lapicsim: it fails")
if runs == "stop":
    os.kill(os.getppid(), signal.SIGTERM)
    runs = "3"
print("lines\\tbase\\t1")
print("sampled\\tbase\\t20")
print("line\\tbase\\tlapic.c\\t7\\t%d\\told();" % (20 if runs != "0" else 0))
print("lines\\tvariant\\t4")
print("sampled\\tvariant\\t20")
print("line\\tvariant\\tlapic.c\\t8\\t%s\\tnew();" % runs)
print("line\\tvariant\\tlapic.c\\t9\\t0\\t" + " ".join(sys.argv[1:]).replace(os.getcwd(), ""))
"""

CANARY = """\
[scenario]
claim = the canary is found
[limits]
enough_runs = 690
[expect]
default = sometimes premature-eoi
canary = always lost-interrupt
"""


def sources(*names):
    return [os.path.join(REPO, "sim", n + ".c") for n in names]


def policies():
    return glob.glob(os.path.join(REPO, "sim/policy/*.c"))


def compile_program(output, files, defines=(), libraries=()):
    os.makedirs(os.path.dirname(output), exist_ok=True)
    extra = os.environ.get("LAPICSIM_TEST_CFLAGS", "").split()
    subprocess.run(["gcc", *CFLAGS, *extra, *defines, "-o", output, *files, "-linih",
                    *libraries], check=True)


class Fake:
    """The folder, and ways to run what is in it."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="lapicsim-cli-")
        atexit.register(shutil.rmtree, self.root, True)
        self.program = self.path("build/lapicsim")
        files = [f for folder in ("cmd", "live", "oracle", "policy")
                 for f in glob.glob(os.path.join(REPO, "sim", folder, "*.c"))]
        names = [n for n in SHARED if "/" not in n]
        # Tests never come near a real /dev/kvm.
        compile_program(self.program, sources(*names, "main", "token") + files,
                        ['-DLIVE_DEVICE="%s"' % self.path("no-kvm")], ["-lsqlite3", "-lpthread", "-lm"])
        for name, identity, klass in VARIANTS:
            self.add_variant(name, identity, klass)
        # The builder that is none finds it built.
        self.add_variant("canary-6.1-unfixed", "cccc0000", "canary")
        self.write("scenarios/canary.scn", CANARY)
        self.variants = set(os.listdir(self.path("build/variants")))
        self.write("scenarios/alpha.scn", SCENARIO % "alpha holds")
        self.write("scenarios/beta.scn", SCENARIO % "beta holds, too")
        self.write("kvm/builder/__main__.py", BUILDER)
        self.write("kvm/touched/__main__.py", TOUCHED)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def add_variant(self, name, identity, klass):
        compile_program(
            self.path("build/variants", name, "plain/runner"),
            sources(*SHARED, "worker", "runner", "coverage") + policies() +
            [os.path.join(REPO, "tests/cli/fake_run.c")],
            ['-DFAKE_NAME="%s"' % name, '-DFAKE_IDENTITY="%s"' % identity,
             '-DFAKE_CLASS="%s"' % klass])

    def forget_variants(self):
        """What tests have built: `run` without --variant takes all that there are."""
        for name in os.listdir(self.path("build/variants")):
            if name not in self.variants:
                shutil.rmtree(self.path("build/variants", name))

    def environment(self, env):
        merged = {k: v for k, v in os.environ.items()
                  if not k.startswith("FAKE_")}
        merged.update(env)
        return merged

    def run(self, *words, **env):
        """The finished process; keyword arguments are its environment."""
        return subprocess.run([self.program, *words], text=True,
                              capture_output=True, timeout=120, check=False,
                              env=self.environment(env))

    def start(self, *words, **env):
        return subprocess.Popen([self.program, *words], text=True,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE,
                                env=self.environment(env))

    def alive(self):
        """Ids of this folder's runners."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink("/proc/%s/exe" % pid).startswith(self.path("build/variants")):
                    found.append(int(pid))
            except OSError:     # it has ended, or is not ours
                continue
        return found

    def wait_until_busy(self, p):
        """Until @p has a runner, and that some time: how long it takes to come so far is the machine's affair."""
        deadline = time.monotonic() + 60
        while not self.alive():
            assert p.poll() is None and time.monotonic() < deadline, "it runs nothing"
            time.sleep(0.02)
        time.sleep(0.5)

    def runner(self, *words, variant="6.1-unfixed", stdin=None, **env):
        return subprocess.run(
            [self.path("build/variants", variant, "plain/runner"), *words],
            input=stdin, capture_output=True, timeout=60, check=False,
            env=self.environment(env))


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


_FAKE = None


def fake():
    """The one of this process: building it takes some seconds."""
    global _FAKE
    if _FAKE is None:
        _FAKE = Fake()
    _FAKE.forget_variants()
    return _FAKE
