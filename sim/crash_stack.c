/* SPDX-License-Identifier: GPL-2.0-only */
/* See crash_stack.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* REG_RIP */
#endif
#include "sim/crash_stack.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define NAME_BYTES	64u
#define NR_NAMES	512u	/* power of two; crashes come from few places */

extern const char __executable_start[], etext[];

struct name {
	uint64_t rip;
	char	 name[NAME_BYTES];
};

static struct name names[NR_NAMES];
static sigjmp_buf faulted;
static volatile bool unwinding;

bool crash_in_program(uint64_t rip)
{
	return rip >= (uint64_t)__executable_start && rip < (uint64_t)etext;
}

/* A call through a bad pointer: the caller is what the return address on the stack says. */
static void step_out_of_nowhere(unw_context_t *uc)
{
	greg_t *reg = uc->uc_mcontext.gregs;
	uint64_t caller = *(uint64_t *)reg[REG_RSP];

	if (crash_in_program(caller)) {
		reg[REG_RIP] = (greg_t)caller;
		reg[REG_RSP] += 8;
	}
}

static void walk(unw_context_t *uc, bool interrupted, uint64_t *frames, uint32_t max, volatile uint32_t *nr)
{
	unw_cursor_t cursor;
	unw_word_t ip;

	if (interrupted && !crash_in_program((uint64_t)uc->uc_mcontext.gregs[REG_RIP])) {
		frames[(*nr)++] = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
		step_out_of_nowhere(uc);
	}
	if (unw_init_local2(&cursor, uc, interrupted ? UNW_INIT_SIGNAL_FRAME : 0))
		return;
	do {
		if (unw_get_reg(&cursor, UNW_REG_IP, &ip) || !ip)
			break;
		frames[*nr] = ip - (*nr || !interrupted);
		(*nr)++;
	} while (*nr < max && unw_step(&cursor) > 0);
}

uint32_t crash_stack(void *context, bool interrupted, uint64_t *frames, uint32_t max)
{
	static unw_context_t copy;
	static volatile uint32_t nr;

	nr = 0;
	memcpy(&copy, context, sizeof(copy));
	/* What was found before the walk fell off a destroyed stack is worth having. */
	if (!sigsetjmp(faulted, 0)) {
		unwinding = true;
		walk(&copy, interrupted, frames, max, &nr);
	}
	unwinding = false;
	return nr;
}

void crash_stack_faulted(void)
{
	if (unwinding)
		siglongjmp(faulted, 1);
}

const char *crash_function(uint64_t rip)
{
	struct name *n = &names[(rip ^ rip >> 9) % NR_NAMES];
	unw_context_t uc;
	unw_cursor_t cursor;
	unw_word_t offset;
	char *dot;

	if (n->rip == rip && n->name[0])
		return n->name;
	n->rip = rip;
	strcpy(n->name, "?");
	if (!crash_in_program(rip) || unw_getcontext(&uc) || unw_init_local(&cursor, &uc))
		return n->name;
	/* One more: libunwind looks up a caller's address less one. */
	unw_set_reg(&cursor, UNW_REG_IP, rip + 1);
	if (unw_get_proc_name(&cursor, n->name, NAME_BYTES, &offset) || !n->name[0])
		strcpy(n->name, "?");
	/* ".isra.0", ".part.0", ".cold": what the compiler did is not part of the place. */
	dot = strchr(n->name + 1, '.');
	if (dot)
		*dot = 0;
	return n->name;
}

void crash_stack_init(void)
{
	uint64_t frames[4];
	unw_context_t uc;

	/*
	 * Without a lock, where libunwind is built for that; Debian's is not.  It blocks signals
	 * while it holds the lock, and reads the stack, which may fault, only when it does not.
	 */
	unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_PER_THREAD);
	unw_getcontext(&uc);
	crash_stack(&uc, false, frames, 4);
	crash_function((uint64_t)crash_stack_init + 1);
}
