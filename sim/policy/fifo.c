/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fifo: never delays.  The order follows from virtual time alone: one schedule per
 * program, which is what to compare the others with, and the fastest.
 *
 * Does not draw a single random number.
 */
#include "sim/policy/policies.h"

static uint32_t fifo_skip(const struct policy_params *p, struct rng *r)
{
	(void)p;
	(void)r;
	return 0;
}

static uint64_t fifo_delay(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id)
{
	(void)p;
	(void)r;
	(void)actor;
	(void)point_id;
	return 0;
}

static uint64_t fifo_start(const struct policy_params *p, struct rng *r, uint32_t actor)
{
	(void)p;
	(void)r;
	(void)actor;
	return 0;
}

const struct policy policy_fifo = {
	.name = "fifo",
	.help = "never delay: the order of virtual time alone",
	.skip = fifo_skip,
	.delay = fifo_delay,
	.start = fifo_start,
};
