/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a campaign is, at one moment: what the screen shows is what the store's
 * series keeps.
 */
#ifndef LAPICSIM_STATUS_H
#define LAPICSIM_STATUS_H

#include "sim/cmd/campaign.h"

struct status {
	uint64_t wall_ns;		/* of this process's work on it */
	uint64_t nr_runs, nr_events, nr_divergent, virtual_ns; /* of the campaign so far */
	/* Over all cells; the others follow one that is new, in the same run. */
	uint64_t nr_buckets, nr_new, nr_known;
	/* @wall_ns when the last of all came up, and of those that are new; 0: none since the start */
	uint64_t last_bucket_ns, last_new_ns;
	uint32_t slowest;		/* scenario; UINT32_MAX: none has been timed yet */
	uint64_t slowest_ns;		/* wall time of one of its runs */
	uint32_t nr_workers;		/* processes */
};

void status_take(struct status *s, struct campaign *c);

#endif
