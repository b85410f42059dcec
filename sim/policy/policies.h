/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policies share with policy.c and with each other; everybody else goes by
 * policy_find().  A new policy: copy policy/random.c, name it here and in policy.c.
 */
#ifndef LAPICSIM_POLICY_POLICIES_H
#define LAPICSIM_POLICY_POLICIES_H

#include "sim/policy/policy.h"

extern const struct policy policy_random;
extern const struct policy policy_fifo;
extern const struct policy policy_burst;
extern const struct policy policy_few;

/* A gap that fits a point countdown, whose 0 means "never". */
static inline uint32_t policy_gap(struct rng *r, uint64_t mean)
{
	uint64_t gap = rng_gap(r, mean);

	return gap > UINT32_MAX ? UINT32_MAX : (uint32_t)gap;
}

/* A delay with mean @mean, or 0 where there are to be no delays. */
static inline uint64_t policy_delay(struct rng *r, uint64_t mean)
{
	return mean ? rng_gap(r, mean) : 0;
}

#endif
