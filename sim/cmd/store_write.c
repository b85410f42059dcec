/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing what a chunk of runs brought, in one transaction. */
#include <stdio.h>

#include "sim/cmd/monotonic.h"
#include "sim/cmd/store_compare.h"
#include "sim/cmd/store_sql.h"

static bool write_bucket(struct store *s, const struct campaign *c, const struct cell *cell,
			 const struct store_bucket *b)
{
	const struct bucket *sum = &b->sum;
	const char *known = sum->known ? sum->known->name : "";
	int64_t row = store_cell(s, c, cell), id = 0;

	if (!store_sql(s, "INSERT INTO bucket (cell, kind, check_name, function, slice, known, follows, expected, runs,"
		       " first_seed, cheap_seed, cheap_event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		       " ON CONFLICT (cell, kind, check_name, function, slice, known) DO UPDATE"
		       " SET runs = runs + excluded.runs, first_seed = min(first_seed, excluded.first_seed),"
		       " cheap_seed = CASE WHEN (excluded.cheap_event, excluded.cheap_seed) < (cheap_event, cheap_seed)"
		       "  THEN excluded.cheap_seed ELSE cheap_seed END,"
		       " cheap_event = min(cheap_event, excluded.cheap_event)", NULL, NULL, "isssssiiiiii", row,
		       divergence_key(sum->kind), sum->first.check, sum->function, sum->slice, known,
		       (int64_t)sum->follows, (int64_t)campaign_expects(c, cell, sum->kind), (int64_t)sum->nr_runs,
		       (int64_t)sum->first_seed, (int64_t)sum->cheap_seed, (int64_t)sum->cheap_event) ||
	    !store_sql(s, "SELECT id FROM bucket WHERE cell = ? AND kind = ? AND check_name = ? AND function = ?"
		       " AND slice = ? AND known = ?", store_take_int, &id, "isssss", row, divergence_key(sum->kind),
		       sum->first.check, sum->function, sum->slice, known))
		return false;
	for (uint32_t i = 0; i < b->nr_kept; i++) {
		const struct divergence *d = &b->kept[i].d;

		if (!store_sql(s, "INSERT OR IGNORE INTO divergence (bucket, seed, vm, vcpu, vector, time_ns, event,"
			       " site, text, frames) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iiiiiiissb",
			       id, (int64_t)b->kept[i].seed, (int64_t)d->vm, (int64_t)d->vcpu, (int64_t)d->vector,
			       (int64_t)d->time_ns, (int64_t)d->event, d->site, d->text, (const void *)d->frames,
			       (int)(d->nr_frames * sizeof(d->frames[0]))))
			return false;
	}
	return store_sql(s, "DELETE FROM divergence WHERE bucket = ?1 AND seed NOT IN (SELECT seed FROM divergence"
			 " WHERE bucket = ?1 ORDER BY seed LIMIT ?2)", NULL, NULL, "ii", id, (int64_t)STORE_KEPT);
}

static bool write_sums(struct store *s, int64_t cell, const struct store_chunk *k)
{
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		if (k->nr_kind[i] &&
		    !store_sql(s, "INSERT INTO kind_runs (cell, kind, runs) VALUES (?, ?, ?)"
			       " ON CONFLICT (cell, kind) DO UPDATE SET runs = runs + excluded.runs", NULL, NULL,
			       "isi", cell, divergence_key(i), (int64_t)k->nr_kind[i]))
			return false;
	for (uint32_t i = 0; i < DEV_NR; i++)
		if (k->nr_using[i] &&
		    !store_sql(s, "INSERT INTO deviation (cell, name, uses, runs) VALUES (?, ?, ?, ?)"
			       " ON CONFLICT (cell, name) DO UPDATE SET uses = uses + excluded.uses,"
			       " runs = runs + excluded.runs", NULL, NULL, "isii", cell, deviation_row(i)->name,
			       (int64_t)k->nr_used[i], (int64_t)k->nr_using[i]))
			return false;
	return true;
}

static void take_successor(sqlite3_stmt *q, void *arg)
{
	struct store *s = arg;

	snprintf(s->error, sizeof(s->error), "%s: process %lld on %s works on the same campaign and came later",
		 s->path, (long long)sqlite3_column_int64(q, 0), store_text(q, 1));
}

