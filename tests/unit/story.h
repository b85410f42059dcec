/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the scheduler: actors tell what they do, and the test compares the
 * story.  Included by one .c file per program.
 *
 * Does not call sched_init(): each program tests or calls it once.
 */
#ifndef LAPICSIM_TESTS_UNIT_STORY_H
#define LAPICSIM_TESTS_UNIT_STORY_H

#include "sim/scheduler.h"
#include "tests/unit/test.h"

#define NR_ACTORS 8192u

static const struct sched_limits no_limits = { .end_ns = UINT64_MAX, .max_events = UINT64_MAX };

/* What happened: "<id><letter>@<ns> ..." */
static char story[4096];
static size_t story_len;

static inline void tell_as(uint32_t id, char what)
{
	int n = snprintf(story + story_len, sizeof(story) - story_len, "%s%u%c@%llu", story_len ? " " : "",
			 id, what, (unsigned long long)sched_now());

	if (n > 0 && story_len + n < sizeof(story))
		story_len += n;
}

static inline void tell(struct actor *self, char what)
{
	tell_as(self->id, what);
}

static inline void begin(uint64_t seed, const struct policy *policy)
{
	sched_reset(seed, policy);
	story_len = 0;
	story[0] = 0;
}

static inline void spawn(uint32_t id, uint64_t at_ns, void (*body)(struct actor *))
{
	char name[16];

	snprintf(name, sizeof(name), "a%u", id % 10000);
	sched_spawn(id, ACTOR_VCPU, name, at_ns, body, NULL);
}

static inline enum sched_end run(void)
{
	return sched_run(&no_limits);
}

#endif
