/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tests of the environment's primitives, as the libc world sees them: a table
 * of tests, each a few tasks that use a kernel interface as kernel code does.
 * sim/selftest.c runs them on the real scheduler, from many seeds.
 *
 * Fixed-width types only, like kvm/boundary.h.
 */
#ifndef LAPICSIM_SELFTEST_H
#define LAPICSIM_SELFTEST_H

#include "kvm/boundary.h"

#define KW_SELFTEST_MAX_ROLES	8u
#define KW_SELFTEST_USER_PAGES	8u	/* simulated user memory that the tests expect */

/* How every run of a test must end. */
enum kw_selftest_end {
	KW_SELFTEST_PASSES,	/* all roles return, nothing failed */
	KW_SELFTEST_DEADLOCK,	/* hs_deadlock() */
	KW_SELFTEST_STUCK,	/* tasks sleep for ever; the wait graph tells */
	KW_SELFTEST_FAULT,	/* hs_fault() */
	KW_SELFTEST_BUG,	/* BUG() */
};

struct kw_selftest {
	const char *name;		/* "mutex: excludes" */
	uint32_t nr_roles;		/* tasks 1..nr_roles; task 0 is the kworker */
	uint32_t end;			/* enum kw_selftest_end */
	uint32_t nr_warns;		/* WARNs in each run */
	uint64_t must_see;		/* kw_selftest_seen, over all seeds: else it tested nothing */
	void (*setup)(void);		/* before the tasks start; may be NULL */
	void (*role)(uint32_t role);	/* 0..nr_roles-1 */
	void (*finish)(void);		/* after all roles returned; may be NULL */
	const char *says;		/* words, separated by '|', in the crash's text or wait graph */
};

extern uint64_t kw_selftest_seed;	/* set before each run: the tests' own draws */
extern uint64_t kw_selftest_seen;	/* what this run came by */

const struct kw_selftest *kw_selftest_nth(uint32_t n);	/* NULL past the last */
const char *kw_selftest_failure(void);			/* of this run: the first one, or NULL */

/*
 * Host service: the current task's CPU is busy for @ns; an interrupt for it may end
 * that early.
 */
void hs_selftest_busy(uint64_t ns);

#endif
