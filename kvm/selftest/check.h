/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests share.  Kernel world only. */
#ifndef LAPICSIM_SELFTEST_CHECK_H
#define LAPICSIM_SELFTEST_CHECK_H

#include "env/env.h"
#include "selftest/selftest.h"

/* One table per file, closed by an entry without a name. */
extern const struct kw_selftest st_task_tests[], st_lock_tests[], st_deadlock_tests[], st_rcu_tests[],
	st_irq_tests[], st_timer_tests[], st_work_tests[], st_memory_tests[], st_user_tests[], st_diag_tests[],
	st_eventfd_tests[], st_kthread_tests[];

__printf(3, 4) void st_fail(const char *file, int line, const char *fmt, ...);

#define ST_CHECK(cond, fmt, ...)						\
do {										\
	if (!(cond))								\
		st_fail(__FILE__, __LINE__, "%s: " fmt, #cond, ##__VA_ARGS__);	\
} while (0)

/* This run came by @bit: see struct kw_selftest.must_see. */
static inline void st_saw(u32 bit) { kw_selftest_seen |= 1ull << bit; }

/* A scheduling point: any other task may go first. */
static inline void st_point(void) { kw_point(KW_POINT_LOCK); }

/* Uniform in 0..n-1; every task has a stream of its own. */
u32 st_below(u32 n);
/* The CPU does something else for @ns, and takes interrupts if they are on. */
void st_busy(u64 ns);
/* The same until virtual time @ns. */
void st_until(u64 ns);
/* Busy until *@word is @value. */
void st_wait_for(const u32 *word, u32 value);
/* @n bytes from @from on are all @value. */
bool st_all(const void *from, u8 value, size_t n);
/* Sleeps until @cond; each look is after set_current_state(), as it must be. */
#define ST_SLEEP_UNTIL(cond)						\
do {									\
	for (;;) {							\
		set_current_state(TASK_UNINTERRUPTIBLE);		\
		if (cond)						\
			break;						\
		schedule();						\
	}								\
	__set_current_state(TASK_RUNNING);				\
} while (0)

static inline struct task_struct *st_task(u32 role) { return &kw_tasks[role + 1]->ts; }
static inline u32 st_cpu(u32 role) { return role + 1; }

#endif
