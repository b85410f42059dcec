/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of messages in flight: slots, maps of targets, and chains to find
 * them by.  A message to one vCPU hangs on that vCPU, the others in a hash by VM
 * and vector.  Used by message.c and lowest.c only; judges nothing.
 */
#ifndef LAPICSIM_ORACLE_BOX_H
#define LAPICSIM_ORACLE_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/message.h"
#include "sim/oracle/state.h"

#define NONE		(-1)
#define BOX_HASH	256

struct message {
	uint64_t begin_seq;
	uint32_t vm;
	uint32_t target;		/* the only one, or DIV_NONE: see map */
	int32_t  map, soft;		/* targets; targets that are only a perhaps */
	int32_t  next, prev;		/* chain */
	uint8_t  vector;
	bool	 active, level, group, ended, absorbed, soft_one;
};

struct message_box {
	struct message *slot;
	struct destination *dest;	/* of each slot; NULL: identities don't change, there is no register file */
	int32_t  nr_slots, high, free;
	uint64_t *maps;
	int32_t  nr_maps, high_map, free_map;
	uint32_t map_words;		/* words of a map */
	int32_t  heads[BOX_HASH];	/* messages with a map */
	uint32_t nr_many;		/* messages with a map */
};
extern struct message_box box;

static inline uint64_t *box_map(int32_t map)
{
	return box.maps + (size_t)map * box.map_words;
}

static inline bool box_map_test(int32_t map, uint32_t bit)
{
	return map != NONE && (box_map(map)[bit / 64] >> (bit % 64) & 1);
}

/* Free maps are chained through their first word. */
static inline void box_map_free(int32_t map)
{
	if (likely(map == NONE))
		return;
	box_map(map)[0] = (uint64_t)box.free_map;
	box.free_map = map;
}

static inline int32_t *box_many(uint32_t vm, uint32_t vector)
{
	return &box.heads[(vm * 0x9e3779b1u + vector * 0x85ebca6bu) >> 24];
}

static inline int32_t *box_chain(const struct message *m)
{
	return likely(m->map == NONE) ? &oracle_vcpu(m->target)->messages : box_many(m->vm, m->vector);
}

static inline bool box_covers(const struct message *m, const struct oracle_vcpu *v, uint32_t vector)
{
	if (m->vector != vector || m->vm != v->vm)
		return false;
	if (m->map == NONE)
		return m->target == v->index;
	return box_map_test(m->map, v->index - oracle.vm[v->vm].first);
}

/* NONE: no room. */
int32_t box_map_alloc(void);
void box_map_set(int32_t map, uint32_t bit);
/* How many messages in flight may set @vector at @v? */
uint32_t box_nr_covering(const struct oracle_vcpu *v, uint32_t vector);

static inline const struct destination *box_destination(const struct message *m)
{
	return &box.dest[m - box.slot];
}

static inline void box_keep_destination(const struct message *m, const struct destination *d)
{
	if (unlikely(box.dest != NULL))
		box.dest[m - box.slot] = *d;
}

/* The usual way: there is one that was freed. NULL: look for one by box_slot_alloc(). */
static inline struct message *box_slot_again(int32_t *handle)
{
	struct message *m;

	*handle = box.free;
	if (unlikely(box.free == NONE))
		return NULL;
	m = &box.slot[box.free];
	box.free = m->next;
	return m;
}

/* NULL: no room. */
static inline struct message *box_slot_alloc(void)
{
	struct message *m;

	if (likely(box.free != NONE)) {
		m = &box.slot[box.free];
		box.free = m->next;
	} else if (box.high < box.nr_slots) {
		m = &box.slot[box.high++];
	} else {
		return NULL;
	}
	m->active = true;
	m->group = m->ended = m->absorbed = m->soft_one = false;
	m->map = m->soft = NONE;
	return m;
}

/* With its maps. */
static inline void box_slot_free(struct message *m)
{
	box_map_free(m->map);
	box_map_free(m->soft);
	m->active = false;
	m->next = box.free;
	box.free = (int32_t)(m - box.slot);
}

static inline void box_link(struct message *m)
{
	int32_t self = (int32_t)(m - box.slot), *head = box_chain(m);

	m->prev = NONE;
	m->next = *head;
	if (m->next != NONE)
		box.slot[m->next].prev = self;
	*head = self;
	box.nr_many += m->map != NONE;
}

/* The same for a message to @v alone. */
static inline void box_link_one(struct message *m, int32_t self, struct oracle_vcpu *v)
{
	m->prev = NONE;
	m->next = v->messages;
	if (unlikely(m->next != NONE))
		box.slot[m->next].prev = self;
	v->messages = self;
}

static inline void box_unlink(struct message *m)
{
	if (unlikely(m->prev != NONE))
		box.slot[m->prev].next = m->next;
	else
		*box_chain(m) = m->next;
	if (unlikely(m->next != NONE))
		box.slot[m->next].prev = m->prev;
	box.nr_many -= m->map != NONE;
}

/* After a message was unlinked: may another set @vector at @v? Clears the vector's inflight bit if not. */
static inline bool box_still_in_flight(struct oracle_vcpu *v, uint32_t vector)
{
	const struct oracle_vm *vm = &oracle.vm[v->vm];

	if (unlikely(v->messages != NONE || box.nr_many) && box_nr_covering(v, vector))
		return true;
	if (unlikely(vm->any_leaked) && vector_test(vm->leaked, vector))
		return true;
	vector_clear(v->inflight, vector);
	return false;
}

/* Calls @call for each target; @call may not change the message's targets. */
static inline void box_for_each_target(struct message *m, void (*call)(struct message *m, struct oracle_vcpu *v))
{
	uint32_t first = oracle.vm[m->vm].first;

	if (m->map == NONE) {
		call(m, oracle_vcpu(m->target));
		return;
	}
	for (uint32_t w = 0; w < box.map_words; w++)
		for (uint64_t bits = box_map(m->map)[w]; bits; bits &= bits - 1)
			call(m, oracle_vcpu(first + w * 64 + (uint32_t)__builtin_ctzll(bits)));
}

/* message.c: forget a message that may or may not have arrived. */
void message_release(struct message *m);
/* message.c: @v may get it too; false: no room, and its vector is not judged any more. */
bool message_add_target(struct message *m, struct oracle_vcpu *v);
/* message.c: none of its targets is certain. */
void message_soften(struct message *m);
/* message.c: what acceptance of @m leaves in TMR. */
void message_accept_tmr(struct oracle_vcpu *v, const struct message *m, bool overlap, bool soft);

#endif
