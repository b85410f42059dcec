/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of the tree's asm/percpu.h, which addresses per-CPU data through
 * %gs.  Changed on purpose: the base is a variable that the task switch sets,
 * and the accessors are the generic C ones.  A simulated CPU is never preempted
 * inside an accessor, so the this_cpu_*() forms need no interrupt protection
 * and mean the same as the raw_cpu_*() forms.
 */
#ifndef LAPICSIM_SHIM_ASM_PERCPU_H
#define LAPICSIM_SHIM_ASM_PERCPU_H
#define _ASM_X86_PERCPU_H

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stringify.h>
#include <asm/asm.h>
#include "../insn.h"

#define __percpu_seg_override
#define __percpu_prefix		""
#define __percpu_arg(x)		"%" #x
#define __my_cpu_ptr(ptr)	(ptr)
#define __my_cpu_var(var)	(var)
#define __my_cpu_offset		kw_cpu_offset

extern unsigned long kw_cpu_offset;	/* of the current simulated CPU */

/* The areas are evenly spaced, so that no array of NR_CPUS offsets is needed. */
extern unsigned long kw_percpu_delta, kw_percpu_stride;
#define __per_cpu_offset	kw_there_is_no_offset_array
#define per_cpu_offset(cpu)	(kw_percpu_delta + (cpu) * kw_percpu_stride)

#define this_cpu_read_1(p)		raw_cpu_generic_read(p)
#define this_cpu_read_2(p)		raw_cpu_generic_read(p)
#define this_cpu_read_4(p)		raw_cpu_generic_read(p)
#define this_cpu_read_8(p)		raw_cpu_generic_read(p)
#define this_cpu_write_1(p, v)		raw_cpu_generic_to_op(p, v, =)
#define this_cpu_write_2(p, v)		raw_cpu_generic_to_op(p, v, =)
#define this_cpu_write_4(p, v)		raw_cpu_generic_to_op(p, v, =)
#define this_cpu_write_8(p, v)		raw_cpu_generic_to_op(p, v, =)
#define this_cpu_add_1(p, v)		raw_cpu_generic_to_op(p, v, +=)
#define this_cpu_add_2(p, v)		raw_cpu_generic_to_op(p, v, +=)
#define this_cpu_add_4(p, v)		raw_cpu_generic_to_op(p, v, +=)
#define this_cpu_add_8(p, v)		raw_cpu_generic_to_op(p, v, +=)
#define this_cpu_and_1(p, v)		raw_cpu_generic_to_op(p, v, &=)
#define this_cpu_and_2(p, v)		raw_cpu_generic_to_op(p, v, &=)
#define this_cpu_and_4(p, v)		raw_cpu_generic_to_op(p, v, &=)
#define this_cpu_and_8(p, v)		raw_cpu_generic_to_op(p, v, &=)
#define this_cpu_or_1(p, v)		raw_cpu_generic_to_op(p, v, |=)
#define this_cpu_or_2(p, v)		raw_cpu_generic_to_op(p, v, |=)
#define this_cpu_or_4(p, v)		raw_cpu_generic_to_op(p, v, |=)
#define this_cpu_or_8(p, v)		raw_cpu_generic_to_op(p, v, |=)
#define this_cpu_add_return_1(p, v)	raw_cpu_generic_add_return(p, v)
#define this_cpu_add_return_2(p, v)	raw_cpu_generic_add_return(p, v)
#define this_cpu_add_return_4(p, v)	raw_cpu_generic_add_return(p, v)
#define this_cpu_add_return_8(p, v)	raw_cpu_generic_add_return(p, v)
#define this_cpu_xchg_1(p, v)		raw_cpu_generic_xchg(p, v)
#define this_cpu_xchg_2(p, v)		raw_cpu_generic_xchg(p, v)
#define this_cpu_xchg_4(p, v)		raw_cpu_generic_xchg(p, v)
#define this_cpu_xchg_8(p, v)		raw_cpu_generic_xchg(p, v)
#define this_cpu_cmpxchg_1(p, o, n)	raw_cpu_generic_cmpxchg(p, o, n)
#define this_cpu_cmpxchg_2(p, o, n)	raw_cpu_generic_cmpxchg(p, o, n)
#define this_cpu_cmpxchg_4(p, o, n)	raw_cpu_generic_cmpxchg(p, o, n)
#define this_cpu_cmpxchg_8(p, o, n)	raw_cpu_generic_cmpxchg(p, o, n)
#define this_cpu_read_stable(p)		raw_cpu_generic_read(p)
#define this_cpu_read_const(p)		raw_cpu_generic_read(p)
#define raw_cpu_read_long(p)		raw_cpu_generic_read(p)

#define x86_this_cpu_test_bit(nr, var) \
	(!!((1UL << ((nr) % BITS_PER_LONG)) & \
	    *raw_cpu_ptr((unsigned long __percpu *)&(var) + (nr) / BITS_PER_LONG)))

#include <asm-generic/percpu.h>

DECLARE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);

#define DECLARE_INIT_PER_CPU(var)	extern typeof(var) init_per_cpu__##var
#define init_per_cpu_var(var)		init_per_cpu__##var

/* "Early" per-CPU data exists before the areas do; ours always exist. */
#define DECLARE_EARLY_PER_CPU(type, name)		DECLARE_PER_CPU(type, name)
#define DECLARE_EARLY_PER_CPU_READ_MOSTLY(type, name)	DECLARE_PER_CPU_READ_MOSTLY(type, name)
#define early_per_cpu(name, cpu)			per_cpu(name, cpu)
#define early_per_cpu_ptr(name)				NULL

#else /* __ASSEMBLY__ */
#define PER_CPU_VAR(var)	var
#endif

#endif
