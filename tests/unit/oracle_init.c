// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of INIT and SIPI one by one: for each a legal history that must
 * stay silent and a broken one that must fire; each deviation on and off. And that
 * without model_events no such message is judged.
 *
 * Does not test NMI (oracle_nmi.c), SIPI to a halted vCPU (oracle_halt.c) nor the
 * mp_state that userspace reads (oracle_user_events.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_events.h"

static void test_startup(void)
{
	boot_events();
	send(0x41);
	init();
	leave();
	take_init();
	sipi(8);
	sipi(8);
	oracle_sipi_taken(0, 8);
	M->svr = 0x1ff;
	enter_nmi(false);
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

/* To the boot processor: it starts again at once. */
static void test_init_bsp(void)
{
	boot_events();
	M->bsp = true;
	enter_nmi(false);
	init();
	leave();
	take_init();
	enter_nmi(false);
	SILENT();
	EXPECT(deviation_switch("init-lint0", false));
	init();
	leave();
	take_init();
	FIRED("init-state", DIV_REGISTER_MISMATCH, DIV_NONE);
	EXPECT(deviation_switch("init-lint0", true));
}

static void test_init_lost(void)
{
	boot_events();
	init();
	enter_nmi(false);
	leave();
	SILENT();
	enter_nmi(false);
	FIRED("init-lost", DIV_LOST_INTERRUPT, DIV_NONE);
	init();
	oracle_quiet(0, model_look(M));
	FIRED("init-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_init_spurious(void)
{
	boot_events();
	take_init();
	FIRED("init-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_init_state(void)
{
	boot_events();
	init();
	leave();
	if (M->x2apic)
		M->ldr = 0;
	oracle_init_taken(0, model_look(M));	/* nothing was reset: SVR and the six LVT entries; but LDR was */
	EXPECT_EQ(nr_seen, M->x2apic ? 8 : 7);
	for (uint32_t i = 0; i < nr_seen; i++)
		EXPECT_STR(seen[i].check, "init-state");
	nr_seen = 0;
}

/* A de-assert is no INIT. */
static void test_init_deassert(void)
{
	boot_events();
	EXPECT_EQ(oracle_icr_begin(1, 5u << 8 | 1u << 15), -1);
	leave();
	enter_nmi(false);
	SILENT();
}

static void test_sipi_ignored(void)
{
	boot_events();
	sipi(8);
	leave();
	enter_nmi(false);
	SILENT();
	oracle_sipi_taken(0, 8);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 8);
}

static void test_sipi_vector(void)
{
	boot_events();
	init();
	leave();
	take_init();
	sipi(8);
	oracle_sipi_taken(0, 9);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 9);
}

static void test_sipi_latest(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("sipi-latest", on));
		init();
		leave();
		take_init();
		sipi(8);
		sipi(9);
		oracle_sipi_taken(0, 9);
		if (on)
			SILENT();
		else
			FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 9);
	}
	EXPECT(deviation_switch("sipi-latest", true));
}

/* INIT drops a SIPI that came before it; one that overlaps it may go either way. */
static void test_sipi_dropped(void)
{
	int32_t handle;

	boot_events();
	init();
	leave();
	take_init();
	sipi(8);
	init();
	take_init();
	oracle_quiet(0, model_look(M));
	SILENT();
	oracle_sipi_taken(0, 8);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 8);
	init();
	take_init();
	handle = oracle_icr_begin(1, 6u << 8 | 1u << 14 | 10);
	init();
	oracle_message_end(handle, true);
	take_init();
	oracle_quiet(0, model_look(M));
	oracle_sipi_taken(0, 10);
	SILENT();
}

/* Of an INIT that may have missed the vCPU as well: after its end SIPIs count again. */
static void test_sipi_in_doubt(void)
{
	int32_t maybe, handle;

	boot_events();
	maybe = oracle_icr_begin(1, 5u << 8 | 1u << 14);
	handle = oracle_icr_begin(1, 6u << 8 | 1u << 14 | 8);
	oracle_message_end(maybe, false);
	leave();
	take_init();
	oracle_message_end(handle, true);
	oracle_quiet(0, model_look(M));
	oracle_user_moved(0);
	SILENT();
	sipi(9);
	oracle_quiet(0, model_look(M));
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 9);
	oracle_user_moved(0);
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 9);
}

static void test_sipi_lost(void)
{
	boot_events();
	init();
	leave();
	take_init();
	oracle_quiet(0, model_look(M));
	oracle_user_moved(0);
	SILENT();		/* nobody started it */
	sipi(8);
	oracle_quiet(0, model_look(M));
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 8);
	oracle_user_moved(0);
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 8);
}

static void test_runs_without_sipi(void)
{
	boot_events();
	init();
	leave();
	take_init();
	enter_nmi(false);
	FIRED("runs-without-sipi", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_not_judged(void)
{
	model_events = false;
	boot();
	EXPECT_EQ(nmi_begin(), -1);
	EXPECT_EQ(oracle_icr_begin(1, 6u << 8 | 8), -1);
	prepare_and_enter();
	SILENT();
}

TEST_MAIN(TEST(test_startup), TEST(test_init_bsp), TEST(test_init_lost), TEST(test_init_spurious),
	  TEST(test_init_state), TEST(test_init_deassert), TEST(test_sipi_ignored),
	  TEST(test_sipi_vector), TEST(test_sipi_latest), TEST(test_sipi_dropped),
	  TEST(test_sipi_in_doubt), TEST(test_sipi_lost), TEST(test_runs_without_sipi), TEST(test_not_judged))
