// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corrected machine-check interrupts: which errors interrupt, by which LVT entry, and
 * which writes of IA32_MCi_CTL2 fault.
 */
#include "sim/oracle/cmci.h"
#include "sim/oracle/events.h"
#include "sim/oracle/regs.h"
#include "tests/unit/oracle_history.h"

#define VAL	(1ull << 63)
#define UC	(1ull << 61)
#define PCC	(1ull << 57)
#define S	(1ull << 56)
#define AR	(1ull << 55)
#define ENABLE	(1ull << 30)
#define LVT_CMCI 0x2f0
#define MASKED	0x10000u
#define NMI	0x400u

static void boot_cmci(uint32_t lvt)
{
	struct oracle_config config = {
		.nr_vms = 1,
		.vcpus_per_vm = 2,
		.report = record,
		.now_ns = clock_ns,
		.registers = true,
		.events = true,
		.cmci = true,
	};

	model_start(&config);
	for (uint32_t i = 0; i < 2; i++) {
		model_init(&model[i], i, false);
		model_put(&model[i], 0x30, 0x60014);
		model_put(&model[i], LVT_CMCI, lvt);
		oracle_baseline(i, i, false, model_look(&model[i]));
	}
	oracle_reset();
	prepare_and_enter();
	leave();
	SILENT();
}

static void test_ctl2(void)
{
	boot_cmci(0x41);
	oracle_guest_mc_ctl2(0, 3, ENABLE | 0x7fff, false);
	oracle_guest_mc_ctl2(0, 0, 0, false);
	oracle_guest_mc_ctl2(0, CMCI_BANKS, 0, true);
	oracle_guest_mc_ctl2(0, 0, 1ull << 15, true);
	oracle_guest_mc_ctl2(0, 0, 1ull << 31, true);
	SILENT();
	oracle_guest_mc_ctl2(0, CMCI_BANKS, 0, false);
	FIRED("mc-ctl2-fault", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_guest_mc_ctl2(0, 1, ENABLE | 1ull << 29, false);
	FIRED("mc-ctl2-fault", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_guest_mc_ctl2(0, 2, ENABLE, true);
	FIRED("mc-ctl2-fault", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* Whether 0x41 must then be in IRR of vCPU 0. */
static void error(uint32_t bank, uint64_t status, bool must)
{
	EXPECT_EQ(oracle_mce_begin(0, bank, status), -1);
	prepare_and_enter();
	if (must)
		FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
	else
		SILENT();
	leave();
}

static void test_which_errors(void)
{
	boot_cmci(0x41);
	error(1, VAL | UC, false);			/* not enabled */
	oracle_guest_mc_ctl2(0, 1, ENABLE, false);
	error(1, VAL | UC, true);
	error(0, VAL | UC, false);			/* another bank */
	error(CMCI_BANKS, VAL | UC, false);		/* none */
	error(1, UC, false);				/* not valid */
	error(1, VAL, false);				/* corrected */
	error(1, VAL | UC | PCC, false);		/* the context is lost */
	error(1, VAL | UC | S, false);			/* an action is optional, or required: #MC */
	error(1, VAL | UC | S | AR, false);
	oracle_guest_mc_ctl2(0, 1, 0x7fff, false);
	error(1, VAL | UC, false);
}

static void test_delivered(void)
{
	boot_cmci(0x41);
	oracle_guest_mc_ctl2(0, 1, ENABLE, false);
	EXPECT_EQ(oracle_mce_begin(0, 1, VAL | UC), -1);
	model_accept(M, 0x41, false);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	eoi();
	SILENT();
	/* One that nobody reported. */
	model_accept(M, 0x41, false);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, 0x41);
}

static void test_masked(void)
{
	boot_cmci(MASKED | 0x41);
	oracle_guest_mc_ctl2(0, 1, ENABLE, false);
	error(1, VAL | UC, false);
}

static void test_nmi(void)
{
	int32_t handle;

	boot_cmci(NMI | 0x41);
	oracle_guest_mc_ctl2(0, 1, ENABLE, false);
	handle = oracle_mce_begin(0, 1, VAL | UC);
	EXPECT(handle >= EVENT_HANDLE);
	oracle_message_end(handle, true);
	leave();
	prepare_and_enter();
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* A vCPU with the interrupt has one LVT entry more, which is masked. */
static void test_power_up(void)
{
	static const struct { uint32_t version, lvt; bool wrong; } cases[] = {
		{ 0x60014, MASKED, false }, { 0x50014, MASKED, true }, { 0x60014, 0, true },
	};

	for (uint32_t i = 0; i < 3; i++) {
		boot_cmci(MASKED);
		model_init(&model[1], 1, false);
		model[1].svr = 0xff;
		model_look(&model[1]);
		model_put(&model[1], 0x30, cases[i].version);
		model_put(&model[1], LVT_CMCI, cases[i].lvt);
		for (uint32_t at = 0x320; at <= 0x370; at += 16)
			model_put(&model[1], at, MASKED);
		oracle_power_up(1, 1, model[1].page, &model[1].state);
		EXPECT_EQ(reg_vcpu(oracle_vcpu(1))->power_up.wrong, cases[i].wrong);
	}
}

TEST_MAIN(TEST(test_ctl2), TEST(test_which_errors), TEST(test_delivered), TEST(test_masked), TEST(test_nmi),
	  TEST(test_power_up))
