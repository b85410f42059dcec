/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random streams: golden values, independence, and the shape of the distributions.
 *
 * The statistics are those of fixed seeds, so they cannot fail by chance; their
 * bounds are generous.  Does not judge the generator: SplitMix64 has been.
 */
#include <stdlib.h>

#include "sim/rng.h"
#include "tests/unit/test.h"

#define NR_DRAWS (1u << 18)

/*
 * If one of these changes, every token that anybody has kept names another run:
 * that takes a new token version, not new values here.
 */
static void test_golden(void)
{
	static const uint32_t weights[] = { 1, 0, 5, 10 };
	struct rng r;

	rng_init(&r, 0, 0, RNG_POLICY);
	EXPECT_EQ(rng_u64(&r), 0x6385db21fcdf744dull);
	EXPECT_EQ(rng_u64(&r), 0xaf8d9cf093e33b0dull);
	rng_init(&r, 0x123456789abcdef0ull, 4095, RNG_TARGET);
	EXPECT_EQ(rng_u64(&r), 0x8a55a67f6d79c923ull);
	EXPECT_EQ(rng_below(&r, 1000), 877);
	EXPECT_EQ(rng_range(&r, 100, 200000), 88544);
	EXPECT_EQ(rng_gap(&r, 1000), 339);
	EXPECT_EQ(rng_gap(&r, 16), 10);
	EXPECT_EQ(rng_gap(&r, 1ull << 40), 2564106956287ull);
	EXPECT_EQ(rng_weighted(&r, weights, 4, 16), 2);
	EXPECT_EQ(r.counter, 7);
}

/* Draw n of a stream depends on nothing but the stream and n. */
static void test_counter_based(void)
{
	struct rng a, b, other;
	uint32_t i;

	rng_init(&a, 7, 1, RNG_TIME);
	rng_init(&b, 7, 1, RNG_TIME);
	rng_init(&other, 7, 1, RNG_PROGRAM);
	for (i = 0; i < 1000; i++) {
		uint64_t want = rng_u64(&a);
		uint32_t extra = i % 3;

		while (extra--)
			rng_u64(&other);
		EXPECT_EQ(rng_u64(&b), want);
	}
	b.counter = 499;
	rng_init(&a, 7, 1, RNG_TIME);
	for (i = 0; i < 499; i++)
		rng_u64(&a);
	EXPECT_EQ(rng_u64(&a), rng_u64(&b));
}

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* No two streams of many near seeds and actors have the same key. */
static void test_keys_differ(void)
{
	static uint64_t keys[64 * 256 * RNG_NR_PURPOSES];
	uint32_t seed, actor, purpose, nr = 0, i;

	for (seed = 0; seed < 64; seed++) {
		for (actor = 0; actor < 256; actor++) {
			for (purpose = 0; purpose < RNG_NR_PURPOSES; purpose++) {
				struct rng r;

				rng_init(&r, seed, actor, purpose);
				EXPECT_EQ(r.counter, 0);
				keys[nr++] = r.key;
			}
		}
	}
	qsort(keys, nr, sizeof(keys[0]), compare_keys);
	for (i = 1; i < nr; i++)
		EXPECT(keys[i - 1] != keys[i]);
}

/* Flipping one input bit flips about half of the first draw's. */
static void test_avalanche(void)
{
	uint32_t bit, flipped = 0;

	for (bit = 0; bit < 64; bit++) {
		struct rng a, b;

		rng_init(&a, 42, 9, RNG_TIME);
		rng_init(&b, 42 ^ (1ull << bit), 9, RNG_TIME);
		flipped += __builtin_popcountll(rng_u64(&a) ^ rng_u64(&b));
	}
	EXPECT(flipped > 64 * 29 && flipped < 64 * 35);
}

/*
 * Chi-square times the expected count, in integers: with 255 degrees of freedom
 * 99.99 % of all fair samples lie below 347, and above 179.
 */
static uint64_t chi_square(const uint32_t *count, uint32_t nr_cells, uint32_t nr_draws)
{
	uint64_t expected = nr_draws / nr_cells, sum = 0;
	uint32_t i;

	for (i = 0; i < nr_cells; i++) {
		int64_t d = (int64_t)count[i] - (int64_t)expected;

		sum += (uint64_t)(d * d);
	}
	return sum / expected;
}

