/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pair states (sim/pair_names.h), and how many runs showed each: one, two, or more.
 * More is not counted, since no estimate needs it and it would never end.
 */
#ifndef LAPICSIM_PAIR_SET_H
#define LAPICSIM_PAIR_SET_H

#include <stdint.h>

#define PAIR_SET_MANY	3u

struct pair_set {
	struct pair_slot { uint32_t key; uint32_t runs; } *slot;	/* @key: the code plus 1; 0: free */
	uint32_t nr, room;		/* @room is a power of two, or 0 */
};

/* @runs more of them showed @code. How many there were before. */
uint32_t pair_set_add(struct pair_set *s, uint32_t code, uint32_t runs);
uint32_t pair_set_get(const struct pair_set *s, uint32_t code);
/* How many states were shown by @runs runs. */
uint64_t pair_set_count(const struct pair_set *s, uint32_t runs);
void pair_set_clear(struct pair_set *s);
void pair_set_free(struct pair_set *s);

#endif
