/* SPDX-License-Identifier: GPL-2.0-only */
/* See pair_set.h. */
#include "sim/cmd/pair_set.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"

static struct pair_slot *find(const struct pair_set *s, uint32_t code)
{
	uint32_t i = code * 2654435761u;

	for (i &= s->room - 1; s->slot[i].key && s->slot[i].key != code + 1; i = (i + 1) & (s->room - 1))
		;
	return &s->slot[i];
}

static void grow(struct pair_set *s)
{
	struct pair_set old = *s;

	s->room = old.room ? 2 * old.room : 256;
	s->slot = alloc_array(s->room, sizeof(*s->slot));
	for (uint32_t i = 0; i < old.room; i++)
		if (old.slot[i].key)
			*find(s, old.slot[i].key - 1) = old.slot[i];
	free(old.slot);
}

uint32_t pair_set_add(struct pair_set *s, uint32_t code, uint32_t runs)
{
	struct pair_slot *slot;
	uint32_t before;

	if (2 * (s->nr + 1) > s->room)
		grow(s);
	slot = find(s, code);
	before = slot->runs;
	if (!slot->key) {
		slot->key = code + 1;
		s->nr++;
	}
	slot->runs = before + runs < PAIR_SET_MANY ? before + runs : PAIR_SET_MANY;
	return before;
}

uint32_t pair_set_get(const struct pair_set *s, uint32_t code)
{
	return s->room ? find(s, code)->runs : 0;
}

uint64_t pair_set_count(const struct pair_set *s, uint32_t runs)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < s->room; i++)
		nr += s->slot[i].key && s->slot[i].runs == runs;
	return nr;
}

void pair_set_clear(struct pair_set *s)
{
	if (s->room)
		memset(s->slot, 0, s->room * sizeof(*s->slot));
	s->nr = 0;
}

void pair_set_free(struct pair_set *s)
{
	free(s->slot);
	memset(s, 0, sizeof(*s));
}
