/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What it means that a worker was lost in the middle of a run: nothing, a divergence
 * of the code that it ran, or a failure of the harness.
 *
 * Runs are repeatable.  So what the run did comes again when the run is made again, in a
 * fresh worker that runs nothing else; what somebody else did does not.  Only
 * counts; the supervisor makes the runs.
 */
#ifndef LAPICSIM_LOSS_H
#define LAPICSIM_LOSS_H

#include <stdbool.h>
#include <stdint.h>

enum loss_kind {
	LOSS_SIGNAL,		/* a fault, an abort: what a run does */
	LOSS_KILLED,		/* SIGKILL, SIGTERM: what a user or the OOM killer does, too */
	LOSS_HUNG,		/* no answer; what a stopped process looks like, too */
	LOSS_EXIT,		/* it gave up by itself */
	LOSS_MEMORY,		/* more than --run-memory */
	LOSS_ERROR,		/* it said what is wrong, or something that is no answer */
};

enum loss_verdict {
	LOSS_AGAIN,		/* not known yet: make the run again, alone */
	LOSS_DIVERGENCE,
	LOSS_FAILURE,
	LOSS_UNSTEADY,		/* a failure: lost each time, each time in another way */
};

#define LOSS_MAX	6u	/* times that one run is made, at most */

struct loss {
	bool suspicious;		/* @seed has cost a worker, and is not decided */
	uint64_t seed;
	enum loss_kind kind;
	char how[160];			/* the last time: "was killed by signal 6 (Aborted)" */
	uint32_t nr, nr_same;		/* times; in a row as the last time */
	bool excused;			/* each time in a way that may come from outside */
};

/* @seed was lost, once more or for the first time. */
enum loss_verdict loss_add(struct loss *l, uint64_t seed, enum loss_kind kind, const char *how);
/* "twice", "3 times": how often in a row. Valid until the next call of the thread. */
const char *loss_times(const struct loss *l);
/* It is decided, or came to its end after all. */
void loss_clear(struct loss *l);

#endif
