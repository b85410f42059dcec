/* SPDX-License-Identifier: GPL-2.0-only */
/* See plan.h. */
#include "sim/cmd/plan.h"

#include <stdlib.h>

#include "sim/alloc.h"

static bool endless(const struct campaign *c)
{
	return c->time_ns || c->until_quiet;
}

static uint64_t seeds_in_all(const struct campaign *c)
{
	return c->feed_last - c->feed_first + 1;
}

/*
 * Of one round on one variant.  What a single scenario's round brings is a
 * sixteenth of what there was before, so that a campaign ends near its time; with
 * many scenarios, passes may double.
 */
static uint64_t pass_events(uint32_t nr_scenarios, uint64_t pass)
{
	uint64_t events = PLAN_MIN_EVENTS, growth = nr_scenarios < 16 ? nr_scenarios : 16;

	while (--pass && events < PLAN_MAX_EVENTS)
		events += events * growth / 16;
	return events < PLAN_MAX_EVENTS ? events : PLAN_MAX_EVENTS;
}

/* Events of a run in the first pass, on average over all variants. */
static uint64_t mean_events(const struct campaign *c, uint32_t scenario)
{
	uint64_t runs = 0, events = 0;

	for (uint32_t v = 0; v < c->nr_variants; v++) {
		runs += campaign_cell(c, scenario, v)->first_runs;
		events += campaign_cell(c, scenario, v)->first_events;
	}
	return runs ? events / runs + 1 : PLAN_MIN_EVENTS;
}

uint64_t plan_seeds(const struct campaign *c, uint32_t scenario, uint64_t pass)
{
	uint64_t seeds;

	if (!endless(c))
		return pass ? 0 : seeds_in_all(c);
	if (!pass)
		return PLAN_FIRST_SEEDS;
	seeds = pass_events(c->nr_scenarios, pass) / mean_events(c, scenario);
	return seeds ? seeds : 1;
}

uint64_t plan_pass_of(const struct campaign *c, uint32_t scenario, uint64_t seed)
{
	uint64_t pass = 0, end = plan_seeds(c, scenario, 0);

	while (endless(c) && seed - c->feed_first >= end)
		end += plan_seeds(c, scenario, ++pass);
	return pass;
}

void plan_init(struct plan *p, const struct campaign *c)
{
	*p = (struct plan){ .c = c };
	p->next_seed = alloc_array(c->nr_scenarios, sizeof(*p->next_seed));
	for (uint32_t i = 0; i < c->nr_scenarios; i++)
		p->next_seed[i] = c->feed_first;
	/* The first plan_next() steps from here to the first round. */
	p->scenario = c->nr_scenarios - 1;
	p->pass = UINT64_MAX;
}

void plan_free(struct plan *p)
{
	free(p->next_seed);
	p->next_seed = NULL;
}

bool plan_next(struct plan *p)
{
	const struct campaign *c = p->c;

	for (uint32_t i = 0; i < c->nr_scenarios; i++) {
		uint64_t left, seeds;

		if (++p->scenario == c->nr_scenarios || p->pass == UINT64_MAX) {
			p->scenario = 0;
			p->pass++;
		}
		left = c->feed_last - p->next_seed[p->scenario] + 1;	/* 0 once it is past the last */
		seeds = plan_seeds(c, p->scenario, p->pass);
		p->first = p->next_seed[p->scenario];
		p->count = seeds < left ? seeds : left;
		p->next_seed[p->scenario] += p->count;
		if (p->count)
			return true;
	}
	return false;
}

bool plan_ends_pass(const struct plan *p)
{
	return p->scenario == p->c->nr_scenarios - 1;
}

static uint64_t pass_of_bucket(const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	return plan_pass_of(c, cell->scenario, b->first_seed);
}

/* The pass that first showed what @b is, on whatever scenario and variant. */
static uint64_t first_pass(const struct campaign *c, const struct bucket *b)
{
	uint64_t first = UINT64_MAX;

	for (const struct cell *cell = c->cells; cell < c->cells + c->nr_cells; cell++) {
		for (uint32_t i = 0; i < cell->nr_buckets; i++) {
			uint64_t pass;

			if (!campaign_same_bucket(&cell->buckets[i], b))
				continue;
			pass = pass_of_bucket(c, cell, &cell->buckets[i]);
			first = pass < first ? pass : first;
		}
	}
	return first;
}

static uint64_t runs_of_pass(const struct campaign *c, uint64_t pass)
{
	uint64_t seeds = 0;

	for (uint32_t s = 0; s < c->nr_scenarios; s++)
		seeds += plan_seeds(c, s, pass);
	return seeds * c->nr_variants;
}

uint64_t plan_quiet_runs(const struct campaign *c, uint64_t pass)
{
	uint64_t quiet_from = 0, runs = 0;

	for (const struct cell *cell = c->cells; cell < c->cells + c->nr_cells; cell++) {
		for (uint32_t i = 0; i < cell->nr_buckets; i++) {
			uint64_t first = first_pass(c, &cell->buckets[i]);

			/* A store that goes on may know of later ones, which then was not known. */
			if (first <= pass && first + 1 > quiet_from)
				quiet_from = first + 1;
		}
	}
	for (uint64_t k = quiet_from; k <= pass; k++)
		runs += runs_of_pass(c, k);
	return runs;
}
