// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes an APIC timer from outside: a state that userspace loads, INIT, and an
 * APIC that is disabled by software.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_timer.h"

/* Software-disabled: the mask is set, the timer runs on. */
static void test_disabled(void)
{
	start_mode(PERIODIC);
	write_reg(TIMER_REG_COUNT, 300000);
	write_reg(TIMER_REG_SVR, 0xff);
	passes(400000);
	SILENT();
	write_reg(TIMER_REG_SVR, 0x1ff);
	passes(100000);
	write_reg(TIMER_REG_COUNT, 300000);	/* forgets what expired while masked */
	write_reg(TIMER_REG_LVTT, PERIODIC);
	expires(300000);
	SILENT();
}

static void test_load(void)
{
	start_mode(ONESHOT);
	load(ONESHOT, 10000, 4000);
	expires(4000);
	SILENT();
	load(ONESHOT, 10000, 0);
	expires(0);
	SILENT();
	deviation_switch("timer-load-expired", false);
	load(ONESHOT, 10000, 0);
	expires(0);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-load-expired", true);
	write_reg(TIMER_REG_COUNT, 10000);
	load(ONESHOT, 0, 0);
	passes(20000);
	SILENT();
	expires(0);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
}

static void test_load_mode(void)
{
	start_mode(DEADLINE);
	load(ONESHOT, 10000, 4000);
	passes(20000);
	SILENT();
	write_reg(TIMER_REG_LVTT, DEADLINE);
	deviation_switch("timer-load-mode", false);
	load(ONESHOT, 10000, 4000);
	passes(4001);
	fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
	deviation_switch("timer-load-mode", true);
}

/* It has expired, and is not in IRR yet, when userspace loads a state. */
static void test_load_pending(void)
{
	for (int on = 1; on >= 0; on--) {
		start_mode(PERIODIC);
		deviation_switch("timer-load-pending", on);
		write_reg(TIMER_REG_COUNT, 300000);
		oracle_timer_exit(0);
		leave();
		now += 310000;
		load_as(true, PERIODIC, 300000, 290000);
		passes(1);
		if (on)
			SILENT();
		else
			fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
	}
	deviation_switch("timer-load-pending", true);
	/* Another state: nothing is left of what ran before. */
	start_mode(PERIODIC);
	write_reg(TIMER_REG_COUNT, 300000);
	oracle_timer_exit(0);
	leave();
	now += 310000;
	load(PERIODIC, 300000, 200000);
	passes(1);
	SILENT();
	expires(10);
	fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
}

/* INIT: it runs no more, is masked, and what was due does not come; then it is like new. */
static void test_init(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_DIVIDE, 0xb);
	write_reg(TIMER_REG_COUNT, 20000);
	passes(10000);
	timer_taken_by_init(oracle_vcpu(0));
	passes(20000);
	read_reg(TIMER_REG_CURRENT, 0);
	write_reg(TIMER_REG_LVTT, ONESHOT);
	write_reg(TIMER_REG_COUNT, 5000);	/* divided by 2 again */
	expires(10000);
	SILENT();
	write_reg(TIMER_REG_COUNT, 20000);
	timer_taken_by_init(oracle_vcpu(0));
	write_reg(TIMER_REG_LVTT, ONESHOT);
	expires(40000);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
}

TEST_MAIN(TEST(test_disabled), TEST(test_load), TEST(test_load_mode), TEST(test_load_pending), TEST(test_init))
