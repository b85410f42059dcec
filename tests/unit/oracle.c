// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks one by one: for each a legal history that must stay silent
 * and a broken one that must fire, with its kind, and only once.
 *
 * Does not test PV EOI and KVM's caches (oracle_pv.c), destinations
 * (oracle_destination.c) and random histories (oracle_random.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
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

/* --- EOI. */

static void test_isr_premature(void)
{
	boot();
	send(0x31);
	prepare_and_enter();
	send(0x41);
	leave();
	prepare_and_enter();
	M->isr[0x41] = 0;
	model_ppr(M);
	leave();
	EXPECT_STR(seen[0].text, "vector 0x41 left ISR without an EOI (ISR was 0x31 0x41)");
	FIRED("isr-premature", DIV_PREMATURE_EOI, 0x41);
	prepare_and_enter();
	eoi();
	SILENT();
}

static void test_isr_stuck(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	leave();
	oracle_guest_eoi(0);
	prepare_and_enter();
	FIRED("isr-stuck", DIV_LOST_EOI, 0x41);
	leave();
	SILENT();
	oracle_quiet(0, model_look(M));
	FIRED("quiet-isr", DIV_LOST_EOI, 0x41);
}

static void test_isr_spurious(void)
{
	boot();
	M->isr[0x41] = 1;
	model_ppr(M);
	enter();
	FIRED("isr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
}

static void test_eoi_empty(void)
{
	boot();
	prepare_and_enter();
	eoi();
	prepare_and_enter();
	SILENT();
}

/* --- TMR, TPR, PPR. */

static void test_tmr(void)
{
	int32_t handle;

	boot();
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	eoi();
	M->tmr[0x77] = 1;	/* neither in IRR nor in ISR: unspecified */
	prepare_and_enter();
	leave();
	SILENT();
	bug = BUG_TMR;
	send(0x41);
	prepare_and_enter();
	FIRED("tmr-matches", DIV_REGISTER_MISMATCH, 0x41);
	leave();
	SILENT();
}

/* Edge and level overlap: either is right. */
static void test_tmr_overlap(void)
{
	for (int level = 0; level < 2; level++) {
		int32_t a, b;

		boot();
		prepare_and_enter();
		a = begin(0x41, false);
		b = begin(0x41, true);
		model_accept(M, 0x41, level);
		oracle_message_end(a, true);
		leave();
		oracle_message_end(b, true);
		prepare_and_enter();
		leave();
		SILENT();
		M->tmr[0x41] ^= 1;
		prepare_and_enter();
		FIRED("tmr-matches", DIV_REGISTER_MISMATCH, 0x41);
	}
}

static void test_tpr(void)
{
	boot();
	oracle_guest_tpr(0, 0x20);
	M->tpr = 0x20;
	prepare_and_enter();
	leave();
	SILENT();
	oracle_guest_tpr(0, 0x30);
	prepare_and_enter();
	FIRED("tpr-matches", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	SILENT();
}

static void test_ppr(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	leave();
	SILENT();
	M->ppr = 0;
	enter();
	FIRED("ppr-matches", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	enter();
	SILENT();	/* said once */
}

static void test_ppr_tolerance(void)
{
	boot();
	oracle_guest_tpr(0, 0x45);
	M->tpr = 0x45;		/* without an exit: PPR lags */
	enter();
	leave();
	SILENT();
	model_ppr(M);
	send(0x51);
	prepare_and_enter();
	SILENT();
	leave();
	oracle_guest_tpr(0, 0x53);
	M->tpr = 0x53;
	M->ppr = 0x50;		/* equal classes: TPR's low nibble or 0 */
	enter();
	leave();
	M->ppr = 0x53;
	enter();
	SILENT();
}

/* --- Userspace. */

static void test_get_lapic(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	send(0x35);
	leave();
	oracle_user_get_lapic(0, model_look(M)->regs, model_look(M));
	SILENT();
	for (uint32_t offset = 0x80; offset <= 0x290; offset += 0x10) {
		uint8_t copy[1024];

		if (offset != 0x80 && offset != 0x120 && offset != 0x1a0 && offset != 0x210)
			continue;
		memcpy(copy, model_look(M)->regs, sizeof(copy));
		copy[offset] ^= 0x02;	/* TPR; ISR 0x41, TMR 0x41, IRR 0x21 */
		oracle_user_get_lapic(0, copy, model_look(M));
		EXPECT_EQ(nr_seen, 1);
		EXPECT_STR(seen[0].check, "get-lapic");
		nr_seen = 0;
	}
}

static void test_set_lapic(void)
{
	int32_t handle;

	boot();
	send(0x41);
	prepare_and_enter();
	leave();
	handle = begin(0x81, false);	/* may be overwritten, or not */
	M->isr[0x41] = 0;
	M->irr[0x51] = M->irr_pending = 1;
	M->isr[0x31] = M->tmr[0x31] = 1;
	M->tpr = 0x20;
	oracle_user_set_lapic(0, model_look(M)->regs, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	EXPECT(M->isr[0x51]);
	leave();
	SILENT();
	/* Lowest priority to a broadcast may arrive or not: also after the load, if it came while KVM loaded. */
	handle = oracle_msi_begin(0, 0xfeeff000, 0x161);
	oracle_message_end(handle, true);
	oracle_user_set_lapic(0, model_look(M)->regs, true);
	M->irr[0x61] = M->irr_pending = 1;
	prepare_and_enter();
	EXPECT(M->isr[0x61]);
	leave();
	SILENT();
	oracle_user_set_lapic(0, model_look(&model[1])->regs, false);	/* refused: nothing changes */
	prepare_and_enter();
	leave();
	SILENT();
}

/* --- The quiet phase, and the rest. */

static void test_quiet(void)
{
	boot();
	oracle_guest_if(0, false, 0);
	M->if_enabled = false;
	send(0x41);
	prepare_and_enter();
	leave();
	SILENT();
	oracle_quiet(0, model_look(M));
	FIRED("quiet-irr", DIV_LOST_INTERRUPT, 0x41);
	boot();
	send(0x41);
	model_prepare(M);
	oracle_cancel(0, model_look(M));
	M->isr[0x41] = 0;
	oracle_guest_eoi(0);
	oracle_quiet(0, model_look(M));
	FIRED("quiet-owed", DIV_LOST_INTERRUPT, 0x41);
}

static void test_reset(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	oracle_pv_page_gone(0);
	begin(0x91, false);
	nr_seen = 0;
	model_init(M, 0, true);
	oracle_reset();
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_tables(void)
{
	for (uint32_t i = 0; i < CHECK_NR; i++) {
		EXPECT(check_row(i)->name && strlen(check_row(i)->name) < sizeof(seen[0].check));
		EXPECT(check_row(i)->source != NULL);
		for (uint32_t j = 0; j < i; j++)
			EXPECT(strcmp(check_row(i)->name, check_row(j)->name) != 0);
	}
	EXPECT(!check_row(CHECK_NR));
	for (uint32_t i = 0; i < DEV_NR; i++)
		EXPECT(deviation_row(i)->name && deviation_row(i)->source && deviation_row(i)->what);
	EXPECT(!deviation_row(DEV_NR));
}

static void test_finding(void)
{
	boot();
	oracle_finding(DIV_HOST_BUG, "host-bug", 0, 1, DIV_NONE, "BUG at %s", "x");
	FIRED("host-bug", DIV_HOST_BUG, DIV_NONE);
	EXPECT_STR(seen[0].text, "BUG at x");
	EXPECT_EQ(seen[0].vcpu, 1);
}

TEST_MAIN(TEST(test_dispatch_plain), TEST(test_dispatch_nested), TEST(test_dispatch_not_pending),
	  TEST(test_dispatch_twice), TEST(test_dispatch_ppr), TEST(test_dispatch_in_service),
	  TEST(test_dispatch_highest), TEST(test_dispatch_highest_late), TEST(test_dispatch_overdue), TEST(test_tpr_threshold),
	  TEST(test_dispatch_blocked),
	  TEST(test_dispatch_shadow), TEST(test_dispatch_shadow_lifted), TEST(test_cancelled_entry),
	  TEST(test_cancelled_early), TEST(test_interrupted_delivery), TEST(test_exception_first),
	  TEST(test_owed_lost), TEST(test_delivered_alone), TEST(test_sw_disabled_dispatch),
	  TEST(test_irr_lost), TEST(test_irr_spurious), TEST(test_in_flight),
	  TEST(test_in_flight_collapse), TEST(test_in_flight_twice), TEST(test_in_flight_then_lost),
	  TEST(test_refused), TEST(test_low_vector), TEST(test_local), TEST(test_isr_premature),
	  TEST(test_isr_stuck), TEST(test_isr_spurious), TEST(test_eoi_empty), TEST(test_tmr),
	  TEST(test_tmr_overlap), TEST(test_tpr), TEST(test_ppr), TEST(test_ppr_tolerance),
	  TEST(test_get_lapic), TEST(test_set_lapic), TEST(test_quiet), TEST(test_reset),
	  TEST(test_tables), TEST(test_finding))
