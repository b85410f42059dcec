/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparisons in the store: the single runs that pairs are made of, chunk by chunk,
 * so that an interrupted one goes on; and the result, which is replaced each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/event_text.h"
#include "sim/cmd/store_compare.h"
#include "sim/cmd/store_schema.h"
#include "sim/cmd/store_sql.h"

/* A hit in the store: buckets by what they are, not by where they lie. */
struct stored_hit {
	uint64_t seed, name;
};

bool store_compare_tables(struct store *s)
{
	for (unsigned int i = 0; store_schema_compare(i); i++)
		if (!store_exec(s, store_schema_compare(i)))
			return false;
	return true;
}

/* --- Single runs. */
bool store_write_single(struct store *s, int64_t cell, const struct store_chunk *k)
{
	const struct pairs *p = &k->single;
	struct stored_hit *hits = alloc_array(p->nr_hits + 1, sizeof(*hits));
	bool ok;

	for (uint64_t i = 0; i < p->nr_hits; i++)
		hits[i] = (struct stored_hit){ p->hit[i].seed, campaign_hash_bucket(&k->buckets[p->hit[i].bucket].sum) };
	ok = store_sql(s, "INSERT INTO single (cell, first, runs, hits) VALUES (?, ?, ?, ?)", NULL, NULL, "iibb", cell,
		       (int64_t)k->first, (const void *)p->run, (int)(p->nr_runs * sizeof(*p->run)),
		       (const void *)hits, (int)(p->nr_hits * sizeof(*hits)));
	free(hits);
	return ok;
}

static void take_hit(struct cell *cell, const struct stored_hit *hit)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++)
		if (campaign_hash_bucket(&cell->buckets[i]) == hit->name)
			pairs_add_hit(cell->pairs, hit->seed, cell->buckets[i].id);
}

static void take_single(sqlite3_stmt *q, void *arg)
{
	struct cell *cell = arg;
	const struct stored_hit *hits = sqlite3_column_blob(q, 1);

	pairs_add_stored(cell->pairs, sqlite3_column_blob(q, 0),
			 (uint64_t)sqlite3_column_bytes(q, 0) / sizeof(struct pair_run));
	for (uint64_t i = 0; i < (uint64_t)sqlite3_column_bytes(q, 1) / sizeof(*hits); i++)
		take_hit(cell, &hits[i]);
}

bool store_load_single(struct store *s, struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		struct cell *cell = &c->cells[i];

		if (!store_sql(s, "SELECT runs, hits FROM single WHERE cell = ?", take_single, cell, "i", s->cell[i]))
			return false;
		if (cell->pairs->nr_runs + cell->nr_died != cell->nr_runs)
			return store_fails(s, "lacks single runs of this comparison; lapicsim merge does not take them along");
	}
	return true;
}

/* --- The result. */
static int64_t variant_row(struct store *s, const struct campaign *c, uint32_t variant)
{
	int64_t id = 0;

	store_sql(s, "SELECT variant FROM cell WHERE id = ?", store_take_int, &id, "i",
		  store_cell(s, c, campaign_cell(c, 0, variant)));
	return id;
}

static bool write_row(struct store *s, const struct comparison *x, const struct comparison_row *row, uint32_t v,
		      int64_t base, int64_t variant)
{
	const struct comparison_pair *p = &row->pair[v];
	const struct comparison_side *a = &row->side[0], *b = &row->side[v], *shown = b->first ? b : a;
	const struct bucket *name = row->name;
	char token[TOKEN_MAX_BYTES] = "", class[32];

	if (shown->first)
		campaign_token(x->c, shown->first, shown->bucket->first_seed, token, sizeof(token));
	snprintf(class, sizeof(class), "%s%s", p->class == COMPARISON_NONE ? "none" : comparison_class_name(p->class),
		 p->class == COMPARISON_NONE || p->sure ? "" : "?");
	return store_sql(s, "INSERT INTO compared VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
			 " nullif(?, -1), nullif(?, -1), ?)", NULL, NULL, "iiisssssiiiiidddddiis", s->campaign, base,
			 variant, divergence_key(name->kind), name->first.check, name->function,
			 name->known ? name->known->name : "", class, (int64_t)a->nr_hits, (int64_t)b->nr_hits,
			 (int64_t)p->nr_pairs, (int64_t)p->only_base, (int64_t)p->only_variant, p->p, a->low, a->high,
			 b->low, b->high, a->has_median ? (int64_t)a->median : -1,
			 b->has_median ? (int64_t)b->median : -1, token);
}

