// SPDX-License-Identifier: GPL-2.0-only
/*
 * The APIC timer's checks: for each rule a legal history that must stay silent and
 * a broken one that must fire; each deviation with it and without it.
 *
 * Does not test what userspace loads, nor INIT and an APIC that is disabled
 * (oracle_timer_state.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_timer.h"

static void test_oneshot(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_COUNT, 10000);
	passes(4000);
	read_reg(TIMER_REG_CURRENT, 6000);
	expires(6100);
	read_reg(TIMER_REG_CURRENT, 0);
	passes(50000);
	SILENT();
	expires(10);
	fired("timer-duplicate", DIV_SPURIOUS_DELIVERY, 0xf0);
	write_reg(TIMER_REG_COUNT, 10000);
	passes(10001);
	fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
	write_reg(TIMER_REG_COUNT, 10000);
	expires(4000);
	fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
}

static void test_stopped(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_COUNT, 10000);
	passes(1000);
	write_reg(TIMER_REG_COUNT, 0);
	passes(50000);
	SILENT();
	expires(10);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
	/* Due while KVM handles the write: before it or not. */
	write_reg(TIMER_REG_COUNT, 10000);
	passes(9000);
	write_in(TIMER_REG_COUNT, 0, 2000);
	expires(10);
	SILENT();
	write_reg(TIMER_REG_COUNT, 10000);
	passes(9000);
	write_in(TIMER_REG_COUNT, 0, 2000);
	passes(10);
	SILENT();
}

