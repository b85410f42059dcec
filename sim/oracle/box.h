/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of messages in flight: slots, maps of targets, and a hash by target
 * and vector.  Used by message.c and lowest.c only; judges nothing.
 */
#ifndef LAPICSIM_ORACLE_BOX_H
#define LAPICSIM_ORACLE_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/message.h"
#include "sim/oracle/state.h"

#define NONE		(-1)

struct message {
	uint64_t begin_seq;
	uint32_t vm;
	uint32_t target;		/* the only one, or DIV_NONE: see map */
	int32_t  map, soft;		/* targets; targets that are only a perhaps */
	int32_t  next, prev;		/* hash chain */
	uint32_t key;
	uint8_t  vector;
	bool	 active, level, group, ended, absorbed, soft_one;
};

struct message_box {
	struct message *slot;
	int32_t  nr_slots, high, free;
	uint64_t *maps;
	int32_t  nr_maps, high_map, free_map;
	uint32_t map_words;		/* words of a map */
	int32_t  *heads;
	uint32_t hash_mask;
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

/* Single-target messages are found by vCPU and vector, the others by VM and vector. */
static inline uint32_t box_key_one(uint32_t target, uint32_t vector)
{
	return (target * 2 * 0x9e3779b1u + vector * 0x85ebca6bu) >> 12 & box.hash_mask;
}

static inline uint32_t box_key_many(uint32_t vm, uint32_t vector)
{
	return ((vm * 2 + 1) * 0x9e3779b1u + vector * 0x85ebca6bu) >> 12 & box.hash_mask;
}

static inline bool box_covers(const struct message *m, const struct oracle_vcpu *v, uint32_t vector)
{
	if (m->vector != vector || m->vm != v->vm)
		return false;
	if (m->map == NONE)
		return m->target == v->index;
	return box_map_test(m->map, v->index - oracle.vm[v->vm].first);
}

/* NULL, NONE: no room. */
struct message *box_slot_alloc(void);
void box_slot_free(struct message *m);		/* with its maps */
int32_t box_map_alloc(void);
void box_map_free(int32_t map);
void box_map_set(int32_t map, uint32_t bit);
void box_link(struct message *m);		/* by its target, or its VM if it has a map */
void box_unlink(struct message *m);
/* How many messages in flight may set @vector at @v? */
uint32_t box_nr_covering(const struct oracle_vcpu *v, uint32_t vector);
/* After one of them was unlinked: is there another? Clears the vector's inflight bit if not. */
bool box_still_in_flight(struct oracle_vcpu *v, uint32_t vector);
/* Calls @call for each target; @call may not change the message's targets. */
void box_for_each_target(struct message *m, void (*call)(struct message *m, struct oracle_vcpu *v));

/* message.c: forget a message that may or may not have arrived. */
void message_release(struct message *m);
/* message.c: what acceptance of @m leaves in TMR. */
void message_accept_tmr(struct oracle_vcpu *v, const struct message *m, bool overlap, bool soft);

#endif
