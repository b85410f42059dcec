# SPDX-License-Identifier: GPL-2.0-only
"""Generated headers of a kernel tree, without Kbuild.

Writes the headers that Kbuild would have generated and that the compiled
files need: asm-generic wrappers, syscall number tables, version.h,
timeconst.h, bounds.h and, where the tree uses it, cpufeaturemasks.h.  Files
are only rewritten when their contents change, so that make-like time stamps
stay true.  Nothing here looks at version numbers: what to write is decided by
what the tree's own files ask for.

It does not generate autoconf.h contents (kvm/autoconf.h is ours and shared by
all trees) and no headers for code that is not compiled (vermagic, offsets).
"""

import os
import re

from errors import TreeNotUnderstood

HZ = 1000

# Headers that the tree includes and that may be empty for our files.
EMPTY_HEADERS = (
    "arch/x86/include/generated/uapi/asm/unistd_32.h",
    "arch/x86/include/generated/uapi/asm/unistd_64.h",
    "arch/x86/include/generated/uapi/asm/unistd_x32.h",
    "arch/x86/include/generated/asm/unistd_32_ia32.h",
    "arch/x86/include/generated/asm/unistd_64_x32.h",
    "arch/x86/include/generated/asm/syscalls_32.h",
    "arch/x86/include/generated/asm/syscalls_64.h",
    "arch/x86/include/generated/asm/orc_hash.h",
    "arch/x86/include/generated/asm/xen-hypercalls.h",
    "include/generated/autoksyms.h",
    "include/generated/randstruct_hash.h",
)


# Sizes of the entries of tables that nobody reads here, and offsets into
# structures of files that are not compiled.
OFFSETS = {
    "include/generated/asm-offsets.h":
        "#define EXTABLE_SIZE 12\n#define ALT_INSTR_SIZE 14\n",
    "include/generated/rq-offsets.h": "#define RQ_nr_pinned 0\n",
}


