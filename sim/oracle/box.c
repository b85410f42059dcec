// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of messages in flight.  Allocates in message_init() only; slots and
 * maps are handed out in a fixed order, so that a run repeats exactly.
 */
#include "sim/oracle/box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct message_box box;

int message_init(uint32_t nr_vcpus, uint32_t vcpus_per_vm)
{
	uint32_t nr_heads = 256;

	box.nr_slots = (int32_t)(nr_vcpus + 256);
	box.nr_maps = (int32_t)(64 + nr_vcpus / 8);
	box.map_words = (vcpus_per_vm + 63) / 64;
	while (nr_heads < nr_vcpus)
		nr_heads *= 2;
	box.hash_mask = nr_heads - 1;
	box.slot = calloc((size_t)box.nr_slots, sizeof(*box.slot));
	box.maps = calloc((size_t)box.nr_maps * box.map_words, sizeof(*box.maps));
	box.heads = calloc(nr_heads, sizeof(*box.heads));
	if (!box.slot || !box.maps || !box.heads) {
		message_fini();
		return -ENOMEM;
	}
	oracle.bytes += (uint64_t)box.nr_slots * sizeof(*box.slot) + nr_heads * sizeof(*box.heads) +
			(uint64_t)box.nr_maps * box.map_words * sizeof(*box.maps);
	message_reset();
	return 0;
}

void message_fini(void)
{
	free(box.slot);
	free(box.maps);
	free(box.heads);
	memset(&box, 0, sizeof(box));
}

void message_reset(void)
{
	box.high = box.high_map = 0;
	box.free = box.free_map = NONE;
	box.nr_many = 0;
	memset(box.heads, 0xff, (box.hash_mask + 1) * sizeof(*box.heads));
}

/* Free maps are chained through their first word. */
int32_t box_map_alloc(void)
{
	int32_t map = box.free_map;

	if (map != NONE)
		box.free_map = (int32_t)box_map(map)[0];
	else if (box.high_map < box.nr_maps)
		map = box.high_map++;
	else
		return NONE;
	memset(box_map(map), 0, box.map_words * sizeof(uint64_t));
	return map;
}

void box_map_free(int32_t map)
{
	if (map == NONE)
		return;
	box_map(map)[0] = (uint64_t)box.free_map;
	box.free_map = map;
}

void box_map_set(int32_t map, uint32_t bit)
{
	box_map(map)[bit / 64] |= 1ull << (bit % 64);
}

struct message *box_slot_alloc(void)
{
	struct message *m;

	if (box.free != NONE) {
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

void box_slot_free(struct message *m)
{
	box_map_free(m->map);
	box_map_free(m->soft);
	m->active = false;
	m->next = box.free;
	box.free = (int32_t)(m - box.slot);
}

void box_link(struct message *m)
{
	int32_t self = (int32_t)(m - box.slot);

	m->key = m->map == NONE ? box_key_one(m->target, m->vector) : box_key_many(m->vm, m->vector);
	m->prev = NONE;
	m->next = box.heads[m->key];
	if (m->next != NONE)
		box.slot[m->next].prev = self;
	box.heads[m->key] = self;
	box.nr_many += m->map != NONE;
}

void box_unlink(struct message *m)
{
	if (m->prev != NONE)
		box.slot[m->prev].next = m->next;
	else
		box.heads[m->key] = m->next;
	if (m->next != NONE)
		box.slot[m->next].prev = m->prev;
	box.nr_many -= m->map != NONE;
}

/* How many messages in flight may set @vector at @v? */
uint32_t box_nr_covering(const struct oracle_vcpu *v, uint32_t vector)
{
	uint32_t nr = 0;

	for (int32_t i = box.heads[box_key_one(v->index, vector)]; i != NONE; i = box.slot[i].next)
		nr += box.slot[i].map == NONE && box_covers(&box.slot[i], v, vector);
	if (!box.nr_many)
		return nr;
	for (int32_t i = box.heads[box_key_many(v->vm, vector)]; i != NONE; i = box.slot[i].next)
		nr += box.slot[i].map != NONE && box_covers(&box.slot[i], v, vector);
	return nr;
}

/* After one of them was unlinked: is the vector still in flight at @v? */
bool box_still_in_flight(struct oracle_vcpu *v, uint32_t vector)
{
	const struct oracle_vm *vm = &oracle.vm[v->vm];

	if ((vm->any_leaked && vector_test(vm->leaked, vector)) || box_nr_covering(v, vector))
		return true;
	vector_clear(v->inflight, vector);
	return false;
}

/* Calls @call for each target; @call may not change the message's targets. */
void box_for_each_target(struct message *m, void (*call)(struct message *m, struct oracle_vcpu *v))
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
