/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bodies of actors that several tests of the scheduler spawn.
 */
#ifndef LAPICSIM_TESTS_UNIT_SCHEDULER_ACTORS_H
#define LAPICSIM_TESTS_UNIT_SCHEDULER_ACTORS_H

#include "tests/unit/story.h"

/* Three steps: each of 10 ns for actor 0, of 20 ns for actor 1, and so on. */
static inline void three_steps(struct actor *self)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT(sched_current() == self);
		EXPECT_EQ(self->state, ACTOR_RUNNING);
		tell(self, 's');
		sched_advance(10 * (self->id + 1));
	}
	tell(self, 'e');
}

static inline void in_step(struct actor *self)
{
	int i;

	for (i = 0; i < 3; i++) {
		tell(self, 's');
		sched_advance(10);
	}
}

static inline void waits_for_five(struct actor *self)
{
	tell(self, 'a');
	sched_advance(5);
	tell(self, 'b');
}

static inline void spawns_another(struct actor *self)
{
	tell(self, 'a');
	spawn(self->id + 1, 0, in_step);
	spawn(self->id + 2, 12, waits_for_five);
	sched_advance(2);
	tell(self, 'b');
}

#endif
