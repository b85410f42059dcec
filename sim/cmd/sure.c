/* SPDX-License-Identifier: GPL-2.0-only */
/* See sure.h. */
#include "sim/cmd/sure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/stats_unseen.h"
#include "sim/cmd/stats_zero.h"
#include "sim/cmd/verdict.h"

static bool clean(const struct campaign *c, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++)
		if (!verdict_expected(c, cell, &cell->buckets[i]))
			return false;
	return !cell->nr_failures;
}

void sure_of(struct sure *s, const struct campaign *c, const struct cell *cell)
{
	*s = (struct sure){ .nr_runs = cell->nr_ends[RUN_COMPLETE], .clean = clean(c, cell) };
	s->bound = stats_zero_bound(s->nr_runs);
	s->nr_states = cell->pair_states.nr;
	s->f1 = pair_set_count(&cell->pair_states, 1);
	s->f2 = pair_set_count(&cell->pair_states, 2);
	s->unseen = stats_good_turing(s->f1, cell->nr_pairs);
	s->hidden = stats_chao2(s->f1, s->f2, cell->nr_sampled);
}

void sure_bound_text(uint64_t nr_runs, char *buf, size_t n)
{
	char runs[32];

	snprintf(buf, n, "a divergence that none of %s runs showed has a rate below %.4g %% (95 %%)",
		 progress_count(nr_runs, runs, sizeof(runs)), 100 * stats_zero_bound(nr_runs));
}

/* --- What has gone. */
/* What follows another may be anything of its check: as long as it comes, nothing of that has gone. */
static bool may_be(const struct bucket *shown, const struct bucket *b)
{
	return campaign_same_cause(shown, b) && (shown->follows || !strcmp(shown->slice, b->slice));
}

static bool shows(const struct cell *cell, const struct bucket *b)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++)
		if (may_be(&cell->buckets[i], b))
			return true;
	return false;
}

static void add(struct gone_list *l, const struct cell *cell, const struct bucket *b, const char *other,
		const char *other_identity, uint64_t other_runs)
{
	struct gone *g;

	l->item = alloc_grow(l->item, l->nr, sizeof(*g));
	g = &l->item[l->nr++];
	*g = (struct gone){ .cell = cell, .bucket = b, .other = other, .other_identity = other_identity,
			    .other_shown = b->nr_runs, .other_runs = other_runs,
			    .clean = cell->nr_ends[RUN_COMPLETE] };
	g->rate_low = stats_clopper_low(b->nr_runs, other_runs, SURE_ALPHA);
	g->needed = stats_zero_needed(g->rate_low, SURE_ALPHA);
	g->more = g->needed > g->clean ? g->needed - g->clean : 0;
}

/* Of the buckets of one name that are known as different things, the most frequent stands for all. */
static bool stands_for_others(const struct cell *cell, uint32_t i)
{
	if (cell->buckets[i].follows)
		return false;
	for (uint32_t j = 0; j < cell->nr_buckets; j++)
		if (!campaign_order_buckets(&cell->buckets[i], &cell->buckets[j]) &&
		    (cell->buckets[j].nr_runs > cell->buckets[i].nr_runs ||
		     (cell->buckets[j].nr_runs == cell->buckets[i].nr_runs && j < i)))
			return false;
	return true;
}

static void gone_within(struct gone_list *l, const struct campaign *c, const struct cell *cell)
{
	for (uint32_t v = 0; v < c->nr_variants; v++) {
		const struct cell *other = campaign_cell(c, cell->scenario, v);

		for (uint32_t i = 0; other != cell && i < other->nr_buckets; i++)
			if (!shows(cell, &other->buckets[i]) && stands_for_others(other, i))
				add(l, cell, &other->buckets[i], c->variants[v].name, c->variants[v].identity,
				    other->nr_runs);
	}
}

/* Did this very variant show it, in another campaign of the store? Then it has it. */
static bool shown_elsewhere(const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	for (uint32_t i = 0; i < c->nr_elsewhere; i++) {
		const struct elsewhere *e = &c->elsewhere[i];

		if (e->scenario == cell->scenario && !strcmp(e->identity, c->variants[cell->variant].identity) &&
		    may_be(&e->bucket, b))
			return true;
	}
	return false;
}

static void gone_elsewhere(struct gone_list *l, const struct campaign *c, const struct cell *cell)
{
	for (uint32_t i = 0; i < c->nr_elsewhere; i++) {
		const struct elsewhere *e = &c->elsewhere[i];

		if (e->scenario == cell->scenario && !e->bucket.follows && !shows(cell, &e->bucket))
			add(l, cell, &e->bucket, e->variant, e->identity, e->nr_runs);
	}
}

/*
 * Two campaigns of one variant are two estimates of one rate, perhaps of the same seeds: the one with more runs
 * counts, whatever it says, and of equals the first, which is this campaign's.
 */
static bool outdone(const struct gone_list *l, uint32_t first, uint32_t i)
{
	const struct gone *g = &l->item[i];

	for (uint32_t j = first; j < l->nr; j++) {
		const struct gone *h = &l->item[j];

		if (j != i && !campaign_order_buckets(g->bucket, h->bucket) && !strcmp(g->other, h->other) &&
		    !strcmp(g->other_identity, h->other_identity) &&
		    (h->other_runs > g->other_runs || (h->other_runs == g->other_runs && j < i)))
			return true;
	}
	return false;
}

/* From @first on: without what the variant has after all, and with the best estimate of what it has not. */
static void pick(struct gone_list *l, const struct campaign *c, uint32_t first)
{
	struct gone *kept = alloc_array(l->nr - first + 1, sizeof(*kept));
	uint32_t nr = 0;

	for (uint32_t i = first; i < l->nr; i++)
		if (!shown_elsewhere(c, l->item[i].cell, l->item[i].bucket) && !outdone(l, first, i))
			kept[nr++] = l->item[i];
	if (nr)
		memcpy(&l->item[first], kept, nr * sizeof(*kept));
	l->nr = first + nr;
	free(kept);
}

void sure_gone(struct gone_list *l, const struct campaign *c)
{
	*l = (struct gone_list){ 0 };
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];
		uint32_t first = l->nr;

		if (cell->broken || !cell->nr_ends[RUN_COMPLETE])
			continue;
		gone_within(l, c, cell);
		gone_elsewhere(l, c, cell);
		pick(l, c, first);
	}
}
