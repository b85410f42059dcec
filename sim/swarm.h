/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swarm mixes: in a share of the runs (scenario key swarm.share), decided by the
 * seed, a random subset of what actors do is switched off and the rest weighted
 * anew.  One fixed mix hides what only shows where something else is rare: stacks
 * do not get deep where everything ends them, queues not long where all drain them.
 *
 * Works on the rows of the option table, so that an action that is added there is
 * part of it.  Touches neither what the machine is built from nor how long a run
 * lasts.
 */
#ifndef LAPICSIM_SWARM_H
#define LAPICSIM_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario.h"

/* The mix of @seed's run of @base, in @out: all that differs are weights, percentages and gaps. False: @base as it is. */
bool swarm_draw(const struct scenario *base, uint64_t seed, struct scenario *out);
/* Calls @tell for each row that @mix changes: "guest.ipi", its value in @base and in @mix. */
void swarm_describe(const struct scenario *base, const struct scenario *mix,
		    void (*tell)(const char *row, uint64_t was, uint64_t is));

#endif
