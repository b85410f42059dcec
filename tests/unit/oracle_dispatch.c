// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, dispatch: injection at VM-Entry, cancelled entries, interrupted delivery.
 */
#include "sim/oracle/deviation.h"
#include "sim/oracle/state.h"
#include "tests/unit/oracle_history.h"

/* --- Dispatch. */

static void test_dispatch_plain(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	EXPECT(M->isr[0x41] && !M->irr[0x41]);
	eoi();
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_dispatch_nested(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	send(0x35);		/* lower class: waits */
	send(0x81);		/* higher class: nests */
	leave();
	prepare_and_enter();
	EXPECT(M->isr[0x81] && M->irr[0x35]);
	eoi();
	prepare_and_enter();
	EXPECT(M->irr[0x35]);
	eoi();
	prepare_and_enter();
	EXPECT(M->isr[0x35]);
	eoi();
	SILENT();
}

static void test_dispatch_not_pending(void)
{
	boot();
	M->isr[0x41] = 1;
	model_ppr(M);
	M->injected = 0x41;
	enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, 0x41);
	eoi();
	prepare_and_enter();
	SILENT();
}

static void test_dispatch_twice(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	eoi();
	M->isr[0x41] = 1;
	model_ppr(M);
	M->injected = 0x41;
	enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, 0x41);
}

static void test_dispatch_ppr(void)
{
	boot();
	oracle_guest_tpr(0, 0x50);
	M->tpr = 0x50;
	send(0x51);
	prepare_and_enter();
	leave();
	EXPECT(M->irr[0x51]);
	SILENT();
	bug = BUG_IGNORE_PPR;
	prepare_and_enter();
	FIRED("dispatch-ppr", DIV_PRIORITY_INVERSION, 0x51);
}

static void test_dispatch_in_service(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	send(0x41);
	leave();
	prepare_and_enter();
	leave();
	SILENT();
	bug = BUG_IGNORE_PPR;
	prepare_and_enter();
	FIRED("dispatch-in-service", DIV_PRIORITY_INVERSION, 0x41);
}

static void test_dispatch_highest(void)
{
	boot();
	prepare_and_enter();
	send(0x41);
	send(0x61);
	leave();
	bug = BUG_WRONG_PRIORITY;
	prepare_and_enter();
	FIRED("dispatch-highest", DIV_PRIORITY_INVERSION, 0x41);
}

/* A higher vector that arrives after KVM chose is no divergence. */
static void test_dispatch_highest_late(void)
{
	boot();
	prepare_and_enter();
	send(0x41);
	leave();
	model_prepare(M);
	send(0x61);
	enter();
	EXPECT(M->irr[0x61]);
	SILENT();
	leave();
	prepare_and_enter();
	EXPECT(M->isr[0x61]);
	SILENT();
}

/* One that is still being sent: it is in IRR at the exit, and KVM chose before, or the other way round. */
static void test_dispatch_highest_in_flight(void)
{
	for (int over = 0; over < 2; over++) {
		int32_t handle;

		boot();
		prepare_and_enter();
		send(0x41);
		handle = begin(0x61, false);
		model_accept(M, 0x61, false);
		if (over)
			oracle_message_end(handle, true);
		leave();
		bug = BUG_WRONG_PRIORITY;
		prepare_and_enter();
		if (over)
			FIRED("dispatch-highest", DIV_PRIORITY_INVERSION, 0x41);
		else
			SILENT();
	}
}

/* What waits needs an exit at which it can go: when IF is set, or TPR is low enough. */
static void test_dispatch_overdue(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	leave();
	M->if_enabled = false;
	oracle_guest_if(0, false, 0);
	oracle_guest_eoi(0);
	model_eoi(M);
	send(0x61);
	prepare_and_enter();
	leave();
	prepare_and_enter();
	leave();
	SILENT();
	bug = BUG_NO_WINDOW;
	prepare_and_enter();
	FIRED("dispatch-overdue", DIV_LOST_INTERRUPT, 0x61);
}

static void test_tpr_threshold(void)
{
	boot();
	oracle.config.tpr_shadow = true;
	oracle_guest_tpr(0, 0x50);
	M->tpr = 0x50;
	send(0x51);
	M->hw.tpr_threshold = 5;
	prepare_and_enter();
	leave();
	prepare_and_enter();
	leave();
	SILENT();
	M->hw.tpr_threshold = 4;
	prepare_and_enter();
	FIRED("tpr-threshold", DIV_LOST_INTERRUPT, 0x51);
	leave();
	send(0x61);		/* KVM will look again, for the sake of this one */
	prepare_and_enter();
	SILENT();
}

/* A higher one could be delivered when KVM left the threshold to its sender's look; then the guest raised TPR. */
static void test_tpr_threshold_raised(void)
{
	boot();
	oracle.config.tpr_shadow = true;
	oracle_guest_tpr(0, 0x80);
	M->tpr = 0x80;
	send(0x77);
	leave();
	begin(0xcd, false);
	M->irr[0xcd] = 1;
	oracle_guest_tpr(0, 0xf0);
	M->tpr = 0xf0;
	M->hw.tpr_threshold = 0;
	prepare_and_enter();
	SILENT();
}

