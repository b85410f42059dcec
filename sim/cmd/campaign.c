/* SPDX-License-Identifier: GPL-2.0-only */
/* See campaign.h. */
#include "sim/cmd/campaign.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/feeder.h"
#include "sim/cmd/log.h"
#include "sim/cmd/plan.h"
#include "sim/cmd/store.h"
#include "sim/rng.h"

struct cell *campaign_canary(const struct campaign *c)
{
	return c->has_canary ? &c->cells[c->nr_cells] : NULL;
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
	snprintf(t.overrides, sizeof(t.overrides), "%s", c->overrides);
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
		snprintf(error, n, "the runner reads the scenario differently; was the file changed, "
			 "or the variant built from another commit?");
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

/* Line numbers differ between variants; functions are what buckets are named by. */
static const char *function_of(const char *site)
{
	const char *space = strchr(site, ' ');

	return space ? space + 1 : site;
}

void campaign_name_bucket(const struct campaign *c, const struct cell *cell, const struct divergence *d,
			  struct bucket *b)
{
	const struct variant *v = &c->variants[cell->variant];
	const char *function = function_of(d->site);

	b->kind = d->kind;
	b->known = known_match(&c->known, d, function, v->name, v->class, c->scenarios[cell->scenario].name);
	snprintf(b->function, sizeof(b->function), "%s", function);
	snprintf(b->first.check, sizeof(b->first.check), "%s", d->check);
}

bool campaign_same_cause(const struct bucket *a, const struct bucket *b)
{
	return a->kind == b->kind && !strcmp(a->function, b->function) && !strcmp(a->first.check, b->first.check);
}

bool campaign_same_bucket(const struct bucket *a, const struct bucket *b)
{
	return a->known == b->known && campaign_same_cause(a, b);
}

static struct bucket *find_bucket(const struct campaign *c, struct cell *cell, const struct divergence *d)
{
	struct bucket name, *b;

	campaign_name_bucket(c, cell, d, &name);
	for (b = cell->buckets; b < cell->buckets + cell->nr_buckets; b++)
		if (campaign_same_bucket(b, &name))
			return b;
	cell->buckets = realloc(cell->buckets, (cell->nr_buckets + 1) * sizeof(*b));
	if (!cell->buckets)
		abort();
	b = &cell->buckets[cell->nr_buckets++];
	memset(b, 0, sizeof(*b));
	campaign_name_bucket(c, cell, d, b);
	b->first_seed = UINT64_MAX;
	b->id = cell->nr_buckets - 1;
	return b;
}

void campaign_bucket_loaded(const struct campaign *c, struct cell *cell, const struct divergence *d,
			    uint64_t nr_runs, uint64_t first_seed)
{
	struct bucket *b = find_bucket(c, cell, d);

	/* Two that the store tells apart are one if known/ has changed. */
	if (first_seed < b->first_seed) {
		b->first_seed = first_seed;
		b->first = *d;
	}
	b->nr_runs += nr_runs;
}

/* A run counts once per kind and once per bucket, however often it diverged. */
static void record_divergences(const struct campaign *c, struct cell *cell, const struct run_result *r)
{
	uint32_t nr_done = 0, kinds = 0;
	uint32_t done[RUN_MAX_DIVERGENCES];

	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		const struct divergence *d = &r->divergence[i];
		struct bucket *b = find_bucket(c, cell, d);
		uint32_t index = b - cell->buckets, j = 0;

		if (d->kind < DIV_NR_KINDS && !(kinds & 1u << d->kind)) {
			kinds |= 1u << d->kind;
			cell->nr_kind[d->kind]++;
		}
		while (j < nr_done && done[j] != index)
			j++;
		if (j < nr_done)
			continue;
		done[nr_done++] = index;
		if (cell->pairs)
			pairs_add_hit(cell->pairs, r->seed, b->id);
		b->nr_runs++;
		if (r->seed < b->first_seed || b->nr_runs == 1) {
			b->first_seed = r->seed;
			b->first = *d;
		}
	}
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
	if (!known)
		fprintf(f, "%s\n", symbol);
	fclose(f);
}

static void add_failure(struct cell *cell, enum failure_kind kind, uint64_t seed, const char *text)
{
	struct failure *f;

	cell->failures = realloc(cell->failures, (cell->nr_failures + 1) * sizeof(*f));
	if (!cell->failures)
		abort();
	f = &cell->failures[cell->nr_failures++];
	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->seed = seed;
	snprintf(f->text, sizeof(f->text), "%s", text);
}

void campaign_record(struct campaign *c, struct cell *cell, const struct run_result *r)
{
	uint32_t nr_buckets;

	pthread_mutex_lock(&c->lock);
	nr_buckets = cell->nr_buckets;
	count_run(c, cell, r->seed, r->nr_events, r->virtual_ns);
	cell->nr_interrupts += r->nr_interrupts;
	cell->digest += rng_mix(r->digest ^ rng_mix(r->seed));
	if (r->end == RUN_LIMIT && (!cell->nr_ends[RUN_LIMIT] || r->seed < cell->first_limit))
		cell->first_limit = r->seed;
	cell->nr_ends[r->end]++;
	if (r->end == RUN_TRAPPED) {
		add_failure(cell, FAILURE_TRAPPED, r->seed, r->trap);
		if (c->store)
			store_fail(c->store, c, cell, FAILURE_TRAPPED, r->seed, r->trap);
		log_trap(c, cell, r->trap);
	}
	record_divergences(c, cell, r);
	if (cell->nr_buckets > nr_buckets && !cell->canary)
		c->last_bucket_ns = feeder_now();
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
	if (kind == FAILURE_DIED || kind == FAILURE_HUNG) {
		cell->nr_died++;
		count_run(c, cell, seed, 0, 0);
	}
	pthread_mutex_unlock(&c->lock);
}

static int by_kind(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = strcmp(x->first.check, y->first.check);
	if (!order)
		order = strcmp(x->function, y->function);
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
	[FAILURE_HUNG] = { "worker hung", "worker-hung" },
	[FAILURE_TRAPPED] = { "trapped", "trapped" },
	[FAILURE_DIFFERS] = { "digests differ", "differs" },
	[FAILURE_UNSTEADY] = { "died once, not again", "unsteady" },
};

void campaign_failure_loaded(struct cell *cell, const char *key, uint64_t seed, const char *text)
{
	for (uint32_t kind = 0; kind < sizeof(failure_names) / sizeof(failure_names[0]); kind++)
		if (!strcmp(failure_names[kind].key, key))
			add_failure(cell, kind, seed, text);
}

const char *failure_name(uint32_t kind)
{
	return failure_names[kind].name;
}

const char *failure_key(uint32_t kind)
{
	return failure_names[kind].key;
}
