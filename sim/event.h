/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event queue: at most one event a slot, taken out in the order of (virtual
 * time, sequence number).  Every event that is set gets the next sequence number,
 * so that ties go to the one that was set first.
 *
 * Does not know what a slot stands for; sim/scheduler.c does.
 */
#ifndef LAPICSIM_EVENT_H
#define LAPICSIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/likely.h"

#define EVENT_SLOT_BITS	14u
#define EVENT_NR_SLOTS	(1u << EVENT_SLOT_BITS)
#define EVENT_ARITY	4u
#define EVENT_NEVER	UINT64_MAX	/* a time at which nothing can be queued */

/*
 * A 4-ary heap of keys: time in the upper half, sequence number and slot in the
 * lower, so that one 128-bit comparison is the whole order.  All keys behind the
 * last one are EVENT_KEY_NONE, so that neither the empty queue nor a missing child
 * needs a test.
 */
#define EVENT_KEY_NONE	(~(unsigned __int128)0)

struct event_queue {
	unsigned __int128 *heap;
	uint32_t *pos;		/* per slot: index in the heap, or EVENT_NOT_QUEUED */
	uint32_t nr;
	uint32_t nr_slots;
	uint64_t seq;
};

#define EVENT_NOT_QUEUED UINT32_MAX

/* Allocates; 0 or a negative errno. There is no way back: one queue a process. */
int event_init(struct event_queue *q, uint32_t nr_slots);
/* Forgets all events and starts the sequence numbers again. In proportion to the events queued. */
void event_clear(struct event_queue *q);

/* @slot's event is now at @at_ns, behind all others of that time; EVENT_NEVER: it has none. */
void event_set(struct event_queue *q, uint32_t slot, uint64_t at_ns);
void event_remove(struct event_queue *q, uint32_t slot);
/* Takes the first event out. */
void event_pop(struct event_queue *q);

static inline bool event_queued(const struct event_queue *q, uint32_t slot)
{
	return q->pos[slot] != EVENT_NOT_QUEUED;
}

static inline uint64_t event_add_ns(uint64_t at_ns, uint64_t delta_ns)
{
	uint64_t sum = at_ns + delta_ns;

	return unlikely(sum < at_ns) ? EVENT_NEVER : sum;
}

/* EVENT_NEVER if there is none. */
static inline uint64_t event_first_ns(const struct event_queue *q)
{
	return (uint64_t)(q->heap[0] >> 64);
}

/* Only if there is one. */
static inline uint32_t event_first_slot(const struct event_queue *q)
{
	return (uint32_t)q->heap[0] & (EVENT_NR_SLOTS - 1);
}

static inline uint32_t event_key_slot(unsigned __int128 key)
{
	return (uint32_t)key & (EVENT_NR_SLOTS - 1);
}

static inline unsigned __int128 event_key(struct event_queue *q, uint32_t slot, uint64_t at_ns)
{
	return (unsigned __int128)at_ns << 64 | (q->seq++ << EVENT_SLOT_BITS | slot);
}

static inline void event_put(struct event_queue *q, uint32_t i, unsigned __int128 key)
{
	q->heap[i] = key;
	q->pos[event_key_slot(key)] = i;
}

/* Puts @key at @i or, as long as their keys are earlier, in place of its children. */
void event_sift_far(struct event_queue *q, uint32_t i, unsigned __int128 key);
/* The same. */
static inline void event_sift(struct event_queue *q, uint32_t i, unsigned __int128 key)
{
	uint32_t child = i * EVENT_ARITY + 1;

	/* Two children at most, and no grandchildren, are all that a small VM's queue has. */
	if (child + 2 < q->nr) {
		event_sift_far(q, i, key);
		return;
	}
	if (child < q->nr) {
		child += q->heap[child + 1] < q->heap[child];
		if (q->heap[child] < key) {
			event_put(q, i, q->heap[child]);
			i = child;
		}
	}
	event_put(q, i, key);
}

/* event_pop() and event_set() in one, for a @slot that has no event. */
static inline void event_exchange(struct event_queue *q, uint32_t slot, uint64_t at_ns)
{
	q->pos[event_first_slot(q)] = EVENT_NOT_QUEUED;
	event_sift(q, 0, event_key(q, slot, at_ns));
}

#endif
