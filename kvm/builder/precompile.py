# SPDX-License-Identifier: GPL-2.0-only
"""A precompiled header for the kernel world.

Two thirds of the time that a small kernel file takes go into headers.  Every
file of KVM and of ours begins with prefix.h, which is what Kbuild puts first
and linux/kvm_host.h; when many files are to be compiled it is precompiled
once.  Whether it is makes no difference to an object.  The precompiled form is
big and quickly made, so it is not kept after a build.
"""

import os

import compile as comp
from errors import TreeNotUnderstood
from genhdr import write_if_changed
from objects import Job

WORTH_IT = 4  # files to compile


def write_header(paths):
    """prefix.h itself.

    It names no folder, so that it is the same for all variants of a tree and
    their objects can be shared.
    """
    lines = ["#include <linux/%s>" % n
             for n in comp.FIRST_HEADERS + ("kvm_host.h",)]
    write_if_changed(comp.prefix_header(paths), "\n".join(lines) + "\n")


class PrecompiledHeader:
    """Made on demand, gone after use."""

    def __init__(self, paths, store, optimize, flavour):
        self.paths = paths
        self.store = store
        self.optimize = optimize
        self.flavour = flavour
        self.path = comp.prefix_header(paths) + ".gch"
        self.deps = []

    def make(self):
        if os.path.exists(self.path):
            return
        flags = comp.kernel_flags(self.paths, "prefix", self.optimize,
                                  self.flavour, True, False)
        # Without the headers that prefix.h includes itself.
        while "-include" in flags:
            at = flags.index("-include")
            del flags[at:at + 2]
        job = Job(comp.prefix_header(self.paths),
                  flags + ["-w", "-x", "c-header"], self.path,
                  "include/linux/kvm_host.h", mode="-c")
        if not self.store.compile(job):
            raise TreeNotUnderstood("%s: %s" % (job.label, comp.first_error(
                self.store.stderr.get(job.label, ""), self.paths)))
        self.deps[:] = job.deps + [job.source]

    def remove(self):
        try:
            os.unlink(self.path)
        except OSError:
            pass
