/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * few: delay-bounded.  Most rare races need very few delays, but each of them at one
 * certain place among thousands; more delays only scatter what the few had brought
 * together.  So each actor gets at most FEW_DELAYS of them per run, placed uniformly
 * and independently among its first @horizon points.
 *
 * How many points an actor passes is not known beforehand.  The horizon is 4 * one_in
 * shifted by 0 to 7, all equally likely per actor and run: early and late places are
 * both tried, at the cost of a factor of eight at most.
 *
 * A policy keeps no state.  Which delay comes next is told by the position of the
 * actor's stream, every call draws exactly once; and all places are functions of the
 * stream's key alone, the same each time that they are computed.
 *
 * Does not bound the sum of delays over actors; a slot that is used for a second
 * actor goes on with what the first has left.
 */
#include "sim/policy/policies.h"

#define FEW_DELAYS	3u
#define FEW_SHIFTS	8u
/* Draws of the plan come from here on: a part of the stream that a run never reaches. */
#define FEW_PLAN	(1ull << 63)

/* The places, sorted: counted in points from the first of the run, from 1 on. */
static void few_plan(const struct policy_params *p, const struct rng *r, uint64_t place[FEW_DELAYS])
{
	struct rng plan = { .key = r->key, .counter = FEW_PLAN };
	uint64_t horizon = ((uint64_t)p->one_in * 4) << rng_below(&plan, FEW_SHIFTS);
	uint32_t i, j;

	for (i = 0; i < FEW_DELAYS; i++) {
		uint64_t x = rng_range(&plan, 1, horizon);

		for (j = i; j && place[j - 1] > x; j--)
			place[j] = place[j - 1];
		place[j] = x;
	}
}

/* The calls are start, skip, delay, skip, delay, ...: one draw each. */
static uint32_t few_skip(const struct policy_params *p, struct rng *r)
{
	uint64_t nr_skips = r->counter / 2;
	uint64_t place[FEW_DELAYS];
	uint64_t gap;

	rng_u64(r);
	if (!p->one_in || nr_skips >= FEW_DELAYS)
		return 0;
	few_plan(p, r, place);
	gap = place[nr_skips] - (nr_skips ? place[nr_skips - 1] : 0);
	/* Two at one place: the second moves to the next point. */
	if (!gap)
		gap = 1;
	return gap > UINT32_MAX ? UINT32_MAX : (uint32_t)gap;
}

static uint64_t few_delay(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id)
{
	uint64_t mean = p->delay_ns;

	(void)actor;
	(void)point_id;
	/* Without a mean the draw is made all the same: few_skip() counts it. */
	return rng_gap(r, mean) * (mean != 0);
}

static uint64_t few_start(const struct policy_params *p, struct rng *r, uint32_t actor)
{
	(void)actor;
	return rng_gap(r, p->delay_ns) * (p->one_in && p->delay_ns);
}

const struct policy policy_few = {
	.name = "few",
	.help = "at most 3 delays per actor, anywhere among its first 4 * one_in to 512 * one_in points",
	.skip = few_skip,
	.delay = few_delay,
	.start = few_start,
};
