/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which runs come next: hands out the rounds of sim/cmd/plan.h in chunks, until all
 * seeds are done, the time is over, nothing new has come for long, or it is told
 * to stop.
 *
 * How a round is cut into chunks and which job gets them depends on time; which
 * runs there are in the end does not, but for --time, which says after which
 * round it ends, and for being told to stop.
 *
 * A canary gets a run for every CANARY_SHARE of the others, in batches, and what is
 * still missing to that at the end.
 */
#ifndef LAPICSIM_FEEDER_H
#define LAPICSIM_FEEDER_H

#include "sim/cmd/campaign.h"
#include "sim/cmd/plan.h"

struct chunk {
	struct cell *cell;
	uint64_t first, count;
};

struct feeder {
	struct campaign *c;		/* whose lock covers this too */
	uint64_t start_ns;
	struct plan plan;
	uint64_t *handed;		/* of the round's seeds, per variant */
	uint32_t *nr_out;		/* per scenario: chunks handed out and not done */
	uint32_t nr_all_out;		/* of them, and of the canary's */
	uint64_t canary_handed;
	bool rounds_over;
	bool quiet;			/* that is why it stopped */
	bool stopped;
	pthread_cond_t changed;		/* a chunk is done, or it has stopped */
};

void feeder_init(struct feeder *f, struct campaign *c);
void feeder_free(struct feeder *f);
/*
 * @now: the cell that the caller's worker is of, or NULL. Waits where what comes
 * next depends on chunks in progress. False: nothing is left to do.
 */
bool feeder_next(struct feeder *f, const struct cell *now, struct chunk *out);
/* The chunk that came from feeder_next() is done, or given up. It took @ns of wall time, 0 if it was not timed. */
void feeder_done(struct feeder *f, const struct chunk *chunk, uint64_t ns);
void feeder_stop(struct feeder *f);
/* Nanoseconds to go, as far as one can tell; UINT64_MAX: cannot tell. */
uint64_t feeder_time_left(struct feeder *f);
/* Wall time of a run of @scenario so far, on average over the variants; 0: not known. Under the lock. */
uint64_t feeder_run_cost(const struct campaign *c, uint32_t scenario);

#endif
