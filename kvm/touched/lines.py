# SPDX-License-Identifier: GPL-2.0-only
"""In how many runs were some lines of a variant executed?

Builds the variant's coverage flavour if it is not there, lets its runner write
gcov's counts of each run, and asks gcov.  A line that gcov does not know has no
code of its own in our configuration, or the compiler has merged it away.
"""

import hashlib
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


class Gcov:
    """Asks gcov about counts, and about the same counts of a file only once.

    wanted: {file of the tree: lines}.
    """

    def __init__(self, notes, wanted):
        self.notes, self.wanted = notes, wanted
        self.known = {}     # (object, its counts): {(file, line): executed}

    def lines_of(self, answer):
        """The wanted lines in gcov's answer for one object."""
        out = {}
        for f in answer["files"]:
            rel = next((r for r in self.wanted if f["file"] == r or
                        f["file"].endswith("/" + r)), None)
            for line in f["lines"] if rel else ():
                key = rel, line["line_number"]
                if key[1] in self.wanted[rel]:
                    out[key] = out.get(key, False) or line["count"] > 0
        return out

    def ask(self, work):
        """Fills known: work is [(key, path of a .gcda file)]."""
        for i in range(0, len(work), BATCH):
            part = work[i:i + BATCH]
            done = subprocess.run(
                ["gcov", "--json-format", "--stdout"] + [p for _, p in part],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            answers = done.stdout.splitlines()
            if done.returncode or len(answers) != len(part):
                raise HarnessError(
                    "gcov: " + done.stderr.decode(errors="replace").strip())
            for (key, _), answer in zip(part, answers):
                self.known[key] = self.lines_of(json.loads(answer))

    def runs(self, folders):
        """{(file, line): executed} of each folder, which is a run."""
        keys, work = [], {}
        for folder in folders:
            keys.append([])
            for note in self.notes:
                name = os.path.basename(note)[:-5]
                data = os.path.join(folder, name + ".gcda")
                if not os.path.exists(data):
                    continue
                with open(data, "rb") as f:
                    key = name, hashlib.sha256(f.read()).digest()
                keys[-1].append(key)
                if key not in self.known and key not in work:
                    os.symlink(note, os.path.join(folder, name + ".gcno"))
                    work[key] = data
        self.ask(list(work.items()))
        for of_run in keys:
            out = {}
            for key in of_run:
                for line, hit in self.known[key].items():
                    out[line] = out.get(line, False) or hit
            yield out


class Reached:
    """Runs that reached each line, added up over scenarios."""

    def __init__(self, m, build, lines):
        self.m, self.build = m, build
        self.runs = {}      # (file, line): number of runs
        self.sampled = 0
        self.gcov = Gcov(notes_of(m, build, lines), lines)

    def sample(self, scenario, first, count, overrides, folder):
        folders = run(self.m, self.build, scenario, first, count, overrides,
                      folder)
        self.sampled += len(folders)
        for executed in self.gcov.runs(folders):
            for key, hit in executed.items():
                self.runs[key] = self.runs.get(key, 0) + hit
