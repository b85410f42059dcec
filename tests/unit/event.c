/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event queue, against the slowest implementation that could be right.
 */
#include "sim/event.h"

#include <errno.h>

#include "sim/rng.h"
#include "tests/unit/test.h"

/* The model: when each slot is due, and since which turn, which settles ties. */
enum { NR = 61 };
static uint64_t model_at[NR], model_seq[NR], model_turn;

static void model_set(uint32_t slot, uint64_t when)
{
	model_at[slot] = when;
	model_seq[slot] = model_turn++;
}

static void model_clear(void)
{
	for (uint32_t i = 0; i < NR; i++)
		model_at[i] = EVENT_NEVER;
}

/* NR: none is queued. */
static uint32_t model_first(uint32_t *nr)
{
	uint32_t first = NR;

	*nr = 0;
	for (uint32_t i = 0; i < NR; i++) {
		if (model_at[i] == EVENT_NEVER)
			continue;
		++*nr;
		if (first == NR || model_at[i] < model_at[first] ||
		    (model_at[i] == model_at[first] && model_seq[i] < model_seq[first]))
			first = i;
	}
	return first;
}

/* The same to both. */
static void any_change(struct event_queue *q, struct rng *r, uint32_t slot, uint32_t first)
{
	/* Few different times: many ties. The largest are close to the end of the clock. */
	uint64_t when = rng_one_in(r, 8) ? EVENT_NEVER - rng_below(r, 3) : rng_below(r, 16);

	switch (rng_below(r, 5)) {
	case 0:
		if (first == NR)
			return;
		event_pop(q);
		model_at[first] = EVENT_NEVER;
		return;
	case 1:
		event_remove(q, slot);
		model_at[slot] = EVENT_NEVER;
		return;
	case 2:
		if (first == NR || model_at[slot] != EVENT_NEVER || when == EVENT_NEVER)
			return;
		event_exchange(q, slot, when);
		model_at[first] = EVENT_NEVER;
		model_set(slot, when);
		return;
	default:
		event_set(q, slot, when);
		model_set(slot, when);
	}
}

static void test_against_model(void)
{
	static struct event_queue q;	/* static: there is no way to free one */
	struct rng r;

	EXPECT_EQ(-event_init(&q, 0), EINVAL);
	EXPECT_EQ(-event_init(&q, EVENT_NR_SLOTS + 1), EINVAL);
	EXPECT_EQ(event_init(&q, NR), 0);
	EXPECT_EQ(event_first_ns(&q), EVENT_NEVER);
	rng_init(&r, 1, 1, RNG_TIME);
	model_clear();
	for (uint32_t round = 0; round < 200000; round++) {
		uint32_t slot = rng_below(&r, NR), nr, first = model_first(&nr);

		EXPECT_EQ(q.nr, nr);
		EXPECT_EQ(event_first_ns(&q), first == NR ? EVENT_NEVER : model_at[first]);
		if (first != NR)
			EXPECT_EQ(event_first_slot(&q), first);
		any_change(&q, &r, slot, first);
		EXPECT_EQ(event_queued(&q, slot), model_at[slot] != EVENT_NEVER);
		if (rng_one_in(&r, 5000)) {
			event_clear(&q);
			model_clear();
		}
	}
}

TEST_MAIN(
	TEST(test_against_model),
)
