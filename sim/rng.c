/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random streams: keys, and the two distributions that are too long to inline.
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

#define LN_2	0xb17217f7ull	/* in 0.32 fixed point */

/*
 * -ln(u / 2^64) in 32.32 fixed point, for u uniform: an exponential with mean 1.
 *
 * The leading zeros are the integer part of -log2; log2(1 + f) of the mantissa
 * is f + f(1-f)(a - bf), with a and b such that the error stays near 0.001.  The
 * product with ln 2 is taken in two parts, each of which has 64 bits.
 */
static inline uint64_t rng_exponential(uint64_t u)
{
	uint32_t zeros = __builtin_clzll(u | 1);
	uint64_t f = (u | 1) << zeros << 1 >> 32;
	uint64_t slope = 0x6ba5e354ull - ((0x2729947bull * f) >> 32);
	uint64_t log2 = f + ((((f * (0x100000000ull - f)) >> 32) * slope) >> 32);

	return (zeros + 1) * LN_2 - ((log2 * LN_2 + 0xffffffffu) >> 32);
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
static __attribute__((noinline)) uint64_t long_gap(uint64_t e, uint64_t mean)
{
	unsigned __int128 scale = ((unsigned __int128)mean << 32) - 0x80000000u, gap;

	/* Two steps: scale * e may need more than 128 bits. */
	gap = ((scale >> 32) * e + (((scale & 0xffffffffu) * e) >> 32)) >> 32;
	return gap >= UINT64_MAX ? UINT64_MAX : (uint64_t)gap + 1;
}

/*
 * A scenario has few means, and the division in a scale takes longer than all the
 * rest: they are kept.  A mean of 0 or 1 has scale 0, as all slots have at first.
 */
static struct { uint64_t mean, scale; } kept[16];

static __attribute__((noinline)) uint64_t new_gap(uint64_t e, uint64_t mean, uint32_t slot)
{
	if (mean >= 0x10000000u)
		return long_gap(e, mean);
	kept[slot].mean = mean;
	kept[slot].scale = mean > 1 ? gap_scale(mean) : 0;
	return (uint64_t)(((unsigned __int128)kept[slot].scale * e) >> 64) + 1;
}

static inline uint64_t gap(uint64_t e, uint64_t mean)
{
	uint32_t slot = (uint32_t)mean * 0x9e3779b1u >> 28;

	if (__builtin_expect(kept[slot].mean != mean, 0))
		return new_gap(e, mean, slot);
	return (uint64_t)(((unsigned __int128)kept[slot].scale * e) >> 64) + 1;
}

uint64_t rng_gap(struct rng *r, uint64_t mean)
{
	return gap(rng_exponential(rng_u64(r)), mean);
}

void rng_gaps_init(struct rng_gaps *g, uint64_t seed, uint32_t actor, enum rng_purpose purpose)
{
	rng_init(&g->r, seed, actor, purpose);
	g->next = rng_exponential(rng_u64(&g->r));
}

uint64_t rng_gaps_next(struct rng_gaps *g, uint64_t mean)
{
	uint64_t e = g->next;

	g->next = rng_exponential(rng_u64(&g->r));
	return gap(e, mean);
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
