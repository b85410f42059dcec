// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks one by one: for each a legal history that must stay silent
 * and a broken one that must fire, with its kind, and only once.
 *
 * Does not test destinations (oracle_destination.c) and random histories
 * (oracle_random.c).
 */
#include "tests/unit/test.h"
#include "tests/unit/oracle_model.h"
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"

#define SILENT()	expect_silent(__FILE__, __LINE__)
#define FIRED(check, kind, vector) expect_fired(__FILE__, __LINE__, check, kind, vector)

static void expect_silent(const char *file, int line)
{
	for (uint32_t i = 0; i < nr_seen && i < 64; i++)
		test_expect(false, file, line, "%s: %s", seen[i].check, seen[i].text);
	nr_seen = 0;
}

static void expect_fired(const char *file, int line, const char *check, uint32_t kind, uint32_t vector)
{
	test_expect(nr_seen == 1, file, line, "%u divergences, expected one %s", nr_seen, check);
	for (uint32_t i = 0; nr_seen != 1 && i < nr_seen && i < 64; i++)
		test_expect(false, file, line, "%s: %s", seen[i].check, seen[i].text);
	if (nr_seen) {
		test_expect(!strcmp(seen[0].check, check), file, line, "%s fired, expected %s: %s", seen[0].check,
			    check, seen[0].text);
		test_expect(seen[0].kind == kind && seen[0].vector == vector && seen[0].time_ns == 1000, file, line,
			    "kind %u vector 0x%x: %s", seen[0].kind, seen[0].vector, seen[0].text);
	}
	nr_seen = 0;
}

#define M	(&model[0])
#define PV_MSR	0x12345001ull

static int32_t begin(uint32_t vector, bool level)
{
	return oracle_msi_begin(0, 0xfee00000, vector | (level ? 0xc000 : 0));
}

static void send(uint32_t vector)
{
	int32_t handle = begin(vector, false);

	model_accept(M, vector, false);
	oracle_message_end(handle, true);
}

static void enter(void)
{
	M->hw.entry_intr_info = M->injected < 0 ? 0 : KW_INTR_VALID | (uint32_t)M->injected;
	M->hw.interruptibility = M->blocking;
	oracle_entry(0, &M->hw, model_look(M), M->word, !M->gone);
	if (M->injected >= 0)
		oracle_delivered(0, (uint8_t)M->injected);
	M->injected = -1;
}

static void prepare_and_enter(void)
{
	model_prepare(M);
	enter();
}

static void leave(void)
{
	model_sync(M);
	oracle_exit(0, &M->hw, model_look(M), M->word, !M->gone);
}

static void ack(void)
{
	uint32_t old = M->word;

	M->word &= ~1u;
	oracle_guest_pv_ack(0, old, M->word);
}

/* From inside the guest: an exit that writes EOI. */
static void eoi(void)
{
	leave();
	oracle_guest_eoi(0);
	model_eoi(M);
}

static void boot(void)
{
	model_boot(1, 2, true, false);
	prepare_and_enter();
	leave();
}

static void boot_pv(void)
{
	boot();
	M->pv_msr = PV_MSR;
	oracle_guest_pv_msr(0, PV_MSR, true);
	prepare_and_enter();
	leave();
}

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

/* --- PV EOI. */