def write_if_changed(path, text):
    """Write text to path unless it is there already; True when written."""
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return False
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    tmp = "%s.%d" % (path, os.getpid())
    with open(tmp, "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(tmp, path)
    return True


def read_tree_file(tree, rel):
    try:
        with open(os.path.join(tree, rel), encoding="utf-8",
                  errors="replace") as f:
            return f.read()
    except OSError:
        raise TreeNotUnderstood("%s is missing" % rel) from None


def kbuild_headers(tree, rel, key):
    """Header names listed as KEY-y in a Kbuild file; none if it is absent."""
    path = os.path.join(tree, rel)
    if not os.path.exists(path):
        return []
    text = read_tree_file(tree, rel)
    return re.findall(r"^%s-y\s*\+=\s*(\S+)" % key, text, re.M)


def generate_wrappers(tree, gen):
    """One-line wrappers for the asm-generic headers that arch/x86 lacks."""
    for uapi in ("", "uapi/"):
        arch = "arch/x86/include/%sasm" % uapi
        generic = "include/%sasm-generic" % uapi
        names = kbuild_headers(tree, arch + "/Kbuild", "generic")
        names += kbuild_headers(tree, generic + "/Kbuild", "mandatory")
        for name in names:
            if os.path.exists(os.path.join(tree, arch, name)):
                continue
            write_if_changed(
                os.path.join(gen, "arch/x86/include/generated",
                             uapi + "asm", name),
                "#include <asm-generic/%s>\n" % name)


def generate_version(tree, gen):
    text = read_tree_file(tree, "Makefile")
    part = {}
    for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL"):
        m = re.search(r"^%s\s*=\s*(\d+)" % key, text, re.M)
        if not m:
            raise TreeNotUnderstood("Makefile has no %s" % key)
        part[key] = int(m.group(1))
    code = (part["VERSION"] << 16) + (part["PATCHLEVEL"] << 8) + \
        min(part["SUBLEVEL"], 255)
    write_if_changed(
        os.path.join(gen, "include/generated/uapi/linux/version.h"),
        "#define LINUX_VERSION_CODE %d\n"
        "#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + "
        "((c) > 255 ? 255 : (c)))\n"
        "#define LINUX_VERSION_MAJOR %d\n"
        "#define LINUX_VERSION_PATCHLEVEL %d\n"
        "#define LINUX_VERSION_SUBLEVEL %d\n"
        % (code, part["VERSION"], part["PATCHLEVEL"], part["SUBLEVEL"]))
    write_if_changed(
        os.path.join(gen, "include/generated/utsrelease.h"),
        '#define UTS_RELEASE "%d.%d.%d-lapicsim"\n'
        % (part["VERSION"], part["PATCHLEVEL"], part["SUBLEVEL"]))


def mul_shift(numerator, denominator, bits):
    """Multiplier, adjustment and shift: x * n / d as (x * mul + adj) >> sh."""
    shift = 0
    while True:
        mul = ((1 << shift) * numerator + denominator - 1) // denominator
        if mul >= 1 << (bits - 1):
            break
        shift += 1
    from math import gcd
    d = denominator // gcd(numerator, denominator)
    adj = (((1 << shift) * (d - 1)) + d - 1) // d
    return mul, adj, shift


def generate_timeconst(gen):
    lines = ["#include <linux/param.h>", "#include <linux/types.h>"]
    for unit, per_second in (("MSEC", 1000), ("USEC", 1000000)):
        for name, n, d in (("HZ_TO_%s" % unit, per_second, HZ),
                           ("%s_TO_HZ" % unit, HZ, per_second)):
            mul, adj, shift = mul_shift(n, d, 32)
            lines.append("#define %s_MUL32 U64_C(0x%x)" % (name, mul))
            lines.append("#define %s_ADJ32 U64_C(0x%x)" % (name, adj))
            lines.append("#define %s_SHR32 %d" % (name, shift))
    from math import gcd
    for unit, per_second in (("MSEC", 1000), ("USEC", 1000000),
                             ("NSEC", 1000000000)):
        g = gcd(HZ, per_second)
        lines.append("#define HZ_TO_%s_NUM %d" % (unit, per_second // g))
        lines.append("#define HZ_TO_%s_DEN %d" % (unit, HZ // g))
        lines.append("#define %s_TO_HZ_NUM %d" % (unit, HZ // g))
        lines.append("#define %s_TO_HZ_DEN %d" % (unit, per_second // g))
    write_if_changed(os.path.join(gen, "include/generated/timeconst.h"),
                     "\n".join(lines) + "\n")


def generate_cpufeaturemasks(tree, gen):
    """Macros that say "no feature is known at compile time".

    Only trees whose asm/cpufeature.h includes cpufeaturemasks.h want it; the
    number of words is the tree's own NCAPINTS.
    """
    text = read_tree_file(tree, "arch/x86/include/asm/cpufeature.h")
    if "cpufeaturemasks.h" not in text:
        return
    words = read_tree_file(tree, "arch/x86/include/asm/cpufeatures.h")
    m = re.search(r"^#define\s+NCAPINTS\s+(\d+)", words, re.M)
    if not m:
        raise TreeNotUnderstood(
            "arch/x86/include/asm/cpufeatures.h has no NCAPINTS")
    lines = []
    for kind in ("REQUIRED", "DISABLED"):
        lines += ["#define %s_MASK%d 0" % (kind, i)
                  for i in range(int(m.group(1)))]
        lines.append("#define %s_MASK_BIT_SET(x) 0" % kind)
    write_if_changed(
        os.path.join(gen,
                     "arch/x86/include/generated/asm/cpufeaturemasks.h"),
        "\n".join(lines) + "\n")


def generate_bounds(tree, gen, compile_to_assembly):
    """bounds.h out of kernel/bounds.c, as Kbuild does: through assembly.

    compile_to_assembly(source) returns the assembly text.
    """
    target = os.path.join(gen, "include/generated/bounds.h")
    if not os.path.exists(target):
        write_if_changed(target, "")
    read_tree_file(tree, "kernel/bounds.c")
    lines = []
    for m in re.finditer(r'^\s*\.ascii\s+"->(\S+)\s+\$?(-?\d+)\s',
                         compile_to_assembly("kernel/bounds.c"), re.M):
        lines.append("#define %s %s" % m.groups())
    if not lines:
        raise TreeNotUnderstood("kernel/bounds.c defines no bounds")
    write_if_changed(target, "\n".join(lines) + "\n")


def generate(tree, gen, compile_to_assembly):
    """Write every generated header of tree below the folder gen."""
    for rel in EMPTY_HEADERS:
        write_if_changed(os.path.join(gen, rel), "")
    for rel, text in OFFSETS.items():
        write_if_changed(os.path.join(gen, rel), text)
    write_if_changed(os.path.join(gen, "include/generated/autoconf.h"),
                     "#include <autoconf.h>\n")
    generate_wrappers(tree, gen)
    generate_version(tree, gen)
    generate_timeconst(gen)
    generate_cpufeaturemasks(tree, gen)
    generate_bounds(tree, gen, compile_to_assembly)
