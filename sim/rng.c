/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random streams: keys, and the distributions that are too long to inline.
 *
 * Everything is integer arithmetic, so that a stream is the same on any machine
 * and at any optimisation level.  Does not hold any state: see struct rng.
 *
 * tests/unit/rng.c has golden values: tokens depend on every bit here.
 */
#include "sim/rng.h"

/*
 * The three inputs go through the mixer one after the other, so that streams
 * whose inputs differ in one bit have keys that have nothing in common; the
 * draws of one key are those of SplitMix64.
 */
void rng_init(struct rng *r, uint64_t seed, uint32_t actor, enum rng_purpose purpose)
{
	uint64_t key = rng_mix(seed + 0x9e3779b97f4a7c15ull);

	key = rng_mix(key ^ (actor + 0x3c6ef372fe94f82bull));
	r->key = rng_mix(key ^ ((uint64_t)purpose + 0xdaa66d2c7ddf743full));
	r->counter = 0;
}

/*
 * One more than the whole part of an exponential is geometric. For the mean to be
 * @mean the exponential's must be 1/ln(mean/(mean-1)), of which
 * mean - 1/2 - 1/(12 mean - 6) is a good approximation from 2 on; in 32.32 fixed
 * point, for a @mean below 2^28.
 */
static uint64_t gap_scale(uint64_t mean)
{
	return (mean << 32) - 0x80000000u - 0x100000000ull / (12 * mean - 6);
}

/* A mean so long that its scale needs more than 64 bits, and the last term is too small to matter. */
uint64_t rng_long_gap(uint64_t e, uint64_t mean)
{
	unsigned __int128 scale = ((unsigned __int128)mean << 32) - 0x80000000u, gap;

	/* Two steps: scale * e may need more than 128 bits. */
	gap = ((scale >> 32) * e + (((scale & 0xffffffffu) * e) >> 32)) >> 32;
	return gap >= UINT64_MAX ? UINT64_MAX : (uint64_t)gap + 1;
}

struct rng_mean rng_mean(uint64_t mean)
{
	return (struct rng_mean){ mean, mean > 1 && mean < RNG_LONG_MEAN ? gap_scale(mean) : 0 };
}

/*
 * A scenario has few means, and the division in a scale takes longer than all the
 * rest: they are kept.  A mean of 0 or 1 has scale 0, as all slots have at first.
 */
static struct rng_mean kept[16];

static __attribute__((noinline)) uint64_t new_gap(uint64_t e, uint64_t mean, uint32_t slot)
{
	if (mean >= RNG_LONG_MEAN)
		return rng_long_gap(e, mean);
	kept[slot] = rng_mean(mean);
	return (uint64_t)(((unsigned __int128)kept[slot].scale * e) >> 64) + 1;
}

uint64_t rng_gap(struct rng *r, uint64_t mean)
{
	uint32_t slot = (uint32_t)mean * 0x9e3779b1u >> 28;
	uint64_t e = rng_exponential(rng_u64(r));

	if (__builtin_expect(kept[slot].mean != mean, 0))
		return new_gap(e, mean, slot);
	return (uint64_t)(((unsigned __int128)kept[slot].scale * e) >> 64) + 1;
}

void rng_gaps_init(struct rng_gaps *g, uint64_t seed, uint32_t actor, enum rng_purpose purpose)
{
	rng_init(&g->r, seed, actor, purpose);
	g->next = rng_exponential(rng_u64(&g->r));
	g->drawn = rng_u64(&g->r);
}

uint32_t rng_weighted(struct rng *r, const uint32_t *weights, uint32_t nr, uint32_t total)
{
	uint32_t x = rng_below(r, total);
	uint32_t i;

	for (i = 0; i + 1 < nr; i++) {
		if (x < weights[i])
			break;
		x -= weights[i];
	}
	return i;
}
