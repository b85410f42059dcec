/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * random: every point is as likely as any other to be delayed (one in one_in), by
 * a time with mean delay_ns; both are geometric in shape, so that neither the next
 * delay nor the end of one can be told from what went before.
 *
 * Good at races whose window is met often.  Does not give a guarantee for windows
 * that need several delays at once at chosen places: see few and burst.
 */
#include "sim/policy/policies.h"

static uint32_t random_skip(const struct policy_params *p, struct rng *r)
{
	return p->one_in ? policy_gap(r, p->one_in) : 0;
}

static uint64_t random_delay(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id)
{
	(void)actor;
	(void)point_id;
	return policy_delay(r, p->delay_ns);
}

static uint64_t random_start(const struct policy_params *p, struct rng *r, uint32_t actor)
{
	(void)actor;
	return p->one_in ? policy_delay(r, p->delay_ns) : 0;
}

const struct policy policy_random = {
	.name = "random",
	.help = "delay one point in one_in, by a time with mean delay_ns",
	.skip = random_skip,
	.delay = random_delay,
	.start = random_start,
};
