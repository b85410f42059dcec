/* SPDX-License-Identifier: GPL-2.0-only */
/* See examine.h. */
#include "sim/cmd/examine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/log.h"
#include "sim/cmd/repeat.h"
#include "sim/cmd/store.h"
#include "sim/cmd/supervisor.h"
#include "sim/cmd/verdict.h"

/* --- One bucket. */
static bool shows(const struct bucket *name, const struct divergence *d)
{
	char slice[SIGNATURE_BYTES];

	signature_slice(d, slice, sizeof(slice));
	return d->kind == name->kind && !strcmp(d->check, name->first.check) &&
	       !strcmp(signature_function(d->site), name->function) && !strcmp(slice, name->slice);
}

/* The first that shows it, or -1. */
static int32_t find(const struct bucket *name, const struct run_result *r)
{
	for (uint32_t i = 0; i < r->nr_recorded; i++)
		if (shows(name, &r->divergence[i]))
			return (int32_t)i;
	return -1;
}

static bool is(const struct bucket *name, enum host_check check)
{
	return !strcmp(name->first.check, host_checks[check].name);
}

/* A worker whose loss is the finding shows it by being lost again: of the same signal, or by not answering. */
static bool lost_again(const struct bucket *name, const struct runner *r, enum runner_status status)
{
	char how[128];

	if (status == RUNNER_HUNG)
		return is(name, HOST_CHECK_HUNG);
	if (status != RUNNER_DIED || !is(name, HOST_CHECK_DIED))
		return false;
	runner_end_text(r, status, how, sizeof(how));
	return strstr(name->first.text, how);
}

static uint32_t nr_replays(const struct bucket *b)
{
	return is(b, HOST_CHECK_HUNG) ? EXAMINE_HANGS : EXAMINE_REPLAYS;
}

static void replay_once(struct runner *r, uint64_t seed, struct bucket *b, struct run_result *result)
{
	static __thread struct wire_explanation why[RUN_MAX_DIVERGENCES];
	bool first = !b->replays++;
	enum runner_status status;
	int32_t i = -1;

	if (first) {
		status = runner_explain(r, seed, result, why);
	} else {
		runner_ask(r, "run 0x%llx 1", (unsigned long long)seed);
		status = runner_read_run(r, result);
	}
	if (!status)
		i = find(b, result);
	if (i >= 0 && first) {
		memcpy(b->trail, why[i].trail, sizeof(b->trail));
		memcpy(b->stack, why[i].stack, sizeof(b->stack));
	}
	b->replayed += i >= 0 || lost_again(b, r, status);
}

static void forget(struct bucket *b)
{
	b->replays = b->replayed = 0;
	b->trail[0] = b->stack[0] = '\0';
}

bool examine_run(const struct runner_spec *spec, uint64_t seed, struct bucket *b)
{
	struct runner *r = alloc_array(1, sizeof(*r));
	struct run_result *result = alloc_array(1, sizeof(*result));
	bool started = true;

	forget(b);
	for (uint32_t i = 0; i < nr_replays(b) && started; i++) {
		started = !supervisor_stopped() && !runner_start(r, spec);
		if (started)
			replay_once(r, seed, b, result);
		runner_stop(r);
	}
	if (!started)
		forget(b);
	free(result);
	free(r);
	return started;
}

/* --- All that are new. */
struct task {
	struct cell *cell;
	struct bucket *bucket;
};

struct work {
	struct campaign *c;
	struct task *task;
	uint32_t nr, next;
};

static bool is_new(const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	return !b->known && !b->follows && !verdict_expected(c, cell, b);
}

/* The one of the same cause on the same variant that has been, or is to be, examined. */
static const struct task *same_cause(const struct work *w, const struct cell *cell, const struct bucket *b)
{
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->task[i].cell->variant == cell->variant && campaign_same_bucket(w->task[i].bucket, b))
			return &w->task[i];
	return NULL;
}

static void add(struct work *w, struct cell *cell, struct bucket *b)
{
	w->task = alloc_grow(w->task, w->nr, sizeof(*w->task));
	w->task[w->nr++] = (struct task){ cell, b };
}

static int by_kind(const void *a, const void *b)
{
	const struct task *x = a, *y = b;
	int order = campaign_order_buckets(x->bucket, y->bucket);

	return order ? order : (x->cell > y->cell) - (x->cell < y->cell);
}

static void collect(struct work *w, bool examined)
{
	for (uint32_t i = 0; i < w->c->nr_cells; i++) {
		struct cell *cell = &w->c->cells[i];

		for (uint32_t j = 0; j < cell->nr_buckets; j++) {
			struct bucket *b = &cell->buckets[j];

			if (is_new(w->c, cell, b) && (b->replays > 0) == examined && !same_cause(w, cell, b))
				add(w, cell, b);
		}
	}
}

static void *examine_some(void *arg)
{
	struct work *w = arg;
	struct runner_spec spec;

	for (;;) {
		uint32_t i = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED);
		struct task *t = &w->task[i];

		if (i >= w->nr || supervisor_stopped())
			return NULL;
		if (t->bucket->replays)
			continue;
		repeat_spec(w->c, t->cell, &spec);
		if (examine_run(&spec, t->bucket->first_seed, t->bucket) && w->c->store)
			store_examined(w->c->store, w->c, t->cell, t->bucket);
	}
}

static void examine_all(struct work *w)
{
	pthread_t *threads = alloc_array(w->c->nr_jobs, sizeof(*threads));
	uint32_t nr = 0;

	while (nr < w->c->nr_jobs && !pthread_create(&threads[nr], NULL, examine_some, w))
		nr++;
	if (!nr)
		examine_some(w);
	while (nr)
		pthread_join(threads[--nr], NULL);
	free(threads);
}

uint32_t examine_campaign(struct campaign *c, uint32_t max)
{
	struct work w = { .c = c };
	uint32_t left = 0, all;

	collect(&w, true);
	collect(&w, false);
	if (w.nr)
		qsort(w.task, w.nr, sizeof(*w.task), by_kind);
	all = w.nr;
	w.nr = all < max ? all : max;
	examine_all(&w);
	for (uint32_t i = 0; i < all; i++)
		left += !w.task[i].bucket->replays;
	free(w.task);
	return left;
}
