/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counter-based random numbers: draw n of a stream is a keyed function of
 * (seed, actor, purpose, n).  A draw added in one stream moves nothing in
 * another.  No floating point, no global state, no libc.
 */
#ifndef LAPICSIM_RNG_H
#define LAPICSIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t key;
	uint64_t counter;
};

/* What a stream is for: one per kind of decision. Append only: tokens depend on it. */
enum rng_purpose {
	RNG_POLICY,		/* delays at scheduling points */
	RNG_PROGRAM,		/* which guest operation comes next */
	RNG_TIME,		/* how long things take */
	RNG_TARGET,		/* destinations and vectors */
	RNG_OPTION,		/* per-run choices out of scenario ranges */
	RNG_SWARM,		/* the run's mix of actions, by swarm.c */
	RNG_TIMER,		/* the APIC timer: modes, vectors, how long */
	RNG_NR_PURPOSES,
};

void rng_init(struct rng *r, uint64_t seed, uint32_t actor, enum rng_purpose purpose);

static inline uint64_t rng_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static inline uint64_t rng_u64(struct rng *r)
{
	return rng_mix(r->key + ++r->counter * 0x9e3779b97f4a7c15ull);
}

/* Uniform in 0..n-1; @n of 0 gives 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return ((rng_u64(r) >> 32) * n) >> 32;
}

/* The same where there is often nothing to choose from: that costs no more than its place in the stream. */
static inline uint32_t rng_below_any(struct rng *r, uint32_t n)
{
	if (n <= 1) {
		r->counter++;
		return 0;
	}
	return rng_below(r, n);
}

/* True in @percent of 100 cases. 0 costs no more than its place in the stream. */
static inline bool rng_percent(struct rng *r, uint32_t percent)
{
	if (__builtin_expect(!percent, 1)) {
		r->counter++;
		return false;
	}
	return rng_below(r, 100) < percent;
}

/* Uniform in lo..hi, both included; @lo must not be above @hi. */
static inline uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi)
{
	uint64_t x = rng_u64(r);
	uint64_t span = hi - lo + 1;

	return span ? lo + (uint64_t)(((unsigned __int128)x * span) >> 64) : x;
}

static inline bool rng_one_in(struct rng *r, uint32_t n)
{
	return n && rng_below(r, n) == 0;
}

/* A gap with mean @mean, geometric in shape (integer arithmetic), at least 1: a mean of 0 or 1 gives 1. */
uint64_t rng_gap(struct rng *r, uint64_t mean);

/*
 * A stream of gaps and nothing else.  What is long about the next one is done while the
 * last one passes, since who goes first is not known before a gap is.
 */
struct rng_gaps {
	struct rng r;		/* two draws ahead */
	uint64_t drawn, next;	/* what the one after the next is made of; the next */
};
void rng_gaps_init(struct rng_gaps *g, uint64_t seed, uint32_t actor, enum rng_purpose purpose);

/* A mean, and what gaps are multiplied by for it: there is a division in that. */
struct rng_mean { uint64_t mean, scale; };
#define RNG_LONG_MEAN	0x10000000u	/* its scale has no 64 bits, and is 0 here as that of a mean of 0 or 1 is */
struct rng_mean rng_mean(uint64_t mean);
uint64_t rng_long_gap(uint64_t e, uint64_t mean);

#define RNG_LN_2	0xb17217f7ull	/* in 0.32 fixed point */

/*
 * -ln(u / 2^64) in 32.32 fixed point, for u uniform: an exponential with mean 1.
 *
 * The leading zeros are the integer part of -log2; log2(1 + f) of the mantissa
 * is f + f(1-f)(a - bf), with a and b such that the error stays near 0.001.  ln 2 is
 * shifted so that the upper half of the product is the result.
 */
static inline uint64_t rng_exponential(uint64_t u)
{
	uint64_t zeros = (uint64_t)__builtin_clzll(u | 1);
	uint64_t f = (u | 1) << zeros << 1 >> 32;
	uint64_t slope = 0x6ba5e354ull - ((0x2729947bull * f) >> 32);
	uint64_t rest = (uint32_t)-f;	/* 1 - f, but for an f of 0, where it does not count */
	uint64_t log2 = f + ((((f * rest) >> 32) * slope) >> 32);

	return (uint64_t)(((unsigned __int128)(((zeros + 1) << 32) - log2) * (RNG_LN_2 << 32)) >> 64);
}

/* What rng_gap() of the stream would give. Inline: an interrupt draws four. */
static inline uint64_t rng_gaps_next(struct rng_gaps *g, const struct rng_mean *m)
{
	uint64_t e = g->next;

	g->next = rng_exponential(g->drawn);
	g->drawn = rng_u64(&g->r);
	if (__builtin_expect(!m->scale, 0))
		return m->mean > 1 ? rng_long_gap(e, m->mean) : 1;
	return (uint64_t)(((unsigned __int128)m->scale * e) >> 64) + 1;
}

/* Index drawn by weight; @total is the sum of @weights and not 0. */
uint32_t rng_weighted(struct rng *r, const uint32_t *weights, uint32_t nr, uint32_t total);

#endif
