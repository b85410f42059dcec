/* SPDX-License-Identifier: GPL-2.0-only */
/* Pair states: numbers and names, and counting to three, in any order, against an array. */
#include <stdlib.h>

#include "sim/cmd/pair_set.h"
#include "sim/guest.h"
#include "sim/pair_names.h"
#include "sim/rng.h"
#include "tests/unit/test.h"

#define NR 5000u

static void test_codes(void)
{
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t previous = rng_mix(i) % PAIR_OPS, op = rng_mix(i + 1) % PAIR_OPS, state = i % PAIR_STATES;
		uint32_t code = pair_code(previous, op, state);

		EXPECT(code < PAIR_CODES);
		EXPECT_EQ(pair_previous(code), previous);
		EXPECT_EQ(pair_operation(code), op);
		EXPECT_EQ(pair_state(code), state);
	}
}

/* A store finds an operation by its name. */
static void test_names_are_unique(void)
{
	char a[64], b[64];
	uint32_t named = 0;

	for (uint32_t i = 0; i < PAIR_OPS; i++) {
		named += pair_op_name(i) != NULL;
		for (uint32_t j = 0; pair_op_name(i) && j < i; j++)
			if (pair_op_name(j))
				test_expect(strcmp(pair_op_name(i), pair_op_name(j)) != 0, __FILE__, __LINE__,
					    "%u and %u are both %s", i, j, pair_op_name(i));
	}
	EXPECT(named > 100);
	/* Whatever a runner may send has a name. */
	for (uint32_t i = 0; i <= OP_NR; i++)
		EXPECT(pair_op_name(i) != NULL);
	for (uint32_t i = PAIR_ENTRY; i <= PAIR_IOCTL; i++)
		EXPECT(pair_op_name(i) != NULL);
	for (uint32_t i = 0; pair_ioctls[i]; i++)
		EXPECT(pair_op_name(PAIR_IOCTL + 1 + i) != NULL);
	EXPECT(pair_op_name(PAIR_OTHER_EXIT) != NULL);
	EXPECT(!pair_op_name(PAIR_OPS - 1));
	for (uint32_t i = 0; i <= PAIR_NO_VCPU; i++)
		for (uint32_t j = 0; j < i; j++)
			EXPECT(strcmp(pair_state_name(i, a), pair_state_name(j, b)));
}

static void test_counts_to_three(void)
{
	struct pair_set s = { 0 };

	EXPECT_EQ(pair_set_get(&s, 7), 0);
	EXPECT_EQ(pair_set_add(&s, 7, 1), 0);
	EXPECT_EQ(pair_set_add(&s, 7, 1), 1);
	EXPECT_EQ(pair_set_add(&s, 0, 2), 0);
	EXPECT_EQ(pair_set_count(&s, 2), 2);
	EXPECT_EQ(pair_set_add(&s, 7, 9), 2);
	EXPECT_EQ(pair_set_get(&s, 7), PAIR_SET_MANY);
	EXPECT_EQ(pair_set_add(&s, 7, 1), PAIR_SET_MANY);
	EXPECT_EQ(s.nr, 2);
	pair_set_clear(&s);
	EXPECT_EQ(pair_set_get(&s, 7), 0);
	EXPECT_EQ(s.nr, 0);
	pair_set_free(&s);
}

static void test_against_an_array(void)
{
	static uint32_t runs[NR];
	struct pair_set s = { 0 };
	uint64_t count[4] = { 0 };

	for (uint32_t i = 0; i < 3 * NR / 2; i++) {
		uint32_t code = rng_mix(i) % NR;

		runs[code]++;
		pair_set_add(&s, code, 1);
	}
	for (uint32_t i = 0; i < NR; i++) {
		uint32_t want = runs[i] < 3 ? runs[i] : 3;

		EXPECT_EQ(pair_set_get(&s, i), want);
		count[want]++;
	}
	for (uint32_t k = 1; k < 4; k++)
		EXPECT_EQ(pair_set_count(&s, k), count[k]);
	EXPECT_EQ(s.nr, NR - count[0]);
	pair_set_free(&s);
}

TEST_MAIN(TEST(test_codes), TEST(test_names_are_unique), TEST(test_counts_to_three), TEST(test_against_an_array))
