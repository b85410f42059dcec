/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: order, ties, races of sleeping and waking, callbacks, limits,
 * crashes, scheduling points.
 *
 * Does not test policies (tests/unit/policy.c), nor whole runs against each other
 * and large ones (tests/unit/determinism.c).
 */
#include "sim/scheduler.h"

#include <errno.h>
#include <setjmp.h>

#include "sim/event.h"
#include "sim/policy/policy.h"
#include "tests/unit/story.h"

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

static void three_steps(struct actor *self)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT(sched_current() == self);
		EXPECT_EQ(self->state, ACTOR_RUNNING);
		tell(self, 's');
		sched_advance(10 * (self->id + 1));
	}
	tell(self, 'e');
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
static void in_step(struct actor *self)
{
	int i;

	for (i = 0; i < 3; i++) {
		tell(self, 's');
		sched_advance(10);
	}
}

static void test_ties(void)
{
	begin(1, NULL);
	spawn(2, 0, in_step);
	spawn(0, 0, in_step);
	spawn(1, 0, in_step);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_STR(story, "2s@0 0s@0 1s@0 2s@10 0s@10 1s@10 2s@20 0s@20 1s@20");
}

static void waits_for_five(struct actor *self)
{
	tell(self, 'a');
	sched_advance(5);
	tell(self, 'b');
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

static void spawns_another(struct actor *self)
{
	tell(self, 'a');
	spawn(self->id + 1, 0, in_step);
	spawn(self->id + 2, 12, waits_for_five);
	sched_advance(2);
	tell(self, 'b');
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

/* ---- The hook. */

static uint32_t hooked_id;
static uint32_t nr_hooks, nr_hooks_wrong;

static void note_switch(uint32_t id)
{
	nr_hooks++;
	nr_hooks_wrong += sched_current() == NULL || sched_current()->id != id;
	hooked_id = id;
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
	TEST(test_nothing),
	TEST(test_order),
	TEST(test_ties),
	TEST(test_tie_with_fast_path),
	TEST(test_yield),
	TEST(test_spawn_from_actor),
	TEST(test_spawn_again),
	TEST(test_clock_mirror),
	TEST(test_end_of_clock),
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
	TEST(test_calls),
	TEST(test_call_wakes),
	TEST(test_time_limit),
	TEST(test_time_limit_alone),
	TEST(test_event_limit),
	TEST(test_runaways),
	TEST(test_stop),
	TEST(test_on_switch),
	TEST(test_abandon),
	TEST(test_abandon_callback),
	TEST(test_points),
	TEST(test_no_policy),
)