static void test_uniform_bytes(void)
{
	uint32_t shift, i;

	for (shift = 0; shift < 64; shift += 8) {
		uint32_t count[256] = { 0 };
		struct rng r;
		uint64_t chi;

		rng_init(&r, 1, shift, RNG_TARGET);
		for (i = 0; i < NR_DRAWS; i++)
			count[rng_u64(&r) >> shift & 0xff]++;
		chi = chi_square(count, 256, NR_DRAWS);
		EXPECT(chi > 179 && chi < 347);
	}
}

/* The first draws of many streams are as good as many draws of one. */
static void test_uniform_across_streams(void)
{
	uint32_t by_actor[256] = { 0 }, by_seed[256] = { 0 };
	uint64_t chi;
	struct rng r;
	uint32_t i;

	for (i = 0; i < NR_DRAWS; i++) {
		rng_init(&r, 5, i, RNG_POLICY);
		by_actor[rng_below(&r, 256)]++;
		rng_init(&r, i, 5, RNG_POLICY);
		by_seed[rng_below(&r, 256)]++;
	}
	chi = chi_square(by_actor, 256, NR_DRAWS);
	EXPECT(chi > 179 && chi < 347);
	chi = chi_square(by_seed, 256, NR_DRAWS);
	EXPECT(chi > 179 && chi < 347);
}

/* Neighbouring draws, as pairs of four bits each. */
static void test_pairs(void)
{
	uint32_t count[256] = { 0 };
	struct rng r;
	uint64_t chi;
	uint32_t i;

	rng_init(&r, 3, 3, RNG_OPTION);
	for (i = 0; i < NR_DRAWS; i++) {
		uint32_t first = rng_below(&r, 16);

		count[first * 16 + rng_below(&r, 16)]++;
	}
	chi = chi_square(count, 256, NR_DRAWS);
	EXPECT(chi > 179 && chi < 347);
}

