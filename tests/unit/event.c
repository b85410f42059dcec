/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event queue, against the slowest implementation that could be right.
 */
#include "sim/event.h"

#include <errno.h>

#include "sim/rng.h"
#include "tests/unit/test.h"

static void test_against_model(void)
{
	enum { NR = 61 };
	uint64_t at[NR], seq[NR], next_seq = 0;
	static struct event_queue q;	/* static: there is no way to free one */
	uint32_t round, i;
	struct rng r;

	EXPECT_EQ(-event_init(&q, 0), EINVAL);
	EXPECT_EQ(-event_init(&q, EVENT_NR_SLOTS + 1), EINVAL);
	EXPECT_EQ(event_init(&q, NR), 0);
	EXPECT_EQ(event_first_ns(&q), EVENT_NEVER);
	rng_init(&r, 1, 1, RNG_TIME);
	for (i = 0; i < NR; i++)
		at[i] = EVENT_NEVER;
	for (round = 0; round < 200000; round++) {
		uint32_t slot = rng_below(&r, NR), first = NR, nr = 0;
		/* Few different times: many ties. The largest are close to the end of the clock. */
		uint64_t when = rng_one_in(&r, 8) ? EVENT_NEVER - rng_below(&r, 3) : rng_below(&r, 16);

		for (i = 0; i < NR; i++) {
			nr += at[i] != EVENT_NEVER;
			if (at[i] != EVENT_NEVER && (first == NR || at[i] < at[first] ||
						     (at[i] == at[first] && seq[i] < seq[first])))
				first = i;
		}
		EXPECT_EQ(q.nr, nr);
		EXPECT_EQ(event_first_ns(&q), first == NR ? EVENT_NEVER : at[first]);
		if (first != NR)
			EXPECT_EQ(event_first_slot(&q), first);
		switch (rng_below(&r, 5)) {
		case 0:
			if (first == NR)
				continue;
			event_pop(&q);
			at[first] = EVENT_NEVER;
			break;
		case 1:
			event_remove(&q, slot);
			at[slot] = EVENT_NEVER;
			break;
		case 2:
			if (first == NR || at[slot] != EVENT_NEVER || when == EVENT_NEVER)
				continue;
			event_exchange(&q, slot, when);
			at[first] = EVENT_NEVER;
			at[slot] = when;
			seq[slot] = next_seq++;
			break;
		default:
			event_set(&q, slot, when);
			at[slot] = when;
			seq[slot] = next_seq++;
		}
		EXPECT_EQ(event_queued(&q, slot), at[slot] != EVENT_NEVER);
		if (rng_one_in(&r, 5000)) {
			event_clear(&q);
			for (i = 0; i < NR; i++)
				at[i] = EVENT_NEVER;
		}
	}
}

TEST_MAIN(
	TEST(test_against_model),
)
