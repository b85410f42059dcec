/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole runs of the scheduler: the same seed gives the same order, however the run
 * is cut into pieces and whatever ran before; golden digests; thousands of actors;
 * and misuse, which ends the process.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/digest.h"
#include "sim/policy/policy.h"
#include "sim/scheduler.h"
#include "tests/unit/story.h"

static void test_init(void)
{
	EXPECT_EQ(sched_init(NR_ACTORS), 0);
}

static struct digest digest;
static uint32_t nr_extra_draws;

/* A program that does everything that there is, by its own random numbers. */
static void does_everything(struct actor *self)
{
	struct rng program, time, target;
	uint32_t i;

	rng_init(&program, 5, self->id, RNG_PROGRAM);
	rng_init(&time, 5, self->id, RNG_TIME);
	rng_init(&target, 5, self->id, RNG_TARGET);
	for (i = 0; i < 500; i++) {
		uint32_t what = rng_below(&program, 6), extra = nr_extra_draws;
		bool result = false;

		while (extra--)
			rng_u64(&target);
		switch (what) {
		case 0:
			result = sched_block(sched_now() + rng_below(&time, 50));
			break;
		case 1:
			sched_wake(rng_below(&program, 16));
			break;
		case 2:
			sched_interrupt(rng_below(&program, 16));
			break;
		case 3:
			result = sched_advance_interruptible(rng_below(&time, 50));
			break;
		case 4:
			if (self->points_left && !--self->points_left)
				sched_point(i);
			break;
		default:
			sched_advance(rng_below(&time, 4));
		}
		digest_add(&digest, 1 + what, sched_now(), self->id, result);
	}
}

static void call_digests(void)
{
	digest_add(&digest, DIGEST_IRQ, sched_now(), 0, 0);
	if (sched_now() < 3000)
		sched_call_at(0, sched_now() + 77, call_digests);
}

static uint64_t everything(uint64_t seed, const char *policy, uint64_t slice_events)
{
	struct sched_limits limits = no_limits;
	uint32_t i;

	digest_reset(&digest);
	begin(seed, policy ? policy_find(policy) : NULL);
	for (i = 0; i < 16; i++)
		spawn(i, i % 4, does_everything);
	sched_call_at(0, 9, call_digests);
	if (slice_events != UINT64_MAX)
		limits.max_events = 0;
	while (sched_run(&limits) == SCHED_EVENTS)
		limits.max_events += slice_events;
	for (i = 0; i < 16; i++)
		EXPECT(sched_actor(i)->state == ACTOR_DONE);
	return digest_value(&digest);
}

static void test_determinism(void)
{
	static const char *const policies[] = { NULL, "random", "fifo", "burst", "few" };
	uint32_t p;

	for (p = 0; p < 5; p++) {
		uint64_t first = everything(1, policies[p], UINT64_MAX);

		EXPECT_EQ(everything(1, policies[p], UINT64_MAX), first);
		/* Cut into pieces: all switches that were direct now take the main stack. */
		EXPECT_EQ(everything(1, policies[p], 1), first);
		EXPECT_EQ(everything(1, policies[p], 7), first);
		/* Draws of another purpose move nothing. */
		nr_extra_draws = 3;
		EXPECT_EQ(everything(1, policies[p], UINT64_MAX), first);
		nr_extra_draws = 0;
		if (p == 1)
			EXPECT(everything(2, policies[p], UINT64_MAX) != first);
	}
	EXPECT_EQ(everything(1, NULL, UINT64_MAX), everything(2, "fifo", UINT64_MAX));
}

/* Any change of order, of a policy's draws or of the digest shows here. */
static void test_golden(void)
{
	EXPECT_EQ(everything(1, "fifo", UINT64_MAX), 0x5c4a682f7576c3eaull);
	EXPECT_EQ(everything(1, "random", UINT64_MAX), 0x837d58e318e7e6c9ull);
	EXPECT_EQ(everything(1, "burst", UINT64_MAX), 0xc87322d726f6ffd6ull);
	EXPECT_EQ(everything(1, "few", UINT64_MAX), 0xfc5318f80c050615ull);
}

