/* SPDX-License-Identifier: GPL-2.0-only */
/* What lost workers mean (sim/cmd/loss.h), and what is seen of another process (process_looks.h). */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "sim/cmd/loss.h"
#include "sim/cmd/process_looks.h"
#include "tests/unit/test.h"

static void test_a_fault_is_one_the_second_time(void)
{
	struct loss l = { 0 };

	EXPECT_EQ(loss_add(&l, 7, LOSS_SIGNAL, "was killed by signal 6"), LOSS_AGAIN);
	EXPECT(l.suspicious && l.seed == 7 && !l.excused);
	EXPECT_EQ(loss_add(&l, 7, LOSS_SIGNAL, "was killed by signal 6"), LOSS_DIVERGENCE);
	EXPECT_STR(loss_times(&l), "twice");
	loss_clear(&l);
	EXPECT(!l.suspicious);
	EXPECT_EQ(loss_add(&l, 7, LOSS_SIGNAL, "was killed by signal 6"), LOSS_AGAIN);
}

static void test_what_others_do_too_takes_longer(void)
{
	struct loss l = { 0 };

	EXPECT_EQ(loss_add(&l, 0, LOSS_KILLED, "9"), LOSS_AGAIN);
	EXPECT(l.excused);
	EXPECT_EQ(loss_add(&l, 0, LOSS_KILLED, "9"), LOSS_AGAIN);
	EXPECT(l.excused);
	EXPECT_EQ(loss_add(&l, 0, LOSS_KILLED, "9"), LOSS_DIVERGENCE);
	EXPECT_STR(loss_times(&l), "3 times");
	loss_clear(&l);
	EXPECT_EQ(loss_add(&l, 1, LOSS_HUNG, "silent"), LOSS_AGAIN);
	EXPECT(l.excused);
	EXPECT_EQ(loss_add(&l, 1, LOSS_HUNG, "silent"), LOSS_DIVERGENCE);
}

static void test_what_is_ours_is_a_failure(void)
{
	struct loss l = { 0 };

	EXPECT_EQ(loss_add(&l, 3, LOSS_EXIT, "exited with 3"), LOSS_AGAIN);
	EXPECT(!l.excused);
	EXPECT_EQ(loss_add(&l, 3, LOSS_EXIT, "exited with 3"), LOSS_FAILURE);
	loss_clear(&l);
	EXPECT_EQ(loss_add(&l, 3, LOSS_MEMORY, "ate"), LOSS_AGAIN);
	EXPECT(l.excused);
	EXPECT_EQ(loss_add(&l, 3, LOSS_MEMORY, "ate"), LOSS_FAILURE);
	loss_clear(&l);
	EXPECT_EQ(loss_add(&l, 3, LOSS_ERROR, "said: no"), LOSS_FAILURE);
}

static void test_another_seed_is_another_matter(void)
{
	struct loss l = { 0 };

	EXPECT_EQ(loss_add(&l, 5, LOSS_SIGNAL, "6"), LOSS_AGAIN);
	EXPECT_EQ(loss_add(&l, 4, LOSS_SIGNAL, "6"), LOSS_AGAIN);
	EXPECT(l.seed == 4 && l.nr == 1);
	EXPECT_EQ(loss_add(&l, 5, LOSS_SIGNAL, "6"), LOSS_AGAIN);
}

/* In a row: what happens otherwise in between begins anew, but not for ever, and one fault is not excused by kills. */
static void test_another_way_each_time(void)
{
	struct loss l = { 0 };
	char how[8] = "0";

	EXPECT_EQ(loss_add(&l, 9, LOSS_SIGNAL, "6"), LOSS_AGAIN);
	EXPECT_EQ(loss_add(&l, 9, LOSS_KILLED, "9"), LOSS_AGAIN);
	EXPECT(!l.excused);
	EXPECT_EQ(loss_add(&l, 9, LOSS_SIGNAL, "6"), LOSS_AGAIN);
	EXPECT_EQ(loss_add(&l, 9, LOSS_SIGNAL, "6"), LOSS_DIVERGENCE);
	loss_clear(&l);
	for (uint32_t i = 1; i < LOSS_MAX; i++, how[0]++)
		EXPECT_EQ(loss_add(&l, 9, LOSS_SIGNAL, how), LOSS_AGAIN);
	EXPECT_EQ(loss_add(&l, 9, LOSS_SIGNAL, how), LOSS_UNSTEADY);
	EXPECT_STR(loss_times(&l), "once");
}

static void test_a_long_reason_is_cut_the_same_each_time(void)
{
	struct loss l = { 0 };
	char how[400];

	memset(how, 'x', sizeof(how));
	how[sizeof(how) - 1] = '\0';
	EXPECT_EQ(loss_add(&l, 9, LOSS_EXIT, how), LOSS_AGAIN);
	EXPECT_EQ(loss_add(&l, 9, LOSS_EXIT, how), LOSS_FAILURE);
}

/* --- Another process. */
static char state_once_it_is(pid_t pid, char wanted)
{
	char state = '?';

	for (uint32_t i = 0; i < 2000 && state != wanted; i++) {
		usleep(2000);
		state = process_state(pid);
	}
	return state;
}

static void test_a_process_that_waits(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	EXPECT_EQ(state_once_it_is(pid, 'S'), 'S');
	EXPECT(process_cpu_ns(pid) < 1000000000);
	EXPECT(process_resident(pid) >= 4096);
	kill(pid, SIGSTOP);
	EXPECT_EQ(state_once_it_is(pid, 'T'), 'T');
	kill(pid, SIGKILL);
	EXPECT_EQ(state_once_it_is(pid, 'Z'), 'Z');
	waitpid(pid, NULL, 0);
	EXPECT_EQ(process_state(pid), '?');
	EXPECT_EQ(process_cpu_ns(pid), 0);
	EXPECT_EQ(process_resident(pid), 0);
}

static void test_a_process_that_runs(void)
{
	pid_t pid = fork();
	uint64_t first;

	if (!pid)
		for (;;)
			__asm__ volatile("" ::: "memory");
	EXPECT_EQ(state_once_it_is(pid, 'R'), 'R');
	first = process_cpu_ns(pid);
	for (uint32_t i = 0; i < 2000 && process_cpu_ns(pid) < first + 20000000; i++)
		usleep(5000);
	EXPECT(process_cpu_ns(pid) >= first + 20000000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_MAIN(TEST(test_a_fault_is_one_the_second_time), TEST(test_what_others_do_too_takes_longer),
	  TEST(test_what_is_ours_is_a_failure), TEST(test_another_seed_is_another_matter),
	  TEST(test_another_way_each_time), TEST(test_a_long_reason_is_cut_the_same_each_time),
	  TEST(test_a_process_that_waits), TEST(test_a_process_that_runs))
