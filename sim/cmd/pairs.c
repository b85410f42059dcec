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

static void *grow(void *array, uint64_t nr, uint64_t *room, size_t bytes)
{
	if (nr < *room)
		return array;
	*room = *room ? 2 * *room : 256;
	return alloc_resize(array, *room, bytes);
}

static struct pair_run *new_run(struct pairs *p)
{
	p->run = grow(p->run, p->nr_runs, &p->room_runs, sizeof(*p->run));
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
	p->hit = grow(p->hit, p->nr_hits, &p->room_hits, sizeof(*p->hit));
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

const struct pair_hit *pairs_hits(const struct pairs *p, uint32_t bucket, uint64_t *nr)
{
	uint64_t low = 0, high = p->nr_hits, end;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (p->hit[mid].bucket < bucket)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < p->nr_hits && p->hit[end].bucket == bucket; end++)
		;
	*nr = end - low;
	return p->hit + low;
}

bool pairs_is_hit(const struct pairs *p, uint32_t bucket, uint64_t seed)
{
	struct pair_hit key = { seed, bucket };

	return p->nr_hits && bsearch(&key, p->hit, p->nr_hits, sizeof(*p->hit), by_bucket);
}
