/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a chunk of runs brought, in memory, until store_commit() writes it.  Each
 * job has its own; no lock is needed.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/store.h"
#include "sim/rng.h"

void store_chunk_free(struct store_chunk *k)
{
	free(k->buckets);
	pairs_free(&k->single);
	pair_set_free(&k->pairs);
	memset(k, 0, sizeof(*k));
}

void store_chunk_start(struct store_chunk *k, uint64_t first)
{
	store_chunk_free(k);
	k->first = first;
}

static struct store_bucket *find_bucket(struct store_chunk *k, const struct bucket *name)
{
	struct store_bucket *b;

	for (b = k->buckets; b < k->buckets + k->nr_buckets; b++)
		if (campaign_same_bucket(&b->sum, name))
			return b;
	k->buckets = alloc_grow(k->buckets, k->nr_buckets, sizeof(*b));
	b = &k->buckets[k->nr_buckets++];
	memset(b, 0, sizeof(*b));
	b->sum = *name;
	return b;
}

/* A run counts once per bucket, however often it diverged: false if it has been counted. */
static bool note_divergence(struct store_bucket *b, uint64_t seed, const struct divergence *d)
{
	if (b->sum.nr_runs && b->last_seed == seed)
		return false;
	b->last_seed = seed;
	if (!b->sum.nr_runs++)
		b->sum.first_seed = seed;	/* seeds rise within a chunk */
	if (b->sum.nr_runs == 1 || d->event < b->sum.cheap_event) {
		b->sum.cheap_seed = seed;
		b->sum.cheap_event = d->event;
	}
	if (b->nr_kept < STORE_KEPT)
		b->kept[b->nr_kept++] = (struct store_find){ seed, *d };
	return true;
}

void store_chunk_run(struct store_chunk *k, const struct campaign *c, const struct cell *cell,
		     const struct run_result *r)
{
	struct bucket names[RUN_MAX_DIVERGENCES];
	bool single = c->store && cell->pairs;
	uint32_t kinds = 0;

	k->count++;
	if (single)
		pairs_add_run(&k->single, r);
	k->nr_events += r->nr_events;
	k->nr_interrupts += r->nr_interrupts;
	k->virtual_ns += r->virtual_ns;
	k->digest += rng_mix(r->digest ^ rng_mix(r->seed));
	if (run_inconclusive(r->end) &&
	    !(k->nr_ends[RUN_LIMIT] + k->nr_ends[RUN_TIMED_OUT] + k->nr_ends[RUN_NO_MEMORY]))
		k->first_limit = r->seed;
	k->nr_ends[r->end]++;
	k->nr_divergent += r->nr_divergences != 0;
	for (uint32_t i = 0; i < DEV_NR; i++) {
		k->nr_used[i] += r->deviations[i];
		k->nr_using[i] += r->deviations[i] != 0;
	}
	campaign_name_buckets(c, cell, r, names);
	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		struct store_bucket *b = find_bucket(k, &names[i]);

		if (note_divergence(b, r->seed, &r->divergence[i]) && single)
			pairs_add_hit(&k->single, r->seed, b - k->buckets);
		kinds |= 1u << r->divergence[i].kind;
	}
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		k->nr_kind[i] += kinds >> i & 1;
}

void store_chunk_pairs(struct store_chunk *k, const uint32_t *code, uint32_t nr)
{
	k->nr_sampled += nr != 0;
	k->nr_pairs += nr;
	for (uint32_t i = 0; i < nr; i++)
		pair_set_add(&k->pairs, code[i], 1);
}

void store_chunk_dead(struct store_chunk *k)
{
	k->count++;
}
