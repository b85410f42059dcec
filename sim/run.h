/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run: variant x scenario x seed, inside a runner.  run_setup() builds the
 * VMs once; run_one() races them from a seed and puts everything back.
 *
 * Does not talk to lapicsim: sim/worker.c does.
 */
#ifndef LAPICSIM_RUN_H
#define LAPICSIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/digest.h"
#include "sim/divergence.h"
#include "sim/oracle/deviation.h"
#include "sim/run_counters.h"
#include "sim/scenario.h"

#define RUN_MAX_DIVERGENCES 16

enum run_end {
	RUN_COMPLETE,		/* raced and drained */
	RUN_LIMIT,		/* max_events hit first: inconclusive */
	RUN_CRASHED,		/* BUG, fault, panic: the host died */
	RUN_HUNG,		/* deadlock or runaway loop */
	RUN_TRAPPED,		/* KVM called what is not modelled: the harness's fault */
	RUN_TIMED_OUT,		/* run_limit_time() hit first: inconclusive, and not repeatable */
	RUN_NO_MEMORY,		/* KVM has allocated all that there is for a run: inconclusive */
	RUN_NR_ENDS,
};

struct run_result {
	uint64_t seed;
	uint64_t digest;
	uint64_t nr_events;
	uint64_t nr_interrupts;		/* dispatched to guests */
	uint64_t virtual_ns;
	uint32_t end;			/* enum run_end */
	uint32_t nr_divergences;	/* all that happened */
	uint32_t nr_recorded;		/* in @divergence */
	uint32_t nr_pairs;		/* pair states that it showed; 0: not looked at (sim/pair_states.h) */
	uint64_t order, set;		/* of interrupts taken: sim/counts.h */
	uint32_t counter[RUN_NR_COUNTERS];
	uint32_t deviations[DEV_NR];	/* uses of each */
	char	 trap[64];		/* RUN_TRAPPED: the symbol */
	struct divergence divergence[RUN_MAX_DIVERGENCES];
};

/* A run ends where a further divergence would not be recorded: for who only asks which there are. */
extern bool run_stops_when_full;

/* Builds the process's VMs for @s. Once per process. 0, or -1 with a message. */
int run_setup(const struct scenario *s, char *error, uint64_t n);
/* Ends runs that take more CPU time than this, within a second; 0: none. Before the first run. */
void run_limit_time(uint64_t ns);
/* Was a limit hit before there was a result? */
static inline int run_inconclusive(uint32_t end)
{
	return end == RUN_LIMIT || end == RUN_TIMED_OUT || end == RUN_NO_MEMORY;
}
/* The start of one: everything is as it was, and the actors are ready. For the benchmark; run_one() does it. */
void run_begin(uint64_t seed, struct run_result *out);
/* One run. @text: where --trace=text goes, NULL for none; the digest is the same. */
void run_one(uint64_t seed, struct run_result *out, void *text);
/* Whether traces have the state of the local APICs after each step, too (sim/trace_state.h). */
void run_trace_states(bool on);
/* The last run's pair states, run_result.nr_pairs of them. */
const uint32_t *run_pairs(void);
/* Checkpoints of the last run's digest, for comparing runs. */
const uint64_t *run_checkpoints(uint32_t *nr);
/*
 * From now on runs keep @nr of the digest's events, from the @first on, and mark
 * them in their traces. @nr 0: none. At most DIGEST_CHECKPOINT_EVENTS.
 */
void run_watch(uint64_t first, uint32_t nr);
/* Those that the last run kept. */
const struct digest_record *run_watched(uint32_t *nr);
/* From now on called with each divergence that is recorded, and its place in run_result.divergence. NULL: no more. */
void run_on_record(void (*fn)(const struct divergence *d, uint32_t index));
/* Resident bytes that belong to the simulation (arena, stacks, guest, oracle). */
uint64_t run_memory_bytes(void);

#endif
