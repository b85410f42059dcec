# SPDX-License-Identifier: GPL-2.0-only
"""What is compiled for a variant, and with which flags.

Two worlds: KVM's files and kvm/ with the tree's headers and no libc, sim/ with
libc and no kernel header.  Nothing is decided by version number: a file that
a tree does not have is left out when it is optional, and is an error that
names it when it is not.
"""

import os
import re

from errors import HarnessError, TreeNotUnderstood
from objects import Job, sha256_text

KVM_X86 = ("x86", "lapic", "irq", "ioapic", "i8259", "i8254", "cpuid",
           "hyperv", "mtrr")
# Younger trees have irq_comm.c in irq.c, and parts of x86.c by themselves.
KVM_X86_OPTIONAL = ("irq_comm", "regs", "msrs")
KVM_VIRT = ("kvm_main", "irqchip", "eventfd", "coalesced_mmio", "async_pf",
            "binary_stats", "dirty_ring", "pfncache")
LIB = ("rbtree", "interval_tree", "timerqueue", "xarray", "radix-tree",
       "idr", "kfifo", "find_bit", "bsearch", "refcount", "sort")
LIB_OPTIONAL = ()

LONGEST = ("arch/x86/kvm/x86.c", "virt/kvm/kvm_main.c",
           "arch/x86/kvm/lapic.c")

# Folders and files that a tree must be unpacked with.
NEEDED = ("include", "arch/x86/include", "arch/x86/kvm", "virt/kvm",
          "kernel/bounds.c", "Makefile", "lib/radix-tree.h") + tuple(
              "lib/%s.c" % name for name in LIB)

KERNEL_FLAGS = (
    "-std=gnu11 -fms-extensions -fno-pic -fno-pie -mcmodel=small -fshort-wchar "
    "-funsigned-char -fno-common -fno-strict-aliasing -fno-strict-overflow "
    "-fno-delete-null-pointer-checks -mno-red-zone -mno-sse -mno-sse2 "
    "-mno-mmx -mno-3dnow -mno-avx -mno-80387 -fno-stack-protector "
    "-fcf-protection=none -fno-jump-tables -fno-allow-store-data-races "
    "-ftrivial-auto-var-init=zero "
    "-fasynchronous-unwind-tables -ffunction-sections "
    "-Werror=implicit-function-declaration -Werror=implicit-int "
    "-Wno-address-of-packed-member "
    "-D__KERNEL__ -DKBUILD_MODNAME=\"kvm\" -DKBUILD_MODFILE=\"kvm\" "
    "-DKBUILD_BASENAME=\"kvm\" "
    "-D__KBUILD_MODNAME=kmod_kvm").split()

# Types and variables for gdb cost a quarter of the build, so only these have
# them; the others have functions and lines.
FULL_DEBUG = ("lapic", "irq")

OUR_KERNEL_FLAGS = ("-Wall", "-Werror=incompatible-pointer-types",
                    "-Werror=int-conversion")

LIBC_FLAGS = "-std=gnu11 -g -ffunction-sections -Wall -Wextra -fno-pic -fno-pie".split()

# Alignment is left out of the checks: the kernel's headers define unaligned
# access as legal on x86, and KVM uses it (packed descriptors, guest pages).
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize=alignment",
              "-fno-sanitize-recover=address", "-fno-omit-frame-pointer")

FLAVOURS = ("plain", "sanitized", "coverage")

# What Kbuild includes before anything else, of include/linux.
FIRST_HEADERS = ("compiler-version.h", "kconfig.h", "compiler_types.h")

LIBRARIES = ("-lunwind-x86_64", "-lunwind", "-linih", "-lpthread")


def flavour_flags(flavour, is_kernel_world):
    """Instrumentation: sanitizers everywhere, coverage in the kernel world.

    Ours has KVM's inline functions, too, those that a vendor module calls.
    """
    if flavour == "sanitized":
        return list(SANITIZERS)
    if flavour == "coverage" and is_kernel_world:
        # -fdata-sections puts the counters apart from data that is restored.
        return ["--coverage", "-fprofile-update=single", "-fdata-sections"]
    return []


class Paths:
    """The folders of one build."""

    def __init__(self, repo, tree, gen, out):
        self.repo = repo
        self.tree = tree
        self.gen = gen
        self.out = out

    def roots(self):
        return [("@R", self.repo), ("@T", self.tree), ("@G", self.gen),
                ("@O", self.out)]


def prefix_maps(paths):
    """Names in debug information and BUG are relative to the tree.

    Of several maps that match, gcc takes the last; the compiler runs in the
    repository.
    """
    return ["-fdebug-prefix-map=%s=." % paths.repo,
            "-ffile-prefix-map=%s/=" % paths.repo,
            "-ffile-prefix-map=%s/=gen/" % paths.gen,
            "-ffile-prefix-map=%s/=" % paths.tree]


def include_flags(paths):
    tree, gen = paths.tree, paths.gen
    folders = [paths.repo + "/kvm/shims", paths.repo + "/kvm",
               tree + "/arch/x86/include",
               gen + "/arch/x86/include/generated",
               tree + "/include", gen + "/include",
               tree + "/arch/x86/include/uapi",
               gen + "/arch/x86/include/generated/uapi",
               tree + "/include/uapi", gen + "/include/generated/uapi",
               tree + "/arch/x86/kvm", tree + "/virt/kvm", paths.repo]
    flags = ["-nostdinc"] + ["-I" + f for f in folders]
    return flags


def first_headers(paths):
    return ["%s/include/linux/%s" % (paths.tree, n) for n in FIRST_HEADERS]


def prefix_header(paths):
    """The header that KVM's and our files see first; see precompile.py."""
    return os.path.join(paths.gen, "prefix.h")


