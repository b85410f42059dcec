/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which runs come next: hands out chunks of seeds until all are done, the time is
 * over, or it is told to stop.
 *
 * With a fixed range of seeds the set of runs is fixed; the order is nobody's
 * business.  With a time, scenarios get equal shares of it, and all variants of a
 * scenario the same seeds: a round that was begun is finished.
 */
#ifndef LAPICSIM_FEEDER_H
#define LAPICSIM_FEEDER_H

#include "sim/cmd/campaign.h"

struct chunk {
	struct cell *cell;
	uint64_t first, count;
};

struct feeder {
	struct campaign *c;		/* whose lock covers this too */
	uint64_t start_ns;
	uint64_t turn;			/* rounds so far: pass * nr_scenarios + scenario */
	uint64_t round_first, round_count; /* the seeds of this round */
	uint64_t *handed;		/* of them, per variant */
	uint64_t *next_seed;		/* per scenario: where its next round starts */
	bool stopped;
};

void feeder_init(struct feeder *f, struct campaign *c);
/* @now: the cell that the caller's worker is of, or NULL. False: nothing is left to do. */
bool feeder_next(struct feeder *f, const struct cell *now, struct chunk *out);
/* @chunk took @ns of wall time. */
void feeder_done(struct feeder *f, const struct chunk *chunk, uint64_t ns);
void feeder_stop(struct feeder *f);
/* Nanoseconds to go, as far as one can tell; UINT64_MAX: cannot tell. */
uint64_t feeder_time_left(struct feeder *f);
uint64_t feeder_now(void);

#endif
