/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A campaign: scenarios x variants x seeds, and what came of them.
 *
 * Everything here is a sum, or belongs to the lowest seed that shows it, so that
 * the result does not depend on which job ran what, when.  campaign_record() may
 * be called from any thread; everything else before the jobs start or after they
 * have ended.
 */
#ifndef LAPICSIM_CAMPAIGN_H
#define LAPICSIM_CAMPAIGN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/done.h"
#include "sim/cmd/known.h"
#include "sim/cmd/pair_set.h"
#include "sim/signature.h"
#include "sim/cmd/pairs.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/token.h"
#include "sim/wire.h"

#define CAMPAIGN_OVERRIDES 256
#define CANARY_SHARE	100u	/* runs of a campaign for one run of its canary */

struct variant {
	const char *name;
	char program[CMD_PATH_MAX];
	char identity[17], class[32];	/* from the first runner that is ready */
};

/* Divergences of one kind, check, function and slice; those that are known apart. */
struct bucket {
	uint32_t kind;
	char function[96];		/* of divergence.site, without its line */
	char slice[SIGNATURE_BYTES];	/* of its text; SIGNATURE_FOLLOWS if it follows a new one in its run */
	bool follows;
	const struct known *known;	/* the finding that explains it, or NULL */
	uint64_t nr_runs;		/* that show it */
	uint64_t first_seed;
	uint64_t cheap_seed, cheap_event; /* the run that shows it after the fewest events */
	uint32_t replays, replayed;	/* of so many fresh processes, so many showed it; 0: not tried yet */
	char trail[WIRE_TRAIL_BYTES], stack[WIRE_STACK_BYTES]; /* "" until then: examine.h */
	uint32_t id;			/* within its cell, whatever the order */
	struct divergence first;
};

/* The harness's own failures. */
enum failure_kind {
	FAILURE_SETUP,			/* the scenario could not be built on this variant */
	FAILURE_DIED,			/* a worker died, outside of what the runner catches */
	FAILURE_MEMORY,			/* a worker took more memory than it may */
	FAILURE_TRAPPED,		/* KVM called what is not modelled */
	FAILURE_DIFFERS,		/* a second run gave another digest */
	FAILURE_UNSTEADY,		/* lost its worker once, and not the second time */
};

struct failure {
	uint32_t kind;			/* enum failure_kind */
	uint64_t seed;
	char text[256];
};

/* One scenario on one variant. */
struct cell {
	uint32_t scenario, variant;
	uint64_t nr_runs, nr_events, nr_interrupts, virtual_ns;
	uint64_t digest;		/* sum of the runs' digests, each mixed with its seed */
	uint64_t nr_repeated;
	uint64_t nr_ends[RUN_NR_ENDS];
	uint64_t first_limit;		/* lowest seed that is run_inconclusive() */
	uint64_t nr_divergent;		/* runs with any divergence */
	uint64_t nr_kind[DIV_NR_KINDS];	/* runs that show this kind */
	struct pair_set pair_states;
	uint64_t nr_sampled, nr_pairs;	/* runs whose operation pairs were looked at; pair states, per run, in all */
	uint64_t nr_used[DEV_NR];	/* uses of each deviation */
	uint64_t nr_using[DEV_NR];	/* runs that used it */
	struct bucket *buckets;
	uint32_t nr_buckets;
	struct failure *failures;
	uint32_t nr_failures;
	uint64_t nr_died;
	uint64_t first_runs, first_events; /* of the first PLAN_FIRST_SEEDS seeds, for the plan */
	bool canary;
	bool broken;			/* FAILURE_SETUP: its runs are left out */
	uint64_t cost_ns, nr_timed;	/* wall time of that many runs: for the feeder only */
	struct pairs *pairs;		/* NULL: single runs are not kept */
	struct done done;		/* seeds that a store had when the campaign began */
};

/* A bucket that another campaign of the store has, on one of our scenarios. */
struct elsewhere {
	uint32_t scenario;
	struct bucket bucket;		/* as far as it is named; @nr_runs that show it */
	char variant[64], identity[17];
	uint64_t nr_runs;		/* of them */
};

