/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How sure one may be of what a campaign did not show.
 *
 * All of it holds for seeds drawn uniformly, which means for runs of a scenario as
 * it draws them: its weights, times and policy.  It says nothing about another
 * scenario, and nothing about what the oracle does not check.
 */
#ifndef LAPICSIM_SURE_H
#define LAPICSIM_SURE_H

#include "sim/cmd/campaign.h"

/* Each of the two steps of "fixed at 95 %" may be wrong in so many cases. */
#define SURE_ALPHA 0.025

/* Of one cell. */
struct sure {
	uint64_t nr_runs;		/* judged to their end */
	double bound;			/* of the rate of any divergence that none of them showed */
	bool clean;			/* nothing unexpected, and nothing ended early */
	uint64_t nr_states, f1, f2;	/* pair states that were seen; in one run, in two */
	double unseen, hidden;		/* sim/cmd/stats_unseen.h */
};

void sure_of(struct sure *s, const struct campaign *c, const struct cell *cell);
/* "a divergence that none of 1,000 runs showed has a rate below 0.2991 % (95 %)" */
void sure_bound_text(uint64_t nr_runs, char *buf, size_t n);

/*
 * A bucket that a variant does not show and another one did, in the same scenario:
 * in this campaign or in another one of the store.
 *
 * Fixed at 95 %: with the lower limit L of the other's rate (Clopper and Pearson,
 * one-sided, SURE_ALPHA) as many clean runs as make (1 - L)^runs <= SURE_ALPHA.
 */
struct gone {
	const struct cell *cell;	/* that does not show it */
	const struct bucket *bucket;
	const char *other, *other_identity;
	uint64_t other_shown, other_runs;
	double rate_low;
	uint64_t clean, needed, more;	/* runs; @more 0: fixed */
};

struct gone_list {
	struct gone *item;
	uint32_t nr;
};

/* After campaign_sort(). */
void sure_gone(struct gone_list *l, const struct campaign *c);

#endif
