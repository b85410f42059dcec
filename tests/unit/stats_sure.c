/* SPDX-License-Identifier: GPL-2.0-only */
/* How sure a campaign may be: against closed forms, sums that are written out, published values and chance. */
#include <math.h>

#include "sim/cmd/stats_unseen.h"
#include "sim/cmd/stats_zero.h"
#include "sim/rng.h"
#include "tests/unit/test.h"

#define EXPECT_NEAR(got, want, within) do {						\
	double got__ = (got), want__ = (want);						\
	test_expect(fabs(got__ - want__) <= (within), __FILE__, __LINE__, "%s is %.9g, not %.9g", #got, \
		    got__, want__);							\
} while (0)

static void test_zero_bound(void)
{
	EXPECT_NEAR(stats_zero_bound(0), 1, 0);
	EXPECT_NEAR(stats_zero_bound(1), 0.95, 1e-12);
	EXPECT_NEAR(stats_zero_bound(59), 0.04950, 1e-4);
	/* The rule of three. */
	EXPECT_NEAR(stats_zero_bound(1000000) * 1000000, 2.9957, 1e-3);
	EXPECT(stats_zero_bound(1000000000000ull) > 0);
	for (uint64_t n = 1; n < 3000; n += 7)
		EXPECT_NEAR(pow(1 - stats_zero_bound(n), n), 0.05, 1e-9);
}

static void test_needed(void)
{
	EXPECT_EQ(stats_zero_needed(0.5, 0.05), 5);	/* 1/16 is too much, 1/32 is not */
	EXPECT_EQ(stats_zero_needed(0.05, 0.05), 59);
	EXPECT_EQ(stats_zero_needed(1, 0.05), 1);
	EXPECT_EQ(stats_zero_needed(0, 0.05), UINT64_MAX);
	for (double rate = 0.001; rate < 0.9; rate *= 1.37) {
		uint64_t n = stats_zero_needed(rate, 0.025);

		EXPECT(pow(1 - rate, n) <= 0.025 + 1e-12);
		EXPECT(pow(1 - rate, n - 1.0) > 0.025);
	}
}

static double tail_by_hand(uint64_t k, uint64_t n, double p)
{
	double sum = 0;

	for (uint64_t i = k; i <= n; i++)
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0)) * pow(p, i) * pow(1 - p, n - i);
	return sum;
}

static void test_clopper(void)
{
	EXPECT_NEAR(stats_clopper_low(0, 10, 0.025), 0, 0);
	EXPECT_NEAR(stats_clopper_low(10, 10, 0.025), pow(0.025, 0.1), 1e-12);
	EXPECT_NEAR(stats_clopper_low(1, 10, 0.025), 1 - pow(0.975, 0.1), 1e-12);
	/* Newcombe 1998, table I, the "exact" method: 81 of 263, 15 of 148, 1 of 29. */
	EXPECT_NEAR(stats_clopper_low(81, 263, 0.025), 0.2527, 5e-5);
	EXPECT_NEAR(stats_clopper_low(15, 148, 0.025), 0.0578, 5e-5);
	EXPECT_NEAR(stats_clopper_low(1, 29, 0.025), 0.0009, 5e-5);
	for (uint64_t n = 2; n < 60; n += 3)
		for (uint64_t k = 1; k < n; k++)
			EXPECT_NEAR(tail_by_hand(k, n, stats_clopper_low(k, n, 0.025)), 0.025, 1e-9);
	EXPECT_NEAR(stats_clopper_low(1000, 1000000000, 0.025) * 1e6, 0.9390, 1e-3);
}

/*
 * The claim "fixed at 95 %": something that happens at a rate r is seen in k of n
 * runs, and then not in as many as the lower limit of r asks for.  A variant that
 * still has it may pass in at most 5 % of such trials.
 */
static void test_fixed_is_wrong_in_at_most_5_percent(void)
{
	struct rng r;
	uint64_t wrong = 0, trials = 0;

	rng_init(&r, 7, 0, 0);
	for (uint32_t t = 0; t < 20000; t++) {
		uint32_t hits = 0, n = 300, rate_ppm = 2000 + 1000 * (t % 40);
		uint64_t needed, i;

		for (uint32_t j = 0; j < n; j++)
			hits += rng_below(&r, 1000000) < rate_ppm;
		if (!hits)
			continue;
		trials++;
		needed = stats_zero_needed(stats_clopper_low(hits, n, 0.025), 0.025);
		for (i = 0; i < needed && rng_below(&r, 1000000) >= rate_ppm; i++)
			;
		wrong += i == needed;
	}
	EXPECT(trials > 15000);
	EXPECT(wrong * 20 <= trials);
}

static void test_unseen_by_hand(void)
{
	EXPECT_NEAR(stats_good_turing(0, 0), 1, 0);
	EXPECT_NEAR(stats_good_turing(3, 60), 0.05, 1e-12);
	EXPECT_NEAR(stats_chao2(0, 5, 10), 0, 0);
	EXPECT_NEAR(stats_chao2(10, 4, 10), 0.9 * 10 * 9 / 10, 1e-12);
	EXPECT_NEAR(stats_chao2(5, 0, 0), 0, 0);
}

/* 1,000 states of which a run shows each with a probability of 1 %: what is unseen is known. */
static void test_unseen_by_chance(void)
{
	static uint8_t seen[1000];
	uint64_t f1 = 0, f2 = 0, all = 0, unseen = 0;
	struct rng r;

	rng_init(&r, 11, 0, 0);
	for (uint32_t run = 0; run < 100; run++)
		for (uint32_t s = 0; s < 1000; s++)
			seen[s] += rng_below(&r, 100) == 0;
	for (uint32_t s = 0; s < 1000; s++) {
		f1 += seen[s] == 1;
		f2 += seen[s] == 2;
		all += seen[s];
		unseen += !seen[s];
	}
	/* All states are alike, so the share of unseen ones is the probability of meeting one. */
	EXPECT_NEAR(stats_good_turing(f1, all), unseen / 1000.0, 0.05);
	EXPECT_NEAR(stats_chao2(f1, f2, 100), unseen, 60);
}

TEST_MAIN(TEST(test_zero_bound), TEST(test_needed), TEST(test_clopper),
	  TEST(test_fixed_is_wrong_in_at_most_5_percent), TEST(test_unseen_by_hand), TEST(test_unseen_by_chance))