static bool write_behaviour(struct store *s, const struct comparison_behaviour *b, int64_t base, int64_t variant)
{
	for (uint32_t i = 0; i < COMPARISON_NR_COUNTERS; i++)
		if (!store_sql(s, "INSERT INTO behaviour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iiisiiiiid",
			       s->campaign, base, variant, comparison_counter_key(i), (int64_t)b->count[i].base,
			       (int64_t)b->count[i].variant, (int64_t)(b->nr_pairs - b->nr_cut),
			       (int64_t)b->count[i].less, (int64_t)b->count[i].more, b->count[i].p))
			return false;
	return true;
}

static bool write_first(struct store *s, const struct comparison *x, uint32_t v, const struct compared *after,
			int64_t base, int64_t variant)
{
	const struct comparison_behaviour *b = &x->behaviour[v];
	char here[256] = "the run is over", there[256] = "the run is over", seed[32];

	if (!b->differs || !after->parts)
		return true;
	if (!after->event.base_ends)
		event_text(&after->event.base, here, sizeof(here));
	if (!after->event.other_ends)
		event_text(&after->event.other, there, sizeof(there));
	snprintf(seed, sizeof(seed), "0x%llx", (unsigned long long)b->seed);
	return store_sql(s, "INSERT INTO first_difference VALUES (?1, ?2, ?3, (SELECT scenario FROM cell WHERE id = ?4),"
			 " ?5, ?6, ?7, ?8)", NULL, NULL, "iiiisiss", s->campaign, base, variant,
			 store_cell(s, x->c, b->differs), seed, (int64_t)after->event.event, here, there);
}

static bool write_lines(struct store *s, const struct touched *t, int64_t base, int64_t variant)
{
	for (uint32_t i = 0; i < t->nr_lines; i++) {
		const struct touched_line *l = &t->line[i];

		if (!store_sql(s, "INSERT INTO patch_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iiissiiis",
			       s->campaign, base, variant, l->in_base ? "base" : "variant", l->file, (int64_t)l->line,
			       (int64_t)l->nr_runs, (int64_t)t->nr_sampled[!l->in_base], l->text))
			return false;
	}
	return true;
}

static bool write_variant(struct store *s, const struct comparison_behaviour *b, const struct touched *t, int64_t base,
			  int64_t variant)
{
	return store_sql(s, "INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, -1), nullif(?, -1),"
			 " nullif(?, -1), nullif(?, -1))", NULL, NULL, "iiiiiiiiiiii", s->campaign, base, variant,
			 (int64_t)b->nr_pairs, (int64_t)b->nr_differ, (int64_t)b->nr_cut, (int64_t)b->nr_order,
			 (int64_t)b->nr_set, t->known ? (int64_t)t->nr_changed[0] : -1,
			 t->known ? (int64_t)t->nr_changed[1] : -1, t->known ? (int64_t)t->nr_lines : -1,
			 t->known ? (int64_t)t->nr_reached : -1);
}

static bool forget(struct store *s)
{
	return store_sql(s, "DELETE FROM comparison WHERE campaign = ?", NULL, NULL, "i", s->campaign) &&
	       store_sql(s, "DELETE FROM compared WHERE campaign = ?", NULL, NULL, "i", s->campaign) &&
	       store_sql(s, "DELETE FROM behaviour WHERE campaign = ?", NULL, NULL, "i", s->campaign) &&
	       store_sql(s, "DELETE FROM first_difference WHERE campaign = ?", NULL, NULL, "i", s->campaign) &&
	       store_sql(s, "DELETE FROM patch_line WHERE campaign = ?", NULL, NULL, "i", s->campaign);
}

bool store_write_comparison(struct store *s, const struct comparison *x, const struct compared *after)
{
	int64_t base = variant_row(s, x->c, 0);
	bool ok = store_exec(s, "BEGIN IMMEDIATE") && forget(s);

	for (uint32_t v = 1; ok && v < x->c->nr_variants; v++) {
		int64_t variant = variant_row(s, x->c, v);

		for (uint32_t i = 0; ok && i < x->nr_rows; i++)
			ok = write_row(s, x, &x->row[i], v, base, variant);
		ok = ok && write_variant(s, &x->behaviour[v], &after[v].touched, base, variant) &&
		     write_behaviour(s, &x->behaviour[v], base, variant) &&
		     write_first(s, x, v, &after[v], base, variant) &&
		     write_lines(s, &after[v].touched, base, variant);
	}
	return ok && store_exec(s, "COMMIT");
}
