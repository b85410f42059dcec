# SPDX-License-Identifier: GPL-2.0-only
"""The manifest's command, one shell for each pod, and what can be said of the rest.

No cluster and no YAML parser: read() knows the part of YAML that the manifest
uses, and refuses what it does not know.
"""

import os
import re
import subprocess
import unittest

from common import PARTS, TIMEOUT_S, Cluster


def scalar(text):
    return text[1:-1] if re.fullmatch(r'"[^"]*"', text) else text


class Reader:
    """Mappings, sequences, plain and double-quoted scalars, and | blocks."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.at = 0

    def indent(self):
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1
        if self.at == len(self.lines):
            return -1
        line = self.lines[self.at]
        if "\t" in line:
            raise ValueError("line %d: a tab" % (self.at + 1))
        return len(line) - len(line.lstrip(" "))

    def node(self, depth):
        line = self.lines[self.at][depth:]
        return self.sequence(depth) if line.startswith("- ") else self.mapping(depth)

    def sequence(self, depth):
        items = []
        while self.indent() == depth and self.lines[self.at][depth:].startswith("- "):
            rest = self.lines[self.at][depth + 2:]
            if rest != "|" and re.match(r"\w+:( |$)", rest):
                self.lines[self.at] = " " * (depth + 2) + rest
                items.append(self.mapping(depth + 2))
            else:
                self.at += 1
                items.append(self.block(depth) if rest == "|" else scalar(rest))
        return items

    def mapping(self, depth):
        result = {}
        while self.indent() == depth and not self.lines[self.at][depth:].startswith("- "):
            m = re.fullmatch(r"(\w+):(?: (\S.*))?", self.lines[self.at][depth:])
            if not m or m.group(1) in result:
                raise ValueError("line %d: %s" % (self.at + 1, self.lines[self.at]))
            self.at += 1
            if m.group(2):
                result[m.group(1)] = self.block(depth) if m.group(2) == "|" else scalar(m.group(2))
            else:
                below = self.indent()
                if below < depth or below == depth and not self.lines[self.at][depth:].startswith("- "):
                    raise ValueError("line %d: %s has no value" % (self.at, m.group(1)))
                result[m.group(1)] = self.node(below)
        if self.indent() > depth:
            raise ValueError("line %d: indented too far" % (self.at + 1))
        return result

    def block(self, depth):
        inside, text = self.indent(), ""
        if inside <= depth:
            raise ValueError("line %d: an empty block" % self.at)
        while self.indent() >= inside:
            text += self.lines[self.at][inside:] + "\n"
            self.at += 1
        return text


def read(text):
    reader = Reader(text)
    result = reader.node(0)
    if reader.indent() != -1:
        raise ValueError("line %d: nothing belongs here" % (reader.at + 1))
    return result


class Reading(unittest.TestCase):

    def test_reads(self):
        self.assertEqual({"a": "1", "b": [{"c": "x", "d": "y z"}, "-c", "if\n  so\n"], "e": {"f": "g"}},
                         read('a: "1"\nb:\n- c: x\n  d: y z\n- -c\n- |\n  if\n    so\ne:\n  f: g\n'))

    def test_refuses(self):
        for text in ("a: 1\n   b: 2\n", "a:\n", "a: 1\na: 2\n", "a:\n\tb: 1\n", "a:\n  b: 1\n c: 2\n", "a 1\n"):
            with self.assertRaises(ValueError, msg=text):
                read(text)


class Kubernetes(Cluster):

    def setUp(self):
        super().setUp()
        self.job = read(self.blocks["job.yaml"])
        self.pod = self.job["spec"]["template"]["spec"]
        self.container, = self.pod["containers"]

    def test_manifest_agrees_with_itself(self):
        self.assertEqual(("batch/v1", "Job"), (self.job["apiVersion"], self.job["kind"]))
        self.assertEqual({"completionMode": "Indexed", "completions": str(PARTS), "parallelism": str(PARTS)},
                         {k: self.job["spec"][k] for k in ("completionMode", "completions", "parallelism")})
        self.assertIn("auto/%s " % self.job["spec"]["completions"], self.container["command"][2])
        # What podFailurePolicy demands.
        self.assertEqual("Never", self.pod["restartPolicy"])
        self.assertEqual([v["name"] for v in self.pod["volumes"]],
                         [m["name"] for m in self.container["volumeMounts"]])
        self.assertEqual(self.container["workingDir"], self.container["volumeMounts"][0]["mountPath"])
        # Kubernetes itself replaces $(NAME), and $$ by $.
        self.assertNotRegex(" ".join(self.container["command"]), r"\$[($]")

    def test_its_command(self):
        for first in range(0, PARTS, 2):
            pods = [subprocess.Popen(self.container["command"], cwd=self.folder, text=True,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env={**os.environ, "JOB_COMPLETION_INDEX": str(index)})
                    for index in (first, first + 1)]
            for pod in pods:
                errors = pod.communicate(timeout=TIMEOUT_S)[1]
                self.assertEqual(0, pod.returncode, errors)
        self.check_result()


if __name__ == "__main__":
    unittest.main()