static void test_dispatch_blocked(void)
{
	boot();
	oracle_guest_if(0, false, 0);
	M->if_enabled = false;
	send(0x41);
	prepare_and_enter();
	leave();
	SILENT();
	bug = BUG_IGNORE_IF;
	prepare_and_enter();
	FIRED("dispatch-blocked", DIV_PRIORITY_INVERSION, 0x41);
}

static void test_dispatch_shadow(void)
{
	boot();
	oracle_guest_if(0, true, KW_BLOCK_STI);
	M->blocking = KW_BLOCK_STI;
	send(0x41);
	prepare_and_enter();
	leave();
	SILENT();
	bug = BUG_IGNORE_IF;
	prepare_and_enter();
	FIRED("dispatch-blocked", DIV_PRIORITY_INVERSION, 0x41);
}

/* KVM emulated the instruction after STI: the hardware's shadow is gone. */
static void test_dispatch_shadow_lifted(void)
{
	boot();
	oracle_guest_if(0, true, KW_BLOCK_STI);
	send(0x41);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	SILENT();
}

static void test_cancelled_entry(void)
{
	boot();
	send(0x41);
	model_prepare(M);
	oracle_cancel(0, model_look(M));
	send(0x61);
	model_prepare(M);
	enter();		/* 0x41 again: no second dispatch, and no inversion */
	leave();
	prepare_and_enter();
	EXPECT(M->isr[0x41] && M->isr[0x61]);
	SILENT();
}

/* The cancel hook may come before KVM has taken the event back. */
static void test_cancelled_early(void)
{
	int injected;

	boot();
	send(0x41);
	model_prepare(M);
	injected = M->injected;
	M->injected = -1;
	oracle_cancel(0, model_look(M));
	M->injected = injected;
	prepare_and_enter();
	eoi();
	SILENT();
}

static void test_interrupted_delivery(void)
{
	boot();
	send(0x41);
	model_prepare(M);
	M->hw.entry_intr_info = KW_INTR_VALID | 0x41;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	oracle_delivery_interrupted(0, 0x41);
	leave();
	prepare_and_enter();
	eoi();
	SILENT();
}

static void test_exception_first(void)
{
	boot();
	send(0x41);
	model_prepare(M);
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | 14;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	leave();
	prepare_and_enter();
	eoi();
	SILENT();
}

static void test_owed_lost(void)
{
	boot();
	send(0x41);
	model_prepare(M);
	oracle_cancel(0, model_look(M));
	SILENT();
	M->injected = -1;
	enter();
	FIRED("owed-reinjected", DIV_LOST_INTERRUPT, 0x41);
}

static void test_delivered_alone(void)
{
	boot();
	enter();
	oracle_delivered(0, 0x33);
	FIRED("delivered-injected", DIV_SPURIOUS_DELIVERY, 0x33);
	boot();
	send(0x41);
	model_prepare(M);
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_SOFT | 0x41;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	FIRED("delivered-injected", DIV_SPURIOUS_DELIVERY, 0x41);
}

static void test_sw_disabled_dispatch(void)
{
	const struct deviation_row *row = deviation_row(DEV_SW_DISABLED_DISPATCH);

	boot();
	prepare_and_enter();
	send(0x41);
	leave();
	M->svr &= ~0x100u;
	deviation_clear_counts();
	prepare_and_enter();
	SILENT();
	EXPECT_EQ(row->used, 1);
	EXPECT(deviation_switch("sw-disabled-dispatch", false));
	EXPECT(!deviation_switch("no-such-deviation", false));
	send(0x71);			/* dropped: legal, as the vCPU is in the guest */
	leave();
	SILENT();
	M->irr[0x91] = M->irr_pending = 1;
	oracle_local_interrupt(0, 0x91);
	prepare_and_enter();
	FIRED("dispatch-blocked", DIV_PRIORITY_INVERSION, 0x91);
	EXPECT(deviation_switch("sw-disabled-dispatch", true));
}

TEST_MAIN(TEST(test_dispatch_plain), TEST(test_dispatch_nested), TEST(test_dispatch_not_pending),
	  TEST(test_dispatch_twice), TEST(test_dispatch_ppr), TEST(test_dispatch_in_service),
	  TEST(test_dispatch_highest), TEST(test_dispatch_highest_late),
	  TEST(test_dispatch_highest_in_flight), TEST(test_dispatch_overdue), TEST(test_tpr_threshold),
	  TEST(test_tpr_threshold_raised), TEST(test_dispatch_blocked), TEST(test_dispatch_shadow),
	  TEST(test_dispatch_shadow_lifted), TEST(test_cancelled_entry), TEST(test_cancelled_early),
	  TEST(test_interrupted_delivery), TEST(test_exception_first), TEST(test_owed_lost),
	  TEST(test_delivered_alone), TEST(test_sw_disabled_dispatch))