struct campaign {
	struct variant *variants;
	uint32_t nr_variants;
	struct scenario *scenarios;
	uint32_t nr_scenarios;
	struct cell *cells;		/* scenario-major; room for the canary's behind them */
	bool has_canary;
	uint32_t canary;		/* enum canary_state, if it has none */
	uint32_t nr_cells;
	struct known_list known;
	uint32_t flavour;
	char overrides[CAMPAIGN_OVERRIDES];
	uint64_t first_seed, last_seed;
	uint64_t feed_first, feed_last;	/* of them, those that this process runs: its shard */
	uint64_t time_ns;		/* 0: all seeds */
	uint64_t until_quiet;		/* runs without a new bucket, after which it ends; 0: it does not */
	uint32_t nr_jobs, replay_share;
	uint64_t worker_timeout_ns;
	uint64_t run_time_ns, run_memory; /* limits of each run */
	bool verbose;
	struct store *store;		/* NULL: none */
	struct elsewhere *elsewhere;
	uint32_t nr_elsewhere;
	uint64_t spent_ns;		/* of @time_ns, before this process */
	uint64_t start_ns;		/* of the work of this process */
	uint64_t nr_runs, nr_events, nr_divergent, virtual_ns; /* so far, without the canary's */
	/* When a bucket came up for the first time, and one that is new; 0: not yet in this process. */
	uint64_t last_bucket_ns, last_new_ns;
	pthread_mutex_t lock;
};

/* Runs that hit a limit before they had a result. */
uint64_t campaign_nr_inconclusive(const struct cell *cell);
/* The canary's cell, behind the others, or NULL. */
struct cell *campaign_canary(const struct campaign *c);
/* --set, which is not for the canary. */
const char *campaign_overrides(const struct campaign *c, const struct cell *cell);
/*
 * Its runs: a run for each CANARY_SHARE of the campaign, so that those of shards are
 * adjacent, too. With a time or until it is quiet, @total is what there is so far.
 */
void campaign_canary_seeds(const struct campaign *c, uint64_t *first, uint64_t *total);
static inline struct cell *campaign_cell(const struct campaign *c, uint32_t scenario, uint32_t variant)
{
	return &c->cells[scenario * c->nr_variants + variant];
}

/* What a runner of @cell said about itself. 0, or -1 with @error if it is not what the others were. */
int campaign_ready(struct campaign *c, struct cell *cell, const char *identity, const char *class,
		   uint32_t scenario_hash, char *error, size_t n);
/* The pair states of the run that was recorded before, if it was looked at. */
void campaign_record_pairs(struct campaign *c, struct cell *cell, const uint32_t *code, uint32_t nr);
void campaign_record(struct campaign *c, struct cell *cell, const struct run_result *r);
/* @text: what happened, one line. A broken or dead run counts as a run that showed nothing. */
void campaign_fail(struct campaign *c, struct cell *cell, enum failure_kind kind, uint64_t seed,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/*
 * Names the bucket that each of the run's recorded divergences belongs to, in
 * @names, of RUN_MAX_DIVERGENCES.  Of those that are neither known nor expected
 * the first names a cause; the others follow, but for what the host says itself.
 */
void campaign_name_buckets(const struct campaign *c, const struct cell *cell, const struct run_result *r,
			   struct bucket *names);
bool campaign_same_bucket(const struct bucket *a, const struct bucket *b);
/* Equal for those that are the same, also in another process. */
uint64_t campaign_hash_bucket(const struct bucket *b);
/* Of one check and function, whatever is known, and whatever the slice: variants may differ in both. */
bool campaign_same_cause(const struct bucket *a, const struct bucket *b);
/* By kind, check, function, slice: the same in every report. 0: but for what is known the same. */
int campaign_order_buckets(const struct bucket *a, const struct bucket *b);
/* Does the scenario say that @kind may come? */
bool campaign_expects(const struct campaign *c, const struct cell *cell, uint32_t kind);
/* Neither known nor expected: a finding, unless it follows one. */
bool campaign_is_new(const struct campaign *c, const struct cell *cell, const struct bucket *b);
/* What a store had: @b, with its first divergence but without its name, and a failure by its key. */
void campaign_bucket_loaded(const struct campaign *c, struct cell *cell, const struct bucket *b);
void campaign_failure_loaded(struct cell *cell, const char *key, uint64_t seed, const char *text);
/* Orders what is recorded: buckets and failures by kind, then seed. Call once, at the end. */
void campaign_sort(struct campaign *c);
/* Is @seed one of those that run twice? */
bool campaign_repeats(const struct campaign *c, uint64_t seed);
void campaign_token(const struct campaign *c, const struct cell *cell, uint64_t seed, char *buf, size_t n);
/* Ordinal of @seed's run in its cell, from 1. */
uint64_t campaign_run_number(const struct campaign *c, uint64_t seed);
const char *failure_name(uint32_t kind);	/* "worker died" */
const char *failure_key(uint32_t kind);		/* "worker-died" */

#endif
