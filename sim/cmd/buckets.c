/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buckets: which divergences have one cause, and what is remembered of each.
 *
 * Everything is a sum, or belongs to the lowest seed or to the least event, so
 * that it depends neither on the order of runs nor on how they are spread.
 */
#include "sim/cmd/buckets.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/pairs.h"
#include "sim/scenario_expect.h"

bool campaign_expects(const struct campaign *c, const struct cell *cell, uint32_t kind)
{
	const struct scenario *s = &c->scenarios[cell->scenario];
	const char *class = c->variants[cell->variant].class;

	return scenario_mentions(s, class, kind) && scenario_expects(s, class, kind) != EXPECT_NEVER;
}

static void name_bucket(const struct campaign *c, const struct cell *cell, const struct divergence *d,
			struct bucket *b)
{
	const struct variant *v = &c->variants[cell->variant];

	memset(b, 0, sizeof(*b));
	b->kind = d->kind;
	snprintf(b->function, sizeof(b->function), "%s", signature_function(d->site));
	snprintf(b->first.check, sizeof(b->first.check), "%s", d->check);
	signature_slice(d, b->slice, sizeof(b->slice));
	b->known = known_match(&c->known, d, b->function, b->slice, v->name, v->class,
			       c->scenarios[cell->scenario].name);
	/* What is known has one name, its entry's. */
	if (b->known)
		b->slice[0] = '\0';
}

bool campaign_is_new(const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	return !b->known && !campaign_expects(c, cell, b->kind);
}

/* A dead host, and KVM's own alarm, are too serious to be a consequence, and their functions name them well. */
static bool may_follow(const struct bucket *b)
{
	return b->kind != DIV_HOST_BUG && b->kind != DIV_HOST_WARN && b->kind != DIV_HOST_CRASH;
}

static void name_follower(struct bucket *b)
{
	b->follows = true;
	snprintf(b->slice, sizeof(b->slice), "%s", SIGNATURE_FOLLOWS);
}

void campaign_name_buckets(const struct campaign *c, const struct cell *cell, const struct run_result *r,
			   struct bucket *names)
{
	const struct bucket *cause = NULL;

	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		struct bucket *b = &names[i];

		name_bucket(c, cell, &r->divergence[i], b);
		if (!campaign_is_new(c, cell, b))
			continue;
		if (!cause)
			cause = b;
		else if (may_follow(b) && !campaign_same_bucket(b, cause))
			name_follower(b);
	}
}

bool campaign_same_cause(const struct bucket *a, const struct bucket *b)
{
	return a->kind == b->kind && !strcmp(a->function, b->function) && !strcmp(a->first.check, b->first.check);
}

bool campaign_same_bucket(const struct bucket *a, const struct bucket *b)
{
	return a->known == b->known && !campaign_order_buckets(a, b);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = rng_mix(hash ^ (uint8_t)*text);
	return rng_mix(hash + 1);
}

uint64_t campaign_hash_bucket(const struct bucket *b)
{
	uint64_t hash = hash_text(b->kind + 256 * b->follows, b->function);

	hash = hash_text(hash_text(hash, b->first.check), b->slice);
	return hash_text(hash, b->known ? b->known->name : "");
}

int campaign_order_buckets(const struct bucket *a, const struct bucket *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = strcmp(a->first.check, b->first.check);
	if (!order)
		order = strcmp(a->function, b->function);
	if (!order)
		order = a->follows - b->follows;
	return order ? order : strcmp(a->slice, b->slice);
}

static struct bucket *find_bucket(struct cell *cell, const struct bucket *name)
{
	struct bucket *b;

	for (b = cell->buckets; b < cell->buckets + cell->nr_buckets; b++)
		if (campaign_same_bucket(b, name))
			return b;
	cell->buckets = alloc_grow(cell->buckets, cell->nr_buckets, sizeof(*b));
	b = &cell->buckets[cell->nr_buckets++];
	*b = *name;
	b->first_seed = b->cheap_event = UINT64_MAX;
	b->id = cell->nr_buckets - 1;
	return b;
}

static void note_cheap(struct bucket *b, uint64_t seed, uint64_t event)
{
	if (event > b->cheap_event || (event == b->cheap_event && seed > b->cheap_seed))
		return;
	b->cheap_seed = seed;
	b->cheap_event = event;
}

void campaign_bucket_loaded(const struct campaign *c, struct cell *cell, const struct bucket *loaded)
{
	struct bucket name, *b;

	name_bucket(c, cell, &loaded->first, &name);
	if (loaded->follows && campaign_is_new(c, cell, &name))
		name_follower(&name);
	/* Two that the store tells apart are one if known/ has changed. */
	b = find_bucket(cell, &name);
	if (loaded->replays && (!b->replays || loaded->first_seed < b->first_seed)) {
		b->replays = loaded->replays;
		b->replayed = loaded->replayed;
		memcpy(b->trail, loaded->trail, sizeof(b->trail));
		memcpy(b->stack, loaded->stack, sizeof(b->stack));
	}
	if (loaded->first_seed < b->first_seed) {
		b->first_seed = loaded->first_seed;
		b->first = loaded->first;
	}
	note_cheap(b, loaded->cheap_seed, loaded->cheap_event);
	b->nr_runs += loaded->nr_runs;
}

/* A run counts once per kind and once per bucket, however often it diverged. */
void buckets_record(const struct campaign *c, struct cell *cell, const struct run_result *r)
{
	struct bucket names[RUN_MAX_DIVERGENCES];
	uint32_t done[RUN_MAX_DIVERGENCES], nr_done = 0, kinds = 0;

	if (!r->nr_recorded)
		return;
	campaign_name_buckets(c, cell, r, names);
	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		struct bucket *b = find_bucket(cell, &names[i]);
		uint32_t index = b - cell->buckets, j = 0;

		if (b->kind < DIV_NR_KINDS && !(kinds & 1u << b->kind)) {
			kinds |= 1u << b->kind;
			cell->nr_kind[b->kind]++;
		}
		while (j < nr_done && done[j] != index)
			j++;
		if (j < nr_done)
			continue;
		done[nr_done++] = index;
		if (cell->pairs)
			pairs_add_hit(cell->pairs, r->seed, b->id);
		b->nr_runs++;
		note_cheap(b, r->seed, r->divergence[i].event);
		if (r->seed < b->first_seed || b->nr_runs == 1) {
			b->first_seed = r->seed;
			b->first = r->divergence[i];
		}
	}
}
