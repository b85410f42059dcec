/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instead of the tree's asm/vdso/processor.h: a busy wait lets virtual time pass
 * and others run, or it would never end.
 */
#ifndef LAPICSIM_SHIM_ASM_VDSO_PROCESSOR_H
#define LAPICSIM_SHIM_ASM_VDSO_PROCESSOR_H
#define __ASM_VDSO_PROCESSOR_H

#ifndef __ASSEMBLY__
void kw_relax(void);
static __always_inline void rep_nop(void) { kw_relax(); }
static __always_inline void cpu_relax(void) { kw_relax(); }
#endif

#endif