def kernel_flags(paths, name, optimize, flavour, is_kvm, prefix=True):
    """Flags for a file of the kernel world.

    prefix: let it begin with the prefix header, which may be precompiled;
    without, only with what Kbuild itself puts first.
    """
    flags = KERNEL_FLAGS + ["-O%d" % optimize]
    flags += include_flags(paths) + prefix_maps(paths)
    for header in [prefix_header(paths)] if prefix else first_headers(paths):
        flags += ["-include", header]
    full = not is_kvm or name in FULL_DEBUG
    flags.append("-g" if full else "-g1")
    if not is_kvm:
        flags += OUR_KERNEL_FLAGS
    return flags + flavour_flags(flavour, True)


def present(tree, rel, optional):
    if os.path.exists(os.path.join(tree, rel)):
        return True
    if not optional:
        raise TreeNotUnderstood("%s is missing" % rel)
    return False


def kvm_sources(tree):
    """KVM's files to compile, relative to the tree."""
    out = []
    for folder, names, optional in (
            ("arch/x86/kvm", KVM_X86, False),
            ("arch/x86/kvm", KVM_X86_OPTIONAL, True),
            ("virt/kvm", KVM_VIRT, False),
            ("lib", LIB, False), ("lib", LIB_OPTIONAL, True)):
        for name in names:
            rel = "%s/%s.c" % (folder, name)
            if present(tree, rel, optional):
                out.append(rel)
    return out


def optional_sources():
    return ["arch/x86/kvm/%s.c" % n for n in KVM_X86_OPTIONAL] + \
        ["lib/%s.c" % n for n in LIB_OPTIONAL]


def our_kernel_sources(repo):
    """The environment, its tests and the vendor module, by relative name."""
    out = []
    for folder in ("kvm/env", "kvm/selftest", "kvm"):
        path = os.path.join(repo, folder)
        if os.path.isdir(path):
            out += sorted(folder + "/" + n for n in os.listdir(path)
                          if n.endswith(".c"))
    return out


def simulator_sources(repo):
    """libc-world files that belong to the runner, relative to the repository.

    sim/main.c and sim/cmd/ are the lapicsim command's.
    """
    sim = os.path.join(repo, "sim")
    out = []
    for folder, folders, names in os.walk(sim):
        rel = os.path.relpath(folder, repo)
        folders[:] = sorted(f for f in folders
                            if os.path.join(rel, f) != "sim/cmd")
        out += [os.path.join(rel, n) for n in sorted(names)
                if n.endswith(".c") and os.path.join(rel, n) != "sim/main.c"]
    return out


def shim_names(repo):
    """Which shadow headers exist: one that appears changes every object."""
    names = []
    for folder, _, files in os.walk(os.path.join(repo, "kvm/shims")):
        names += [os.path.relpath(os.path.join(folder, f), repo)
                  for f in files]
    return sha256_text("\n".join(sorted(names)))


def object_name(rel):
    return re.sub(r"\W", "_", rel[:-2]) + ".o"


def kernel_jobs(paths, optimize, flavour, implied):
    """Jobs of the kernel world: KVM's, then ours; the longest first.

    implied: see objects.Job.
    """
    salt = shim_names(paths.repo)
    kvm, ours = [], []
    for root, rels, is_kvm in (
            (paths.tree, kvm_sources(paths.tree), True),
            (paths.repo, our_kernel_sources(paths.repo), False)):
        for rel in rels:
            name = os.path.basename(rel)[:-2]
            flags = kernel_flags(paths, name, optimize, flavour, is_kvm,
                                 not rel.startswith("lib/"))
            output = os.path.join(paths.out, object_name(rel))
            job = Job(os.path.join(root, rel), flags, output, rel, salt,
                      implied=implied)
            if flavour == "coverage":
                # The object names the place of its counts: do not share it.
                job.salt += paths.out
                job.notes = output[:-2] + ".gcno"
            (kvm if is_kvm else ours).append(job)
    kvm.sort(key=lambda j: LONGEST.index(j.label)
             if j.label in LONGEST else len(LONGEST))
    return kvm, ours


def simulator_jobs(paths, flavour, optimize):
    flags = LIBC_FLAGS + ["-O%d" % optimize, "-I" + paths.repo]
    flags += prefix_maps(paths)[:2]
    flags += flavour_flags(flavour, False)
    return [Job(os.path.join(paths.repo, rel), flags,
                os.path.join(paths.out, object_name(rel)), rel)
            for rel in simulator_sources(paths.repo)]


def relative_name(path, paths):
    path = os.path.normpath(path)
    for root in (paths.tree, paths.gen, paths.repo):
        if path.startswith(root + "/"):
            return path[len(root) + 1:]
    return path


def first_error(stderr, paths):
    """gcc's first error as one line, with paths relative to the tree."""
    m = re.search(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$",
                  stderr, re.M)
    if not m:
        # A header that was to be included first: the compiler names no line.
        m = re.search(r"^\S+: (?:fatal )?error: (.*)$", stderr, re.M)
        if m:
            return m.group(1).replace(paths.tree + "/", "")
        lines = stderr.strip().splitlines()
        return lines[-1] if lines else "the compiler failed"
    message = re.sub(r" \[-W\S*\]$", "", m.group(3))
    return "%s:%s: %s" % (relative_name(m.group(1), paths), m.group(2),
                          message)


def report_failure(job, stderr, paths, in_tree):
    """Raise the one clear error for a job that did not compile."""
    what = first_error(stderr, paths)
    if in_tree:
        raise TreeNotUnderstood("%s: %s" % (job.label, what))
    raise HarnessError("cannot compile %s: %s" % (job.label, what))