static sigjmp_buf crash_exit;

static void crashes(struct actor *self)
{
	(void)self;
	sched_advance(10);
	siglongjmp(crash_exit, 1);
}

static void blocks_for_ever(struct actor *self)
{
	(void)self;
	sched_block(UINT64_MAX);
}

/* After a crash, and after runs with more actors, a run gives what it gives in a fresh process. */
static void test_reset(void)
{
	uint64_t first = everything(3, "random", UINT64_MAX);
	volatile uint32_t i;

	for (i = 0; i < 20; i++) {
		begin(i, policy_find("burst"));
		spawn(3, 0, crashes);
		spawn(NR_ACTORS - 1, 0, blocks_for_ever);
		spawn(NR_ACTORS - 2, 1ull << 60, blocks_for_ever);
		sched_call_at(2, 1ull << 60, call_digests);
		if (!sigsetjmp(crash_exit, 0)) {
			run();
			EXPECT(!"reached");
		}
		sched_abandon();
		EXPECT_EQ(everything(3, "random", UINT64_MAX), first);
		EXPECT_EQ(sched_actor(NR_ACTORS - 1)->state, ACTOR_NONE);
	}
}

/* ---- Many. */

static uint64_t total_steps, last_ns;
static uint32_t nr_backwards;

static void many_steps(struct actor *self)
{
	struct rng r;
	uint32_t i;

	rng_init(&r, 9, self->id, RNG_TIME);
	for (i = 0; i < 20; i++) {
		nr_backwards += sched_now() < last_ns;
		last_ns = sched_now();
		total_steps++;
		sched_advance(rng_below(&r, 1000));
	}
}

static void test_many_actors(void)
{
	uint32_t i;

	begin(1, NULL);
	last_ns = total_steps = 0;
	for (i = 0; i < NR_ACTORS; i++)
		spawn(i, 0, many_steps);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(total_steps, 20 * NR_ACTORS);
	EXPECT_EQ(sched_nr_events(), 21 * NR_ACTORS);
	EXPECT_EQ(nr_backwards, 0);
	for (i = 0; i < NR_ACTORS; i++)
		EXPECT_EQ(sched_actor(i)->state, ACTOR_DONE);
}

/* All block, and are woken one by one, each by the one before. */
static void passes_wake_on(struct actor *self)
{
	if (self->id)
		EXPECT(sched_block(UINT64_MAX));
	total_steps++;
	if (self->id + 1 < 4096)
		sched_wake(self->id + 1);
}

static void test_chain_of_wakes(void)
{
	uint32_t i;

	begin(1, NULL);
	total_steps = 0;
	for (i = 4096; i--; )
		spawn(i, 0, passes_wake_on);
	EXPECT_EQ(run(), SCHED_IDLE);
	EXPECT_EQ(total_steps, 4096);
}

/* ---- Misuse ends the process: never a run that goes on wrongly. */

static void misuse_spawn(void)
{
	spawn(0, 0, blocks_for_ever);
	spawn(0, 0, blocks_for_ever);
}

static void misuse_advance(void)
{
	sched_advance(1);
}

static void misuse_actor(void)
{
	sched_wake(NR_ACTORS);
}

static void misuse_slot(void)
{
	sched_call_at(SCHED_NR_CALLS, 0, call_digests);
}

static void runs_inside(struct actor *self)
{
	(void)self;
	run();
}

static void misuse_run(void)
{
	spawn(0, 0, runs_inside);
	run();
}

static void test_misuse(void)
{
	static void (*const misuses[])(void) = { misuse_spawn, misuse_advance, misuse_actor, misuse_slot,
						 misuse_run };
	uint32_t i;

	for (i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		int status = 0;
		pid_t pid;

		begin(1, NULL);
		fflush(stdout);
		pid = fork();
		if (!pid) {
			if (!freopen("/dev/null", "w", stderr))
				_exit(1);
			misuses[i]();
			_exit(0);
		}
		EXPECT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_determinism),
	TEST(test_golden),
	TEST(test_reset),
	TEST(test_many_actors),
	TEST(test_chain_of_wakes),
	TEST(test_misuse),
)
