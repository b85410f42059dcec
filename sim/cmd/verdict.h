/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a campaign's result means: which divergences the scenarios expected, which
 * they miss, and the exit code.
 *
 * Does not print: the reports do.
 */
#ifndef LAPICSIM_VERDICT_H
#define LAPICSIM_VERDICT_H

#include "sim/cmd/campaign.h"

/* An `always` that was not seen. */
struct verdict_missing {
	const struct cell *cell;
	uint32_t kind;
	bool decided;		/* in enough runs to say so */
};

struct verdict {
	uint64_t nr_unexpected;	/* buckets, over all cells */
	uint64_t nr_following;	/* of which nothing is expected, but which follow one of these in the same run */
	uint64_t nr_expected;
	uint64_t nr_known;
	uint64_t nr_missing;	/* decided ones */
	uint64_t nr_failures;
	uint64_t nr_limits;	/* runs that ended at a limit */
	struct verdict_missing *missing;
	uint32_t nr_listed;	/* in @missing, decided or not */
	int code;		/* the exit code */
	char again[2048];	/* the command that shows it again, or "" */
};

/* @signal: what stopped the campaign, or 0. After campaign_sort(). */
void verdict_make(struct verdict *v, const struct campaign *c, int signal);
/* By the scenario, or explained by one of known/. */
bool verdict_expected(const struct campaign *c, const struct cell *cell, const struct bucket *b);
/* The command that shows the first run which hit a limit. */
void verdict_show_limit(struct verdict *v, const struct campaign *c);
/* "lapicsim replay ..." for one run. */
void verdict_replay_command(const struct campaign *c, const struct cell *cell, uint64_t seed, char *buf,
			    size_t n);

#endif
