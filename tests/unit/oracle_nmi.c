// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of the NMI one by one: for each a legal history that must stay
 * silent and a broken one that must fire.
 *
 * Does not test INIT and SIPI (oracle_init.c), HLT (oracle_halt.c) nor what userspace
 * sees of an NMI (oracle_user_events.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/identity.h"
#include "tests/unit/oracle_events.h"

static void test_nmi(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	leave();
	enter_nmi(false);
	oracle_nmi_iret(0);
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_nmi_spurious(void)
{
	boot_events();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* The handler ends: one more is taken, and when that one's ends, another is spurious. */
static void one_more_and_no_second(void)
{
	oracle_nmi_iret(0);
	leave();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	SILENT();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* Two may wait while none is taken; in the handler one more, and no second. */
static void test_nmi_collapse(void)
{
	boot_events();
	for (int i = 0; i < 3; i++)
		nmi();
	leave();
	enter_nmi(true);
	for (int i = 0; i < 3; i++)
		nmi();
	M->hw.nmi_window = 1;
	leave();
	enter_nmi(false);
	one_more_and_no_second();
}

/* NMIs that come between a reset by INIT and the oracle's hearing of it: no handler blocks them any more. */
static void test_nmi_after_init(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	init();
	nmi();
	nmi();
	leave();
	take_init();
	sipi(0x0a);
	oracle_sipi_taken(0, 0x0a);
	M->hw.nmi_window = 1;
	enter_nmi(true);
	one_more_and_no_second();
}

/* One in flight may be injected before its message ends; then it is not owed any more. */
static void test_nmi_in_flight(void)
{
	int32_t handle;

	boot_events();
	handle = nmi_begin();
	leave();
	enter_nmi(true);
	oracle_message_end(handle, true);
	oracle_nmi_iret(0);
	leave();
	enter_nmi(false);
	oracle_quiet(0, model_look(M));
	SILENT();
	leave();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_nmi_blocked(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	nmi();
	leave();
	enter_nmi(true);
	FIRED("nmi-blocked", DIV_PRIORITY_INVERSION, DIV_NONE);
}

static void test_nmi_shadow(void)
{
	boot_events();
	nmi();
	leave();
	oracle_guest_if(0, true, KW_BLOCK_MOV_SS);
	M->blocking = KW_BLOCK_MOV_SS;
	enter_nmi(true);
	FIRED("nmi-blocked", DIV_PRIORITY_INVERSION, DIV_NONE);
}

static void test_nmi_held(void)
{
	boot_events();
	nmi();
	enter_nmi(false);	/* it came after KVM looked: legal */
	leave();
	SILENT();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_nmi_priority(void)
{
	boot_events();
	M->hw.nmi_window = 1;
	nmi();
	send(0x41);
	leave();
	prepare_and_enter();
	FIRED("nmi-priority", DIV_PRIORITY_INVERSION, 0x41);
}

static void test_nmi_reinjected(void)
{
	boot_events();
	nmi();
	leave();
	M->hw.entry_intr_info = NMI_INFO;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	oracle_nmi_interrupted(0);
	leave();
	enter_nmi(true);	/* the same again */
	oracle_nmi_iret(0);
	leave();
	SILENT();
	nmi();
	leave();
	M->hw.entry_intr_info = NMI_INFO;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	oracle_nmi_interrupted(0);
	leave();
	enter_nmi(false);
	FIRED("nmi-reinjected", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_nmi_lost(void)
{
	boot_events();
	nmi();
	oracle_quiet(0, model_look(M));
	FIRED("quiet-nmi", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* An APIC goes off, and on: what is in flight then may miss it; what comes while it is off need not come. */
static void test_nmi_apic_off(void)
{
	uint64_t on;
	int32_t late;

	boot_events();
	on = oracle_vcpu(0)->now.apic_base;
	late = nmi_begin();
	oracle_apic_base_begin(0, on & ~0x800ull);
	oracle_apic_base_end(0);
	nmi();
	oracle_apic_base_begin(0, on);
	oracle_apic_base_end(0);
	EXPECT(oracle_vcpu(0)->now.apic_base == on && !oracle_vcpu(0)->changing);
	oracle_message_end(late, true);
	leave();
	enter_nmi(false);
	leave();
	SILENT();
	enter_nmi(true);		/* the late one */
	oracle_nmi_iret(0);
	leave();
	SILENT();
	nmi();
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* They reach an APIC that is software-disabled. */
static void test_sw_disabled(void)
{
	boot_events();
	M->svr = 0xff;
	enter_nmi(false);
	nmi();
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

TEST_MAIN(TEST(test_nmi), TEST(test_nmi_spurious), TEST(test_nmi_collapse), TEST(test_nmi_after_init),
	  TEST(test_nmi_in_flight), TEST(test_nmi_blocked), TEST(test_nmi_shadow), TEST(test_nmi_held),
	  TEST(test_nmi_priority), TEST(test_nmi_reinjected), TEST(test_nmi_lost),
	  TEST(test_nmi_apic_off), TEST(test_sw_disabled))
