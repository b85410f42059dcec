/* SPDX-License-Identifier: GPL-2.0-only */
/* See comparison.h. */
#include "sim/cmd/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/stats_mcnemar.h"
#include "sim/cmd/stats_survival.h"
#include "sim/cmd/stats_wilson.h"
#include "sim/cmd/verdict.h"

/* A row is a cause: what else tells buckets apart, a slice of the text, may differ between variants. */
static bool in_row(const struct bucket *b, const struct bucket *name)
{
	return b->known == name->known && campaign_same_cause(b, name);
}

/* Of the row's buckets in @cell the one that is seen first; NULL: none. */
static const struct bucket *bucket_in(const struct cell *cell, const struct bucket *name)
{
	const struct bucket *first = NULL;

	for (uint32_t i = 0; i < cell->nr_buckets; i++) {
		const struct bucket *b = &cell->buckets[i];

		if (in_row(b, name) && (!first || b->first_seed < first->first_seed))
			first = b;
	}
	return first;
}

static bool shows(const struct cell *cell, const struct bucket *name, uint64_t seed)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++)
		if (in_row(&cell->buckets[i], name) && pairs_is_hit(cell->pairs, cell->buckets[i].id, seed))
			return true;
	return false;
}

/* A run that was cut short before it could show something does not say that it is gone. */
static bool tells(const struct pair_run *r, bool shown)
{
	return shown || r->end == RUN_COMPLETE;
}

/* Known, or expected by the scenario, or a consequence of something else in the same run: all of them. */
static bool explained(const struct campaign *c, const struct cell *cell, const struct bucket *name)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++) {
		const struct bucket *b = &cell->buckets[i];

		if (in_row(b, name) && !b->follows && !verdict_expected(c, cell, b))
			return false;
	}
	return true;
}

/* --- Rows: what any cell has. */
static void add_row(struct comparison *x, const struct bucket *b)
{
	struct comparison_row *row;

	for (uint32_t i = 0; i < x->nr_rows; i++)
		if (in_row(x->row[i].name, b))
			return;
	x->row = alloc_grow(x->row, x->nr_rows, sizeof(*row));
	row = &x->row[x->nr_rows++];
	row->name = b;
	row->side = alloc_array(x->c->nr_variants, sizeof(*row->side));
	row->pair = alloc_array(x->c->nr_variants, sizeof(*row->pair));
}

/* What is known comes last; then by kind, which is the order of severity. */
static int by_weight(const void *a, const void *b)
{
	const struct bucket *x = ((const struct comparison_row *)a)->name;
	const struct bucket *y = ((const struct comparison_row *)b)->name;
	int order;

	if (!x->known != !y->known)
		return x->known ? 1 : -1;
	order = campaign_order_buckets(x, y);
	return order ? order : (x->known > y->known) - (x->known < y->known);
}

static bool scenario_shows(const struct campaign *c, uint32_t scenario, const struct bucket *name)
{
	for (uint32_t v = 0; v < c->nr_variants; v++)
		if (bucket_in(campaign_cell(c, scenario, v), name))
			return true;
	return false;
}

/* --- One side. */

/* Counts the runs that tell; notes series of them from one sight to the next, of which the last ends without. */
static void add_times(struct comparison_side *side, const struct cell *cell, const struct bucket *name,
		      struct stats_time **t, uint64_t *nr)
{
	const struct pairs *p = cell->pairs;
	uint64_t runs = 0;

	*t = alloc_resize(*t, *nr + p->nr_runs + 1, sizeof(**t));
	for (uint64_t i = 0; i < p->nr_runs; i++) {
		bool shown = shows(cell, name, p->run[i].seed);

		if (!tells(&p->run[i], shown))
			continue;
		side->nr_runs++;
		runs++;
		if (!shown)
			continue;
		(*t)[(*nr)++] = (struct stats_time){ runs, false };
		side->nr_hits++;
		runs = 0;
	}
	if (runs)
		(*t)[(*nr)++] = (struct stats_time){ runs, true };
}

static void look_at(struct comparison *x, const struct comparison_row *row, uint32_t variant)
{
	struct comparison_side *side = &row->side[variant];
	const struct campaign *c = x->c;
	struct stats_time *times = NULL;
	uint64_t nr_times = 0;

	side->explained = true;
	for (uint32_t s = 0; s < c->nr_scenarios; s++) {
		const struct cell *cell = campaign_cell(c, s, variant);
		const struct bucket *b = bucket_in(cell, row->name);

		if (!scenario_shows(c, s, row->name))
			continue;
		add_times(side, cell, row->name, &times, &nr_times);
		side->explained &= explained(c, cell, row->name);
		if (b && !side->first) {
			side->first = cell;
			side->bucket = b;
		}
	}
	stats_wilson(side->nr_hits, side->nr_runs, &side->low, &side->high);
	stats_survival_sort(times, nr_times);
	side->has_median = stats_survival_median(times, nr_times, &side->median);
	free(times);
}

/* --- Pairs. */
static void count_pairs(const struct cell *base, const struct cell *other, const struct bucket *name,
			struct comparison_pair *pair)
{
	for (uint64_t i = 0; i < base->pairs->nr_runs; i++) {
		const struct pair_run *r = &base->pairs->run[i], *o = pairs_run(other->pairs, r->seed);
		bool in_base = shows(base, name, r->seed), in_other = shows(other, name, r->seed);

		if (!o || !tells(r, in_base) || !tells(o, in_other))
			continue;
		pair->nr_pairs++;
		pair->only_base += in_base && !in_other;
		pair->only_variant += in_other && !in_base;
	}
}

