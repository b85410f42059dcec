/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: blocking, waking, interruptible sleeps, and their races.
 */
#include "sim/scheduler.h"

#include "tests/unit/scheduler_actors.h"

static void test_init(void)
{
	EXPECT_EQ(sched_init(NR_ACTORS), 0);
}

/* ---- Blocking and waking. */

static bool last_result;
static uint64_t block_until;

static void blocks_once(struct actor *self)
{
	tell(self, 'b');
	last_result = sched_block(block_until);
	tell(self, last_result ? 'w' : 't');
}

static void wakes_zero(struct actor *self)
{
	tell(self, 'W');
	sched_wake(0);
	sched_advance(1);
	tell(self, 'e');
}

static void test_block_and_wake(void)
{
	begin(1, NULL);
	block_until = UINT64_MAX;
	spawn(0, 0, blocks_once);
	spawn(1, 50, wakes_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 1W@50 0w@50 1e@51");
}

static void test_block_for_ever(void)
{
	begin(1, NULL);
	block_until = UINT64_MAX;
	spawn(0, 4, blocks_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(sched_actor(0)->state, ACTOR_BLOCKED);
	/* From the main stack, between two runs. */
	sched_wake(0);
	EXPECT_EQ(sched_actor(0)->state, ACTOR_QUEUED);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@4 0w@4");
}

static void test_block_timeout(void)
{
	begin(1, NULL);
	block_until = 30;
	spawn(0, 0, blocks_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 0t@30");
	/* A timeout that has passed is now, and does not turn the clock back. */
	begin(1, NULL);
	spawn(0, 40, blocks_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@40 0t@40");
}

/* Timeout and wake-up at the same ns: what was queued first counts, and only once. */
static void test_wake_races_timeout(void)
{
	begin(1, NULL);
	block_until = 50;
	spawn(1, 50, wakes_zero);
	spawn(0, 0, blocks_once);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 1W@50 0w@50 1e@51");
	EXPECT(!sched_actor(0)->wake_pending);
	/* The actor of the other order: the timeout has been queued before the waker. */
	begin(1, NULL);
	spawn(0, 0, blocks_once);
	spawn(2, 10, spawns_another);
	run();
	begin(1, NULL);
	spawn(0, 0, blocks_once);
	sched_run(&(struct sched_limits){ .end_ns = 10, .max_events = UINT64_MAX });
	spawn(1, 50, wakes_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 0t@50 1W@50 1e@51");
	EXPECT(!sched_actor(0)->wake_pending);
}

/* A wake-up that comes too early is remembered, but not counted. */
static void blocks_later(struct actor *self)
{
	uint64_t before;

	sched_advance(100);
	tell(self, 'b');
	before = sched_nr_events();
	EXPECT(sched_block(UINT64_MAX));
	EXPECT_EQ(sched_nr_events(), before + 1);
	tell(self, 'w');
	EXPECT(!sched_block(200));
	tell(self, 't');
}

static void wakes_zero_twice(struct actor *self)
{
	sched_wake(0);
	sched_wake(0);
	tell(self, 'W');
}

static void test_wake_is_remembered_once(void)
{
	begin(1, NULL);
	spawn(0, 0, blocks_later);
	spawn(1, 50, wakes_zero_twice);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1W@50 0b@100 0w@100 0t@200");
}

/* Woken, and woken again before it runs: the second is remembered for the next block. */
static void blocks_twice(struct actor *self)
{
	EXPECT(sched_block(UINT64_MAX));
	tell(self, 'w');
	EXPECT(sched_block(UINT64_MAX));
	tell(self, 'w');
	EXPECT(!sched_block(sched_now() + 5));
	tell(self, 't');
}

static void test_wake_while_woken(void)
{
	begin(1, NULL);
	spawn(0, 0, blocks_twice);
	spawn(1, 50, wakes_zero_twice);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1W@50 0w@50 0w@50 0t@55");
}

static void wakes_itself(struct actor *self)
{
	sched_wake(self->id);
	EXPECT(sched_block(UINT64_MAX));
	tell(self, 'w');
}

static void test_wake_itself_and_nobody(void)
{
	begin(1, NULL);
	sched_wake(0);		/* unused: nothing is remembered for whoever gets the slot */
	sched_interrupt(0);
	block_until = 20;
	spawn(0, 0, blocks_once);
	spawn(1, 0, wakes_itself);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 1w@0 0t@20");
	sched_wake(0);		/* done */
	EXPECT_EQ(sched_actor(0)->state, ACTOR_DONE);
	EXPECT_EQ(run(), SCHED_IDLE);
}

/* A wake-up must not cut a plain sleep short. */
static void test_wake_does_not_end_sleep(void)
{
	begin(1, NULL);
	spawn(0, 0, waits_for_five);
	spawn(1, 2, wakes_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 1W@2 1e@3 0b@5");
}

/* ---- Interruptible sleeps. */

static void sleeps(struct actor *self)
{
	tell(self, 'a');
	last_result = sched_advance_interruptible(100);
	tell(self, last_result ? 'i' : 's');
	sched_advance(100);
	tell(self, 'e');
}

static void interrupts_zero(struct actor *self)
{
	tell(self, 'I');
	sched_interrupt(0);
	sched_interrupt(0);
}

static void test_interrupt(void)
{
	begin(1, NULL);
	spawn(0, 0, sleeps);
	spawn(1, 40, interrupts_zero);
	spawn(2, 60, interrupts_zero);	/* not interruptible any more: no effect */
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 1I@40 0i@40 2I@60 0e@140");
}

static void test_interrupt_not_needed(void)
{
	begin(1, NULL);
	spawn(0, 0, sleeps);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 0s@100 0e@200");
	/* An early interrupt is not remembered: that is the caller's business. */
	begin(1, NULL);
	spawn(1, 0, interrupts_zero);
	spawn(0, 1, sleeps);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1I@0 0a@1 0s@101 0e@201");
}

/* At the very end of the sleep: what was queued first goes first. */
static void test_interrupt_races_end(void)
{
	begin(1, NULL);
	spawn(1, 100, interrupts_zero);
	spawn(0, 0, sleeps);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 1I@100 0i@100 0e@200");
	begin(1, NULL);
	spawn(0, 0, sleeps);
	sched_run(&(struct sched_limits){ .end_ns = 10, .max_events = UINT64_MAX });
	spawn(1, 100, interrupts_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 0s@100 1I@100 0e@200");
}

static void sleeps_until_interrupted(struct actor *self)
{
	EXPECT(sched_advance_interruptible(UINT64_MAX));
	tell(self, 'i');
}

/* It does not end a block, and a sleep without end it does. */
static void test_interrupt_others(void)
{
	begin(1, NULL);
	block_until = 60;
	spawn(0, 0, blocks_once);
	spawn(1, 40, interrupts_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 1I@40 0t@60");
	begin(1, NULL);
	spawn(0, 0, sleeps_until_interrupted);
	spawn(1, 40, interrupts_zero);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1I@40 0i@40");
}

/* ---- Callbacks end both. */

static void call_wakes(void)
{
	tell_as(0, 'C');
	sched_wake(0);
	sched_interrupt(1);
}

static void test_call_wakes(void)
{
	begin(1, NULL);
	block_until = UINT64_MAX;
	spawn(0, 0, blocks_once);
	spawn(1, 0, sleeps_until_interrupted);
	sched_call_at(3, 25, call_wakes);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0b@0 0C@25 0w@25 1i@25");
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_block_and_wake),
	TEST(test_block_for_ever),
	TEST(test_block_timeout),
	TEST(test_wake_races_timeout),
	TEST(test_wake_is_remembered_once),
	TEST(test_wake_while_woken),
	TEST(test_wake_itself_and_nobody),
	TEST(test_wake_does_not_end_sleep),
	TEST(test_interrupt),
	TEST(test_interrupt_not_needed),
	TEST(test_interrupt_races_end),
	TEST(test_interrupt_others),
	TEST(test_call_wakes),
)