static void test_divide(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_DIVIDE, 0);		/* by 2 */
	write_reg(TIMER_REG_COUNT, 10000);
	passes(10000);
	read_reg(TIMER_REG_CURRENT, 5000);
	write_reg(TIMER_REG_DIVIDE, 1);		/* by 4: what is left takes twice as long */
	passes(19000);
	read_reg(TIMER_REG_CURRENT, 250);
	expires(1002);
	SILENT();
	read_reg(TIMER_REG_CURRENT, 1);
	fired("timer-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	write_reg(TIMER_REG_DIVIDE, 0xb);
	expires(10);
	SILENT();
	EXPECT(deviation_switch("timer-divide-restart", false));
	write_reg(TIMER_REG_DIVIDE, 0);
	expires(10);
	fired("timer-duplicate", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-divide-restart", true);
}

static void test_periodic(void)
{
	start_mode(PERIODIC);
	write_reg(TIMER_REG_COUNT, 300000);
	for (int i = 0; i < 5; i++) {
		passes(200000);
		read_reg(TIMER_REG_CURRENT, 100000);
		expires(100000);
	}
	SILENT();
	expires(10000);
	fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
	passes(290001);
	fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
	write_reg(TIMER_REG_COUNT, 0);
	passes(1000000);
	SILENT();
}

/* Out of the guest for several periods: they collapse, and the period starts anew. */
static void test_missed(void)
{
	for (int on = 1; on >= 0; on--) {
		start_mode(PERIODIC);
		EXPECT(deviation_switch("timer-missed", on));
		write_reg(TIMER_REG_COUNT, 300000);
		expires(1000000);
		SILENT();
		expires(0);		/* the one more */
		if (!on) {
			fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
			continue;
		}
		passes(250000);
		expires(50000);
		SILENT();
	}
	deviation_switch("timer-missed", true);
}

static void test_min_period(void)
{
	start_mode(PERIODIC);
	write_reg(TIMER_REG_COUNT, 1000);
	expires(200000);
	expires(200000);
	SILENT();
	deviation_switch("timer-min-period", false);
	write_reg(TIMER_REG_COUNT, 100000);
	passes(100001);
	fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
	deviation_switch("timer-min-period", true);
}

static void test_deadline(void)
{
	start_mode(DEADLINE);
	write_reg(TIMER_REG_DEADLINE, now + 20000);
	read_reg(TIMER_REG_DEADLINE, now + 20000);
	write_reg(TIMER_REG_COUNT, 100);	/* ignored */
	read_reg(TIMER_REG_CURRENT, 0);
	passes(10000);
	expires(10000);
	read_reg(TIMER_REG_DEADLINE, 0);
	write_reg(TIMER_REG_DEADLINE, 1);	/* long past */
	expires(1);
	SILENT();
	write_reg(TIMER_REG_DEADLINE, now + 20000);
	write_reg(TIMER_REG_DEADLINE, 0);
	passes(30000);
	SILENT();
	write_reg(TIMER_REG_DEADLINE, now + 20000);
	read_reg(TIMER_REG_DEADLINE, 0);
	fired("timer-deadline", DIV_REGISTER_MISMATCH, DIV_NONE);
	expires(20000);
	read_reg(TIMER_REG_DEADLINE, now);
	fired("timer-deadline", DIV_REGISTER_MISMATCH, DIV_NONE);
	write_reg(TIMER_REG_LVTT, ONESHOT);
	write_reg(TIMER_REG_DEADLINE, now + 100);	/* another mode: ignored */
	read_reg(TIMER_REG_DEADLINE, 0);
	passes(1000);
	SILENT();
}

static void deadline_in(uint64_t ns, uint64_t taken_after)
{
	write_reg(TIMER_REG_DEADLINE, now + ns);
	expires(taken_after);
}

static void test_advance(void)
{
	start_mode(DEADLINE);
	deadline_in(20000, 19400);
	passes(10000);
	SILENT();
	deadline_in(20000, 14000);
	fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-advance", false);
	deadline_in(20000, 19999);
	fired("timer-early", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-advance", true);
}

/* In IRR it may be early; the guest must not take it then. */
static void test_taken_early(void)
{
	start_mode(DEADLINE);
	deadline_in(20000, 16000);
	fired("timer-taken-early", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-wait-cut", false);
	deadline_in(20000, 19999);
	fired("timer-taken-early", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-wait-cut", true);
	deadline_in(20000, 20000);
	SILENT();
}

static void test_waits(void)
{
	start_mode(DEADLINE);
	write_reg(TIMER_REG_DEADLINE, now + 20000);
	now += 19000;
	oracle_timer_waits(0, 1000);
	SILENT();
	oracle_timer_waits(0, 1001);
	fired("timer-waits", DIV_LOST_INTERRUPT, 0xf0);
	expires(1000);
	oracle_timer_waits(0, 1);
	fired("timer-waits", DIV_LOST_INTERRUPT, 0xf0);
	/* INIT stops the timer, which it found being started; that KVM still waits is not the fault, but what then comes. */
	write_reg(TIMER_REG_LVTT, DEADLINE);
	oracle_timer_write(0, TIMER_REG_DEADLINE, now + 20000);
	timer_taken_by_init(oracle_vcpu(0));
	now += 19000;
	oracle_timer_waits(0, 1000);
	SILENT();
	oracle_timer_waits(0, 1001);
	fired("timer-waits", DIV_LOST_INTERRUPT, 0);
}

static void test_mode_switch(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_COUNT, 300000);
	passes(100000);
	write_reg(TIMER_REG_LVTT, PERIODIC);
	expires(200000);
	passes(100000);
	write_reg(TIMER_REG_LVTT, ONESHOT);
	expires(200000);
	passes(900000);
	SILENT();
	write_reg(TIMER_REG_COUNT, 300000);
	passes(100000);
	write_reg(TIMER_REG_LVTT, DEADLINE);	/* disarms */
	passes(900000);
	SILENT();
	deviation_switch("timer-mode-switch", false);
	write_reg(TIMER_REG_LVTT, ONESHOT);
	write_reg(TIMER_REG_COUNT, 300000);
	write_reg(TIMER_REG_LVTT, PERIODIC);
	expires(300000);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-mode-switch", true);
}

/* Early while it is masked, forgotten as the APIC is disabled, and unmasked before its time: the deadline stays. */
static void test_masked_early(void)
{
	for (int masked = 0; masked < 2; masked++) {
		start_mode(DEADLINE);
		write_reg(TIMER_REG_DEADLINE, now + 20000);
		passes(18000);
		if (masked)
			write_reg(TIMER_REG_LVTT, DEADLINE | TIMER_LVT_MASKED);
		passes(100);
		if (masked)
			write_reg(TIMER_REG_SVR, 0xff);
		write_reg(TIMER_REG_SVR, 0x1ff);
		write_reg(TIMER_REG_LVTT, DEADLINE);
		passes(10000);
		read_reg(TIMER_REG_DEADLINE, now - 8100);
		if (masked)
			SILENT();
		else
			fired("timer-deadline", DIV_REGISTER_MISMATCH, DIV_NONE);
	}
}

static void test_masked(void)
{
	start_mode(ONESHOT | MASKED);
	write_reg(TIMER_REG_COUNT, 10000);
	passes(20000);
	SILENT();
	write_reg(TIMER_REG_LVTT, ONESHOT);
	expires(0);
	SILENT();
	deviation_switch("timer-masked", false);
	write_reg(TIMER_REG_LVTT, ONESHOT | MASKED);
	write_reg(TIMER_REG_COUNT, 10000);
	passes(20000);
	write_reg(TIMER_REG_LVTT, ONESHOT);
	expires(0);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
	deviation_switch("timer-masked", true);
	passes(1);
	write_reg(TIMER_REG_LVTT, ONESHOT | MASKED);
	write_reg(TIMER_REG_COUNT, 10000);
	expires(10000);
	fired("timer-spurious", DIV_SPURIOUS_DELIVERY, 0xf0);
}

/* The timer's interrupt is pending when it expires again: they collapse. */
static void test_collapse(void)
{
	start_mode(ONESHOT);
	M->if_enabled = false;
	oracle_guest_if(0, false, 0);
	write_reg(TIMER_REG_COUNT, 10000);
	now += 10000;
	oracle_timer_exit(0);
	leave();
	model_accept(M, 0xf0, false);
	prepare_and_enter();
	write_reg(TIMER_REG_COUNT, 10000);
	passes(20000);
	M->if_enabled = true;
	oracle_guest_if(0, true, 0);
	passes(100);
	oracle_timer_exit(0);
	eoi();
	prepare_and_enter();
	SILENT();
	expires(100);
	fired("timer-duplicate", DIV_SPURIOUS_DELIVERY, 0xf0);
}

static void test_quiet(void)
{
	start_mode(ONESHOT);
	write_reg(TIMER_REG_COUNT, 10000);
	oracle_timer_exit(0);
	leave();		/* HLT */
	now += 9000;
	oracle_quiet(0, model_look(M));
	SILENT();
	now += 2000;
	oracle_quiet(0, model_look(M));
	fired("timer-lost", DIV_LOST_INTERRUPT, 0xf0);
}

TEST_MAIN(TEST(test_oneshot), TEST(test_stopped), TEST(test_divide), TEST(test_periodic), TEST(test_missed),
	  TEST(test_min_period), TEST(test_deadline), TEST(test_advance), TEST(test_taken_early), TEST(test_waits),
	  TEST(test_mode_switch), TEST(test_masked), TEST(test_masked_early), TEST(test_collapse), TEST(test_quiet))
