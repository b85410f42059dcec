# SPDX-License-Identifier: GPL-2.0-only
"""Linking: one kernel-world object with named data sections, then the runner.

All writable data of KVM and of the environment ends in the section kw_data,
whose bounds the linker supplies, so that a run is undone by copying one block
back.  Once-latches, per-CPU data, BUG entries and exception entries have
sections of their own.  Only kw_* symbols stay visible: nothing in the kernel
world can be confused with libc.

The functions that runs spend their time in (kvm/hot.tbl) lie side by side, each
world's in a block of its own, and what is rarely used does not lie between them:
the path of one interrupt is about as large as a level 1 instruction cache.

Tables for a boot loader or a patching kernel (.initcall, .altinstructions,
.smp_locks ...) stay as they are: small, and nobody reads them.  What symbols mean is symbols.py's matter.
"""

import os
import re
import subprocess

from errors import HarnessError

SCRIPT = """\
SECTIONS {
  kw_gcov 0 : { *(.bss.__gcov0.* .bss.*__gcov* .data.*__gcov_*) }
  kw_once 0 : { *(.data..once .data.once) }
  kw_percpu 0 : { *(.data..percpu .data..percpu..*) }
  kw_bugs 0 : { *(__bug_table) }
  kw_param 0 : { *(__param) }
  kw_extable 0 : { *(__ex_table) }
  kw_data 0 : { *(.data .data.* .bss .bss.* COMMON .init.data .init.data.*
                  .exit.data) }
  .text.kw_hot 0 : { @HOT@ }
  .text 0 : { *(.text .text.* .noinstr.text .entry.text .spinlock.text
                .sched.text .init.text .exit.text) }
  .rodata 0 : { *(.rodata .rodata.* .init.rodata) }
}
"""

RUNNER_SCRIPT = """\
SECTIONS { .text_hot : { *(.text.kw_hot) @HOT@ } } INSERT BEFORE .text;
"""


def parse_hot(path):
    """The functions that kvm/hot.tbl names, in its order."""
    with open(path, encoding="utf-8") as f:
        return [line.strip() for line in f
                if line.strip() and not line.startswith("#")]


def with_hot(script, hot):
    """A linker script with the sections of the hot functions in it.

    A compiler that makes a variant of a function adds to its name; a function
    that this tree or this build does not have matches nothing.
    """
    return script.replace("@HOT@", "\n    ".join(
        "*(.text.%s .text.%s.isra.* .text.%s.part.* .text.%s.constprop.*)" %
        (f, f, f, f) for f in hot))


def run(args, what):
    done = subprocess.run(args, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, errors="replace",
                          env=dict(os.environ, LC_ALL="C"))
    if done.returncode:
        m = re.search(r"^.*(?:undefined reference|multiple definition|error:)"
                      r".*$", done.stderr, re.M)
        lines = [m.group(0)] if m else done.stderr.strip().splitlines()[-1:]
        raise HarnessError("cannot %s: %s" % (
            what, "".join(lines) or "exit code %d" % done.returncode))
    return done.stderr


def link_kernel_world(objects, hot, output):
    """ld -r of the kernel world, data gathered, all but kw_* made local."""
    script = output + ".lds"
    raw = output + ".raw"
    with open(script, "w", encoding="utf-8") as f:
        f.write(with_hot(SCRIPT, hot))
    run(["ld", "-r", "-z", "noexecstack", "-T", script, "-o", raw] + objects,
        "link the kernel world")
    run(["objcopy", "--wildcard", "--keep-global-symbol=kw_*", raw, output],
        "make the kernel world's symbols local")
    os.unlink(raw)
    os.unlink(script)


def link_runner(compiler, kernel_world, objects, hot, flags, libraries,
                output):
    script = output + ".lds"
    with open(script, "w", encoding="utf-8") as f:
        f.write(with_hot(RUNNER_SCRIPT, hot))
    run([compiler, "-no-pie", "-Wl,-z,noexecstack", "-Wl,-T," + script] +
        flags + ["-o", output, kernel_world] + objects + list(libraries),
        "link the runner")
    os.unlink(script)