/*
 * A batch system may start a task anew while the old one, on a machine that was
 * taken for dead, still runs.  The new one does not know what the old one has in
 * progress, and runs it again: the old one must not write it any more.
 */
static bool still_ours(struct store *s)
{
	return store_sql(s, "SELECT pid, host FROM session WHERE id > ? AND campaign = ? LIMIT 1", take_successor, s,
			 "ii", s->session, s->campaign) && !s->error[0];
}

static bool write_chunk(struct store *s, const struct campaign *c, const struct cell *of, const struct store_chunk *k)
{
	int64_t cell = store_cell(s, c, of);

	if (!store_exec(s, k->nr_buckets ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL") ||
	    !store_still_there(s) || !store_exec(s, "BEGIN IMMEDIATE") || !still_ours(s) ||
	    !store_sql(s, "INSERT INTO range (cell, first, count, session, events, interrupts, virtual_ns, digest,"
		       " divergent, repeated, complete, limited, first_limited, crashed, hung, trapped, timed_out,"
		       " out_of_memory, sampled, pairs, wall_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		       " ?, ?, ?, ?, ?)", NULL, NULL, "iiiiiiiiiiiiiiiiiiiii",
		       cell, (int64_t)k->first, (int64_t)k->count, s->session, (int64_t)k->nr_events,
		       (int64_t)k->nr_interrupts, (int64_t)k->virtual_ns, (int64_t)k->digest,
		       (int64_t)k->nr_divergent, (int64_t)k->nr_repeated, (int64_t)k->nr_ends[RUN_COMPLETE],
		       (int64_t)k->nr_ends[RUN_LIMIT], (int64_t)k->first_limit, (int64_t)k->nr_ends[RUN_CRASHED],
		       (int64_t)k->nr_ends[RUN_HUNG], (int64_t)k->nr_ends[RUN_TRAPPED],
		       (int64_t)k->nr_ends[RUN_TIMED_OUT], (int64_t)k->nr_ends[RUN_NO_MEMORY],
		       (int64_t)k->nr_sampled, (int64_t)k->nr_pairs, (int64_t)k->wall_ns) ||
	    !write_sums(s, cell, k) || !store_write_pairs(s, (uint32_t)(of - c->cells), &k->pairs))
		return false;
	for (uint32_t i = 0; i < k->nr_buckets; i++)
		if (!write_bucket(s, c, of, &k->buckets[i]))
			return false;
	if (k->single.nr_runs && !store_write_single(s, cell, k))
		return false;
	return store_sql(s, "UPDATE session SET wall_ns = ? WHERE id = ?", NULL, NULL, "ii",
			 (int64_t)(monotonic_ns() - s->start_ns), s->session) && store_exec(s, "COMMIT");
}

bool store_commit(struct store *s, const struct campaign *c, const struct cell *cell, struct store_chunk *k)
{
	bool ok;

	if (!k->count)
		return true;
	pthread_mutex_lock(&s->lock);
	ok = write_chunk(s, c, cell, k);
	if (!ok)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void store_examined(struct store *s, const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	pthread_mutex_lock(&s->lock);
	store_sql(s, "UPDATE bucket SET replays = ?, replayed = ?, trail = ?, stack = ? WHERE cell = ? AND kind = ?"
		  " AND check_name = ? AND function = ? AND slice = ? AND known = ''", NULL, NULL, "iississss",
		  (int64_t)b->replays, (int64_t)b->replayed, b->trail, b->stack, store_cell(s, c, cell),
		  divergence_key(b->kind), b->first.check, b->function, b->slice);
	pthread_mutex_unlock(&s->lock);
}

bool store_fail(struct store *s, const struct campaign *c, const struct cell *cell, enum failure_kind kind,
		uint64_t seed, const char *text)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = store_sql(s, "INSERT OR REPLACE INTO failure (cell, seed, kind, text) VALUES (?, ?, ?, ?)", NULL, NULL,
		       "iiss", store_cell(s, c, cell), (int64_t)seed, failure_key(kind), text);
	pthread_mutex_unlock(&s->lock);
	return ok;
}
