// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of a TPR that lies in memory and of reported accesses to TPR: for each a
 * legal history that must stay silent and a broken one that must fire.
 */
#include "sim/oracle/vapic.h"
#include "tests/unit/oracle_history.h"

static uint32_t word;
static bool unreadable, unwritable;

static void write_word(uint32_t tpr)
{
	word = (word & ~0xffu) | tpr;
	oracle_guest_tpr(0, (uint8_t)tpr);
}

/* As KVM does it before each entry. */
static void go_in(void)
{
	int irr, isr;

	model_prepare(M);
	irr = model_top(M->irr);
	isr = model_top(M->isr);
	if (!unreadable && !unwritable)
		word = M->tpr | (isr < 0 ? 0 : (uint32_t)isr & 0xf0) << 8 | (irr < 0 ? 0 : (uint32_t)irr) << 24;
	oracle_vapic_word(0, word, !unreadable);
	enter();
}

static void show_and_leave(void)
{
	oracle_vapic_word(0, word, !unreadable);
	leave();
}

/* And after each exit. */
static void go_out(void)
{
	if (!unreadable)
		M->tpr = (uint8_t)word;
	show_and_leave();
}

static void boot_vapic(void)
{
	model_vapic = true;
	word = 0;
	unreadable = unwritable = false;
	model_boot(1, 2, false, false);
	oracle_user_vapic(0, true);
	go_in();
	go_out();
	SILENT();
}

static void test_plain(void)
{
	boot_vapic();
	go_in();
	write_word(0x50);
	send(0x41);
	go_out();
	go_in();
	EXPECT_EQ(word, 0x41000050);
	write_word(0x20);
	go_out();
	go_in();
	EXPECT_EQ(word, 0x00004020);
	go_out();
	oracle_guest_eoi(0);
	model_eoi(M);
	go_in();
	EXPECT_EQ(word, 0x00000020);
	SILENT();
}

static void test_tpr_not_taken(void)
{
	boot_vapic();
	go_in();
	write_word(0x50);
	show_and_leave();
	FIRED("vapic-tpr", DIV_REGISTER_MISMATCH, DIV_NONE);
	/* Once: what follows from it is not told again. */
	go_in();
	write_word(0x60);
	show_and_leave();
	SILENT();
	/* Until userspace gives it another word. */
	word = M->tpr;
	oracle_user_vapic(0, true);
	go_in();
	write_word(0x70);
	show_and_leave();
	FIRED("vapic-tpr", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* A call that was refused is no other word. */
static void test_refused(void)
{
	for (int out = 0; out < 2; out++) {
		boot_vapic();
		oracle_user_vapic_refused(0);
		send(0x41);
		go_in();
		go_out();
		SILENT();
		if (out) {
			go_in();
			write_word(0x50);
			show_and_leave();
		} else {
			oracle_vapic_word(0, 0, true);
			enter();
		}
		FIRED("vapic-after-refusal", DIV_REGISTER_MISMATCH, DIV_NONE);
		write_word(0x60);
		show_and_leave();
		SILENT();
	}
}

/* @by: what is wrong with the word, with 0x41 waiting and 0x61 in service. */
static void enter_with(uint32_t by)
{
	boot_vapic();
	send(0x61);
	go_in();
	go_out();
	send(0x41);
	go_in();
	go_out();
	model_prepare(M);
	word = 0x41006000 ^ by;
	oracle_vapic_word(0, word, true);
	enter();
}

static void test_word(void)
{
	enter_with(0);
	SILENT();
	enter_with(0x00000010);		/* another TPR */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, DIV_NONE);
	enter_with(0x00001000);		/* another class */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, DIV_NONE);
	enter_with(0x00000100);		/* "bits 3:0 are zero" */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, DIV_NONE);
	enter_with(0x00010000);		/* "zero" */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, DIV_NONE);
	enter_with(0x41000000);		/* nothing waits */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, 0x41);
	enter_with(0x03000000);		/* another one waits */
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, 0x41);
}

/* It came after KVM had written the word, or before. */
static void test_irr_late(void)
{
	for (int late = 0; late < 2; late++) {
		boot_vapic();
		go_in();
		write_word(0x80);
		go_out();
		model_prepare(M);
		send(0x41);
		word = 0x80 | (late ? 0 : 0x41000000u);
		oracle_vapic_word(0, word, true);
		enter();
		SILENT();
		go_out();
		model_prepare(M);
		oracle_vapic_word(0, 0x80, true);
		enter();
		FIRED("vapic-word", DIV_REGISTER_MISMATCH, 0x41);
	}
}

/* The guest wrote TPR, the page went away: KVM keeps the old one, and takes the new one once it can. */
static void test_page_away(void)
{
	boot_vapic();
	go_in();
	write_word(0x50);
	oracle_vapic_gone(0);
	unreadable = true;
	go_out();
	EXPECT_EQ(M->tpr, 0);
	send(0x41);
	go_in();
	EXPECT(M->isr[0x41]);
	unreadable = false;
	oracle_vapic_back(0, word);
	go_out();
	EXPECT_EQ(M->tpr, 0x50);
	/* Nobody has written bytes 1 to 3 since. */
	model_prepare(M);
	oracle_vapic_word(0, word, true);
	enter();
	go_out();
	SILENT();
	/* Now somebody does. */
	go_in();
	go_out();
	oracle_vapic_word(0, 0x50, true);
	enter();
	FIRED("vapic-word", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* But nothing else. */
static void test_page_away_wrong(void)
{
	boot_vapic();
	go_in();
	write_word(0x50);
	oracle_vapic_gone(0);
	unreadable = true;
	M->tpr = 0x70;
	show_and_leave();
	FIRED("vapic-tpr", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* Read-only: what KVM cannot write does not count, what it can read does. */
static void test_page_read_only(void)
{
	boot_vapic();
	go_in();
	oracle_vapic_gone(0);
	unwritable = true;
	send(0x41);
	go_out();
	go_in();
	go_out();
	SILENT();
	word = 0x50;
	show_and_leave();
	FIRED("vapic-tpr", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* Zeroed while it was away: TPR may be either. */
static void test_page_replaced(void)
{
	for (int late = 0; late < 2; late++) {
		boot_vapic();
		go_in();
		write_word(0x50);
		go_out();
		go_in();
		oracle_vapic_gone(0);
		if (!late)
			word = 0;
		oracle_vapic_back(0, word);
		go_out();
		EXPECT_EQ(M->tpr, late ? 0x50 : 0);
		go_in();
		SILENT();
	}
}

static void test_taken_away(void)
{
	boot_vapic();
	oracle_user_vapic(0, false);
	go_in();
	leave();
	oracle_guest_tpr(0, 0x30);
	M->tpr = 0x30;
	word = 0xffffffff;
	oracle_vapic_word(0, word, true);
	model_prepare(M);
	enter();
	SILENT();
}

static void test_reports(void)
{
	boot_vapic();
	go_in();
	go_out();
	oracle_tpr_access(0, true);
	oracle_tpr_reported(0, true);
	go_in();
	go_out();
	SILENT();
	oracle_tpr_access(0, false);
	oracle_tpr_reported(0, true);
	FIRED("tpr-report", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_tpr_access(0, false);
	go_in();
	FIRED("tpr-report", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_tpr_reported(0, false);
	FIRED("tpr-report", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_plain), TEST(test_tpr_not_taken), TEST(test_refused), TEST(test_word),
	  TEST(test_irr_late), TEST(test_page_away), TEST(test_page_away_wrong), TEST(test_page_read_only),
	  TEST(test_page_replaced), TEST(test_taken_away), TEST(test_reports))