static void test_pv_ack(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	EXPECT(M->word & 1);
	ack();
	leave();
	EXPECT(!M->isr[0x41]);
	prepare_and_enter();
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_pv_ignored(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	EXPECT(M->word & 1);
	eoi();			/* legal, and done once */
	EXPECT(!(M->word & 1) && !M->isr[0x41]);
	prepare_and_enter();
	leave();
	SILENT();
}

static void test_pv_lost_ack(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	bug = BUG_LOST_PV_EOI;
	ack();
	leave();
	FIRED("isr-stuck", DIV_LOST_EOI, 0x41);
}

static void test_pv_disabled(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	leave();
	M->pv_msr = 0;
	oracle_guest_pv_msr(0, 0, true);
	prepare_and_enter();
	leave();
	SILENT();
	M->word |= 1;
	enter();
	FIRED("pv-word-disabled", DIV_PV_EOI_WORD, 0x41);
	leave();
	M->word = 0;
	M->pending = true;
	enter();
	FIRED("cache-pv-pending", DIV_STALE_CACHE, DIV_NONE);
}

/* The MSR is disabled by userspace while KVM still waits: PENDING may outlive it until the next exit. */
static void test_pv_disabled_pending(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	M->gone = true;
	oracle_pv_page_gone(0);
	leave();
	EXPECT(M->pending);
	M->pv_msr = 0;
	oracle_user_pv_msr(0, 0, true);
	enter();
	SILENT();
	M->pending = false;
	eoi();
	SILENT();
}

static void test_pv_msr(void)
{
	boot_pv();
	oracle_guest_pv_msr(0, 0xdead000000001ull, false);
	prepare_and_enter();
	leave();
	SILENT();
	oracle_guest_pv_msr(0, 0xdead000000001ull, false);
	M->pv_msr = 0xdead000000001ull;
	enter();
	FIRED("pv-msr-matches", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	M->pv_msr = 0x5000;	/* disabled: the rest is nobody's business */
	oracle_guest_pv_msr(0, 0x6000, true);
	enter();
	SILENT();
}

static void test_pv_idle(void)
{
	boot_pv();
	bug = BUG_ARM_IDLE;
	prepare_and_enter();
	FIRED("pv-word-idle", DIV_PV_EOI_WORD, DIV_NONE);
}

static void test_pv_irr_pending(void)
{
	boot_pv();
	prepare_and_enter();
	send(0x41);
	send(0x42);
	leave();
	bug = BUG_ARM_PENDING;
	prepare_and_enter();
	FIRED("pv-word-irr-pending", DIV_PV_EOI_WORD, 0x42);
}

/* It came after KVM had armed. */
static void test_pv_irr_late(void)
{
	boot_pv();
	send(0x42);
	model_prepare(M);
	EXPECT(M->word & 1);
	send(0x41);
	enter();
	leave();
	SILENT();
}

static void test_pv_switch_check(void)
{
	boot_pv();
	prepare_and_enter();
	send(0x41);
	send(0x42);
	leave();
	bug = BUG_ARM_PENDING;
	EXPECT(check_switch("pv-word-irr-pending", false));
	prepare_and_enter();
	SILENT();
	EXPECT(check_switch("pv-word-irr-pending", true));
	EXPECT(!check_switch("no-such-check", true));
}

static void test_pv_other_bits(void)
{
	boot_pv();
	M->word = 0xa5a5a5a4;
	oracle_pv_page_back(0, M->word);
	prepare_and_enter();
	leave();
	send(0x41);
	prepare_and_enter();
	EXPECT_EQ(M->word, 0xa5a5a5a5);
	ack();
	leave();
	SILENT();
	bug = BUG_OTHER_BITS;
	send(0x41);
	prepare_and_enter();
	FIRED("pv-word-other-bits", DIV_PV_EOI_WORD, DIV_NONE);
	leave();
	SILENT();
}

static void test_pv_tracking(void)
{
	boot_pv();
	send(0x41);
	model_prepare(M);
	M->pending = false;
	enter();
	FIRED("pv-word-untracked", DIV_PV_EOI_WORD, DIV_NONE);
	boot_pv();
	send(0x41);
	model_prepare(M);
	M->word = 0;
	enter();
	FIRED("pv-pending-unarmed", DIV_PV_EOI_WORD, DIV_NONE);
}

static void test_pv_running(void)
{
	boot_pv();
	prepare_and_enter();
	oracle_guest_pv_ack(0, 1, 0);
	FIRED("pv-word-while-running", DIV_PV_EOI_WORD, DIV_NONE);
}

static void test_pv_cancelled(void)
{
	boot_pv();
	send(0x41);
	model_prepare(M);
	EXPECT(M->word & 1);
	oracle_cancel(0, model_look(M));
	model_sync(M);
	prepare_and_enter();
	EXPECT(M->word & 1);
	ack();
	leave();
	SILENT();
}

/* The page is gone: an ISR vector may not vanish. */
static void test_pv_gone_premature(void)
{
	for (int buggy = 0; buggy < 2; buggy++) {
		boot_pv();
		send(0x41);
		prepare_and_enter();
		M->gone = true;
		oracle_pv_page_gone(0);
		bug = buggy ? BUG_GONE_EOI : BUG_NONE;
		leave();
		if (buggy) {
			FIRED("isr-premature", DIV_PREMATURE_EOI, 0x41);
			continue;
		}
		prepare_and_enter();
		M->gone = false;
		oracle_pv_page_back(0, M->word);
		leave();
		eoi();
		SILENT();
	}
}

/* The guest acked, then the page went away: KVM may notice once it is back, or never wait. */
static void test_pv_gone_late_ack(void)
{
	boot_pv();
	send(0x31);
	prepare_and_enter();
	leave();
	send(0x41);
	prepare_and_enter();
	ack();
	M->gone = true;
	oracle_pv_page_gone(0);
	leave();
	prepare_and_enter();
	eoi();			/* of 0x31; KVM, one behind, ends 0x41 with it */
	prepare_and_enter();
	M->gone = false;
	oracle_pv_page_back(0, M->word);
	leave();
	SILENT();
	EXPECT(!M->isr[0x31] && !M->isr[0x41]);
	boot_pv();
	send(0x41);
	prepare_and_enter();
	ack();
	M->gone = true;
	oracle_pv_page_gone(0);
	leave();
	SILENT();
	M->pending = false;	/* given up: nobody will ever end it */
	enter();
	FIRED("isr-stuck", DIV_LOST_EOI, 0x41);
}

/* The word came back as 0: the host cannot tell it from an ack. */
static void test_pv_replaced(void)
{
	const struct deviation_row *row = deviation_row(DEV_PV_WORD_REPLACED);

	deviation_clear_counts();
	boot_pv();
	send(0x31);
	prepare_and_enter();
	leave();
	send(0x41);
	prepare_and_enter();
	oracle_pv_page_gone(0);
	M->word = 0;
	oracle_pv_page_back(0, 0);
	leave();
	EXPECT(M->isr[0x31] && !M->isr[0x41]);
	SILENT();
	EXPECT_EQ(row->used, 1);
	M->isr[0x31] = 0;	/* but not a second one */
	model_ppr(M);
	enter();
	FIRED("isr-premature", DIV_PREMATURE_EOI, 0x31);
}

/* --- Caches. */

static void look_with(void (*spoil)(struct kw_apic_state *))
{
	model_look(M);
	spoil(&M->state);
	oracle_entry(0, &M->hw, &M->state, M->word, true);
	oracle_exit(0, &M->hw, &M->state, M->word, true);
}

static void spoil_irr(struct kw_apic_state *s) { s->irr_pending = false; }
static void spoil_count(struct kw_apic_state *s) { s->isr_count++; }
static void spoil_highest(struct kw_apic_state *s) { s->highest_isr_cache = 0x30; }
static void spoil_enabled(struct kw_apic_state *s) { s->sw_enabled = false; }
static void unknown_highest(struct kw_apic_state *s) { s->highest_isr_cache = -1; s->irr_pending = true; }
static void with_apicv(struct kw_apic_state *s)
{
	s->apicv_active = s->irr_pending = true;
	s->isr_count = 1;
	s->highest_isr_cache = -1;
}

static void test_caches(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	send(0x42);
	leave();
	M->hw.entry_intr_info = 0;
	look_with(unknown_highest);
	look_with(with_apicv);
	SILENT();
	look_with(spoil_irr);
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x42);
	look_with(unknown_highest);
	look_with(spoil_irr);	/* again, after it was right */
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x42);
	look_with(spoil_count);
	FIRED("cache-isr-count", DIV_STALE_CACHE, DIV_NONE);
	look_with(spoil_highest);
	FIRED("cache-highest-isr", DIV_STALE_CACHE, DIV_NONE);
	look_with(spoil_enabled);
	FIRED("cache-sw-enabled", DIV_STALE_CACHE, DIV_NONE);
}

