# SPDX-License-Identifier: GPL-2.0-only
"""The last events before a divergence: `lapicsim replay TOKEN --trace=states`, up to the divergence.

A trace may have millions of lines: it is read as it comes, and its process is ended when the divergence has
been seen or the time is over. What was seen is kept in the output folder, so that the next report of the
same token takes no time.
"""

import collections
import hashlib
import json
import os
import re
import selectors
import signal
import subprocess
import time

import words

LINE = re.compile(r"\s*(\S.*?)-(\d+) +\[\d+\] +\S+ +(\d+)\.(\d{9}): (\w+): (.*)")
VCPU = re.compile(r"(?:vcpu \d+)?")
KEEP = 400          # lines before the divergence that are looked at, and the last state of each vCPU before them
FORMAT = 4          # of the cache
LINE_TYPES = [str, int, str, str]


class Seen:
    """@lines: [(actor, time in ns, event, text)], the divergence last; or @why there are none."""

    def __init__(self, lines=(), why=""):
        self.lines = [tuple(line) for line in lines]
        self.why = why


def parse(line):
    found = LINE.match(line)
    if not found:
        return None
    actor, _, seconds, fraction, event, text = found.groups()
    return words.clean(actor), int(seconds) * 10 ** 9 + int(fraction), event, words.clean(text.rstrip("\n"))


def lines_of(process, deadline):
    """Lines of its stdout, until it ends or the deadline has passed (TimeoutError)."""
    selector, rest = selectors.DefaultSelector(), b""
    selector.register(process.stdout, selectors.EVENT_READ)
    while True:
        if not selector.select(max(0, deadline - time.monotonic())):
            raise TimeoutError
        data = os.read(process.stdout.fileno(), 1 << 16)
        if not data:
            return
        rest += data
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")


def end_group(process):
    """Its runner too, which may hang."""
    if process.poll() is None or process.returncode < 0:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Replays:
    def __init__(self, program, folder, seconds, total_seconds):
        self.program, self.folder, self.seconds = program, folder, seconds
        self.deadline = time.monotonic() + total_seconds

    def cached(self, path):
        try:
            with open(path, encoding="utf-8") as f:
                kept = json.load(f)
        except (OSError, ValueError, RecursionError):
            return None
        lines = kept.get("lines") if isinstance(kept, dict) and kept.get("format") == FORMAT else None
        good = isinstance(lines, list) and all(isinstance(line, list) and [type(v) for v in line] == LINE_TYPES
                                               for line in lines)
        return Seen(lines) if good else None

    def get(self, token, options, kind, check):
        """What led to the first divergence of @kind and @check in the run of @token."""
        name = hashlib.sha256("\n".join((token, *options, kind, check)).encode()).hexdigest()[:16]
        path = os.path.join(self.folder, name + ".json")
        seen = self.cached(path)
        if seen:
            return seen
        if not self.program:
            return Seen(why="there is no lapicsim program here to replay it")
        if time.monotonic() > self.deadline:
            return Seen(why="the time for replays was over")
        seen = self.replay(token, options, kind, check)
        if seen.lines:
            os.makedirs(self.folder, exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                json.dump({"format": FORMAT, "token": token, "lines": seen.lines}, f, indent=0)
        return seen

    def replay(self, token, options, kind, check):
        kept, states = collections.deque(), {}
        wanted = "%s: %s: " % (words.kind_name(kind), check)
        seconds = min(self.seconds, max(0.1, self.deadline - time.monotonic()))
        try:
            process = subprocess.Popen([self.program, "replay", token, *options, "--trace=states"],
                                       stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        except OSError as e:
            return Seen(why="%s: %s" % (self.program, e.strerror))
        try:
            for line in lines_of(process, time.monotonic() + seconds):
                event = parse(line)
                if not event:
                    continue
                kept.append(event)
                if len(kept) > KEEP:
                    old = kept.popleft()
                    if old[2] == "state":
                        states[VCPU.match(old[3])[0]] = old
                if event[2] == "divergence" and event[3].startswith(wanted):
                    return Seen([*states.values(), *kept])
            process.wait(max(1, seconds))      # it has said all; its exit code is to be its own
        except (TimeoutError, subprocess.TimeoutExpired):
            return Seen(why="the replay was not there within %g s" % self.seconds)
        finally:
            end_group(process)
            error = process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
        if process.returncode == 2 and error:
            return Seen(why=words.clean(error[0].removeprefix("lapicsim: ")))
        return Seen(why="the replay did not show it again (exit code %d)" % process.returncode)
