// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of PV EOI and of memory under its word: for each a legal history that
 * must stay silent and a broken one that must fire.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_history.h"

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

/* 0x41 is in service, its word is armed, and the page has gone away before the exit. */
static void leave_without_page(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	page_gone();
	leave();
}

/* The MSR is disabled by userspace while KVM still waits: PENDING may outlive it until the next exit. */
static void test_pv_disabled_pending(void)
{
	leave_without_page();
	EXPECT(M->pending);
	M->pv_msr = 0;
	oracle_user_pv_msr(0, 0, true);
	enter();
	SILENT();
	M->pending = false;
	eoi();
	SILENT();
}

/* The same after an entry that KVM armed and then cancelled: PENDING began while the MSR was enabled. */
static void test_pv_disabled_cancelled(void)
{
	boot_pv();
	send(0x41);
	model_prepare(M);
	EXPECT(M->pending);
	page_gone();
	oracle_cancel(0, model_look(M));
	model_sync(M);
	EXPECT(M->pending);
	M->pv_msr = 0;
	oracle_user_pv_msr(0, 0, true);
	enter();
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
		page_gone();
		bug = buggy ? BUG_GONE_EOI : BUG_NONE;
		leave();
		if (buggy) {
			FIRED("isr-premature-page-away", DIV_PREMATURE_EOI, 0x41);
			continue;
		}
		prepare_and_enter();
		page_back();
		leave();
		eoi();
		SILENT();
	}
}

/* The same after PV EOI was disabled: then the page excuses nothing. */
static void test_pv_gone_disabled(void)
{
	leave_without_page();
	M->pv_msr = 0;
	oracle_guest_pv_msr(0, 0, true);
	enter();
	SILENT();
	M->isr[0x41] = 0;
	M->pending = false;
	oracle_exit(0, &M->hw, model_look(M), M->word, false);
	FIRED("isr-premature", DIV_PREMATURE_EOI, 0x41);
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
	page_gone();
	leave();
	prepare_and_enter();
	eoi();			/* of 0x31; KVM, one behind, ends 0x41 with it */
	prepare_and_enter();
	page_back();
	leave();
	SILENT();
	EXPECT(!M->isr[0x31] && !M->isr[0x41]);
	boot_pv();
	send(0x41);
	prepare_and_enter();
	ack();
	page_gone();
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

/* The page is back, zeroed, and an exit comes before oracle_pv_page_back(): as above. */
static void test_pv_replaced_early(void)
{
	boot_pv();
	send(0x41);
	prepare_and_enter();
	oracle_pv_page_gone(0);
	M->word = 0;
	leave();
	EXPECT(!M->isr[0x41]);
	oracle_pv_page_back(0, 0);
	prepare_and_enter();
	leave();
	SILENT();
}

/* What was said of the old word's page does not hold for the new word. */
static void test_pv_moved_from_gone(void)
{
	boot_pv();
	prepare_and_enter();
	oracle_pv_page_gone(0);
	leave();
	M->pv_msr = PV_MSR + 0x1000;
	oracle_guest_pv_msr(0, PV_MSR + 0x1000, true);
	prepare_and_enter();
	leave();
	M->word |= 1;
	enter();
	FIRED("pv-word-idle", DIV_PV_EOI_WORD, DIV_NONE);
}

TEST_MAIN(TEST(test_pv_ack), TEST(test_pv_ignored), TEST(test_pv_lost_ack), TEST(test_pv_disabled),
	  TEST(test_pv_disabled_pending), TEST(test_pv_disabled_cancelled), TEST(test_pv_msr),
	  TEST(test_pv_idle), TEST(test_pv_irr_pending), TEST(test_pv_irr_late), TEST(test_pv_switch_check),
	  TEST(test_pv_other_bits), TEST(test_pv_tracking), TEST(test_pv_running), TEST(test_pv_cancelled),
	  TEST(test_pv_gone_premature), TEST(test_pv_gone_disabled), TEST(test_pv_gone_late_ack),
	  TEST(test_pv_replaced), TEST(test_pv_replaced_early), TEST(test_pv_moved_from_gone))
