/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: one SQLite file that holds campaigns and what came of them.  Its
 * tables and views are in store_schema.c and documented in docs/store.md;
 * `sqlite3 FILE` is a supported interface.
 *
 * A chunk of runs is written in one transaction, with everything that it brought,
 * so a process that ends at any moment loses at most the chunks in progress, and
 * the same command runs just those again.  Nothing is counted twice: a range of
 * seeds is a row with a unique key in the same transaction.
 *
 * Only the full records of the lowest STORE_KEPT seeds of a bucket are kept; the
 * others are counted.
 *
 * store_commit() and store_fail() may be called from any thread.
 */
#ifndef LAPICSIM_STORE_H
#define LAPICSIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/campaign.h"
#include "sim/cmd/status.h"

#define STORE_VERSION	4
#define STORE_KEPT	16

struct store;

struct store_bucket;

/* What the runs of one chunk brought, until they are written. */
struct store_chunk {
	uint64_t first, count;
	uint64_t nr_events, nr_interrupts, virtual_ns, digest, nr_divergent, nr_repeated, wall_ns;
	uint64_t first_limit;		/* the lowest seed that is run_inconclusive() */
	uint64_t nr_ends[RUN_NR_ENDS], nr_kind[DIV_NR_KINDS];
	uint64_t nr_used[DEV_NR], nr_using[DEV_NR];
	struct store_bucket *buckets;
	uint32_t nr_buckets;
	struct pairs single;		/* of a comparison: its runs; hits by index of @buckets */
	uint64_t nr_sampled, nr_pairs;
	struct pair_set pairs;
};

struct store_bucket {
	struct bucket sum;		/* of this chunk alone */
	struct store_find { uint64_t seed; struct divergence d; } kept[STORE_KEPT]; /* the lowest seeds */
	uint32_t nr_kept;
	uint64_t last_seed;
};

/* Opens @path, or makes it. NULL with one line in @error. */
struct store *store_open(const char *path, char *error, size_t n);
/* Only if it is there. */
struct store *store_open_existing(const char *path, char *error, size_t n);
void store_close(struct store *s);

/*
 * The campaign with the same scenarios, variants, seeds and options, or a new
 * one.  What is done of it is loaded into its cells.  *@spent_ns: of a time that
 * has not run out.  0, or -1 with @error.
 */
int store_begin(struct store *s, struct campaign *c, uint64_t *spent_ns, char *error, size_t n);
/* What is said at the end, and replaces what was said before. After campaign_sort(). */
bool store_write_sure(struct store *s, const struct campaign *c);
/* The campaign came to its end: with a time, the next one goes on with new seeds. */
void store_end(struct store *s, bool finished);

void store_chunk_start(struct store_chunk *k, uint64_t first);
void store_chunk_free(struct store_chunk *k);
void store_chunk_run(struct store_chunk *k, const struct campaign *c, const struct cell *cell,
		     const struct run_result *r);
/* Of the run that came before; @nr 0: it was not looked at. */
void store_chunk_pairs(struct store_chunk *k, const uint32_t *code, uint32_t nr);
/* A run that gave no result: see store_fail(). */
void store_chunk_dead(struct store_chunk *k);
/* False: it could not be written, now or before; store_error() says why. */
bool store_commit(struct store *s, const struct campaign *c, const struct cell *cell, struct store_chunk *k);
bool store_fail(struct store *s, const struct campaign *c, const struct cell *cell, enum failure_kind kind,
		uint64_t seed, const char *text);
/* What examine_campaign() found out about @b, which is new. */
void store_examined(struct store *s, const struct campaign *c, const struct cell *cell, const struct bucket *b);
/* A point of the time series, if the one before is old enough; or if this is the @last. */
void store_progress(struct store *s, const struct campaign *c, const struct status *now, bool last);
/* Takes over what the store at @path has. False: see store_error(). */
bool store_merge(struct store *s, const char *path);
/* A line to @f for each gap, overlap, or variant of one name with several identities. */
bool store_check(struct store *s, FILE *f, uint64_t *nr_wrong);
/* A bucket of a cell that is neither known nor expected, and follows no other. Valid until the call returns. */
struct store_new {
	int64_t id;
	struct bucket bucket;		/* without known, which is for the caller to look up */
	const char *scenario, *scenario_text, *variant, *identity, *class, *overrides, *flavour;
	uint32_t scenario_hash;
};
typedef void store_new_row(const struct store_new *row, void *arg);
/* All of them, those of one name together. False: see store_error(). */
bool store_each_new(struct store *s, store_new_row *fn, void *arg);
/* What examine_run() found out about row @id. */
bool store_new_examined(struct store *s, int64_t id, const struct bucket *b);
/* What went wrong, or NULL. */
const char *store_error(const struct store *s);
bool store_disk_fails(void);		/* it was the disk: full, or I/O errors */
bool store_lost(const struct store *s);	/* its file was taken away */

#endif
