# SPDX-License-Identifier: GPL-2.0-only
"""The manifest's command, one shell for each pod, and its fields against the API that Kubernetes publishes.

No cluster. Debian's python3-kubernetes has classes that were generated from the
API's description, of version 1.22: which fields an object has, which it must have
and of what types they are. An API server that is asked to be strict refuses the same.
"""

import copy
import os
import re
import subprocess
import unittest

import yaml
from kubernetes.client import models

from common import PARTS, TIMEOUT_S, Cluster

# Of version 1.26, what the manifest uses beyond that: field -> (type, must it be there).
LATER = {
    "V1JobSpec": {"podFailurePolicy": ("PodFailurePolicy", False)},
    "PodFailurePolicy": {"rules": ("list[PodFailurePolicyRule]", True)},
    "PodFailurePolicyRule": {"action": ("str", True), "onPodConditions": ("list[PodFailurePolicyOnPodCondition]", False)},
    "PodFailurePolicyOnPodCondition": {"type": ("str", True), "status": ("str", True)},
}
SCALARS = {"str": str, "int": int, "bool": bool}


class Loader(yaml.SafeLoader):
    """Of two keys with one name YAML takes the last; Kubernetes refuses them."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(k, deep) for k, _ in node.value]
        if len(keys) != len(set(keys)):
            raise ValueError("line %d: a key comes twice" % (node.start_mark.line + 1))
        return super().construct_mapping(node, deep)


def read(text):
    return yaml.load(text, Loader)


def fields(name):
    """{field: (type, must it be there)} of a class of the API."""
    found = {}
    model = getattr(models, name, None)
    if model:
        values = {}
        for python, field in model.attribute_map.items():
            values[python] = ()
            found[field] = (model.openapi_types[python], False)
        for python, field in model.attribute_map.items():
            try:
                model(**{**values, python: None})
            except ValueError:
                found[field] = (found[field][0], True)
    return {**found, **LATER.get(name, {})}


def check(value, kind, where):
    """ValueError unless @value is one of @kind, all the way down."""
    inside = re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", kind)
    if kind in SCALARS:
        if type(value) is not SCALARS[kind]:
            raise ValueError("%s: %r is no %s" % (where, value, kind))
    elif inside:
        if not isinstance(value, list if inside.group(1) else dict):
            raise ValueError("%s: not a %s" % (where, kind))
        for key, item in enumerate(value) if inside.group(1) else value.items():
            check(item, inside.group(1) or inside.group(2), "%s.%s" % (where, key))
    else:
        there = fields(kind)
        if not there or not isinstance(value, dict):
            raise ValueError("%s: not an object of type %s" % (where, kind))
        for key in [k for k, (_, needed) in there.items() if needed and value.get(k) is None]:
            raise ValueError("%s: has no %s" % (where, key))
        for key, item in value.items():
            if key not in there:
                raise ValueError("%s: %s has no field %s" % (where, kind, key))
            check(item, there[key][0], "%s.%s" % (where, key))


def places(value, path=()):
    """Each key and index on the way to everything that is in @value."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(item, (*path, key))


def changed(value, path, change):
    value = copy.deepcopy(value)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return value


class Kubernetes(Cluster):

    def setUp(self):
        super().setUp()
        self.job = read(self.blocks["job.yaml"])
        self.pod = self.job["spec"]["template"]["spec"]
        self.container, = self.pod["containers"]

    def test_manifest_is_a_job(self):
        check(self.job, "V1Job", "job")

    def test_what_is_no_job_is_refused(self):
        """Each field by another name, each value of another type."""
        def rename(parent, key):
            parent[key + "X"] = parent.pop(key)

        def retype(parent, key):
            parent[key] = 7 if isinstance(parent[key], str) else "7"

        nr = 0
        for path in places(self.job):
            wrong = [retype]
            if isinstance(path[-1], str) and path[-2:-1] != ("requests",):
                wrong.append(rename)
            for change in wrong:
                with self.assertRaises(ValueError, msg="%s of %s" % (change.__name__, path)):
                    check(changed(self.job, path, change), "V1Job", "job")
                nr += 1
        self.assertGreater(nr, 70)
        for path in (("spec", "template"), ("spec", "template", "spec", "containers"),
                     ("spec", "template", "spec", "containers", 0, "name"),
                     ("spec", "podFailurePolicy", "rules", 0, "onPodConditions", 0, "status")):
            with self.assertRaises(ValueError, msg=path):
                check(changed(self.job, path, lambda parent, key: parent.pop(key)), "V1Job", "job")
        with self.assertRaises(ValueError):
            read("a: 1\nb: 2\na: 3\n")

    def test_manifest_agrees_with_itself(self):
        self.assertEqual(("batch/v1", "Job"), (self.job["apiVersion"], self.job["kind"]))
        self.assertEqual({"completionMode": "Indexed", "completions": PARTS, "parallelism": PARTS},
                         {k: self.job["spec"][k] for k in ("completionMode", "completions", "parallelism")})
        for rule in self.job["spec"]["podFailurePolicy"]["rules"]:
            self.assertIn(rule["action"], ("FailJob", "Ignore", "Count"))
            self.assertEqual([("DisruptionTarget", "True")], [(c["type"], c["status"]) for c in rule["onPodConditions"]])
        for name in (self.job["metadata"]["name"], self.container["name"], *(v["name"] for v in self.pod["volumes"])):
            self.assertRegex(name, r"\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
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
