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
	struct rng r;		/* one draw ahead */
	uint64_t next;
};
void rng_gaps_init(struct rng_gaps *g, uint64_t seed, uint32_t actor, enum rng_purpose purpose);
/* What rng_gap() of the stream would give. */
uint64_t rng_gaps_next(struct rng_gaps *g, uint64_t mean);

/* Index drawn by weight; @total is the sum of @weights and not 0. */
uint32_t rng_weighted(struct rng *r, const uint32_t *weights, uint32_t nr, uint32_t total);

#endif
