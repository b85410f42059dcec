// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of HLT, of what ends it (an interrupt, an NMI, a SIPI that finds
 * it halted, a PV kick), of a run loop that does not sleep, and of the PV IPI.
 *
 * Does not test NMI (oracle_nmi.c) nor INIT and SIPI (oracle_init.c) as such.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/identity.h"
#include "tests/unit/oracle_events.h"

static void test_halt(void)
{
	boot_events();
	leave();
	oracle_guest_hlt(0);
	send(0x41);
	prepare_and_enter();
	eoi();
	oracle_guest_hlt(0);
	nmi();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	SILENT();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_halt_sipi(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("halt-sipi", on));
		leave();
		oracle_guest_hlt(0);
		sipi(8);
		enter_nmi(false);
		if (on)
			SILENT();
		else
			FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	}
	EXPECT(deviation_switch("halt-sipi", true));
}

/* It began before the entry whose HLT it ends, and its sender is not done. */
static void test_halt_sipi_in_flight(void)
{
	int32_t handle;

	boot_events();
	leave();
	handle = oracle_icr_begin(1, 6 << 8 | 1u << 14 | 8);
	enter_nmi(false);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	SILENT();
	oracle_message_end(handle, true);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	SILENT();
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_spin(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("sipi-spin", on));
		init();
		leave();
		take_init();
		nmi();
		oracle_run_spins(0);
		oracle_run_spins(0);
		if (on)
			SILENT();
		else
			FIRED("run-spins", DIV_HANG, DIV_NONE);
	}
	EXPECT(deviation_switch("sipi-spin", true));
	boot_events();
	oracle_run_spins(0);
	FIRED("run-spins", DIV_HANG, DIV_NONE);
}

/* A kick ends the HLT that it meets, or the next one. */
static void test_kick(void)
{
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	enter_nmi(false);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	leave();
	SILENT();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	leave();
	oracle_guest_hlt(0);
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	oracle_quiet(0, model_look(M));
	FIRED("kick-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void kick(void) { oracle_message_end(oracle_pv_kick_begin(1, 0), true); }

static void halt_again(void)
{
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
}

/* One that met a HLT, with nothing else to end it, is spent. */
static void test_kick_spent(void)
{
	boot_events();
	leave();
	oracle_guest_hlt(0);
	kick();
	enter_nmi(false);
	SILENT();
	halt_again();
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* Not if there may have been two, the HLT may have ended by something else, or userspace ended it. */
static void test_kick_remains(void)
{
	for (int i = 0; i < 5; i++) {
		int32_t first;

		boot_events();
		leave();
		first = i == 1 ? oracle_pv_kick_begin(1, 0) : -1;
		oracle_guest_hlt(0);
		if (i == 2)
			nmi();
		kick();
		if (i == 0)
			kick();
		else if (i == 3)
			oracle_user_set_mp_state(0, ORACLE_RUNS);
		else if (i == 4)
			sipi(8);
		enter_nmi(i == 2);
		if (i == 1)
			oracle_message_end(first, true);
		else if (i == 2)
			oracle_nmi_iret(0);
		halt_again();
		SILENT();
	}
}

/* A later one is for a HLT of its own. */
static void test_kick_twice(void)
{
	boot_events();
	leave();
	for (int i = 0; i < 2; i++) {
		oracle_guest_hlt(0);
		kick();
		enter_nmi(false);
		leave();
	}
	SILENT();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* Whose kick is for the next HLT: not that of a CPU which INIT or SIPI starts anew. */
static void test_kick_and_start(void)
{
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	init();
	take_init();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	sipi(9);
	oracle_sipi_taken(0, 9);
	oracle_guest_hlt(0);
	oracle_quiet(0, model_look(M));
	SILENT();
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	oracle_user_set_mp_state(0, ORACLE_RUNS);
	oracle_guest_hlt(0);
	oracle_quiet(0, model_look(M));
	FIRED("kick-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* vCPUs 0 and 1; the mask begins anywhere, and names others too. */
static void test_pv_ipi(void)
{
	int32_t handle;

	boot_events();
	handle = oracle_pv_ipi_begin(1, 5, 1, 0, 0x41);
	model_accept(M, 0x41, false);
	oracle_message_end(handle, true);
	oracle_pv_ipi_result(1, 1);
	prepare_and_enter();
	eoi();
	handle = oracle_pv_ipi_begin(1, ~0ull, ~0ull, 0, 4u << 8);
	oracle_pv_ipi_result(1, 2);
	oracle_message_end(handle, true);
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	EXPECT_EQ(oracle_pv_ipi_begin(1, 1, 0, 2, 0x41), -1);
	oracle_pv_ipi_result(1, 0);
	SILENT();
	oracle_message_end(oracle_pv_ipi_begin(1, 2, 0, 0, 4u << 8), true);
	oracle_pv_ipi_result(1, 2);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_message_end(oracle_pv_ipi_begin(1, 1, 0, 0, 4u << 8), true);
	oracle_pv_ipi_result(1, (uint64_t)-22);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* vCPU 0 gets another ID, perhaps while the IPI is under way: KVM looked before or after. */
static void pv_ipi_to_moving(bool meanwhile, uint64_t count)
{
	struct oracle_identity id;

	boot_events();
	id = oracle_vcpu(0)->now;
	id.id = 1;
	if (!meanwhile)
		vcpu_identity_set(oracle_vcpu(0), &id);
	oracle_pv_ipi_begin(1, 2, 0, 0, 4u << 8);
	if (meanwhile)
		vcpu_identity_set(oracle_vcpu(0), &id);
	oracle_pv_ipi_result(1, count);
}

static void test_pv_ipi_to_moving(void)
{
	pv_ipi_to_moving(true, 1);
	pv_ipi_to_moving(true, 2);
	pv_ipi_to_moving(false, 2);
	SILENT();
	pv_ipi_to_moving(false, 1);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	pv_ipi_to_moving(true, 0);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	pv_ipi_to_moving(true, 3);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_halt), TEST(test_halt_sipi), TEST(test_halt_sipi_in_flight), TEST(test_spin),
	  TEST(test_kick), TEST(test_kick_spent), TEST(test_kick_remains), TEST(test_kick_twice),
	  TEST(test_kick_and_start), TEST(test_pv_ipi), TEST(test_pv_ipi_to_moving))
