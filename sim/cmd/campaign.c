/* SPDX-License-Identifier: GPL-2.0-only */
/* See campaign.h. */
#include "sim/cmd/campaign.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/buckets.h"
#include "sim/cmd/log.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/plan.h"
#include "sim/cmd/store.h"
#include "sim/rng.h"

uint64_t campaign_nr_inconclusive(const struct cell *cell)
{
	return cell->nr_ends[RUN_LIMIT] + cell->nr_ends[RUN_TIMED_OUT] + cell->nr_ends[RUN_NO_MEMORY];
}

struct cell *campaign_canary(const struct campaign *c)
{
	return c->has_canary ? &c->cells[c->nr_cells] : NULL;
}

const char *campaign_overrides(const struct campaign *c, const struct cell *cell)
{
	return cell->canary ? "" : c->overrides;
}

static uint64_t canary_share(const struct campaign *c, uint64_t seed)
{
	return (uint64_t)((unsigned __int128)(seed - c->first_seed) * c->nr_cells / CANARY_SHARE);
}

void campaign_canary_seeds(const struct campaign *c, uint64_t *first, uint64_t *total)
{
	*first = c->first_seed + canary_share(c, c->feed_first);
	if (c->time_ns || c->until_quiet)
		*total = c->nr_runs / CANARY_SHARE;
	else
		*total = canary_share(c, c->feed_last + 1) - canary_share(c, c->feed_first);
}

/* The plan goes by the first runs; see sim/cmd/plan.h. */
static void count_run(struct campaign *c, struct cell *cell, uint64_t seed, uint64_t nr_events, uint64_t virtual_ns)
{
	cell->nr_runs++;
	cell->nr_events += nr_events;
	cell->virtual_ns += virtual_ns;
	if (seed - c->feed_first < PLAN_FIRST_SEEDS) {
		cell->first_runs++;
		cell->first_events += nr_events;
	}
	if (cell->canary)
		return;
	c->nr_runs++;
	c->nr_events += nr_events;
	c->virtual_ns += virtual_ns;
}

uint64_t campaign_run_number(const struct campaign *c, uint64_t seed)
{
	return seed - c->first_seed + 1;
}

/* By the seed alone: the same seeds are repeated whatever the jobs, the variant and the range. */
bool campaign_repeats(const struct campaign *c, uint64_t seed)
{
	if (!c->replay_share)
		return false;
	return seed == c->first_seed || rng_mix(seed + 0x7265706c61790000ull) % 100 < c->replay_share;
}

void campaign_token(const struct campaign *c, const struct cell *cell, uint64_t seed, char *buf, size_t n)
{
	const struct scenario *s = &c->scenarios[cell->scenario];
	const struct variant *v = &c->variants[cell->variant];
	struct token t = { .scenario_hash = s->hash, .seed = seed };

	snprintf(t.scenario, sizeof(t.scenario), "%s", s->name);
	snprintf(t.variant, sizeof(t.variant), "%s", v->name);
	snprintf(t.identity, sizeof(t.identity), "%s", v->identity);
	snprintf(t.overrides, sizeof(t.overrides), "%s", campaign_overrides(c, cell));
	if (token_format(&t, buf, n) < 0)
		snprintf(buf, n, "(no token: %s on %s seed 0x%llx)", s->name, v->name, (unsigned long long)seed);
}

