// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, EOI, and the registers TMR, TPR and PPR, also as userspace reads and writes them.
 */
#include "tests/unit/oracle_history.h"

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

TEST_MAIN(TEST(test_isr_premature), TEST(test_isr_stuck), TEST(test_isr_spurious),
	  TEST(test_eoi_empty), TEST(test_tmr), TEST(test_tmr_overlap), TEST(test_tpr),
	  TEST(test_ppr), TEST(test_ppr_tolerance), TEST(test_get_lapic), TEST(test_set_lapic))