/* 0 percent is never, and takes its place in the stream all the same. */
static void test_percent(void)
{
	struct rng r, s;
	uint32_t n = 0;

	rng_init(&r, 12, 0, RNG_TIME);
	s = r;
	for (uint32_t i = 0; i < 1000; i++) {
		EXPECT_EQ(rng_percent(&r, i % 101), rng_below(&s, 100) < i % 101);
		n += rng_percent(&r, 0);
		rng_u64(&s);
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(rng_u64(&r), rng_u64(&s));
}

static void test_below_and_range(void)
{
	bool seen_lo = false, seen_hi = false, seen_high_half = false;
	struct rng r;
	uint32_t i;

	rng_init(&r, 11, 0, RNG_TIME);
	for (i = 0; i < 10000; i++) {
		uint64_t x = rng_range(&r, 10, 19);

		EXPECT(x >= 10 && x <= 19);
		seen_lo |= x == 10;
		seen_hi |= x == 19;
		EXPECT(rng_below(&r, 7) < 7);
		EXPECT_EQ(rng_below(&r, 1), 0);
		EXPECT_EQ(rng_below(&r, 0), 0);
		EXPECT_EQ(rng_range(&r, 5, 5), 5);
		EXPECT(rng_range(&r, UINT64_MAX - 1, UINT64_MAX) >= UINT64_MAX - 1);
		seen_high_half |= rng_range(&r, 0, UINT64_MAX) >> 63;
	}
	EXPECT(seen_lo && seen_hi && seen_high_half);
}

static void test_one_in(void)
{
	uint32_t i, nr = 0;
	struct rng r;

	rng_init(&r, 11, 1, RNG_TIME);
	for (i = 0; i < NR_DRAWS; i++) {
		EXPECT(!rng_one_in(&r, 0));
		EXPECT(rng_one_in(&r, 1));
		nr += rng_one_in(&r, 64);
	}
	EXPECT(nr > NR_DRAWS / 64 * 95 / 100 && nr < NR_DRAWS / 64 * 105 / 100);
}

/* The mean is right within 1 %, for small means too, where rounding would show. */
static void test_gap_mean(void)
{
	static const uint64_t means[] = { 1, 2, 3, 4, 5, 8, 16, 100, 1000, 1000000, 1ull << 32 };
	uint32_t m, i;

	for (m = 0; m < sizeof(means) / sizeof(means[0]); m++) {
		uint64_t mean = means[m], sum = 0;
		struct rng r;

		rng_init(&r, 21, m, RNG_POLICY);
		for (i = 0; i < NR_DRAWS; i++) {
			uint64_t gap = rng_gap(&r, mean);

			EXPECT(gap >= 1);
			sum += gap;
		}
		test_expect(sum / NR_DRAWS * 100 + sum % NR_DRAWS * 100 / NR_DRAWS >= mean * 99 &&
			    sum / NR_DRAWS * 100 + sum % NR_DRAWS * 100 / NR_DRAWS <= mean * 101,
			    __FILE__, __LINE__, "mean %llu: sum of %u gaps is %llu",
			    (unsigned long long)mean, NR_DRAWS, (unsigned long long)sum);
	}
}

/* A stream of gaps gives those of the stream that it is made of, whatever the means. */
static void test_gaps_ahead(void)
{
	static const uint64_t means[] = { 1000, 0, 5, 1ull << 40, 1, 300 };
	struct rng_gaps ahead;
	struct rng r;

	rng_init(&r, 77, 3, RNG_TIME);
	rng_gaps_init(&ahead, 77, 3, RNG_TIME);
	for (uint32_t i = 0; i < 1000; i++) {
		struct rng_mean mean = rng_mean(means[i % 6]);

		EXPECT_EQ(rng_gaps_next(&ahead, &mean), rng_gap(&r, means[i % 6]));
	}
}

/* Geometric with mean 4: a quarter of all gaps is 1, of the others a quarter 2, ... */
static void test_gap_shape(void)
{
	uint32_t count[8] = { 0 };
	uint32_t left = NR_DRAWS;
	struct rng r;
	uint32_t i;

	rng_init(&r, 22, 0, RNG_POLICY);
	for (i = 0; i < NR_DRAWS; i++) {
		uint64_t gap = rng_gap(&r, 4);

		if (gap < 8)
			count[gap]++;
	}
	for (i = 1; i < 8; i++) {
		EXPECT(count[i] > left / 400 * 94 && count[i] < left / 400 * 106);
		left -= count[i];
	}
}

static void test_gap_extremes(void)
{
	struct rng r;
	uint32_t i;

	rng_init(&r, 23, 0, RNG_POLICY);
	for (i = 0; i < 10000; i++) {
		EXPECT_EQ(rng_gap(&r, 0), 1);
		EXPECT_EQ(rng_gap(&r, 1), 1);
		EXPECT(rng_gap(&r, UINT64_MAX) >= 1);
	}
	EXPECT_EQ(r.counter, 30000);
}

static void test_weighted(void)
{
	static const uint32_t weights[] = { 0, 1, 0, 3, 12, 0 };
	uint32_t count[6] = { 0 };
	struct rng r;
	uint32_t i;

	rng_init(&r, 24, 0, RNG_PROGRAM);
	for (i = 0; i < NR_DRAWS; i++)
		count[rng_weighted(&r, weights, 6, 16)]++;
	EXPECT_EQ(count[0] + count[2] + count[5], 0);
	for (i = 0; i < 6; i++) {
		uint32_t want = NR_DRAWS / 16 * weights[i];

		EXPECT(count[i] >= want / 100 * 97 && count[i] <= want / 100 * 103 + 200);
	}
}

TEST_MAIN(
	TEST(test_golden),
	TEST(test_counter_based),
	TEST(test_keys_differ),
	TEST(test_avalanche),
	TEST(test_uniform_bytes),
	TEST(test_uniform_across_streams),
	TEST(test_pairs),
	TEST(test_percent),
	TEST(test_below_and_range),
	TEST(test_one_in),
	TEST(test_gap_mean),
	TEST(test_gaps_ahead),
	TEST(test_gap_shape),
	TEST(test_gap_extremes),
	TEST(test_weighted),
)
