/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See feeder.h.
 *
 * Within a round each job stays with a variant while there is work, since changing
 * it means a new process, and only then helps the others.
 */
#include "sim/cmd/feeder.h"
#include "sim/cmd/monotonic.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"

#define CHUNK_NS 200000000ull	/* also how long Ctrl-C may take */
#define MAX_CHUNK 65536u
#define CANARY_BATCH 1024u	/* runs: a new process for less would cost more than they do */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t feeder_run_cost(const struct campaign *c, uint32_t scenario)
{
	uint64_t runs = 0, ns = 0;

	for (uint32_t v = 0; v < c->nr_variants; v++) {
		runs += campaign_cell(c, scenario, v)->nr_timed;
		ns += campaign_cell(c, scenario, v)->cost_ns;
	}
	return runs ? ns / runs + 1 : 0;
}

/* What is left of the round for @variant, beyond what a store has of it. */
static uint64_t left_of(const struct feeder *f, uint32_t variant)
{
	const struct cell *cell = campaign_cell(f->c, f->plan.scenario, variant);
	uint64_t *handed = &f->handed[variant], done;

	if (cell->broken)
		return 0;
	while ((done = done_run_from(&cell->done, f->plan.first + *handed)) && *handed < f->plan.count)
		*handed += min_u64(done, f->plan.count - *handed);
	return f->plan.count - *handed;
}

static bool round_begun(const struct feeder *f)
{
	bool any = false;

	for (uint32_t v = 0; v < f->c->nr_variants; v++) {
		left_of(f, v);
		any |= f->handed[v] != 0;
	}
	return any;
}

/* Is there not enough time left for half of this round? The first pass is for everybody. */
static bool time_is_over(const struct feeder *f)
{
	const struct campaign *c = f->c;
	uint64_t spent = monotonic_ns() - f->start_ns, cost;

	if (!c->time_ns || !f->plan.pass || round_begun(f))
		return false;
	cost = feeder_run_cost(c, f->plan.scenario) * f->plan.count * c->nr_variants / c->nr_jobs;
	return spent + cost / 2 >= c->time_ns;
}

/* --- Rounds. */
enum next { NEXT_ROUND, NEXT_WAIT, NEXT_NONE };

static enum next next_round(struct feeder *f)
{
	const struct campaign *c = f->c;
	bool first = f->plan.pass == UINT64_MAX, ends = !first && plan_ends_pass(&f->plan);
	uint32_t scenario = ends ? 0 : f->plan.scenario + 1;

	/* How long rounds of the second pass are follows from the runs of the first. */
	if (!first && f->plan.pass + ends == 1 && f->nr_out[scenario])
		return NEXT_WAIT;
	if (c->until_quiet && ends) {
		if (f->nr_all_out)
			return NEXT_WAIT;
		f->quiet = plan_quiet_runs(c, f->plan.pass) >= c->until_quiet;
		if (f->quiet)
			return NEXT_NONE;
	}
	if (!plan_next(&f->plan))
		return NEXT_NONE;
	memset(f->handed, 0, c->nr_variants * sizeof(*f->handed));
	return time_is_over(f) ? NEXT_NONE : NEXT_ROUND;
}

