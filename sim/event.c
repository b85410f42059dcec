/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event queue's heap.  Invariants: heap[i] < heap[4i+1 .. 4i+4]; pos[slot] is
 * where slot's key lies; keys from nr on are EVENT_KEY_NONE.
 *
 * Does not check its callers' slots: sim/scheduler.c does.
 */
#include "sim/event.h"

#include <errno.h>
#include <stdlib.h>

#define EVENT_LINE_BYTES	64u

int event_init(struct event_queue *q, uint32_t nr_slots)
{
	size_t nr_keys = nr_slots + 2 * EVENT_ARITY;
	void *mem = NULL;
	size_t i;

	if (!nr_slots || nr_slots > EVENT_NR_SLOTS)
		return -EINVAL;
	if (posix_memalign(&mem, EVENT_LINE_BYTES, (nr_keys + EVENT_ARITY - 1) * sizeof(*q->heap)))
		return -ENOMEM;
	q->pos = malloc(nr_slots * sizeof(*q->pos));
	if (!q->pos) {
		free(mem);
		return -ENOMEM;
	}
	/* The root lies at the end of a cache line: then the four children of each key fill one. */
	q->heap = (unsigned __int128 *)mem + EVENT_ARITY - 1;
	for (i = 0; i < nr_keys; i++)
		q->heap[i] = EVENT_KEY_NONE;
	for (i = 0; i < nr_slots; i++)
		q->pos[i] = EVENT_NOT_QUEUED;
	q->nr = 0;
	q->nr_slots = nr_slots;
	q->seq = 0;
	return 0;
}

/* Puts @key at @i or, as long as their keys are later, in place of its parents. */
static void sift_up(struct event_queue *q, uint32_t i, unsigned __int128 key)
{
	while (i) {
		uint32_t parent = (i - 1) / EVENT_ARITY;

		if (q->heap[parent] < key)
			break;
		event_put(q, i, q->heap[parent]);
		i = parent;
	}
	event_put(q, i, key);
}

void event_sift_far(struct event_queue *q, uint32_t i, unsigned __int128 key)
{
	for (;;) {
		uint32_t child = i * EVENT_ARITY + 1;
		uint32_t a, b;

		if (child >= q->nr)
			break;
		a = q->heap[child + 1] < q->heap[child] ? child + 1 : child;
		b = q->heap[child + 3] < q->heap[child + 2] ? child + 3 : child + 2;
		child = q->heap[b] < q->heap[a] ? b : a;
		if (key < q->heap[child])
			break;
		event_put(q, i, q->heap[child]);
		i = child;
	}
	event_put(q, i, key);
}

/* Puts @key where a key was taken out. */
static void refill(struct event_queue *q, uint32_t i, unsigned __int128 key)
{
	if (i && key < q->heap[(i - 1) / EVENT_ARITY])
		sift_up(q, i, key);
	else
		event_sift(q, i, key);
}

static void remove_at(struct event_queue *q, uint32_t i)
{
	unsigned __int128 last = q->heap[--q->nr];

	q->heap[q->nr] = EVENT_KEY_NONE;
	if (i < q->nr)
		refill(q, i, last);
}

void event_clear(struct event_queue *q)
{
	while (q->nr) {
		q->nr--;
		q->pos[event_key_slot(q->heap[q->nr])] = EVENT_NOT_QUEUED;
		q->heap[q->nr] = EVENT_KEY_NONE;
	}
	q->seq = 0;
}

void event_remove(struct event_queue *q, uint32_t slot)
{
	uint32_t i = q->pos[slot];

	if (i == EVENT_NOT_QUEUED)
		return;
	q->pos[slot] = EVENT_NOT_QUEUED;
	remove_at(q, i);
}

/* @slot has an event: a sleep that is cut short, mostly, and then no child of its place comes before it. */
static void move(struct event_queue *q, uint32_t slot, uint64_t at_ns)
{
	uint32_t i = q->pos[slot];

	if (likely(at_ns < (uint64_t)(q->heap[i] >> 64)))
		sift_up(q, i, event_key(q, slot, at_ns));
	else
		refill(q, i, event_key(q, slot, at_ns));
}

void event_set(struct event_queue *q, uint32_t slot, uint64_t at_ns)
{
	if (at_ns == EVENT_NEVER)
		event_remove(q, slot);
	else if (event_queued(q, slot))
		move(q, slot, at_ns);
	else
		sift_up(q, q->nr++, event_key(q, slot, at_ns));
}

void event_pop(struct event_queue *q)
{
	q->pos[event_first_slot(q)] = EVENT_NOT_QUEUED;
	remove_at(q, 0);
}
