/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message that the oracle has not been told of yet.  Between its begin and its end it may
 * or may not be in an IRR, but mostly nobody gets to look: then the oracle is told of it when
 * it is over, in one.  Who gives way first calls held_release(), and it begins like any other.
 *
 * Invariant: while a message is held its sender is the running actor, and has not given way.
 * held_end() sees to it: giving way takes an event, whoever goes on then.
 */
#ifndef LAPICSIM_HELD_H
#define LAPICSIM_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/likely.h"
#include "sim/scheduler.h"

struct held {
	uint64_t address;
	uint32_t vm, data;
	int32_t	 handle;	/* the oracle's, once it was released */
	uint64_t left;		/* events, when it began */
};
extern struct held *held_message;	/* NULL: none is held */

void held_begin_now(void);

/* Somebody else is about to act, or to look at the oracle. */
static inline void held_release(void)
{
	if (unlikely(held_message != NULL))
		held_begin_now();
}

static inline void held_begin(struct held *m)
{
	m->left = sched_clock.left;
	held_message = m;
}

/* @accepted: KVM took it. */
void held_end(struct held *m, bool accepted);

#endif
