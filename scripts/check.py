#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Everything that proves lapicsim: runs the steps below and adds up their tests.

Each step's output goes to BUILD/check/STEP.log and is shown if it fails.  The
last line is "N passed, N failed"; the exit code is 1 if anything failed.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def steps(build):
    unittest = [sys.executable, "-m", "unittest", "discover", "-v", "-s"]
    runner = "%s/variants/%%s/%%s/runner" % build
    return (
        ("unit", ["make", "-s", "-f", "tests/unit/unit.mk", "O=" + build, "unit-check"]),
        ("unit-sanitized", ["make", "-s", "-f", "tests/unit/unit.mk", "O=" + build, "SAN=address", "unit-check"]),
        ("fuzz", ["make", "-s", "O=" + build, "fuzz-check"]),
        ("command-line", unittest + ["tests/cli"]),
        ("reports", unittest + ["tests/reports"]),
        *([("report-browser", unittest + ["tests/browser"])] if shutil.which("chromium") else []),
        ("pages", unittest + ["tests/docs", "-p", "test_pages.py"]),
        ("docs", [sys.executable, "scripts/docs.py", "--check", build + "/lapicsim"]),
        ("variants", ["make", "-s", "O=" + build, "check-variants"]),
        ("environment-6.12", [runner % ("6.12", "plain"), "--self-test"]),
        ("environment-6.1", [runner % ("6.1", "plain"), "--self-test"]),
        ("newer-kernel", [sys.executable, "tests/e2e/test_newer.py", "-v"]),
        ("races", unittest + ["tests/e2e", "-p", "test_race.py"]),
        ("trace", unittest + ["tests/e2e", "-p", "test_trace.py"]),
        ("limits", unittest + ["tests/e2e", "-p", "test_limits.py"]),
        ("canary", unittest + ["tests/e2e", "-p", "test_canary.py"]),
        ("known", unittest + ["tests/e2e", "-p", "test_known.py"]),
        ("compare", unittest + ["tests/e2e", "-p", "test_compare.py"]),
        ("heat-map", unittest + ["tests/e2e", "-p", "test_heat_map.py"]),
        ("oracle-sees", unittest + ["tests/e2e", "-p", "test_rules.py"]),
        ("mutants", [sys.executable, "scripts/mutants.py", "--build", build, "--sample", "40", "--fresh"]),
        ("builder", unittest + ["tests/variant"]),
        ("determinism", [sys.executable, "tests/e2e/determinism.py", "--build", build, "--runs", "6000",
                         "--fresh", "60"]),
    )


def trees(build):
    found = []
    for path in sorted(glob.glob(build + "/variants/*/manifest.json")):
        with open(path, encoding="utf-8") as f:
            root = json.load(f)["source_root"]
        if root not in found and "rule-" not in path and "/7.3/" not in path:
            found.append(root)
    return ":".join(found)


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


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    os.makedirs(build + "/check", exist_ok=True)
    env = dict(os.environ, LAPICSIM_BUILD=build, LAPICSIM_CI="1")
    passed = failed = 0
    for name, command in steps(build):
        env["LAPICSIM_TEST_TREES"] = trees(build)
        start = time.monotonic()
        with open("%s/check/%s.log" % (build, name), "w+", encoding="utf-8", errors="replace") as log:
            code = subprocess.run(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT).returncode
            log.seek(0)
            text = log.read()
        p, f = count(text, code)
        passed, failed = passed + p, failed + f
        print("%-18s %4d passed, %d failed  %5.1f s" % (name, p, f, time.monotonic() - start), flush=True)
        if f:
            print("\n".join(text.splitlines()[-40:]))
            print("again: " + " ".join(command), flush=True)
    if not shutil.which("chromium"):
        print("report-browser     left out: no chromium here; make report-check installs it")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
