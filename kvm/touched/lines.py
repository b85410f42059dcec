# SPDX-License-Identifier: GPL-2.0-only
"""In how many runs were some lines of a variant executed?

Builds the variant's coverage flavour if it is not there, lets its runner write
gcov's counts of each run, and asks gcov.  A line that gcov does not know has no
code of its own in our configuration, or the compiler has merged it away.
"""

import json
import os
import subprocess
import types

import build as builder
from errors import BadInput, HarnessError

# Files at a time that gcov is asked for: its answer for each is half a megabyte.
BATCH = 25


def flavour_is_there(m, build):
    path = os.path.join(build, "variants", m["name"], "coverage")
    try:
        with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
            return json.load(f)["identity"] == m["identity"] and \
                os.path.exists(os.path.join(path, "runner"))
    except (OSError, ValueError, KeyError):
        return False


def build_flavour(m, repo, build):
    """The coverage flavour of the same code as the plain one."""
    import state
    if flavour_is_there(m, build):
        return
    if "request" not in m:
        raise BadInput("%s was built by an older lapicsim; add it again"
                       % m["name"])
    args = types.SimpleNamespace(name=m["name"], flavour="coverage",
                                 verbose=False, identity=m["identity"],
                                 **m["request"])
    held = state.lock(build, m["name"])
    try:
        builder.Builder(builder.Request(args, repo, build)).run()
    finally:
        held.close()


def run(m, build, scenario, first, count, overrides, folder):
    """Folders with the counts of each run."""
    runner = os.path.join(build, "variants", m["name"], "coverage/runner")
    last = os.path.join(folder, "exit")
    done = subprocess.run(
        [runner, "--scenario", scenario, "--seed",
         "%d-%d" % (first, first + count - 1), "--coverage", folder] +
        (["--set", overrides] if overrides else []),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False,
        env=dict(os.environ, GCOV_PREFIX=last, GCOV_PREFIX_STRIP="100"))
    # 10: divergences, which are not the matter here.
    if done.returncode not in (0, 10):
        raise HarnessError("%s on %s: exit code %d: %s" % (
            os.path.basename(scenario), m["name"], done.returncode,
            "".join(done.stdout.splitlines()[-1:])))
    return [f for f in (os.path.join(folder, str(s))
                        for s in range(first, first + count))
            if os.path.isdir(f)]


def notes_of(m, build, files):
    """The .gcno files that may have lines of these; a header may be in any."""
    work = os.path.join(build, "work", m["name"], "coverage")
    have = sorted(n for n in os.listdir(work) if n.endswith(".gcno"))
    if all(f.endswith(".c") for f in files):
        wanted = {f[:-2].replace("/", "_").replace("-", "_") + ".gcno"
                  for f in files}
        have = [n for n in have if n in wanted]
    return [os.path.join(work, n) for n in have]


def ask_gcov(folders, notes):
    """(folder, file, line, count) for each line in each of the folders."""
    for folder in folders:
        for note in notes:
            os.symlink(note, os.path.join(folder, os.path.basename(note)))
    data = [os.path.join(d, os.path.basename(n)[:-5] + ".gcda")
            for d in folders for n in notes]
    data = [d for d in data if os.path.exists(d)]
    for i in range(0, len(data), BATCH):
        done = subprocess.run(
            ["gcov", "--json-format", "--stdout"] + data[i:i + BATCH],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise HarnessError("gcov: " +
                               done.stderr.decode(errors="replace").strip())
        for text in done.stdout.splitlines():
            answer = json.loads(text)
            folder = os.path.dirname(answer["data_file"])
            for f in answer["files"]:
                for line in f["lines"]:
                    yield folder, f["file"], line["line_number"], line["count"]


class Reached:
    """Runs that reached each line, added up over scenarios."""

    def __init__(self, m, build, lines):
        self.m, self.build, self.lines = m, build, lines
        self.runs = {}      # (file, line): number of runs
        self.sampled = 0
        self.notes = notes_of(m, build, lines)

    def sample(self, scenario, first, count, overrides, folder):
        folders = run(self.m, self.build, scenario, first, count, overrides,
                      folder)
        self.sampled += len(folders)
        hit = {}
        for where, name, number, n in ask_gcov(folders, self.notes):
            rel = next((r for r in self.lines if name == r or
                        name.endswith("/" + r)), None)
            if rel is None or number not in self.lines[rel]:
                continue
            hit.setdefault((rel, number), set())
            if n:
                hit[rel, number].add(where)
        for key, folders in hit.items():
            self.runs[key] = self.runs.get(key, 0) + len(folders)
