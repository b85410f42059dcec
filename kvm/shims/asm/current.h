/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of the tree's asm/current.h: current is a plain variable that the
 * task switch sets.  The tree's own declarations stay, other headers use them.
 */
#ifndef LAPICSIM_SHIM_ASM_CURRENT_H
#define LAPICSIM_SHIM_ASM_CURRENT_H
#include_next <asm/current.h>

#undef current
#define current kw_current
extern struct task_struct *kw_current;

#endif
