// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: runaway loops, and runs whose CPU time is over; and that whoever makes
 * progress in his time is left alone.
 */
#include "tests/unit/crash_fake.h"

#include <time.h>

static void test_runaway(void)
{
	const struct crash *c = protect_coroutine(fake_kvm_loop);

	EXPECT_EQ(c->kind, CRASH_RUNAWAY);
	EXPECT_STR(c->site, "fake_kvm_loop");
	EXPECT_STR(c->text, "no scheduling point in 80 ms of CPU time");
	EXPECT(has_frame(c->frames, c->nr_frames, fake_kvm_loop));
	expect_sound();
}

static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* It makes progress, as far as the watchdog can tell, and never ends. */
static void busy(void)
{
	for (;;)
		(*(volatile uint64_t *)&crash_heartbeat)++;
}

static void short_work(void)
{
	for (uint64_t end = cpu_ms() + 60; cpu_ms() < end; )
		crash_heartbeat++;
}

static void test_time_is_over(void)
{
	uint64_t start = cpu_ms();
	const struct crash *c;

	crash_limit_cpu(200000000);
	c = protect_coroutine(busy);
	EXPECT_EQ(c->kind, CRASH_TIME);
	EXPECT_STR(c->text, "more than 200 ms of CPU time");
	EXPECT(cpu_ms() - start >= 170 && cpu_ms() - start < 400);
	/* Each body has its own time. */
	for (uint32_t i = 0; i < 8; i++)
		EXPECT_EQ(protect_coroutine(short_work)->kind, CRASH_NONE);
	crash_limit_cpu(0);
	expect_sound();
}

static void long_but_alive(void)
{
	uint64_t end = cpu_ms() + 300;

	while (cpu_ms() < end)
		crash_heartbeat++;
	nr_bodies++;
}

static void test_heartbeat(void)
{
	uint64_t end = cpu_ms() + 200;
	uint32_t before = nr_bodies;

	EXPECT_EQ(protect_coroutine(long_but_alive)->kind, CRASH_NONE);
	EXPECT_EQ(nr_bodies, before + 1);
	/* Outside of a body nobody watches. */
	while (cpu_ms() < end)
		;
	expect_sound();
}

TEST_MAIN(TEST(test_init), TEST(test_runaway), TEST(test_time_is_over), TEST(test_heartbeat))
