/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canary: a variant that is broken on purpose, and rarely shows it.  A campaign
 * with a store runs it for a hundredth of its runs, on a scenario of its own, and
 * has to find it; one that does not would not have found anything else as rare.
 *
 * It is the first variant of the campaign with variants/rules/canary.rule, and
 * scenarios/canary.scn; that file's enough_runs are so many that it is found in them
 * in 99.9 % of all campaigns.  Its runs are not among those of the campaign.
 */
#ifndef LAPICSIM_CANARY_H
#define LAPICSIM_CANARY_H

#include "sim/cmd/campaign.h"

enum canary_state {
	CANARY_OFF,		/* --no-canary, or no store */
	CANARY_SHORT,		/* it could not be expected in 95 % of campaigns of this length */
	CANARY_LATE,		/* it could, but not yet in 99.9 % */
	CANARY_FOUND,
	CANARY_MISSED,
};

struct canary {
	enum canary_state state;
	uint64_t nr_runs, nr_shown, first_seed;
	uint64_t expected, enough;	/* runs for 95 % and for 99.9 % */
	double rate;			/* of runs, at least */
	char text[512];
};

/* Before prepare_store(): gives @c a canary, built if need be, if it is long enough for one. 0, or an exit code. */
int canary_prepare(struct campaign *c, const struct command_line *cl);
/* After the campaign. */
void canary_judge(struct canary *y, const struct campaign *c);
const char *canary_key(enum canary_state state);	/* "found" */

#endif
