/* SPDX-License-Identifier: GPL-2.0-only */
/* Intervals of seeds: joining, refusing what is there, gaps, against a plain array. */
#include "sim/cmd/done.h"
#include "sim/rng.h"
#include "tests/unit/test.h"

static void test_joins(void)
{
	struct done d = { 0 };

	EXPECT(done_add(&d, 10, 5));
	EXPECT(done_add(&d, 20, 5));
	EXPECT_EQ(d.nr, 2);
	EXPECT(done_add(&d, 15, 5));
	EXPECT_EQ(d.nr, 1);
	EXPECT_EQ(d.item[0].first, 10);
	EXPECT_EQ(d.item[0].count, 15);
	EXPECT(done_add(&d, 9, 1));
	EXPECT(done_add(&d, 25, 1));
	EXPECT_EQ(d.nr, 1);
	EXPECT_EQ(d.item[0].count, 17);
	done_free(&d);
}

static void test_refuses_what_is_there(void)
{
	struct done d = { 0 };

	EXPECT(!done_add(&d, 3, 0));
	EXPECT(done_add(&d, 10, 5));
	EXPECT(!done_add(&d, 10, 5));
	EXPECT(!done_add(&d, 14, 1));
	EXPECT(!done_add(&d, 8, 3));
	EXPECT(!done_add(&d, 0, 100));
	EXPECT_EQ(d.nr, 1);
	EXPECT_EQ(d.item[0].count, 5);
	done_free(&d);
}

static void test_the_ends_of_the_range(void)
{
	struct done d = { 0 };

	EXPECT_EQ(done_gap_from(&d, 0), UINT64_MAX);
	EXPECT_EQ(done_run_from(&d, UINT64_MAX), 0);
	EXPECT(done_add(&d, UINT64_MAX - 1, 2));
	EXPECT(done_add(&d, 0, 1));
	EXPECT_EQ(done_run_from(&d, UINT64_MAX), 1);
	EXPECT_EQ(done_run_from(&d, 0), 1);
	EXPECT_EQ(done_gap_from(&d, 1), UINT64_MAX - 2);
	done_free(&d);
}

static void test_against_an_array(void)
{
	bool is[256] = { 0 };
	struct done d = { 0 };
	struct rng r;

	rng_init(&r, 1, 0, RNG_PROGRAM);
	for (int i = 0; i < 400; i++) {
		uint32_t first = rng_below(&r, 250), count = 1 + rng_below(&r, 6);
		bool clash = false;

		for (uint32_t s = first; s < first + count; s++)
			clash |= is[s];
		EXPECT_EQ(done_add(&d, first, count), !clash);
		for (uint32_t s = first; s < first + count && !clash; s++)
			is[s] = true;
	}
	for (uint32_t s = 0; s < 256; s++) {
		uint32_t run = 0, gap = 0;

		while (s + run < 256 && is[s + run])
			run++;
		while (s + gap < 256 && !is[s + gap])
			gap++;
		EXPECT_EQ(done_run_from(&d, s), run);
		EXPECT_EQ(done_gap_from(&d, s), s + gap == 256 ? UINT64_MAX : gap);
	}
	done_free(&d);
}

TEST_MAIN(TEST(test_joins), TEST(test_refuses_what_is_there), TEST(test_the_ends_of_the_range),
	  TEST(test_against_an_array))
