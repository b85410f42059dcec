/* SPDX-License-Identifier: GPL-2.0-only */
/* See pairs.h. */
#include "sim/cmd/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"

struct pairs *pairs_new(void)
{
	struct pairs *p = alloc_array(1, sizeof(*p));

	return p;
}

void pairs_free(struct pairs *p)
{
	free(p->run);
	free(p->hit);
	memset(p, 0, sizeof(*p));
}

static struct pair_run *new_run(struct pairs *p)
{
	p->run = alloc_grow(p->run, p->nr_runs, sizeof(*p->run));
	return &p->run[p->nr_runs++];
}

void pairs_add_run(struct pairs *p, const struct run_result *r)
{
	struct pair_run *run = new_run(p);

	*run = (struct pair_run){ .seed = r->seed, .digest = r->digest, .order = r->order, .set = r->set,
				  .nr_events = r->nr_events, .nr_interrupts = r->nr_interrupts, .end = r->end };
	memcpy(run->counter, r->counter, sizeof(run->counter));
}

void pairs_add_stored(struct pairs *p, const struct pair_run *runs, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		*new_run(p) = runs[i];
}

void pairs_add_hit(struct pairs *p, uint64_t seed, uint32_t bucket)
{
	p->hit = alloc_grow(p->hit, p->nr_hits, sizeof(*p->hit));
	p->hit[p->nr_hits++] = (struct pair_hit){ seed, bucket };
}

static int by_seed(const void *a, const void *b)
{
	const struct pair_run *x = a, *y = b;

	return x->seed < y->seed ? -1 : x->seed > y->seed;
}

static int by_bucket(const void *a, const void *b)
{
	const struct pair_hit *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->seed < y->seed ? -1 : x->seed > y->seed;
}

void pairs_sort(struct pairs *p)
{
	if (p->nr_runs)
		qsort(p->run, p->nr_runs, sizeof(*p->run), by_seed);
	if (p->nr_hits)
		qsort(p->hit, p->nr_hits, sizeof(*p->hit), by_bucket);
}

const struct pair_run *pairs_run(const struct pairs *p, uint64_t seed)
{
	struct pair_run key = { .seed = seed };

	return p->nr_runs ? bsearch(&key, p->run, p->nr_runs, sizeof(*p->run), by_seed) : NULL;
}

bool pairs_is_hit(const struct pairs *p, uint32_t bucket, uint64_t seed)
{
	struct pair_hit key = { seed, bucket };

	return p->nr_hits && bsearch(&key, p->hit, p->nr_hits, sizeof(*p->hit), by_bucket);
}
