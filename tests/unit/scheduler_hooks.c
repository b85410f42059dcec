/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: the hook that follows the current actor, crashes, and scheduling
 * points with a policy that the test makes up.
 */
#include "sim/scheduler.h"

#include <setjmp.h>

#include "sim/policy/policy.h"
#include "tests/unit/scheduler_actors.h"

static void test_init(void)
{
	EXPECT_EQ(sched_init(NR_ACTORS), 0);
}

/* ---- The hook. */

static uint32_t hooked_id;
static uint32_t nr_hooks, nr_hooks_wrong;

static void note_switch(struct actor *next)
{
	nr_hooks++;
	nr_hooks_wrong += sched_current() == NULL || sched_current() != next;
	hooked_id = next->id;
}

static void call_changes_task(void)
{
	hooked_id = 99;
}

static void checks_hook(struct actor *self)
{
	int i;

	for (i = 0; i < 5; i++) {
		nr_hooks_wrong += hooked_id != self->id;
		sched_advance(10);
	}
}

/* Whoever goes on is the one that the hook was last told, after a callback too. */
static void test_on_switch(void)
{
	begin(1, NULL);
	nr_hooks = nr_hooks_wrong = 0;
	sched_on_switch(note_switch);
	spawn(0, 0, checks_hook);
	run();
	EXPECT_EQ(nr_hooks, 1);
	begin(1, NULL);
	spawn(0, 0, checks_hook);
	sched_call_at(0, 15, call_changes_task);
	run();
	EXPECT_EQ(nr_hooks, 3);
	begin(1, NULL);
	spawn(0, 0, checks_hook);
	spawn(1, 0, checks_hook);
	run();
	EXPECT_EQ(nr_hooks, 3 + 12);
	EXPECT_EQ(nr_hooks_wrong, 0);
	sched_on_switch(NULL);
}

static uint32_t foreseen, nr_right;

static void note_ahead(uint32_t slot)
{
	foreseen = slot;
}

static void in_turn(struct actor *self)
{
	for (int i = 0; i < 5; i++) {
		sched_advance(10);
		nr_right += foreseen == (self->id + 1) % 3;
	}
}

/* Three actors in turn: who goes on sees that the hook was told of the one after it. */
static void test_on_ahead(void)
{
	begin(1, NULL);
	sched_on_ahead(note_ahead);
	spawn(0, 0, in_turn);
	spawn(1, 3, in_turn);
	spawn(2, 6, in_turn);
	run();
	/* At the very end there is nobody after the last ones. */
	EXPECT(nr_right >= 12);
	sched_on_ahead(NULL);
}

/* ---- Crashes. */

static sigjmp_buf crash_exit;

static void crashes(struct actor *self)
{
	tell(self, 'a');
	sched_advance(10);
	tell(self, 'x');
	siglongjmp(crash_exit, 1);
}

static void test_abandon(void)
{
	volatile int nr_crashes = 0;

	begin(1, NULL);
	spawn(0, 0, crashes);
	spawn(1, 5, waits_for_five);
	spawn(2, 5, crashes);
	if (sigsetjmp(crash_exit, 0)) {
		EXPECT(sched_current() != NULL);
		sched_abandon();
		nr_crashes++;
	}
	EXPECT(sched_current() == NULL);
	/* The others can go on, if the caller finds that they should. */
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(nr_crashes, 2);
	EXPECT_STR(story, "0a@0 1a@5 2a@5 0x@10 1b@10 2x@15");
	EXPECT_EQ(sched_actor(0)->state, ACTOR_DONE);
	EXPECT_EQ(sched_actor(2)->state, ACTOR_DONE);
}

static void call_crashes(void)
{
	siglongjmp(crash_exit, 1);
}

static void test_abandon_callback(void)
{
	begin(1, NULL);
	spawn(0, 0, waits_for_five);
	sched_call_at(0, 3, call_crashes);
	if (sigsetjmp(crash_exit, 0))
		sched_abandon();
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@0 0b@5");
}

/* ---- Policies, seen from the scheduler. */

static uint32_t asked_skip, asked_delay, asked_start;

static uint32_t test_skip(const struct policy_params *p, struct rng *r)
{
	asked_skip++;
	rng_u64(r);
	return p->one_in;
}

static uint64_t test_delay(const struct policy_params *p, struct rng *r, uint32_t actor, uint32_t point_id)
{
	asked_delay++;
	rng_u64(r);
	EXPECT_EQ(sched_current()->id, actor);
	return point_id == 7 ? p->delay_ns : 0;
}

static uint64_t test_start(const struct policy_params *p, struct rng *r, uint32_t actor)
{
	(void)p;
	asked_start++;
	rng_u64(r);
	return actor * 100;
}

static const struct policy test_policy = {
	.name = "test", .help = "", .skip = test_skip, .delay = test_delay, .start = test_start,
};

static void passes_points(struct actor *self)
{
	tell(self, 'a');
	EXPECT_EQ(self->points_left, 5);
	EXPECT_EQ(sched_point(6), 5);
	tell(self, 'b');
	EXPECT_EQ(sched_point(7), 5);
	tell(self, 'c');
}

static void test_points(void)
{
	struct policy_params p = { .one_in = 5, .delay_ns = 1000 }, before = *policy_params();

	policy_set_params(&p);
	begin(1, &test_policy);
	p.one_in = 6;
	policy_set_params(&p);		/* for the next run, not for this one */
	spawn(0, 10, passes_points);
	spawn(1, 20, passes_points);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@10 0b@10 1a@120 1b@120 0c@1010 1c@1120");
	EXPECT_EQ(asked_start, 2);
	EXPECT_EQ(asked_skip, 6);
	EXPECT_EQ(asked_delay, 4);
	policy_set_params(&before);
}

/* As the host does: who stops running has what is left of its count down, which is nothing in a point. */
static struct actor *counted;
static uint32_t count_down;

static void keep_count(struct actor *next)
{
	if (counted)
		counted->points_left = count_down;
	counted = next;
	count_down = next->points_left;
}

static void counts_down(struct actor *self)
{
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(count_down, 5);
		count_down = 0;
		count_down = sched_point(6);
		tell(self, 'a');
	}
}

static void test_points_go_on(void)
{
	struct policy_params p = { .one_in = 5, .delay_ns = 1000 }, before = *policy_params();

	policy_set_params(&p);
	begin(1, &test_policy);
	counted = NULL;
	asked_delay = 0;
	sched_on_switch(keep_count);
	spawn(0, 10, counts_down);
	spawn(1, 20, counts_down);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(asked_delay, 6);
	sched_on_switch(NULL);
	policy_set_params(&before);
}

static void one_point(struct actor *self)
{
	EXPECT_EQ(self->points_left, 0);
	EXPECT_EQ(sched_point(0), 0);
	tell(self, 'a');
}

static void test_no_policy(void)
{
	begin(1, NULL);
	spawn(0, 10, one_point);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "0a@10");
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_on_switch),
	TEST(test_on_ahead),
	TEST(test_abandon),
	TEST(test_abandon_callback),
	TEST(test_points),
	TEST(test_points_go_on),
	TEST(test_no_policy),
)
