/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instead of the tree's asm/irqflags.h: RFLAGS.IF of a simulated CPU is a byte,
 * and enabling it takes the host interrupts that are waiting, as hardware does.
 */
#ifndef LAPICSIM_SHIM_ASM_IRQFLAGS_H
#define LAPICSIM_SHIM_ASM_IRQFLAGS_H
#define _X86_IRQFLAGS_H_

#include <asm/processor-flags.h>

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include <asm/nospec-branch.h>
#include "kvm/boundary.h"

void kw_irq_enabled(void);		/* interrupts came on and some are pending */

static __always_inline void native_irq_disable(void)
{
	kw_cpu_irq->disabled = 1;
	asm volatile("" : : : "memory");
}

static __always_inline void native_irq_enable(void)
{
	asm volatile("" : : : "memory");
	kw_cpu_irq->disabled = 0;
	if (__builtin_expect(kw_cpu_irq->pending, 0))
		kw_irq_enabled();
}

static __always_inline unsigned long native_save_fl(void)
{
	return kw_cpu_irq->disabled ? 0 : X86_EFLAGS_IF;
}

void kw_insn_hlt(void);
static __always_inline void native_safe_halt(void) { kw_insn_hlt(); }
static __always_inline void native_halt(void) { kw_insn_hlt(); }
static __always_inline void arch_safe_halt(void) { kw_insn_hlt(); }
static __always_inline void halt(void) { kw_insn_hlt(); }

static __always_inline unsigned long arch_local_save_flags(void) { return native_save_fl(); }
static __always_inline void arch_local_irq_disable(void) { native_irq_disable(); }
static __always_inline void arch_local_irq_enable(void) { native_irq_enable(); }

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = native_save_fl();

	native_irq_disable();
	return flags;
}

static __always_inline int arch_irqs_disabled_flags(unsigned long flags) { return !(flags & X86_EFLAGS_IF); }
static __always_inline int arch_irqs_disabled(void) { return kw_cpu_irq->disabled; }

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		native_irq_enable();
}
#endif

#endif
