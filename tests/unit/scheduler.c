/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: order, ties, and the clock.
 *
 * Sleeping and waking are in scheduler_sleep.c, callbacks and limits in
 * scheduler_limits.c, crashes, scheduling points and the hook in scheduler_hooks.c.
 * Does not test policies (tests/unit/policy.c), nor whole runs against each other
 * and large ones (tests/unit/determinism.c).
 */
#include "sim/scheduler.h"

#include <errno.h>

#include "sim/event.h"
#include "tests/unit/scheduler_actors.h"

/* ---- Order. */

static void test_init(void)
{
	EXPECT_EQ(-sched_init(0), EINVAL);
	EXPECT_EQ(-sched_init(EVENT_NR_SLOTS), EINVAL);
	EXPECT_EQ(sched_init(NR_ACTORS), 0);
	EXPECT_EQ(-sched_init(NR_ACTORS), EBUSY);
	EXPECT_EQ(sched_actor(NR_ACTORS - 1)->id, NR_ACTORS - 1);
}

static void test_nothing(void)
{
	begin(1, NULL);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(sched_now(), 0);
	EXPECT_EQ(sched_nr_events(), 0);
	EXPECT(sched_current() == NULL);
}

static void test_order(void)
{
	begin(1, NULL);
	spawn(0, 0, three_steps);
	spawn(1, 5, three_steps);
	EXPECT_STR(sched_actor(1)->name, "a1");
	EXPECT_EQ(sched_actor(1)->state, ACTOR_QUEUED);
	EXPECT_EQ(sched_actor(2)->state, ACTOR_NONE);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0s@0 1s@5 0s@10 0s@20 1s@25 0e@30 1s@45 1e@65");
	EXPECT_EQ(sched_actor(0)->state, ACTOR_DONE);
	EXPECT_EQ(sched_actor(1)->state, ACTOR_DONE);
	EXPECT_EQ(sched_nr_events(), 8);
	EXPECT_EQ(sched_now(), 65);
}

/* Ties go to the one that was queued first, be it in or out of the order of ids. */
static void test_ties(void)
{
	begin(1, NULL);
	spawn(2, 0, in_step);
	spawn(0, 0, in_step);
	spawn(1, 0, in_step);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "2s@0 0s@0 1s@0 2s@10 0s@10 1s@10 2s@20 0s@20 1s@20");
}

/* Not switching because nobody is earlier must not overtake somebody at the same time. */
static void test_tie_with_fast_path(void)
{
	begin(1, NULL);
	spawn(0, 5, waits_for_five);
	spawn(1, 0, waits_for_five);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1a@0 0a@5 1b@5 0b@10");
}

/* sched_advance(0) lets others at this time go first; alone, it comes back. */
static void yields(struct actor *self)
{
	int i;

	for (i = 0; i < 2; i++) {
		tell(self, 'y');
		sched_advance(0);
	}
}

static void test_yield(void)
{
	begin(1, NULL);
	spawn(0, 7, yields);
	spawn(1, 7, yields);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0y@7 1y@7 0y@7 1y@7");
	EXPECT_EQ(sched_nr_events(), 6);
}

static void test_spawn_from_actor(void)
{
	begin(1, NULL);
	spawn(0, 3, spawns_another);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@3 1s@3 0b@5 2a@12 1s@13 2b@17 1s@23");
}

/* A slot whose actor is done can be used again, and its random stream goes on. */
static void draws_once(struct actor *self)
{
	self->points_left = 1 + rng_below(&self->policy_rng, 1000);
}

static void test_spawn_again(void)
{
	uint64_t counter;

	begin(1, NULL);
	spawn(4, 0, draws_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	counter = sched_actor(4)->policy_rng.counter;
	EXPECT_EQ(counter, 1);
	spawn(4, 0, draws_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(sched_actor(4)->policy_rng.counter, 2);
}

/* ---- The clock. */

static uint64_t mirror;
static uint64_t nr_mirror_wrong;

static void watches_mirror(struct actor *self)
{
	int i;

	for (i = 0; i < 10; i++) {
		nr_mirror_wrong += mirror != sched_now();
		sched_advance(3 + self->id);
	}
}

static void test_clock_mirror(void)
{
	struct sched_limits limits = { .end_ns = 1000, .max_events = UINT64_MAX };

	begin(1, NULL);
	mirror = 77;
	sched_clock_mirror(&mirror);
	EXPECT_EQ(mirror, 0);
	spawn(0, 5, watches_mirror);
	spawn(1, 6, watches_mirror);
	spawn(2, 2000, watches_mirror);
	EXPECT_EQ(sched_run(&limits), SCHED_TIME);
	EXPECT_EQ(nr_mirror_wrong, 0);
	EXPECT_EQ(mirror, 1000);
	sched_reset(1, NULL);
	EXPECT_EQ(mirror, 0);
	sched_clock_mirror(NULL);
	spawn(0, 5, watches_mirror);
	run();
	EXPECT_EQ(mirror, 0);
	nr_mirror_wrong = 0;
}

/* A time behind the end of the clock never comes; it does not wrap around. */
static void sleeps_for_ever(struct actor *self)
{
	tell(self, 'a');
	sched_advance(UINT64_MAX - 2);
	tell(self, 'b');
}

static void test_end_of_clock(void)
{
	begin(1, NULL);
	spawn(0, 1, sleeps_for_ever);
	spawn(1, 2, sleeps_for_ever);
	spawn(2, 3, sleeps_for_ever);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@1 1a@2 2a@3 0b@18446744073709551614");
	EXPECT_EQ(sched_actor(1)->state, ACTOR_QUEUED);
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_nothing),
	TEST(test_order),
	TEST(test_ties),
	TEST(test_tie_with_fast_path),
	TEST(test_yield),
	TEST(test_spawn_from_actor),
	TEST(test_spawn_again),
	TEST(test_clock_mirror),
	TEST(test_end_of_clock),
)
