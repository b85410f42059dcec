// SPDX-License-Identifier: GPL-2.0-only
/* The table of all tests, and the helpers of check.h. */
#include <linux/sched.h>
#include <linux/irqflags.h>
#include "check.h"

u64 kw_selftest_seed, kw_selftest_seen;

static char st_failure[256];

const struct kw_selftest *kw_selftest_nth(u32 n)
{
	static const struct kw_selftest *const tables[] = {
		st_task_tests, st_lock_tests, st_deadlock_tests, st_rcu_tests, st_irq_tests,
		st_timer_tests, st_work_tests, st_memory_tests, st_user_tests, st_diag_tests,
		st_eventfd_tests, st_kthread_tests,
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (k = 0; tables[i][k].name; k++)
			if (!n--)
				return &tables[i][k];
	return NULL;
}

const char *kw_selftest_failure(void) { return st_failure[0] ? st_failure : NULL; }

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

void st_fail(const char *file, int line, const char *fmt, ...)
{
	const char *slash = strrchr(file, '/');
	va_list args;
	int n;

	if (st_failure[0])
		return;
	n = scnprintf(st_failure, sizeof(st_failure), "%s:%d: task %u at %llu ns: ", slash ? slash + 1 : file,
		      line, kw_shared.current_tid, kw_shared.now_ns);
	va_start(args, fmt);
	vsnprintf(st_failure + n, sizeof(st_failure) - n, fmt, args);
	va_end(args);
}

/* splitmix64 over (seed, task): a draw of one task moves nobody else's. */
u32 st_below(u32 n)
{
	static u64 state[KW_SELFTEST_MAX_ROLES + 1];
	u64 *s = &state[kw_shared.current_tid];
	u64 z;

	if (!*s)
		*s = (kw_selftest_seed + 1) * 0x9e3779b97f4a7c15ull + kw_shared.current_tid * 0xd1342543de82ef95ull;
	z = *s += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (u32)((z >> 32) * n >> 32);
}

bool st_all(const void *from, u8 value, size_t n)
{
	const u8 *p = from;

	while (n--)
		if (*p++ != value)
			return false;
	return true;
}

void st_until(u64 ns)
{
	while (kw_shared.now_ns < ns) {
		hs_selftest_busy(ns - kw_shared.now_ns);
		if (kw_cpu_irq->pending && !kw_cpu_irq->disabled && !kw_cpu_irq->in_irq)
			kw_irq_enabled();
	}
}

void st_busy(u64 ns) { st_until(kw_shared.now_ns + ns); }

void st_wait_for(const u32 *word, u32 value)
{
	while (READ_ONCE(*word) != value)
		st_busy(20);
}
