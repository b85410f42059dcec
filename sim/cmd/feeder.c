/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See feeder.h.
 *
 * A round is a scenario and a range of seeds, run on each variant; a pass is one
 * round of every scenario.  Within a round each job stays with a variant while
 * there is work, since changing it means a new process, and only then helps the
 * others.  Without a time there is one pass, whose rounds
 * are everything.  With one, the first pass finds out what a run costs, and each
 * of the next takes a part of what is left.
 */
#include "sim/cmd/feeder.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK_NS 200000000ull	/* also how long Ctrl-C may take */
#define MAX_CHUNK 65536u
#define MAX_ROUND_NS 60000000000ull /* long campaigns: scenarios still take turns */

uint64_t feeder_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t scenario_of(const struct feeder *f)
{
	return f->turn % f->c->nr_scenarios;
}

/* Wall time of one run of @scenario; 0: not known yet. */
static uint64_t run_cost(const struct campaign *c, uint32_t scenario)
{
	uint64_t runs = 0, ns = 0;

	for (uint32_t v = 0; v < c->nr_variants; v++) {
		runs += campaign_cell(c, scenario, v)->nr_timed;
		ns += campaign_cell(c, scenario, v)->cost_ns;
	}
	return runs ? ns / runs + 1 : 0;
}

/* Seeds of the next round of a campaign with a time; 0: too little time is left. */
static uint64_t timed_round(const struct feeder *f)
{
	const struct campaign *c = f->c;
	uint64_t cost = run_cost(c, scenario_of(f)), spent = feeder_now() - f->start_ns, budget;

	if (f->turn < c->nr_scenarios || !cost)
		return c->nr_jobs;
	/* What the last twentieth would bring is not worth the risk of running over. */
	if (spent + c->time_ns / 20 >= c->time_ns)
		return 0;
	/* 7/8 of what is left, over the scenarios that have their turn in this pass yet. */
	budget = (c->time_ns - spent) / 8 * 7 / (c->nr_scenarios - scenario_of(f));
	return min_u64(budget, MAX_ROUND_NS) * c->nr_jobs / c->nr_variants / cost;
}

/* False if this turn brings nothing. */
static bool begin_round(struct feeder *f)
{
	const struct campaign *c = f->c;
	uint64_t first = f->next_seed[scenario_of(f)];
	uint64_t left = c->feed_last - first + 1;	/* 0 once @first is past the last */

	memset(f->handed, 0, c->nr_variants * sizeof(*f->handed));
	f->round_first = first;
	f->round_count = min_u64(left, c->time_ns ? timed_round(f) : left);
	f->next_seed[scenario_of(f)] += f->round_count;
	return f->round_count;
}

static bool next_round(struct feeder *f)
{
	const struct campaign *c = f->c;

	for (uint32_t i = 0; i < c->nr_scenarios; i++) {
		f->turn++;
		if (!c->time_ns && f->turn >= c->nr_scenarios)
			return false;
		if (begin_round(f))
			return true;
	}
	return false;
}

/* What is left of the round for @variant, beyond what a store has of it. */
static uint64_t left_of(const struct feeder *f, uint32_t variant)
{
	const struct cell *cell = campaign_cell(f->c, scenario_of(f), variant);
	uint64_t *handed = &f->handed[variant];

	if (cell->broken)
		return 0;
	*handed += min_u64(done_run_from(&cell->done, f->round_first + *handed), f->round_count - *handed);
	return f->round_count - *handed;
}

/* The variant to go on with: @now's, else one that nobody has begun, else the one with most left. */
static bool choose_variant(const struct feeder *f, const struct cell *now, uint32_t *variant)
{
	uint64_t most = 0;

	if (now && now->scenario == scenario_of(f) && left_of(f, now->variant)) {
		*variant = now->variant;
		return true;
	}
	for (uint32_t v = 0; v < f->c->nr_variants; v++) {
		if (left_of(f, v) > most) {
			most = left_of(f, v);
			*variant = v;
		}
	}
	return most;
}

/* The lowest seed that some variant still has to run. */
static uint64_t first_not_done(const struct campaign *c, uint32_t scenario)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t v = 0; v < c->nr_variants; v++)
		least = min_u64(least, done_run_from(&campaign_cell(c, scenario, v)->done, c->feed_first));
	return c->feed_first + least;
}

void feeder_init(struct feeder *f, struct campaign *c)
{
	*f = (struct feeder){ .c = c, .start_ns = feeder_now() - c->spent_ns };
	f->next_seed = calloc(c->nr_scenarios, sizeof(*f->next_seed));
	f->handed = calloc(c->nr_variants, sizeof(*f->handed));
	if (!f->next_seed || !f->handed)
		abort();
	for (uint32_t i = 0; i < c->nr_scenarios; i++)
		f->next_seed[i] = first_not_done(c, i);
	if (!begin_round(f))
		f->stopped = !next_round(f);
}

static void cut_chunk(struct feeder *f, uint32_t variant, struct chunk *out)
{
	const struct campaign *c = f->c;
	uint64_t cost = run_cost(c, scenario_of(f));
	uint64_t count = cost ? min_u64(CHUNK_NS / cost + 1, MAX_CHUNK) : 1;

	/* Towards the end in smaller pieces, so that the jobs end together. */
	count = min_u64(count, left_of(f, variant) / (2 * c->nr_jobs) + 1);
	out->cell = campaign_cell(c, scenario_of(f), variant);
	out->first = f->round_first + f->handed[variant];
	count = min_u64(count, done_gap_from(&out->cell->done, out->first));
	out->count = count;
	f->handed[variant] += count;
}

bool feeder_next(struct feeder *f, const struct cell *now, struct chunk *out)
{
	uint32_t variant;
	bool any = false;

	pthread_mutex_lock(&f->c->lock);
	while (!f->stopped && !any) {
		any = choose_variant(f, now, &variant);
		if (any)
			cut_chunk(f, variant, out);
		else
			f->stopped = !next_round(f);
	}
	pthread_mutex_unlock(&f->c->lock);
	return any;
}

void feeder_done(struct feeder *f, const struct chunk *chunk, uint64_t ns)
{
	pthread_mutex_lock(&f->c->lock);
	chunk->cell->cost_ns += ns;
	chunk->cell->nr_timed += chunk->count;
	pthread_mutex_unlock(&f->c->lock);
}

void feeder_stop(struct feeder *f)
{
	pthread_mutex_lock(&f->c->lock);
	f->stopped = true;
	pthread_mutex_unlock(&f->c->lock);
}

/* Of all seeds: what each scenario's runs have cost so far, times those to come. */
static uint64_t seeds_time_left(const struct campaign *c)
{
	uint64_t left = 0, total = c->feed_last - c->feed_first + 1;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];
		uint64_t cost = run_cost(c, cell->scenario);

		if (cell->broken || cell->nr_runs >= total)
			continue;
		if (!cost)
			return UINT64_MAX;
		left += (total - cell->nr_runs) * cost;
	}
	return left / c->nr_jobs;
}

uint64_t feeder_time_left(struct feeder *f)
{
	uint64_t spent = feeder_now() - f->start_ns, left;

	pthread_mutex_lock(&f->c->lock);
	if (!f->c->time_ns)
		left = seeds_time_left(f->c);
	else
		left = spent < f->c->time_ns ? f->c->time_ns - spent : 0;
	pthread_mutex_unlock(&f->c->lock);
	return left;
}
