/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs some seeds a second time, in a process that runs nothing else, and
 * compares the digests.  A difference is a failure of the harness: whatever it
 * reports could then not be replayed.
 */
#ifndef LAPICSIM_REPEAT_H
#define LAPICSIM_REPEAT_H

#include "sim/cmd/campaign.h"
#include "sim/cmd/runner_process.h"

struct repeat_seed {
	uint64_t seed, digest, nr_events;
};

struct repeat {
	struct runner runner;
	struct repeat_seed *seeds;	/* remembered, and not run again yet */
	uint32_t nr;
	struct run_result result;
};

void repeat_remember(struct repeat *p, const struct run_result *r);
/* Runs again what was remembered; how many. @first: the runner of the first runs, to find where they part. */
uint64_t repeat_run(struct repeat *p, struct campaign *c, struct cell *cell, struct runner *first);
void repeat_stop(struct repeat *p);
/* How runners of @cell are started. */
void repeat_spec(const struct campaign *c, const struct cell *cell, struct runner_spec *spec);

#endif
