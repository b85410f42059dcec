/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lapicsim compare keeps of each single run of a cell, beside the cell's sums:
 * its digest, its counters, and which buckets it is in.  Some 200 bytes a run.
 *
 * Filled by campaign_record(), under the campaign's lock.
 */
#ifndef LAPICSIM_PAIRS_H
#define LAPICSIM_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/run.h"

struct pair_run {
	uint64_t seed, digest, order, set, nr_events, nr_interrupts;
	uint32_t end, reserved;
	uint32_t counter[RUN_NR_COUNTERS];
};

struct pair_hit {
	uint64_t seed;
	uint32_t bucket;		/* struct bucket.id */
};

struct pairs {
	struct pair_run *run;
	struct pair_hit *hit;
	uint64_t nr_runs, nr_hits;
};

struct pairs *pairs_new(void);
void pairs_free(struct pairs *p);	/* what it holds, not itself */
void pairs_add_run(struct pairs *p, const struct run_result *r);
void pairs_add_stored(struct pairs *p, const struct pair_run *runs, uint64_t nr);
void pairs_add_hit(struct pairs *p, uint64_t seed, uint32_t bucket);
/* Orders runs by seed, hits by bucket and seed. Once, when all are there. */
void pairs_sort(struct pairs *p);

/* After pairs_sort(): the run of @seed, or NULL; is it in @bucket? */
const struct pair_run *pairs_run(const struct pairs *p, uint64_t seed);
bool pairs_is_hit(const struct pairs *p, uint32_t bucket, uint64_t seed);

#endif
