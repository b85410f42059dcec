/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * burst: rarely, but then for long.  A vCPU that is preempted by its host stands
 * still for many interrupts' worth of time, between any two steps; here one point in
 * 50 * one_in is delayed by up to 100 * delay_ns, so that others get a lot done
 * meanwhile, while all in all as much time is spent in delays as with random.
 *
 * Good at windows that take many steps of another actor to be hit (migrate, disable,
 * free).  Does not mix short delays in: races of two single steps are random's.
 */
#include "sim/policy/policies.h"

#define BURST_RARER	50u
#define BURST_LONGEST	100u

static uint32_t burst_skip(const struct policy_params *p, struct rng *r)
{
	return p->one_in ? policy_gap(r, (uint64_t)p->one_in * BURST_RARER) : 0;
}

/* Uniform, not geometric: half of all bursts are to be long ones. */
static uint64_t burst_delay(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id)
{
	(void)actor;
	(void)point_id;
	return p->delay_ns ? rng_range(r, 1, (uint64_t)p->delay_ns * BURST_LONGEST) : 0;
}

/* One actor in eight comes late to the party. */
static uint64_t burst_start(const struct policy_params *p, struct rng *r, uint32_t actor)
{
	if (!p->one_in || !rng_one_in(r, 8))
		return 0;
	return burst_delay(p, r, actor, 0);
}

const struct policy policy_burst = {
	.name = "burst",
	.help = "delay one point in 50 * one_in, by up to 100 * delay_ns",
	.skip = burst_skip,
	.delay = burst_delay,
	.start = burst_start,
};
