#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Everything that proves lapicsim: runs the steps below and adds up their tests.

Some steps use one processor and some wait for children most of the time, so
two of them run side by side, each as soon as what it needs is there.  Each
step's output goes to BUILD/check/STEP.log and is shown if it fails.  The last
line is "N passed, N failed"; the exit code is 1 if anything failed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VARIANTS = ("variants",)


def steps(build, docs):
    """Rows of name, command, and the steps that it needs; the longest of what can run come first.

    docs: with those that follow README and CONTRIBUTING in copies of the repository.
    """
    unittest = [sys.executable, "-m", "unittest", "discover", "-v", "-s"]
    runner = "%s/variants/%%s/%%s/runner" % build
    return (
        ("variants", ["make", "-s", "O=" + build, "check-variants"], ()),
        ("command-line", unittest + ["tests/cli"], ()),
        *((("tour", unittest + ["tests/docs", "-p", "test_tour.py"], VARIANTS),
           ("recipes", unittest + ["tests/docs", "-p", "test_recipes.py"], VARIANTS)) if docs else ()),
        ("oracle-sees", unittest + ["tests/e2e", "-p", "test_rules.py"], VARIANTS),
        ("unit", ["make", "-s", "-f", "tests/unit/unit.mk", "O=" + build, "unit-check"], ()),
        ("unit-sanitized", ["make", "-s", "-f", "tests/unit/unit.mk", "O=" + build, "SAN=address", "unit-check"],
         ()),
        ("fuzz", ["make", "-s", "O=" + build, "fuzz-check"], ()),
        ("reports", unittest + ["tests/reports"], ()),
        *([("report-browser", unittest + ["tests/browser"], ())] if shutil.which("chromium") else []),
        ("pages", unittest + ["tests/docs", "-p", "test_pages.py"], ()),
        ("docs", [sys.executable, "scripts/docs.py", "--check", build + "/lapicsim"], ()),
        ("builder", unittest + ["tests/variant"], VARIANTS),
        ("determinism", [sys.executable, "tests/e2e/determinism.py", "--build", build, "--runs", "4000",
                         "--fresh", "60"], VARIANTS),
        ("newer-kernel", [sys.executable, "tests/e2e/test_newer.py", "-v"], VARIANTS),
        # Sees known/'s youngest on the newer kernel.
        ("known", unittest + ["tests/e2e", "-p", "test_known.py"], VARIANTS + ("newer-kernel",)),
        ("compare", unittest + ["tests/e2e", "-p", "test_compare.py"], VARIANTS),
        ("heat-map", unittest + ["tests/e2e", "-p", "test_heat_map.py"], VARIANTS),
        ("environment-6.12", [runner % ("6.12", "plain"), "--self-test"], VARIANTS),
        ("environment-6.1", [runner % ("6.1", "plain"), "--self-test"], VARIANTS),
        ("races", unittest + ["tests/e2e", "-p", "test_race.py"], VARIANTS),
        ("trace", unittest + ["tests/e2e", "-p", "test_trace.py"], VARIANTS),
        ("live", unittest + ["tests/e2e", "-p", "test_live.py"], VARIANTS),
        ("limits", unittest + ["tests/e2e", "-p", "test_limits.py"], VARIANTS),
        ("canary", unittest + ["tests/e2e", "-p", "test_canary.py"], VARIANTS),
        ("mutants", [sys.executable, "scripts/mutants.py", "--build", build, "--sample", "40", "--fresh"],
         VARIANTS),
    )


def trees(build):
    """The kernels of check-variants; other steps build and remove more meanwhile."""
    found = []
    for path in (build + "/variants/%s/manifest.json" % name for name in ("6.1", "6.1-oldest", "6.12")):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                found.append(json.load(f)["source_root"])
    return ":".join(dict.fromkeys(found))


def count(text, code):
    """(passed, failed) of one step from what it printed."""
    tap = re.findall(r"^(?:.*: )?(\d+) passed, (\d+) failed", text, re.M)
    if tap:
        passed, failed = sum(int(p) for p, _ in tap), sum(int(f) for _, f in tap)
    else:
        ran = re.search(r"^Ran (\d+) tests?", text, re.M)
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|skipped)=(\d+)", text))
        total = int(ran[1]) if ran else 1
        failed = min(bad, total) if ran else int(code != 0)
        passed = total - failed
    if code and not failed:
        failed = 1
    return passed, failed


class Check:
    """The steps, and who runs which."""

    def __init__(self, build, docs):
        self.build = build
        self.waiting = list(steps(build, docs))
        self.done = set()
        self.passed = self.failed = 0
        self.changed = threading.Condition()
        # A python3 that is a shell script (pyenv's) would cost more than many a step's command.
        real = os.path.dirname(os.path.realpath(sys.executable))
        self.env = dict(os.environ, LAPICSIM_BUILD=build, LAPICSIM_CI="1",
                        PATH=real + os.pathsep + os.environ["PATH"])

    def next(self):
        """The first step that needs nothing that is still to come; None after the last one."""
        with self.changed:
            while self.waiting:
                for step in self.waiting:
                    if self.done.issuperset(step[2]):
                        self.waiting.remove(step)
                        return step
                self.changed.wait()
        return None

    def run(self, name, command):
        start = time.monotonic()
        env = dict(self.env, LAPICSIM_TEST_TREES=trees(self.build))
        with open("%s/check/%s.log" % (self.build, name), "w+", encoding="utf-8", errors="replace") as log:
            child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            text = log.read()
        p, f = count(text, child.returncode)
        with self.changed:
            self.passed, self.failed = self.passed + p, self.failed + f
            print("%-18s %4d passed, %d failed  %5.1f s, %5.1f s of processor" % (
                name, p, f, time.monotonic() - start, used.ru_utime + used.ru_stime), flush=True)
            if f:
                print("\n".join(text.splitlines()[-40:]))
                print("again: " + " ".join(command), flush=True)

    def lane(self):
        for name, command, _ in iter(self.next, None):
            try:
                self.run(name, command)
            except Exception:  # a step that could not be run is a step that failed
                traceback.print_exc()
                self.failed += 1
            with self.changed:
                self.done.add(name)
                self.changed.notify_all()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", nargs="?", default="build")
    p.add_argument("--docs", action="store_true", help="follow README and CONTRIBUTING, too: some minutes more")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    os.makedirs(build + "/check", exist_ok=True)
    check = Check(build, args.docs)
    lanes = [threading.Thread(target=check.lane) for _ in range(2)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if not shutil.which("chromium"):
        print("report-browser     left out: no chromium here; make report-check installs it")
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
