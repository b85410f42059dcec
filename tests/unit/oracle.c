// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks one by one: for each a legal history that must stay silent
 * and a broken one that must fire, with its kind, and only once.
 * Here: the quiet phase, reset, the tables.
 *
 * The others: oracle_dispatch.c, oracle_irr.c (messages as intervals),
 * oracle_registers.c (ISR, TMR, TPR, PPR, blocks of userspace), oracle_pv.c and the
 * files by their names; random histories are in oracle_random.c.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_history.h"

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
	oracle_finding(HOST_CHECK_RUN_FAILS, 0, 1, DIV_NONE, "BUG at %s", "x");
	FIRED("kvm-run-fails", DIV_HANG, DIV_NONE);
	EXPECT_STR(seen[0].text, "BUG at x");
	EXPECT_EQ(seen[0].vcpu, 1);
}

TEST_MAIN(TEST(test_quiet), TEST(test_reset), TEST(test_tables), TEST(test_finding))
