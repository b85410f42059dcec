/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of the tree's asm/smp.h: the CPU's number is a plain variable.
 */
#ifndef LAPICSIM_SHIM_ASM_SMP_H
#define LAPICSIM_SHIM_ASM_SMP_H
#include_next <asm/smp.h>

#undef raw_smp_processor_id
#undef __smp_processor_id
#define raw_smp_processor_id()	((int)kw_cpu_number)
#define __smp_processor_id()	((int)kw_cpu_number)
extern unsigned int kw_cpu_number;

#endif
