/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kaplan and Meier's estimate: how many runs until something is seen, when some
 * series of runs ended before it was (they are censored).
 */
#ifndef LAPICSIM_STATS_SURVIVAL_H
#define LAPICSIM_STATS_SURVIVAL_H

#include <stdbool.h>
#include <stdint.h>

struct stats_time {
	uint64_t runs;		/* up to and including the one that showed it, or all that there were */
	bool censored;		/* it was not seen in them */
};

/* Sorts @t, as the other two want it. */
void stats_survival_sort(struct stats_time *t, uint64_t nr);
/* The share of series in which it takes more than @runs runs. */
double stats_survival_at(const struct stats_time *t, uint64_t nr, uint64_t runs);
/* Runs after which half of the series have shown it. False: fewer than half do, as far as they go. */
bool stats_survival_median(const struct stats_time *t, uint64_t nr, uint64_t *median);

#endif
