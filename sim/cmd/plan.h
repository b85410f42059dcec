/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which a campaign's runs come: rounds, one after the other.  A round
 * is a scenario and a range of its seeds, all of it on every variant; a pass is
 * one round of each scenario, in the order in which they were named.
 *
 * With a fixed range of seeds there is one pass, whose rounds are everything.
 * Without (--time, --until-quiet) the first pass is PLAN_FIRST_SEEDS of each
 * scenario; from the second on a round is as many seeds as make about the same
 * number of events, by what the scenario's runs of the first pass had on average.
 * So each scenario gets an equal share of the simulated events.  From pass to pass
 * rounds grow, up to PLAN_MAX_EVENTS.
 *
 * All of this follows from the results of the first pass: neither the clock nor
 * the number of jobs has a say.  A campaign that is stopped between two rounds has
 * run a prefix of this order.
 */
#ifndef LAPICSIM_PLAN_H
#define LAPICSIM_PLAN_H

#include "sim/cmd/campaign.h"

#define PLAN_FIRST_SEEDS	2u
#define PLAN_MIN_EVENTS		100000u		/* of a round of the second pass, on each variant */
#define PLAN_MAX_EVENTS		8000000u

struct plan {
	const struct campaign *c;
	uint64_t pass;
	uint32_t scenario;
	uint64_t first, count;		/* the seeds of this round */
	uint64_t *next_seed;		/* per scenario: where its next round starts */
};

/* Before the first round; and after the last. */
void plan_init(struct plan *p, const struct campaign *c);
void plan_free(struct plan *p);
/*
 * The next round. False: all seeds are done.  From the second pass on the
 * scenario's runs of the first pass must have been recorded.
 */
bool plan_next(struct plan *p);
/* Is the round in @p the last of its pass? */
bool plan_ends_pass(const struct plan *p);
/* Seeds of @scenario in @pass, and the pass that @seed of it is in. */
uint64_t plan_seeds(const struct campaign *c, uint32_t scenario, uint64_t pass);
uint64_t plan_pass_of(const struct campaign *c, uint32_t scenario, uint64_t seed);
/*
 * --until-quiet, once pass @pass is over: how many runs the passes had that followed
 * the one which brought the last bucket.
 */
uint64_t plan_quiet_runs(const struct campaign *c, uint64_t pass);

#endif
