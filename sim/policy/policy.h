/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picks who goes first at a scheduling point.  One policy per file; the
 * interface is three calls.  A policy draws only from the stream it is given,
 * keeps no state between runs, and sees neither KVM nor the oracle.
 */
#ifndef LAPICSIM_POLICY_H
#define LAPICSIM_POLICY_H

#include <stdint.h>

#include "sim/rng.h"

struct policy_params {
	uint32_t one_in;	/* mean number of points between two delays; 0: none */
	uint32_t delay_ns;	/* mean delay */
};

struct policy {
	const char *name;
	const char *help;
	/* Points until the actor's next decision; 0: never. */
	uint32_t (*skip)(const struct policy_params *p, struct rng *r);
	/* Delay in ns at this point; 0: go on. */
	uint64_t (*delay)(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id);
	/* Delay of an actor's very first event. */
	uint64_t (*start)(const struct policy_params *p, struct rng *r, uint32_t actor);
};

/* NULL if there is no such policy. */
const struct policy *policy_find(const char *name);
const struct policy *policy_nth(uint32_t n);	/* NULL past the last: for help texts */
void policy_set_params(const struct policy_params *p);	/* for the next sched_reset() */
const struct policy_params *policy_params(void);

#endif
