// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that the oracle is told of when they are over, and those that are released before.
 */
#include "sim/held.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/oracle_history.h"

static struct held message(uint32_t vector)
{
	return (struct held){ .address = 0xfee00000, .data = vector };
}

static void test_nobody_looks(void)
{
	struct held m = message(0x41);

	boot();
	held_begin(&m);
	model_accept(M, 0x41, false);
	EXPECT(held_message == &m);
	held_end(&m, true);
	EXPECT(!held_message);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	eoi();
	SILENT();
}

/* It may be seen before it is over, once it was released. */
static void test_released(void)
{
	struct held m = message(0x41);

	boot();
	held_begin(&m);
	model_accept(M, 0x41, false);
	held_release();
	EXPECT(!held_message && m.handle >= 0);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	held_end(&m, true);
	eoi();
	SILENT();
	held_release();
	SILENT();
}

/* The same, but nobody said that others were about to act. */
static void test_not_released(void)
{
	struct held m = message(0x41);

	boot();
	held_begin(&m);
	model_accept(M, 0x41, false);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, 0x41);
	held_end(&m, false);
}

static void test_refused(void)
{
	struct held m = message(0x41);

	boot();
	held_begin(&m);
	held_end(&m, false);
	prepare_and_enter();
	leave();
	SILENT();
}

/* Who gives way and does not release it is caught when the message is over. */
static void test_gave_way(void)
{
	struct held m = message(0x41);
	int status = 0;
	pid_t child;

	boot();
	child = fork();
	if (!child) {
		dup2(open("/dev/null", O_WRONLY), 2);
		held_begin(&m);
		sched_clock.left--;
		held_end(&m, true);
		_exit(0);
	}
	EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

TEST_MAIN(TEST(test_nobody_looks), TEST(test_released), TEST(test_not_released), TEST(test_refused),
	  TEST(test_gave_way))
