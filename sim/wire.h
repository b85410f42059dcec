/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes over the pipes between lapicsim and its runners.
 *
 * Requests are lines of text on the runner's stdin (easy to type by hand);
 * answers are binary records on its stdout, each a struct wire_header and then
 * @bytes of payload.  Both ends are the same build; @version says so.
 *
 *   scenario PATH [OVERRIDES]	load and build          -> WIRE_READY or WIRE_ERROR
 *   limit NS			of CPU time for a run, 0: none; no answer
 *   run SEED_FIRST COUNT	that many runs           -> COUNT times WIRE_RUN
 *   trace SEED [EVENT]		one run, text to stderr, EVENT of its digest marked -> WIRE_RUN
 *   states SEED [EVENT]	the same, with the state of the local APICs after each step
 *   events SEED FIRST		one run                  -> WIRE_EVENTS
 *   explain SEED		one run                  -> WIRE_RUN, WIRE_EXPLAIN
 *   checkpoints		of the last run's digest -> WIRE_CHECKPOINTS
 *   quit
 *
 * In PATH, "%" and blanks are written as %25 and %20.
 *
 * A runner writes WIRE_START with the seed before each run whose process might
 * die (cheap: the record goes into a shared page, not the pipe): see wire_slot.
 */
#ifndef LAPICSIM_WIRE_H
#define LAPICSIM_WIRE_H

#include <stdint.h>

#define WIRE_VERSION 4u
#define WIRE_MAGIC 0x4c41u

enum wire_type { WIRE_READY = 1, WIRE_ERROR, WIRE_RUN, WIRE_CHECKPOINTS, WIRE_EVENTS, WIRE_EXPLAIN, WIRE_PAIRS };

struct wire_header {
	uint16_t magic;
	uint16_t version;
	uint32_t type;		/* enum wire_type */
	uint32_t bytes;		/* of payload */
	uint32_t reserved;
};

/* WIRE_READY: what the runner is. */
struct wire_ready {
	char	 variant[64];
	char	 identity[17];
	char	 class[32];
	char	 flavour[16];
	uint32_t scenario_hash;
	uint64_t memory_bytes;	/* after the VMs were built */
};

/* WIRE_PAIRS: then that many numbers of sim/pair_names.h. */
struct wire_pairs {
	uint32_t names_hash, nr;
};

/*
 * WIRE_RUN: a WIRE_PAIRS follows if run_result.nr_pairs is not 0.
 * WIRE_RUN: struct run_result cut after the last recorded divergence, i.e.
 * offsetof(struct run_result, divergence) + nr_recorded * sizeof(struct divergence).
 * WIRE_ERROR: text without a terminating zero.
 * WIRE_CHECKPOINTS: an array of uint64_t, see run_checkpoints().
 * WIRE_EXPLAIN: an array of struct wire_explanation, one for each recorded divergence.
 * WIRE_EVENTS: an array of struct digest_record, see run_watched(), from FIRST to the next checkpoint.
 */

#define WIRE_TRAIL_BYTES 160
#define WIRE_STACK_BYTES 160

struct wire_explanation {
	char trail[WIRE_TRAIL_BYTES];	/* last operations on the same state: "set-lapic > eoi"; sim/trail.h */
	char stack[WIRE_STACK_BYTES];	/* KVM's functions, innermost first: "a < b"; "" if it has no stack */
};

/* File descriptor 3 of a runner, if open, is a memfd of one page with this. */
struct wire_slot {
	uint64_t seed;		/* of the run in progress */
	uint64_t nr_done;	/* runs finished since the last request */
};

#endif
