/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of comparisons, against values that others have published or that can be counted by hand. */
#include <math.h>

#include "sim/cmd/stats_mcnemar.h"
#include "sim/cmd/stats_survival.h"
#include "sim/cmd/stats_wilson.h"
#include "tests/unit/test.h"

#define EXPECT_NEAR(got, want, within) do {						\
	double got__ = (got), want__ = (want);						\
	test_expect(fabs(got__ - want__) <= (within), __FILE__, __LINE__, "%s is %.9g, not %.9g", #got, \
		    got__, want__);							\
} while (0)

static void test_mcnemar_by_hand(void)
{
	EXPECT_NEAR(stats_mcnemar(0, 0), 1, 0);
	EXPECT_NEAR(stats_mcnemar(7, 7), 1, 0);
	EXPECT_NEAR(stats_mcnemar(1, 0), 1, 1e-12);
	EXPECT_NEAR(stats_mcnemar(0, 5), 2.0 / 32, 1e-12);
	EXPECT_NEAR(stats_mcnemar(2, 10), 2.0 * (1 + 12 + 66) / 4096, 1e-12);
	EXPECT_NEAR(stats_mcnemar(10, 2), 2.0 * (1 + 12 + 66) / 4096, 1e-12);
	/* Three pairs, one the other way: 2 * (1 + 3) / 8. */
	EXPECT_NEAR(stats_mcnemar(1, 2), 1, 1e-12);
}

/* Against the sum of all terms, each from Pascal's triangle. */
static void test_mcnemar_all_small(void)
{
	double row[64] = { 1 };

	for (uint32_t n = 1; n < 64; n++) {
		double sum = 0;

		for (uint32_t i = n; i; i--)
			row[i] += row[i - 1];
		for (uint32_t k = 0; 2 * k < n; k++) {
			sum += row[k];
			EXPECT_NEAR(stats_mcnemar(k, n - k), fmin(1, 2 * sum / pow(2, n)), 1e-12);
		}
	}
}

/* The normal approximation, with the usual correction, is near for many pairs. */
static void test_mcnemar_many(void)
{
	EXPECT_NEAR(stats_mcnemar(499000, 501000), erfc(1999 / 1000.0 / sqrt(2)), 1e-4);
	EXPECT(stats_mcnemar(1000, 100000) < 1e-100);
	EXPECT(stats_mcnemar(0, 1000000) >= 0);
}

/* Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3. */
static void test_wilson_published(void)
{
	static const struct { uint64_t hits, n; double low, high; } rows[] = {
		{ 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0.0000, 0.1611 }, { 1, 29, 0.0061, 0.1718 },
	};
	double low, high;

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stats_wilson(rows[i].hits, rows[i].n, &low, &high);
		EXPECT_NEAR(low, rows[i].low, 0.00005);
		EXPECT_NEAR(high, rows[i].high, 0.00005);
	}
}

static void test_wilson_ends(void)
{
	double low, high;

	stats_wilson(0, 0, &low, &high);
	EXPECT(low == 0 && high == 1);
	stats_wilson(0, 1000, &low, &high);
	EXPECT(low == 0);
	EXPECT_NEAR(high, 0.003827, 0.000001);
	stats_wilson(20, 20, &low, &high);
	EXPECT_NEAR(low, 1 - 0.1611, 0.00005);
	EXPECT(high == 1);
}

/* Freireich and others, 1963, remission of leukemia: the example of most textbooks. */
static void test_survival_published(void)
{
	static const struct { uint64_t runs; double left; } curve[] = {
		{ 5, 1 }, { 6, 0.857 }, { 7, 0.807 }, { 10, 0.753 }, { 13, 0.690 }, { 16, 0.627 }, { 22, 0.538 },
		{ 23, 0.448 }, { 35, 0.448 },
	};
	struct stats_time treated[] = {
		{ 35, 1 }, { 6, 0 }, { 6, 1 }, { 6, 0 }, { 7, 0 }, { 9, 1 }, { 10, 0 }, { 10, 1 }, { 11, 1 }, { 13, 0 },
		{ 16, 0 }, { 17, 1 }, { 19, 1 }, { 20, 1 }, { 22, 0 }, { 23, 0 }, { 25, 1 }, { 32, 1 }, { 32, 1 },
		{ 34, 1 }, { 6, 0 },
	};
	struct stats_time placebo[] = {
		{ 1, 0 }, { 1, 0 }, { 2, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 4, 0 }, { 5, 0 }, { 5, 0 }, { 8, 0 }, { 8, 0 },
		{ 8, 0 }, { 8, 0 }, { 11, 0 }, { 11, 0 }, { 12, 0 }, { 12, 0 }, { 15, 0 }, { 17, 0 }, { 22, 0 }, { 23, 0 },
	};
	uint64_t median = 0;

	stats_survival_sort(treated, 21);
	for (uint32_t i = 0; i < sizeof(curve) / sizeof(curve[0]); i++)
		EXPECT_NEAR(stats_survival_at(treated, 21, curve[i].runs), curve[i].left, 0.0005);
	EXPECT(stats_survival_median(treated, 21, &median));
	EXPECT_EQ(median, 23);
	stats_survival_sort(placebo, 21);
	EXPECT(stats_survival_median(placebo, 21, &median));
	EXPECT_EQ(median, 8);
}

static void test_survival_censored(void)
{
	struct stats_time one = { 1000, true }, half[] = { { 10, 0 }, { 20, 0 }, { 20, 1 }, { 30, 1 } };
	uint64_t median = 0;

	EXPECT(!stats_survival_median(&one, 1, &median));
	EXPECT(!stats_survival_median(NULL, 0, &median));
	/* 3/4, then 2/3 of it: exactly a half, at 20. */
	stats_survival_sort(half, 4);
	EXPECT(stats_survival_median(half, 4, &median));
	EXPECT_EQ(median, 20);
}

TEST_MAIN(TEST(test_mcnemar_by_hand), TEST(test_mcnemar_all_small), TEST(test_mcnemar_many),
	  TEST(test_wilson_published), TEST(test_wilson_ends), TEST(test_survival_published),
	  TEST(test_survival_censored))
