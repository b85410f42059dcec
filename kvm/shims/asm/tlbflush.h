/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree's own, which uses struct arch_tlbflush_unmap_batch whether tasks have
 * one or not: ours have none, see autoconf.h.
 */
#ifndef LAPICSIM_SHIM_ASM_TLBFLUSH_H
#define LAPICSIM_SHIM_ASM_TLBFLUSH_H

#if __has_include(<asm/tlbbatch.h>)
#include <asm/tlbbatch.h>
#endif
#include_next <asm/tlbflush.h>

#endif
