# SPDX-License-Identifier: GPL-2.0-only
"""Linking: one kernel-world object with named data sections, then the runner.

All writable data of KVM and of the environment ends in the section kw_data,
whose bounds the linker supplies, so that a run is undone by copying one block
back.  Once-latches, per-CPU data, BUG entries and exception entries have
sections of their own.  Only kw_* symbols stay visible: nothing in the kernel
world can be confused with libc.

Tables for a boot loader, a module loader or a patching kernel (__param,
.initcall, .altinstructions, .smp_locks ...) stay as they are: small, and
nobody reads them.  What symbols mean is symbols.py's matter.
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
  kw_extable 0 : { *(__ex_table) }
  kw_data 0 : { *(.data .data.* .bss .bss.* COMMON .init.data .init.data.*
                  .exit.data) }
  .text 0 : { *(.text .text.* .noinstr.text .entry.text .spinlock.text
                .sched.text .init.text .exit.text) }
  .rodata 0 : { *(.rodata .rodata.* .init.rodata) }
}
"""


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


def link_kernel_world(objects, output):
    """ld -r of the kernel world, data gathered, all but kw_* made local."""
    script = output + ".lds"
    raw = output + ".raw"
    with open(script, "w", encoding="utf-8") as f:
        f.write(SCRIPT)
    run(["ld", "-r", "-z", "noexecstack", "-T", script, "-o", raw] + objects,
        "link the kernel world")
    run(["objcopy", "--wildcard", "--keep-global-symbol=kw_*", raw, output],
        "make the kernel world's symbols local")
    os.unlink(raw)
    os.unlink(script)


def link_runner(compiler, kernel_world, objects, flags, libraries, output):
    run([compiler, "-no-pie", "-Wl,-z,noexecstack"] + flags +
        ["-o", output, kernel_world] + objects + list(libraries),
        "link the runner")
