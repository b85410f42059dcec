/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: callbacks, and the ways to end a run from outside.
 */
#include "sim/scheduler.h"

#include "tests/unit/scheduler_actors.h"

static void test_init(void)
{
	EXPECT_EQ(sched_init(NR_ACTORS), 0);
}

/* ---- Callbacks. */

static void call_zero(void)
{
	EXPECT(sched_current() == NULL);
	tell_as(0, 'C');
}

static void call_one(void)
{
	tell_as(1, 'C');
	if (sched_now() < 40)
		sched_call_at(1, sched_now() + 15, call_one);
}

static void moves_call(struct actor *self)
{
	tell(self, 'm');
	sched_call_at(0, 33, call_zero);
	sched_advance(20);
	tell(self, 'm');
	sched_call_at(0, UINT64_MAX, NULL);
	sched_call_at(2, 3, call_zero);		/* has passed: now */
	sched_advance(20);
	tell(self, 'e');
}

static void test_calls(void)
{
	begin(1, NULL);
	sched_call_at(1, 10, call_one);
	sched_call_at(0, 10, call_zero);
	spawn(5, 10, moves_call);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1C@10 0C@10 5m@10 1C@25 5m@30 0C@30 1C@40 5e@50");
	EXPECT_EQ(sched_nr_events(), 8);
}

/* ---- Limits. */

/* A run cut into pieces, anywhere and in any way, is the same run. */
static void test_time_limit(void)
{
	struct sched_limits limits = no_limits;
	char whole[sizeof(story)];
	uint64_t end;

	begin(1, NULL);
	spawn(0, 0, three_steps);
	spawn(1, 5, three_steps);
	run();
	strcpy(whole, story);
	begin(1, NULL);
	spawn(0, 0, three_steps);
	spawn(1, 5, three_steps);
	for (end = 0; end <= 65; end++) {
		limits.end_ns = end;
		EXPECT_EQ(sched_run(&limits), SCHED_TIME);
		EXPECT_EQ(sched_now(), end);
		EXPECT(sched_current() == NULL);
	}
	/* What is due at the end itself has not run yet. */
	EXPECT(!strstr(story, "@65"));
	limits.end_ns = 30;
	EXPECT_EQ(sched_run(&limits), SCHED_TIME);
	EXPECT_EQ(sched_now(), 65);
	limits.end_ns = 66;
	EXPECT_EQ(sched_run(&limits), SCHED_IDLE);
	EXPECT_STR(story, whole);
	EXPECT_EQ(sched_nr_events(), 8);
}

/* Nor does it run when nobody else is there to switch to. */
static void test_time_limit_alone(void)
{
	struct sched_limits limits = { .end_ns = 20, .max_events = UINT64_MAX };

	begin(1, NULL);
	spawn(0, 0, three_steps);
	EXPECT_EQ(sched_run(&limits), SCHED_TIME);
	EXPECT_STR(story, "0s@0 0s@10");
	EXPECT_EQ(sched_now(), 20);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0s@0 0s@10 0s@20 0e@30");
}

static void test_event_limit(void)
{
	struct sched_limits limits = no_limits;
	char whole[sizeof(story)];
	uint64_t n;

	begin(1, NULL);
	spawn(0, 0, three_steps);
	spawn(1, 5, three_steps);
	sched_call_at(0, 20, call_zero);
	run();
	strcpy(whole, story);
	EXPECT_EQ(sched_nr_events(), 9);
	begin(1, NULL);
	spawn(0, 0, three_steps);
	spawn(1, 5, three_steps);
	sched_call_at(0, 20, call_zero);
	for (n = 0; n < 9; n++) {
		limits.max_events = n;
		EXPECT_EQ(sched_run(&limits), SCHED_EVENTS);
		EXPECT_EQ(sched_nr_events(), n);
		EXPECT(sched_current() == NULL);
	}
	limits.max_events = 9;
	EXPECT_EQ(sched_run(&limits), SCHED_IDLE);
	EXPECT_STR(story, whole);
}

static void runs_for_ever(struct actor *self)
{
	(void)self;
	for (;;)
		sched_advance(0);
}

static void block_and_wake_for_ever(struct actor *self)
{
	for (;;) {
		sched_wake(self->id ^ 1);
		sched_block(UINT64_MAX);
	}
}

/* A program that never ends, and whose clock stands still, is stopped. */
static void test_runaways(void)
{
	struct sched_limits limits = { .end_ns = 1000, .max_events = 100000 };

	begin(1, NULL);
	spawn(0, 0, runs_for_ever);
	EXPECT_EQ(sched_run(&limits), SCHED_EVENTS);
	EXPECT_EQ(sched_nr_events(), 100000);
	EXPECT_EQ(sched_now(), 0);
	begin(1, NULL);
	spawn(0, 0, block_and_wake_for_ever);
	spawn(1, 0, block_and_wake_for_ever);
	EXPECT_EQ(sched_run(&limits), SCHED_EVENTS);
	EXPECT(sched_nr_events() >= 100000 && sched_nr_events() < 100002);
}

static void stops(struct actor *self)
{
	tell(self, 'a');
	sched_stop();
	tell(self, 'b');
	sched_advance(1);
	tell(self, 'c');
}

static void test_stop(void)
{
	begin(1, NULL);
	spawn(0, 5, stops);
	spawn(1, 5, waits_for_five);
	EXPECT_EQ(run(), SCHED_STOPPED);
	EXPECT_STR(story, "0a@5 0b@5");
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@5 0b@5 1a@5 0c@6 1b@10");
	begin(1, NULL);
	sched_call_at(0, 5, sched_stop);
	spawn(1, 5, waits_for_five);
	EXPECT_EQ(run(), SCHED_STOPPED);
	EXPECT_STR(story, "");
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "1a@5 1b@10");
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_calls),
	TEST(test_time_limit),
	TEST(test_time_limit_alone),
	TEST(test_event_limit),
	TEST(test_runaways),
	TEST(test_stop),
)
