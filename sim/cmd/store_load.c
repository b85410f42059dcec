/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the store has of a campaign, back into its cells, so that a campaign that
 * goes on ends with the same result as one that was never interrupted.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/plan.h"
#include "sim/cmd/store_sql.h"

struct loading {
	struct campaign *c;
	struct cell *cell;
	bool overlap;
	uint64_t first, count;		/* of the range that overlaps */
};

static uint64_t column(sqlite3_stmt *q, int i)
{
	return (uint64_t)sqlite3_column_int64(q, i);
}

/* Columns of load_cell()'s first query: from 8 on the ends of runs, then these. */
enum { WALL_NS = 8 + RUN_NR_ENDS, FIRST_LIMITED, SAMPLED, PAIRS };

static void take_range(sqlite3_stmt *q, void *arg)
{
	struct loading *l = arg;
	struct cell *cell = l->cell;
	uint64_t count = column(q, 1), ends = 0;

	if (!done_add(&cell->done, column(q, 0), count)) {
		l->overlap = true;
		l->first = column(q, 0);
		l->count = count;
		return;
	}
	cell->nr_runs += count;
	cell->nr_events += column(q, 2);
	cell->nr_interrupts += column(q, 3);
	cell->virtual_ns += column(q, 4);
	cell->digest += column(q, 5);
	cell->nr_divergent += column(q, 6);
	cell->nr_repeated += column(q, 7);
	if (column(q, 8 + RUN_LIMIT) + column(q, 8 + RUN_TIMED_OUT) + column(q, 8 + RUN_NO_MEMORY) &&
	    (!campaign_nr_inconclusive(cell) || column(q, FIRST_LIMITED) < cell->first_limit))
		cell->first_limit = column(q, FIRST_LIMITED);
	for (int i = 0; i < RUN_NR_ENDS; i++) {
		cell->nr_ends[i] += column(q, 8 + i);
		ends += column(q, 8 + i);
	}
	cell->nr_died += count - ends;
	cell->cost_ns += column(q, WALL_NS);
	cell->nr_timed += count;
	/* Chunks do not cross the end of a round. */
	if (column(q, 0) - l->c->feed_first < PLAN_FIRST_SEEDS) {
		cell->first_runs += count;
		cell->first_events += column(q, 2);
	}
	if (cell->canary)
		return;
	cell->nr_sampled += column(q, SAMPLED);
	cell->nr_pairs += column(q, PAIRS);
	l->c->nr_runs += count;
	l->c->nr_events += column(q, 2);
	l->c->nr_divergent += column(q, 6);
	l->c->virtual_ns += column(q, 4);
}

static void take_kind(sqlite3_stmt *q, void *arg)
{
	struct loading *l = arg;
	int kind = divergence_from_key(store_text(q, 0));

	if (kind >= 0)
		l->cell->nr_kind[kind] += column(q, 1);
}

static void take_deviation(sqlite3_stmt *q, void *arg)
{
	struct loading *l = arg;

	for (uint32_t i = 0; i < DEV_NR; i++) {
		if (strcmp(deviation_row(i)->name, store_text(q, 0)))
			continue;
		l->cell->nr_used[i] += column(q, 1);
		l->cell->nr_using[i] += column(q, 2);
	}
}

static void take_failure(sqlite3_stmt *q, void *arg)
{
	struct loading *l = arg;

	campaign_failure_loaded(l->cell, store_text(q, 0), column(q, 1), store_text(q, 2));
}

/* A bucket with the record of its lowest seed. */
static void take_bucket(sqlite3_stmt *q, void *arg)
{
	struct loading *l = arg;
	struct bucket b = { .nr_runs = column(q, 2), .first_seed = column(q, 3), .follows = column(q, 12),
			    .cheap_seed = column(q, 13), .cheap_event = column(q, 14),
			    .replays = (uint32_t)column(q, 15), .replayed = (uint32_t)column(q, 16) };
	struct divergence d = { .kind = (uint32_t)divergence_from_key(store_text(q, 0)), .vm = (uint32_t)column(q, 4),
				.vcpu = (uint32_t)column(q, 5), .vector = (uint32_t)column(q, 6),
				.time_ns = column(q, 7), .event = column(q, 8) };
	uint32_t bytes = (uint32_t)sqlite3_column_bytes(q, 11);

	snprintf(d.check, sizeof(d.check), "%s", store_text(q, 1));
	snprintf(d.site, sizeof(d.site), "%s", store_text(q, 9));
	snprintf(d.text, sizeof(d.text), "%s", store_text(q, 10));
	if (bytes && bytes <= sizeof(d.frames)) {
		memcpy(d.frames, sqlite3_column_blob(q, 11), bytes);
		d.nr_frames = bytes / sizeof(d.frames[0]);
	}
	b.first = d;
	snprintf(b.trail, sizeof(b.trail), "%s", store_text(q, 17));
	snprintf(b.stack, sizeof(b.stack), "%s", store_text(q, 18));
	campaign_bucket_loaded(l->c, l->cell, &b);
}

static bool load_cell(struct store *s, struct loading *l, int64_t row)
{
	return store_sql(s, "SELECT first, count, events, interrupts, virtual_ns, digest, divergent, repeated,"
			 " complete, limited, crashed, hung, trapped, timed_out, out_of_memory, wall_ns, first_limited,"
			 " sampled, pairs FROM range WHERE cell"
			 STORE_SHARDS, take_range, l, "i", row) &&
	       store_sql(s, "SELECT kind, runs FROM kind_runs WHERE cell" STORE_SHARDS, take_kind, l, "i", row) &&
	       store_sql(s, "SELECT name, uses, runs FROM deviation WHERE cell" STORE_SHARDS, take_deviation, l, "i", row) &&
	       store_sql(s, "SELECT kind, seed, text FROM failure WHERE cell" STORE_SHARDS, take_failure, l, "i", row) &&
	       store_sql(s, "SELECT kind, check_name, runs, first_seed, vm, vcpu, vector, time_ns, event, site,"
			 " text, frames, follows, cheap_seed, cheap_event, replays, replayed, trail, stack FROM bucket JOIN divergence ON bucket = bucket.id AND seed = first_seed"
			 " WHERE cell" STORE_SHARDS, take_bucket, l, "i", row);
}

static bool overlaps(struct store *s, const struct loading *l)
{
	snprintf(s->error, sizeof(s->error), "%s: some of seeds %llu-%llu of %s on %s are there twice: shards that were "
		 "cut differently, or a run on the merged store while shards were missing. Delete it, and merge "
		 "the shards of one K/N into a new one", s->path, (unsigned long long)l->first,
		 (unsigned long long)(l->first + l->count - 1), l->c->scenarios[l->cell->scenario].name,
		 l->c->variants[l->cell->variant].name);
	return false;
}

bool store_load(struct store *s, struct campaign *c, uint64_t *spent_ns)
{
	int64_t spent = 0;

	for (uint32_t i = 0; i < c->nr_cells + c->has_canary; i++) {
		struct loading l = { .c = c, .cell = &c->cells[i] };

		if (!load_cell(s, &l, s->cell[i]))
			return false;
		if (l.overlap)
			return overlaps(s, &l);
	}
	/* Time since a session of this campaign last came to its end. */
	if (!store_sql(s, "SELECT coalesce(sum(wall_ns), 0) FROM session WHERE campaign = ?1 AND id > coalesce("
		       "(SELECT max(id) FROM session WHERE campaign = ?1 AND finished), 0)", store_take_int, &spent, "i",
		       s->campaign))
		return false;
	*spent_ns = (uint64_t)spent;
	return true;
}