/* The variant to go on with: @now's, else the one with most left. */
static bool choose_variant(const struct feeder *f, const struct cell *now, uint32_t *variant)
{
	uint64_t most = 0;

	if (f->plan.pass == UINT64_MAX)
		return false;
	if (now && !now->canary && now->scenario == f->plan.scenario && left_of(f, now->variant)) {
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

static void cut_chunk(struct feeder *f, uint32_t variant, struct chunk *out)
{
	const struct campaign *c = f->c;
	uint64_t cost = feeder_run_cost(c, f->plan.scenario);
	uint64_t count = cost ? min_u64(CHUNK_NS / cost + 1, MAX_CHUNK) : 1;

	/* Towards the end in smaller pieces, so that the jobs end together. */
	count = min_u64(count, left_of(f, variant) / (2 * c->nr_jobs) + 1);
	out->cell = campaign_cell(c, f->plan.scenario, variant);
	out->first = f->plan.first + f->handed[variant];
	count = min_u64(count, done_gap_from(&out->cell->done, out->first));
	out->count = count;
	f->handed[variant] += count;
}

/* --- The canary. */

/* False: it has, so far, all that it should. @last: nothing else will come. */
static bool canary_chunk(struct feeder *f, bool last, struct chunk *out)
{
	struct cell *cell = campaign_canary(f->c);
	uint64_t first, total, owed, done;

	if (!cell || cell->broken)
		return false;
	campaign_canary_seeds(f->c, &first, &total);
	while ((done = done_run_from(&cell->done, first + f->canary_handed)))
		f->canary_handed += done;
	owed = last ? total : min_u64(total, f->c->nr_runs / CANARY_SHARE);
	if (owed < f->canary_handed + (last ? 1 : CANARY_BATCH))
		return false;
	out->cell = cell;
	out->first = first + f->canary_handed;
	out->count = min_u64(owed - f->canary_handed, CANARY_BATCH);
	out->count = min_u64(out->count, done_gap_from(&cell->done, out->first));
	f->canary_handed += out->count;
	return true;
}

/* --- */
void feeder_init(struct feeder *f, struct campaign *c)
{
	*f = (struct feeder){ .c = c, .start_ns = monotonic_ns() - c->spent_ns, .stopped = !c->nr_cells };
	plan_init(&f->plan, c);
	pthread_cond_init(&f->changed, NULL);
	f->handed = alloc_array(c->nr_variants, sizeof(*f->handed));
	f->nr_out = alloc_array(c->nr_scenarios + 1, sizeof(*f->nr_out));
}

void feeder_free(struct feeder *f)
{
	pthread_cond_destroy(&f->changed);
	free(f->handed);
	free(f->nr_out);
}

/* After the last round: what is still owed to the canary is known when all others are done. */
static enum next last_chunk(struct feeder *f, struct chunk *out)
{
	if (!campaign_canary(f->c))
		return NEXT_NONE;
	if (f->nr_all_out)
		return NEXT_WAIT;
	return canary_chunk(f, true, out) ? NEXT_ROUND : NEXT_NONE;
}

static enum next next_chunk(struct feeder *f, const struct cell *now, struct chunk *out)
{
	enum next next = NEXT_ROUND;
	uint32_t variant;

	if (canary_chunk(f, false, out))
		return NEXT_ROUND;
	while (!f->rounds_over && !choose_variant(f, now, &variant)) {
		next = next_round(f);
		if (next == NEXT_WAIT)
			return next;
		f->rounds_over = next == NEXT_NONE;
	}
	if (f->rounds_over)
		return last_chunk(f, out);
	cut_chunk(f, variant, out);
	return NEXT_ROUND;
}

bool feeder_next(struct feeder *f, const struct cell *now, struct chunk *out)
{
	enum next next = NEXT_NONE;

	pthread_mutex_lock(&f->c->lock);
	while (!f->stopped) {
		next = next_chunk(f, now, out);
		if (next != NEXT_WAIT)
			break;
		pthread_cond_wait(&f->changed, &f->c->lock);
	}
	if (f->stopped)
		next = NEXT_NONE;
	if (next == NEXT_ROUND) {
		f->nr_out[out->cell->scenario]++;
		f->nr_all_out++;
	}
	pthread_mutex_unlock(&f->c->lock);
	return next == NEXT_ROUND;
}

void feeder_done(struct feeder *f, const struct chunk *chunk, uint64_t ns)
{
	pthread_mutex_lock(&f->c->lock);
	if (ns) {
		chunk->cell->cost_ns += ns;
		chunk->cell->nr_timed += chunk->count;
	}
	f->nr_out[chunk->cell->scenario]--;
	f->nr_all_out--;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->c->lock);
}

void feeder_stop(struct feeder *f)
{
	pthread_mutex_lock(&f->c->lock);
	f->stopped = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->c->lock);
}

/* The mean cost of a run of those scenarios that have begun; 0: none has. */
static uint64_t mean_run_cost(const struct campaign *c)
{
	uint64_t sum = 0, nr = 0;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		uint64_t cost = feeder_run_cost(c, c->cells[i].scenario);

		sum += cost;
		nr += !!cost;
	}
	return nr ? sum / nr : 0;
}

/* Of all seeds: what each scenario's runs have cost so far, times those to come; the mean for those still to begin. */
static uint64_t seeds_time_left(const struct campaign *c)
{
	uint64_t left = 0, total = c->feed_last - c->feed_first + 1, mean = mean_run_cost(c);

	if (!mean)
		return UINT64_MAX;
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];
		uint64_t cost = feeder_run_cost(c, cell->scenario);

		if (!cell->broken && cell->nr_runs < total)
			left += (total - cell->nr_runs) * (cost ? cost : mean);
	}
	return left / c->nr_jobs;
}

uint64_t feeder_time_left(struct feeder *f)
{
	uint64_t spent = monotonic_ns() - f->start_ns, left;

	pthread_mutex_lock(&f->c->lock);
	if (f->c->time_ns)
		left = spent < f->c->time_ns ? f->c->time_ns - spent : 0;
	else
		left = f->c->until_quiet ? UINT64_MAX : seeds_time_left(f->c);
	pthread_mutex_unlock(&f->c->lock);
	return left;
}
