/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runs of a bisection: what a token's run shows, how often a revision shows
 * it, and how many runs it takes to say that one does not.
 */
#ifndef LAPICSIM_BISECT_RUNS_H
#define LAPICSIM_BISECT_RUNS_H

#include "sim/cmd/bisect_log.h"
#include "sim/cmd/campaign.h"
#include "sim/token.h"

struct bisect_runs {
	struct command_line cl;		/* of the campaigns */
	struct option_list scenario;
	struct token token;
	struct bucket wanted;
	uint64_t nr_wanted;		/* --runs; 0: as many as it takes */
};

/* Probability to take a revision that shows it as often as the bad one does for good. */
#define BISECT_MISS 0.01

/* Reads the token. 0, or an exit code; so are the others. */
int bisect_runs_open(struct bisect_runs *r, const struct command_line *cl, const char *token);
/* What is wanted: of the token's run on its own variant if that is here, else on @variant. */
int bisect_runs_find(struct bisect_runs *r, const char *variant);
/* How many runs decide: by how often @variant shows it, or --runs. */
int bisect_runs_measure(struct bisect_runs *r, const char *variant, uint64_t *nr_seeds);
/* @nr_seeds runs of @variant from @first on: fills what they say in @e. */
int bisect_runs_count(struct bisect_runs *r, const char *variant, uint64_t first, uint64_t nr_seeds,
		      struct bisect_entry *e);
/* The smallest number of runs that all miss what a run shows with probability @rate at most BISECT_MISS of the time. */
uint64_t bisect_runs_needed(double rate);

#endif