int campaign_ready(struct campaign *c, struct cell *cell, const char *identity, const char *class,
		   uint32_t scenario_hash, char *error, size_t n)
{
	struct variant *v = &c->variants[cell->variant];
	int err = 0;

	pthread_mutex_lock(&c->lock);
	if (scenario_hash != c->scenarios[cell->scenario].hash) {
		snprintf(error, n, "the runner reads the scenario differently: the file was changed, or the variant built "
			 "from another commit; lapicsim variant add %s --like %s builds it anew", v->name, v->name);
		err = -1;
	} else if (v->identity[0] && strcmp(v->identity, identity)) {
		snprintf(error, n, "the variant was built again meanwhile: identity %s was %s", identity,
			 v->identity);
		err = -1;
	} else if (!v->identity[0]) {
		/* Once: other jobs read it without the lock after they have been here. */
		snprintf(v->identity, sizeof(v->identity), "%s", identity);
		snprintf(v->class, sizeof(v->class), "%s", class);
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

/* "variant show" prints these; the file is a set of lines. */
static void log_trap(const struct campaign *c, const struct cell *cell, const char *symbol)
{
	char path[2 * CMD_PATH_MAX], line[128];
	bool known = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/variants/%s/traps.log", paths_build(), c->variants[cell->variant].name);
	f = fopen(path, "a+e");
	if (!f) {
		log_line("%s: %s", path, strerror(errno));
		return;
	}
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		known |= !strcmp(line, symbol);
	}
	if (!known && !fseek(f, 0, SEEK_END))
		fprintf(f, "%s\n", symbol);
	fclose(f);
}

static void add_failure(struct cell *cell, enum failure_kind kind, uint64_t seed, const char *text)
{
	struct failure *f;

	cell->failures = alloc_grow(cell->failures, cell->nr_failures, sizeof(*f));
	f = &cell->failures[cell->nr_failures++];
	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->seed = seed;
	snprintf(f->text, sizeof(f->text), "%s", text);
}

/* What the run brought that its cell did not have, from bucket @first on. */
static void note_buckets(struct campaign *c, const struct cell *cell, uint32_t first)
{
	c->last_bucket_ns = monotonic_ns();
	for (uint32_t i = first; i < cell->nr_buckets; i++)
		if (campaign_is_new(c, cell, &cell->buckets[i]) && !cell->buckets[i].follows)
			c->last_new_ns = c->last_bucket_ns;
}

void campaign_record(struct campaign *c, struct cell *cell, const struct run_result *r)
{
	uint32_t nr_buckets;

	pthread_mutex_lock(&c->lock);
	nr_buckets = cell->nr_buckets;
	count_run(c, cell, r->seed, r->nr_events, r->virtual_ns);
	cell->nr_interrupts += r->nr_interrupts;
	cell->digest += rng_mix(r->digest ^ rng_mix(r->seed));
	if (run_inconclusive(r->end) && (!campaign_nr_inconclusive(cell) || r->seed < cell->first_limit))
		cell->first_limit = r->seed;
	cell->nr_ends[r->end]++;
	if (r->end == RUN_TRAPPED) {
		add_failure(cell, FAILURE_TRAPPED, r->seed, r->trap);
		if (c->store)
			store_fail(c->store, c, cell, FAILURE_TRAPPED, r->seed, r->trap);
		log_trap(c, cell, r->trap);
	}
	buckets_record(c, cell, r);
	if (cell->nr_buckets > nr_buckets && !cell->canary)
		note_buckets(c, cell, nr_buckets);
	if (cell->pairs)
		pairs_add_run(cell->pairs, r);
	for (uint32_t i = 0; i < DEV_NR; i++) {
		cell->nr_used[i] += r->deviations[i];
		cell->nr_using[i] += r->deviations[i] != 0;
	}
	cell->nr_divergent += r->nr_divergences != 0;
	c->nr_divergent += r->nr_divergences && !cell->canary;
	pthread_mutex_unlock(&c->lock);
}

void campaign_record_pairs(struct campaign *c, struct cell *cell, const uint32_t *code, uint32_t nr)
{
	if (!nr || cell->canary)
		return;
	pthread_mutex_lock(&c->lock);
	cell->nr_sampled++;
	cell->nr_pairs += nr;
	for (uint32_t i = 0; i < nr; i++)
		pair_set_add(&cell->pair_states, code[i], 1);
	pthread_mutex_unlock(&c->lock);
}

void campaign_fail(struct campaign *c, struct cell *cell, enum failure_kind kind, uint64_t seed,
		   const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&c->lock);
	/* All jobs meet the same obstacle; once is enough. */
	if (kind != FAILURE_SETUP || !cell->broken) {
		add_failure(cell, kind, seed, text);
		log_line("%s on %s: %s%s%s", c->scenarios[cell->scenario].name,
			 c->variants[cell->variant].name, failure_name(kind), *text ? ": " : "", text);
		/* What could not be built may be buildable the next time. */
		if (c->store && kind != FAILURE_SETUP)
			store_fail(c->store, c, cell, kind, seed, text);
	}
	cell->broken |= kind == FAILURE_SETUP;
	if (kind == FAILURE_DIED || kind == FAILURE_MEMORY) {
		cell->nr_died++;
		count_run(c, cell, seed, 0, 0);
	}
	pthread_mutex_unlock(&c->lock);
}

static int by_kind(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;
	int order = campaign_order_buckets(x, y);

	return order ? order : (x->known > y->known) - (x->known < y->known);
}

static int by_failure(const void *a, const void *b)
{
	const struct failure *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->seed < y->seed ? -1 : x->seed > y->seed;
}

void campaign_sort(struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		struct cell *cell = &c->cells[i];

		if (cell->nr_buckets)
			qsort(cell->buckets, cell->nr_buckets, sizeof(*cell->buckets), by_kind);
		if (cell->nr_failures)
			qsort(cell->failures, cell->nr_failures, sizeof(*cell->failures), by_failure);
	}
}

static const struct {
	const char *name, *key;
} failure_names[] = {
	[FAILURE_SETUP] = { "not built", "setup" },
	[FAILURE_DIED] = { "worker died", "worker-died" },
	[FAILURE_MEMORY] = { "out of memory", "out-of-memory" },
	[FAILURE_TRAPPED] = { "trapped", "trapped" },
	[FAILURE_DIFFERS] = { "digests differ", "differs" },
	[FAILURE_UNSTEADY] = { "died once, not again", "unsteady" },
};

void campaign_failure_loaded(struct cell *cell, const char *key, uint64_t seed, const char *text)
{
	uint32_t kind = 0;

	while (kind < sizeof(failure_names) / sizeof(failure_names[0]) && strcmp(failure_names[kind].key, key))
		kind++;
	/* One that has another name by now is one all the same: "worker-hung", up to version 2. */
	add_failure(cell, kind < sizeof(failure_names) / sizeof(failure_names[0]) ? kind : FAILURE_DIED, seed, text);
}

const char *failure_name(uint32_t kind)
{
	return failure_names[kind].name;
}

const char *failure_key(uint32_t kind)
{
	return failure_names[kind].key;
}
