// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, IRR: what is accepted and what is in flight.
 */
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_history.h"

/* --- IRR, and messages as intervals. */

static void test_irr_lost(void)
{
	boot();
	prepare_and_enter();
	send(0x41);
	M->irr[0x41] = 0;
	leave();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_irr_spurious(void)
{
	boot();
	M->irr[0x41] = M->irr_pending = 1;
	M->tpr = 0xf0;
	oracle_guest_tpr(0, 0xf0);
	prepare_and_enter();
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
	leave();
	SILENT();
}

/* Reported once: whoever set the bit may not have told KVM yet.  What is sent after its dispatch must be seen. */
static void test_irr_spurious_waits(void)
{
	boot();
	M->irr[0x41] = M->irr_pending = 1;
	enter();
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
	leave();
	enter();
	SILENT();
	leave();
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	eoi();
	send(0x41);
	leave();
	SILENT();
	enter();
	FIRED("dispatch-overdue", DIV_LOST_INTERRUPT, 0x41);
}

/* In flight it may be visible at any time, and is not visible at first. */
static void test_in_flight(void)
{
	int32_t handle;

	boot();
	handle = begin(0x41, false);
	prepare_and_enter();
	leave();
	model_accept(M, 0x41, false);
	prepare_and_enter();		/* dispatched before the end */
	oracle_message_end(handle, true);
	leave();
	prepare_and_enter();
	SILENT();
	eoi();
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

/* Of two messages one is dispatched while the other is in flight: both ends are legal. */
static void test_in_flight_collapse(void)
{
	for (int separate = 0; separate < 2; separate++) {
		int32_t handle;

		boot();
		prepare_and_enter();
		send(0x41);
		leave();
		handle = begin(0x41, false);
		if (!separate)
			model_accept(M, 0x41, false);
		model_prepare(M);
		if (separate)
			model_accept(M, 0x41, false);
		oracle_message_end(handle, true);
		enter();
		EXPECT(M->isr[0x41] && M->irr[0x41] == separate);
		leave();
		SILENT();
		oracle_guest_eoi(0);
		model_eoi(M);
		prepare_and_enter();
		EXPECT(M->isr[0x41] == separate);
		SILENT();
	}
}

/* One message, one dispatch, and the bit is still there. */
static void test_in_flight_twice(void)
{
	boot();
	prepare_and_enter();
	send(0x41);
	leave();
	bug = BUG_TWICE;
	prepare_and_enter();
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
}

static void test_in_flight_then_lost(void)
{
	int32_t handle;

	boot();
	prepare_and_enter();
	handle = begin(0x41, false);
	leave();
	prepare_and_enter();
	SILENT();
	oracle_message_end(handle, true);
	leave();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
}

static void test_refused(void)
{
	int32_t handle;

	boot();
	handle = begin(0x41, false);
	oracle_message_end(handle, false);
	oracle_message_end(handle, true);	/* ended already: ignored */
	prepare_and_enter();
	leave();
	SILENT();
}

static void test_low_vector(void)
{
	boot();
	send(0x05);
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
	EXPECT(deviation_switch("low-vectors", false));
	EXPECT_EQ(begin(0x06, false), -1);
	EXPECT(deviation_switch("low-vectors", true));
}

static void test_local(void)
{
	boot();
	oracle_local_interrupt(0, 0xec);
	model_accept(M, 0xec, false);
	prepare_and_enter();
	EXPECT(M->isr[0xec]);
	eoi();
	SILENT();
	oracle_local_interrupt(0, 0xec);
	prepare_and_enter();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0xec);
}

TEST_MAIN(TEST(test_irr_lost), TEST(test_irr_spurious), TEST(test_irr_spurious_waits), TEST(test_in_flight),
	  TEST(test_in_flight_collapse), TEST(test_in_flight_twice),
	  TEST(test_in_flight_then_lost), TEST(test_refused), TEST(test_low_vector),
	  TEST(test_local))
