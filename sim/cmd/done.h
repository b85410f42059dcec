/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of seeds as sorted, disjoint intervals: what of a cell is done already.
 */
#ifndef LAPICSIM_DONE_H
#define LAPICSIM_DONE_H

#include <stdbool.h>
#include <stdint.h>

struct done_interval {
	uint64_t first, count;		/* @count is at least 1 */
};

struct done {
	struct done_interval *item;
	uint32_t nr;
};

/* False, and nothing added, if one of the seeds is there already. Touching intervals become one. */
bool done_add(struct done *d, uint64_t first, uint64_t count);
/* How many seeds from @seed on are done, without a gap; 0: @seed is not. */
uint64_t done_run_from(const struct done *d, uint64_t seed);
/* How many seeds from @seed on are not done, before one that is; UINT64_MAX: none is. */
uint64_t done_gap_from(const struct done *d, uint64_t seed);
void done_free(struct done *d);

#endif
