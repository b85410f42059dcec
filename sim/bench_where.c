// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the time of runs goes: a timer on the thread's CPU time samples the instruction
 * pointer.  What lies there, scripts/bench.py knows.
 *
 * Does not see what the host's kernel does for a run, which is next to nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* REG_RIP */
#endif
#include "sim/bench.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "sim/run.h"

#define NR_SAMPLES	1000u
#define EVERY_NS	1000000

static uint64_t sample[NR_SAMPLES];
static volatile uint32_t nr_samples;

static void on_tick(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (nr_samples < NR_SAMPLES)
		sample[nr_samples++] = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

/* On the signal stack that crash_init() made: a coroutine's has no room for a signal's frame. */
static int start_ticks(void)
{
	struct sigaction action = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct itimerspec every = { { 0, EVERY_NS }, { 0, EVERY_NS } };
	timer_t timer;

	return sigaction(SIGPROF, &action, NULL) || timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) ||
	       timer_settime(timer, 0, &every, NULL);
}

static int compare(const void *a, const void *b)
{
	return (*(const uint64_t *)a > *(const uint64_t *)b) - (*(const uint64_t *)a < *(const uint64_t *)b);
}

static void print_counts(void)
{
	qsort(sample, NR_SAMPLES, sizeof(sample[0]), compare);
	for (uint32_t i = 0, n; i < NR_SAMPLES; i += n) {
		for (n = 1; i + n < NR_SAMPLES && sample[i + n] == sample[i]; n++)
			;
		printf("0x%" PRIx64 " %u\n", sample[i], n);
	}
}

int bench_where_main(const char *path)
{
	static struct run_result result;
	struct scenario s;
	char error[1024];

	if (scenario_load(&s, path, NULL, error, sizeof(error)) || run_setup(&s, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	if (start_ticks()) {
		perror("no timer");
		return 6;
	}
	for (uint64_t seed = 0; nr_samples < NR_SAMPLES; seed++)
		run_one(seed, &result, NULL);
	print_counts();
	return 0;
}