/* The sender is between setting the bit and setting the flag. */
static void test_cache_in_flight(void)
{
	int32_t handle;

	boot();
	M->tpr = 0xf0;
	oracle_guest_tpr(0, 0xf0);
	prepare_and_enter();
	handle = begin(0x41, false);
	M->irr[0x41] = 1;
	leave();
	SILENT();
	oracle_message_end(handle, true);
	M->irr_pending = false;
	enter();
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x41);
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
	  TEST(test_dispatch_highest), TEST(test_dispatch_highest_late), TEST(test_dispatch_blocked),
	  TEST(test_dispatch_shadow), TEST(test_dispatch_shadow_lifted), TEST(test_cancelled_entry),
	  TEST(test_cancelled_early), TEST(test_interrupted_delivery), TEST(test_exception_first),
	  TEST(test_owed_lost), TEST(test_delivered_alone), TEST(test_sw_disabled_dispatch), TEST(test_irr_lost),
	  TEST(test_irr_spurious), TEST(test_in_flight), TEST(test_in_flight_collapse), TEST(test_in_flight_twice),
	  TEST(test_in_flight_then_lost), TEST(test_refused), TEST(test_low_vector), TEST(test_local),
	  TEST(test_isr_premature), TEST(test_isr_stuck), TEST(test_isr_spurious), TEST(test_eoi_empty),
	  TEST(test_tmr), TEST(test_tmr_overlap), TEST(test_tpr), TEST(test_ppr), TEST(test_ppr_tolerance),
	  TEST(test_pv_ack), TEST(test_pv_ignored), TEST(test_pv_lost_ack), TEST(test_pv_disabled),
	  TEST(test_pv_disabled_pending), TEST(test_pv_msr), TEST(test_pv_idle), TEST(test_pv_irr_pending),
	  TEST(test_pv_irr_late), TEST(test_pv_switch_check), TEST(test_pv_other_bits), TEST(test_pv_tracking),
	  TEST(test_pv_running), TEST(test_pv_cancelled), TEST(test_pv_gone_premature),
	  TEST(test_pv_gone_late_ack), TEST(test_pv_replaced), TEST(test_caches), TEST(test_cache_in_flight),
	  TEST(test_get_lapic), TEST(test_set_lapic), TEST(test_quiet), TEST(test_reset), TEST(test_tables),
	  TEST(test_finding))
