// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PIT's pulses as NMIs: for whom one must come, may come, and must not.
 */
#include "sim/oracle/watchdog.h"
#include "tests/unit/oracle_history.h"

#define NMI_MODE	0x400u
#define MASKED		0x10000u
#define EXTINT		0x700u
#define INJECT_NMI	(KW_INTR_VALID | KW_INTR_TYPE_NMI | 2)

static void boot_watchdog(uint32_t lint0)
{
	struct oracle_config config = {
		.nr_vms = 1,
		.vcpus_per_vm = 2,
		.report = record,
		.now_ns = clock_ns,
		.events = true,
		.watchdog = true,
	};

	model_start(&config);
	for (uint32_t i = 0; i < 2; i++) {
		model_init(&model[i], i, false);
		oracle_baseline(i, i, false, model_look(&model[i]));
	}
	oracle_reset();
	oracle_lint0_begin(0);
	oracle_lint0_end(0, lint0);
}

/* vCPU 0 enters, with an NMI or without. */
static void go_in(bool nmi)
{
	M->hw.entry_intr_info = nmi ? INJECT_NMI : 0;
	M->hw.rflags = KW_RFLAGS_IF;
	oracle_entry(0, &M->hw, model_look(M), M->word, true);
	if (nmi)
		oracle_nmi_delivered(0);
	leave();
	if (nmi)
		oracle_nmi_iret(0);
}

static void pulse(void)
{
	oracle_pit_pulse();
	oracle_pit_pulse_over();
	/* KVM had a look since. */
	leave();
}

static void test_must(void)
{
	boot_watchdog(NMI_MODE);
	pulse();
	go_in(true);
	go_in(false);
	SILENT();
	pulse();
	go_in(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_must_not(void)
{
	static const uint32_t lint0[] = { NMI_MODE | MASKED, EXTINT, EXTINT | MASKED, 0x41 };

	for (uint32_t i = 0; i < 4; i++) {
		boot_watchdog(lint0[i]);
		pulse();
		go_in(false);
		SILENT();
		go_in(true);
		FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	}
	/* Nor without a pulse. */
	boot_watchdog(NMI_MODE);
	go_in(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* A write that overlaps the pulse, at its begin, in it, or at its end. */
static void test_may(void)
{
	for (int when = 0; when < 3; when++) {
		for (int comes = 0; comes < 2; comes++) {
			boot_watchdog(when == 1 ? NMI_MODE : NMI_MODE | MASKED);
			if (when == 0)
				oracle_lint0_begin(0);
			oracle_pit_pulse();
			if (when)
				oracle_lint0_begin(0);
			if (when < 2)
				oracle_lint0_end(0, when ? NMI_MODE | MASKED : NMI_MODE);
			oracle_pit_pulse_over();
			if (when == 2)
				oracle_lint0_end(0, NMI_MODE);
			leave();
			go_in(comes);
			go_in(false);
			SILENT();
		}
	}
}

/* It is delivered before the pulse is over. */
static void test_early(void)
{
	boot_watchdog(NMI_MODE);
	oracle_pit_pulse();
	go_in(true);
	oracle_pit_pulse_over();
	go_in(false);
	SILENT();
}

TEST_MAIN(TEST(test_must), TEST(test_must_not), TEST(test_may), TEST(test_early))
