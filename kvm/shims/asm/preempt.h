/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instead of the tree's asm/preempt.h.  A simulated CPU has one task, so there
 * is nothing to preempt it with: the count is kept because headers ask for it,
 * and preemption by the host scheduler is modelled where KVM allows it
 * (kw_task_resched() and xfer_to_guest_mode_handle_work()).
 */
#ifndef LAPICSIM_SHIM_ASM_PREEMPT_H
#define LAPICSIM_SHIM_ASM_PREEMPT_H
#define __ASM_PREEMPT_H

#include <asm/percpu.h>
#include <asm/current.h>

#define PREEMPT_ENABLED 0
#define PREEMPT_NEED_RESCHED 0x80000000

extern int kw_preempt_count;

static __always_inline int preempt_count(void) { return kw_preempt_count; }
static __always_inline void preempt_count_set(int pc) { kw_preempt_count = pc; }
#define init_task_preempt_count(p) do { } while (0)
#define init_idle_preempt_count(p, cpu) do { } while (0)
static __always_inline void set_preempt_need_resched(void) { }
static __always_inline void clear_preempt_need_resched(void) { }
static __always_inline bool test_preempt_need_resched(void) { return false; }
static __always_inline void __preempt_count_add(int val) { kw_preempt_count += val; }
static __always_inline void __preempt_count_sub(int val) { kw_preempt_count -= val; }
static __always_inline bool __preempt_count_dec_and_test(void) { return !--kw_preempt_count; }
static __always_inline int __preempt_count_add_return(int val) { return kw_preempt_count += val; }
static __always_inline int __preempt_count_sub_return(int val) { return kw_preempt_count -= val; }
static __always_inline bool should_resched(int offset) { return false; }

#endif
