/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that a process may not execute, or whose result differs from
 * machine to machine, become calls into kvm/env/cpu.c.  Assembler macros shadow
 * the mnemonics, so the tree's inline assembly needs no change.  Each thunk
 * preserves every register that the instruction preserves; like the real ones
 * they may change the arithmetic flags only where the tree's constraints allow
 * it (x86 inline assembly always clobbers "cc").
 */
#ifndef LAPICSIM_SHIM_INSN_H
#define LAPICSIM_SHIM_INSN_H

#ifndef __ASSEMBLY__
asm(".macro rdmsr\n\tcall kw_insn_rdmsr\n.endm\n"
    ".macro wrmsr\n\tcall kw_insn_wrmsr\n.endm\n"
    ".macro rdtsc\n\tcall kw_insn_rdtsc\n.endm\n"
    ".macro rdtscp\n\tcall kw_insn_rdtsc\n.endm\n"
    ".macro cpuid\n\tcall kw_insn_cpuid\n.endm\n"
    ".macro xgetbv\n\tcall kw_insn_xgetbv\n.endm\n"
    ".macro xsetbv\n.endm\n"
    ".macro wbinvd\n.endm\n"
    ".macro swapgs\n.endm\n"
    ".macro clac\n.endm\n"
    ".macro stac\n.endm\n");
#endif

#endif
