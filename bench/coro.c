/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a coroutine switch and a scheduler step cost, in ns: the median of 21
 * measurements, and the lowest, each of about a million operations.
 *
 *	make -f tests/unit/unit.mk unit-bench
 *
 * Does not run KVM.  The clock is the host's: this is no part of any run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/coro.h"
#include "sim/policy/policy.h"
#include "sim/scheduler.h"

#define NR_MEASUREMENTS	21
#define NR_OPS		(1u << 20)
#define NR_ACTORS	4096u

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* @fn returns the number of operations that it did. */
static void measure(const char *what, uint64_t (*fn)(uint32_t arg), uint32_t arg)
{
	double ns[NR_MEASUREMENTS];
	int i;

	fn(arg);
	for (i = 0; i < NR_MEASUREMENTS; i++) {
		double begin = now_ns();
		uint64_t nr = fn(arg);

		ns[i] = (now_ns() - begin) / nr;
	}
	qsort(ns, NR_MEASUREMENTS, sizeof(ns[0]), compare);
	printf("%-52s %7.2f ns   (lowest %.2f)\n", what, ns[NR_MEASUREMENTS / 2], ns[0]);
}

/* ---- Switches alone. Stacks of the last actors, which the scheduler does not use here. */

static struct coro main_coro, ping, ring[256];

static void pong(void *arg)
{
	for (;;)
		coro_switch(arg, &main_coro);
}

static uint64_t ping_pong(uint32_t arg)
{
	uint32_t i;

	(void)arg;
	coro_start(&ping, NR_ACTORS, pong, &ping);
	for (i = 0; i < NR_OPS / 2; i++)
		coro_switch(&main_coro, &ping);
	return NR_OPS;
}

static uint32_t ring_nr;

static void ring_body(void *arg)
{
	uint64_t i = (uint64_t)arg;

	for (;;)
		coro_switch(&ring[i], i + 1 < ring_nr ? &ring[i + 1] : &main_coro);
}

static uint64_t round_and_round(uint32_t nr)
{
	uint64_t i;

	ring_nr = nr;
	for (i = 0; i < nr; i++)
		coro_start(&ring[i], NR_ACTORS + 1 + i, ring_body, (void *)i);
	for (i = 0; i < NR_OPS / (nr + 1); i++)
		coro_switch(&main_coro, &ring[0]);
	return i * (nr + 1);
}

/* ---- The scheduler. */

static void advance_fixed(struct actor *self)
{
	(void)self;
	for (;;)
		sched_advance(100);
}

static void advance_random(struct actor *self)
{
	struct rng r;

	rng_init(&r, 1, self->id, RNG_TIME);
	for (;;)
		sched_advance(1 + rng_below(&r, 1000));
}

static uint64_t run_actors(uint32_t nr, void (*body)(struct actor *))
{
	struct sched_limits limits = { .end_ns = UINT64_MAX, .max_events = 2 * nr };
	uint32_t i;

	sched_reset(1, NULL);
	for (i = 0; i < nr; i++)
		sched_spawn(i, ACTOR_VCPU, "bench", 0, body, NULL);
	sched_run(&limits);
	limits.max_events += NR_OPS;
	sched_run(&limits);
	return NR_OPS + 2 * nr;
}

static uint64_t fixed(uint32_t nr)
{
	return run_actors(nr, advance_fixed);
}

static uint64_t by_chance(uint32_t nr)
{
	return run_actors(nr, advance_random);
}

static void ends_at_once(struct actor *self)
{
	(void)self;
}

static uint64_t runs_of_eight(uint32_t arg)
{
	struct sched_limits limits = { .end_ns = UINT64_MAX, .max_events = UINT64_MAX };
	uint32_t run, i;

	(void)arg;
	for (run = 0; run < 20000; run++) {
		sched_reset(run, NULL);
		for (i = 0; i < 8; i++)
			sched_spawn(i, ACTOR_VCPU, "bench", i, ends_at_once, NULL);
		sched_run(&limits);
	}
	return run;
}

static uint64_t gaps(uint32_t mean)
{
	uint64_t sum = 0;
	struct rng r;
	uint32_t i;

	rng_init(&r, 1, 1, RNG_TIME);
	for (i = 0; i < NR_OPS; i++)
		sum += rng_gap(&r, mean);
	/* So that the loop is not thrown away. */
	asm volatile("" :: "r"(sum));
	return NR_OPS;
}

int main(void)
{
	if (sched_init(NR_ACTORS + 1 + 256)) {
		fprintf(stderr, "bench/coro: sched_init() failed\n");
		return 1;
	}
	measure("coro_switch(), two stacks", ping_pong, 0);
	measure("coro_switch(), ring of 16", round_and_round, 16);
	measure("coro_switch(), ring of 256", round_and_round, 256);
	measure("sched_advance(), nobody earlier", fixed, 1);
	measure("sched_advance() and switch, 2 actors in turn", fixed, 2);
	measure("sched_advance() and switch, 8 actors", by_chance, 8);
	measure("sched_advance() and switch, 64 actors", by_chance, 64);
	measure("sched_advance() and switch, 1,024 actors", by_chance, 1024);
	measure("sched_advance() and switch, 4,096 actors", by_chance, NR_ACTORS);
	measure("a run: reset, spawn and end 8 actors", runs_of_eight, 0);
	measure("rng_gap()", gaps, 1000);
	return 0;
}