static void classify(const struct comparison_row *row, uint32_t variant)
{
	struct comparison_pair *pair = &row->pair[variant];
	const struct comparison_side *base = &row->side[0], *side = &row->side[variant];

	pair->p = stats_mcnemar(pair->only_base, pair->only_variant);
	pair->sure = pair->p < COMPARISON_ALPHA;
	if (base->nr_hits && side->nr_hits) {
		pair->class = pair->sure ? COMPARISON_CHANGED : COMPARISON_STILL;
		pair->sure = true;
	} else if (base->nr_hits && !side->nr_runs) {
		pair->class = COMPARISON_NONE;
	} else if (base->nr_hits) {
		pair->class = COMPARISON_FIXED;
	} else if (side->nr_hits) {
		pair->class = COMPARISON_NEW;
		/* Once is enough for what has no explanation. */
		pair->sure |= !side->explained;
	}
}

static void compare_row(struct comparison *x, const struct comparison_row *row)
{
	const struct campaign *c = x->c;

	for (uint32_t v = 0; v < c->nr_variants; v++)
		look_at(x, row, v);
	for (uint32_t v = 1; v < c->nr_variants; v++) {
		struct comparison_pair *pair = &row->pair[v];

		for (uint32_t s = 0; s < c->nr_scenarios; s++)
			if (scenario_shows(c, s, row->name))
				count_pairs(campaign_cell(c, s, 0), campaign_cell(c, s, v), row->name, pair);
		classify(row, v);
		x->nr_class[v * (COMPARISON_NEW + 1) + pair->class] += pair->sure;
	}
}

/* --- Behaviour. */
static uint64_t value_of(const struct pair_run *r, uint32_t counter)
{
	switch (counter) {
	case COMPARISON_EVENTS:
		return r->nr_events;
	case COMPARISON_INTERRUPTS:
		return r->nr_interrupts;
	default:
		return r->counter[counter];
	}
}

static void compare_runs(struct comparison_behaviour *b, const struct pair_run *base, const struct pair_run *other)
{
	b->nr_pairs++;
	b->nr_differ += base->digest != other->digest;
	if (base->end != RUN_COMPLETE || other->end != RUN_COMPLETE) {
		b->nr_cut++;
		return;
	}
	b->nr_set += base->set != other->set;
	b->nr_order += base->set == other->set && base->order != other->order;
	for (uint32_t i = 0; i < COMPARISON_NR_COUNTERS; i++) {
		uint64_t x = value_of(base, i), y = value_of(other, i);

		b->count[i].base += x;
		b->count[i].variant += y;
		b->count[i].less += y < x;
		b->count[i].more += y > x;
	}
}

static void compare_behaviour(struct comparison *x, uint32_t variant)
{
	struct comparison_behaviour *b = &x->behaviour[variant];

	for (uint32_t s = 0; s < x->c->nr_scenarios; s++) {
		const struct cell *base = campaign_cell(x->c, s, 0), *other = campaign_cell(x->c, s, variant);

		for (uint64_t i = 0; i < base->pairs->nr_runs; i++) {
			const struct pair_run *r = &base->pairs->run[i], *o = pairs_run(other->pairs, r->seed);

			if (!o)
				continue;
			compare_runs(b, r, o);
			if (!b->differs && r->digest != o->digest) {
				b->differs = other;
				b->seed = r->seed;
			}
		}
	}
	for (uint32_t i = 0; i < COMPARISON_NR_COUNTERS; i++)
		b->count[i].p = stats_mcnemar(b->count[i].less, b->count[i].more);
}

void comparison_make(struct comparison *x, const struct campaign *c)
{
	*x = (struct comparison){ .c = c };
	x->behaviour = alloc_array(c->nr_variants, sizeof(*x->behaviour));
	x->nr_class = alloc_array(c->nr_variants * (COMPARISON_NEW + 1), sizeof(*x->nr_class));
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		pairs_sort(c->cells[i].pairs);
		for (uint32_t b = 0; b < c->cells[i].nr_buckets; b++)
			add_row(x, &c->cells[i].buckets[b]);
	}
	if (x->nr_rows)
		qsort(x->row, x->nr_rows, sizeof(*x->row), by_weight);
	for (uint32_t i = 0; i < x->nr_rows; i++)
		compare_row(x, &x->row[i]);
	for (uint32_t v = 1; v < c->nr_variants; v++)
		compare_behaviour(x, v);
}

uint64_t comparison_nr(const struct comparison *x, uint32_t variant, enum comparison_class class)
{
	return x->nr_class[variant * (COMPARISON_NEW + 1) + class];
}

const struct comparison_row *comparison_worst(const struct comparison *x, uint32_t *variant)
{
	for (uint32_t i = 0; i < x->nr_rows; i++)
		for (uint32_t v = 1; v < x->c->nr_variants; v++)
			if (x->row[i].pair[v].class == COMPARISON_NEW && x->row[i].pair[v].sure) {
				*variant = v;
				return &x->row[i];
			}
	return NULL;
}

const char *comparison_class_name(enum comparison_class class)
{
	static const char *const names[] = { "-", "still there", "fixed", "changed", "new" };

	return names[class];
}

static const struct {
	const char *key, *text;
} counters[] = {
#define X(name, key, text) [RUN_COUNT_##name] = { key, text },
	RUN_PLAIN_COUNTERS(X)
#undef X
#define X(name, key) [RUN_COUNT_EXIT_##name] = { key, "VM-Exits of reason " #name },
	RUN_EXIT_COUNTERS(X)
#undef X
	[COMPARISON_EVENTS] = { "events", "steps of actors" },
	[COMPARISON_INTERRUPTS] = { "interrupts", "interrupts that guests take" },
};

const char *comparison_counter_key(uint32_t counter)
{
	return counters[counter].key;
}

const char *comparison_counter_text(uint32_t counter)
{
	return counters[counter].text;
}
