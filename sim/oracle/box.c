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

/* Of messages in flight, where a vCPU may begin or cease to match one. */
static bool keeps_destinations(void) { return oracle.config.registers || oracle.config.added; }

int message_init(uint32_t nr_vcpus, uint32_t vcpus_per_vm)
{
	box.nr_slots = (int32_t)(nr_vcpus + 256);
	box.nr_maps = (int32_t)(64 + nr_vcpus / 8);
	box.map_words = (vcpus_per_vm + 63) / 64;
	box.slot = calloc((size_t)box.nr_slots, sizeof(*box.slot));
	box.maps = calloc((size_t)box.nr_maps * box.map_words, sizeof(*box.maps));
	if (keeps_destinations())
		box.dest = calloc((size_t)box.nr_slots, sizeof(*box.dest));
	if (!box.slot || !box.maps || (keeps_destinations() && !box.dest)) {
		message_fini();
		return -ENOMEM;
	}
	oracle.bytes += (uint64_t)box.nr_slots * (sizeof(*box.slot) + (box.dest ? sizeof(*box.dest) : 0)) +
			(uint64_t)box.nr_maps * box.map_words * sizeof(*box.maps);
	message_reset();
	return 0;
}

void message_fini(void)
{
	free(box.slot);
	free(box.dest);
	free(box.maps);
	memset(&box, 0, sizeof(box));
}

void message_reset(void)
{
	box.high = box.high_map = 0;
	box.free = box.free_map = NONE;
	box.nr_many = 0;
	memset(box.heads, 0xff, sizeof(box.heads));
}

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

void box_map_set(int32_t map, uint32_t bit)
{
	box_map(map)[bit / 64] |= 1ull << (bit % 64);
}

/* How many messages in flight may set @vector at @v? */
uint32_t box_nr_covering(const struct oracle_vcpu *v, uint32_t vector)
{
	uint32_t nr = 0;

	for (int32_t i = v->messages; i != NONE; i = box.slot[i].next)
		nr += box.slot[i].vector == vector;
	if (!box.nr_many)
		return nr;
	for (int32_t i = *box_many(v->vm, vector); i != NONE; i = box.slot[i].next)
		nr += box_covers(&box.slot[i], v, vector);
	return nr;
}
