// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file: which accesses fault, what they read and leave, and messages
 * that overlap a change of what they match against.
 *
 * Does not test destinations as such (oracle_destination.c), nor what userspace reads
 * and loads (oracle_regs_user.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_regs.h"

/* --- Faults. */
static void test_reserved_registers(void)
{
	static const uint16_t none[] = { 0x800, 0x80c, 0x80e, 0x829, 0x82f, 0x831, 0x83a, 0x840, 0x8ff };

	boot_regs(true);
	for (uint32_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		rdmsr(none[i], 0, true);
		wrmsr(none[i], 0, true);
	}
	SILENT();
	rdmsr(0x80e, 0, false);
	FAULT();
	wrmsr(0x831, 0, false);
	FAULT();
}

static void test_one_way_registers(void)
{
	boot_regs(true);
	rdmsr(0x80b, 0, true);			/* EOI, SELF IPI */
	rdmsr(0x83f, 0, true);
	wrmsr(0x802, 0, true);			/* ID, version, PPR, LDR, ISR, IRR, current count */
	wrmsr(0x803, 0, true);
	wrmsr(0x80a, 0, true);
	wrmsr(0x80d, 0, true);
	wrmsr(0x810, 0, true);
	wrmsr(0x827, 0, true);
	wrmsr(0x839, 0, true);
	SILENT();
	rdmsr(0x80b, 0, false);
	FAULT();
	wrmsr(0x80d, 0, false);
	FAULT();
}

static void test_reserved_bits(void)
{
	boot_regs(true);
	wrmsr(0x808, 1ull << 32, true);
	wrmsr(0x828, 1, true);
	wrmsr(0x830, 1u << 13, true);
	wrmsr(0x830, 1u << 16, true);
	wrmsr(0x830, 1u << 31, true);
	wrmsr(0x83f, 0x141, true);
	SILENT();
	wrmsr(0x830, 1u << 20, false);
	FAULT();
	wrmsr(0x83f, 0x141, false);
	FAULT();
	wrmsr(0x828, 0, true);
	FAULT();
}

/* Rows of the table of deviations: KVM drops what the SDM has fault. */
static void test_bits_that_kvm_drops(void)
{
	static const struct { uint32_t index; uint64_t value; const char *name; } row[] = {
		{ 0x808, 0x100, "tpr-reserved-bits" }, { 0x80b, 1, "eoi-nonzero" },
		{ 0x83e, 0x10, "x2apic-reserved" }, { 0x837, 0x10400, "x2apic-reserved" },
	};

	for (uint32_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		boot_regs(true);
		M->tpr = 0;
		model_put(M, 0x370, row[i].index == 0x837 ? 0x10000 : 0);
		wrmsr(row[i].index, row[i].value, false);
		SILENT();
		deviation_switch(row[i].name, false);
		wrmsr(row[i].index, row[i].value, false);
		FAULT();
		deviation_switch(row[i].name, true);
	}
}

static void test_base(void)
{
	boot_regs(true);
	wrmsr(0x1b, 0xfee00c00 | 1, true);
	wrmsr(0x1b, 0xfee00c00 | 1ull << 60, true);
	wrmsr(0x1b, 0xfee00400, true);		/* EXTD without EN */
	wrmsr(0x1b, 0xfee00800, true);		/* x2APIC to xAPIC */
	rdmsr(0x1b, 0xfee00c00, false);
	SILENT();
	wrmsr(0x1b, 0xfee00800, false);
	FAULT();
	boot_regs(false);
	rdmsr(0x802, 0, true);			/* in xAPIC mode there are no such MSRs */
	SILENT();
	rdmsr(0x1b, 0xfee00c00, false);
	VALUE();
}

/* --- Values. */
static void test_values(void)
{
	boot_regs(false);
	mmio_read(0x20, 4, 0);
	mmio_read(0xd0, 4, 0x01000000);
	mmio_read(0xd3, 1, 1);
	mmio_read(0xf0, 4, 0x1ff);
	SILENT();
	mmio_read(0xd0, 4, 0x02000000);
	VALUE();
	mmio_read(0xd3, 1, 2);
	VALUE();
	mmio_read(0x80, 4, 0x10);
	VALUE();
	mmio_read(0x200, 4, 1);
	VALUE();
}

static void test_pending_is_read(void)
{
	boot_regs(true);
	send(0x41);
	prepare_and_enter();			/* 0x41 is in service */
	send(0x35);
	leave();
	rdmsr(0x812, 1u << 1, false);
	rdmsr(0x821, 1u << (0x35 - 0x20), false);
	rdmsr(0x80a, 0x40, false);
	SILENT();
	rdmsr(0x812, 0, false);
	VALUE();
	rdmsr(0x80a, 0x30, false);
	VALUE();
}

/* --- What a write leaves. */
static void test_lvt_masked_while_off(void)
{
	boot_regs(false);
	model_put(M, 0x370, 0x41);
	mmio_write(0x370, 4, 0x41);
	SILENT();
	M->svr = 0xff;
	for (uint32_t offset = 0x320; offset <= 0x370; offset += 16)
		model_put(M, offset, 0x10000 | (offset == 0x370 ? 0x41 : 0));
	mmio_write(0xf0, 4, 0xff);
	mmio_write(0x370, 4, 0x41);
	SILENT();
	model_put(M, 0x370, 0x41);		/* the mask is not forced */
	mmio_write(0x370, 4, 0x41);
	PAGE();
}

static void test_nothing_else_changes(void)
{
	boot_regs(false);
	M->dfr = 0x0fffffff;
	mmio_write(0xd0, 2, 0x55);		/* two bytes: nothing */
	PAGE();
	mmio_write(0xe0, 4, 0x0fffffff);
	prepare_and_enter();
	leave();
	SILENT();
	M->ldr = 0x55000000;			/* nobody wrote it */
	prepare_and_enter();
	PAGE();
}

/* "Error Status Register": the value written does not matter; with APICv the page keeps it. */
static void test_esr(void)
{
	static const struct kw_apicv apicv;

	for (int with_apicv = 0; with_apicv < 2; with_apicv++) {
		struct oracle_access write = { .write = true, .bytes = 4, .where = 0x280, .value = 0x55 };

		boot_regs(false);
		mmio_write(0x280, 4, 0x55);
		SILENT();
		model_put(M, 0x280, 0x55);
		model_look(M);
		M->state.apicv = with_apicv ? &apicv : NULL;
		oracle_access_begin(0, &write);
		oracle_access_apply(0);
		oracle_access_end(0, false, 0, &M->state);
		M->state.apicv = NULL;
		if (!with_apicv) {
			PAGE();
			continue;
		}
		mmio_read(0x280, 4, 0x55);
		SILENT();
		mmio_read(0x280, 4, 0);
		VALUE();
	}
}

/* With APICv the processor reads VIRR; what is in PIR alone is synced while the APIC is software-enabled. */
static void read_irr(bool enabled, bool posted)
{
	static struct kw_apicv apicv;
	struct oracle_access read = { .msr = true, .where = 0x821 };

	boot_regs(true);
	if (!enabled) {
		M->svr = 0xff;
		for (uint32_t offset = 0x320; offset <= 0x370; offset += 16)
			model_put(M, offset, 0x10000);
		wrmsr(0x80f, 0xff, false);
	}
	vector_set(oracle_vcpu(0)->apic.irr, 0x30);
	memset(&apicv, 0, sizeof(apicv));
	apicv.pir[1] = posted ? 1u << 16 : 0;
	model_look(M);
	M->state.apicv = &apicv;
	oracle_access_begin(0, &read);
	oracle_access_apply(0);
	oracle_access_end(0, false, 0, &M->state);
	M->state.apicv = NULL;
}

static void test_posted_irr(void)
{
	uint64_t used = deviation_row(DEV_APICV_SW_DISABLED)->used;

	read_irr(false, true);
	SILENT();
	EXPECT(deviation_row(DEV_APICV_SW_DISABLED)->used > used);
	read_irr(false, false);
	VALUE();
	read_irr(true, true);
	VALUE();
	deviation_switch("apicv-sw-disabled", false);
	read_irr(false, true);
	deviation_switch("apicv-sw-disabled", true);
	VALUE();
}

/* While SVI is wrong PPR is the processor's, by SVI, or KVM's. */
static void test_ppr_by_svi(void)
{
	boot_regs(true);
	ideal_apic_dispatch(&oracle_vcpu(0)->apic, 0x81);
	rdmsr(0x80a, 0x80, false);
	SILENT();
	rdmsr(0x80a, 0x30, false);
	VALUE();
	oracle_vcpu(0)->apic.other_svi = 1 + 0x31;
	rdmsr(0x80a, 0x80, false);
	rdmsr(0x80a, 0x30, false);
	SILENT();
	rdmsr(0x80a, 0x20, false);
	VALUE();
}

/* --- A change of LDR as an interval. */
static void test_window(void)
{
	struct oracle_access ldr = { .write = true, .bytes = 4, .where = 0xd0, .value = 0x40000000 };
	uint64_t to_old = 0xfee01004, to_new = 0xfee40004; /* logical 0x01, 0x40 */
	int32_t before, during;

	boot_regs(false);
	before = oracle_msi_begin(0, to_new, 0x51);	/* nobody's, when it begins */
	oracle_access_begin(0, &ldr);
	during = oracle_msi_begin(0, to_old, 0x61);
	oracle_access_apply(0);
	M->ldr = 0x40000000;
	M->irr[0x51] = 1; /* it found the new LDR, the other one did not find the old */
	M->irr_pending = true;
	oracle_access_end(0, false, 0, model_look(M));
	oracle_message_end(before, true);
	oracle_message_end(during, true);
	prepare_and_enter();
	leave();
	SILENT();
	M->irr[0x71] = 1;				/* sent to the old LDR after the change */
	M->irr_pending = true;
	oracle_message_end(oracle_msi_begin(0, to_old, 0x71), true);
	leave();
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x71);
}

/* DFR's reserved bits, which the guest writes as 0: with APICv they are, until KVM handles the write. */
static void test_window_of_odd_dfr(void)
{
	struct oracle_access dfr = { .write = true, .bytes = 4, .where = 0xe0, .value = 0xf0000000 };
	uint64_t logical = 0xfee01004;
	int32_t during;

	for (int odd = 1; odd >= 0; odd--) {
		boot_regs(false);
		dfr.value = odd ? 0xf0000000 : 0xffffffff;
		oracle_access_begin(0, &dfr);
		during = oracle_msi_begin(0, logical, 0x61);
		oracle_access_apply(0);
		oracle_access_end(0, false, 0, model_look(M));
		oracle_message_end(during, true);
		prepare_and_enter();
		leave();
		if (odd)
			SILENT();
		else
			FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x61);
	}
}

static void test_disabled_drops(void)
{
	boot_regs(false);
	M->svr = 0xff;
	for (uint32_t offset = 0x320; offset <= 0x370; offset += 16)
		model_put(M, offset, 0x10000);
	mmio_write(0xf0, 4, 0xff);
	oracle_message_end(oracle_msi_begin(0, 0xfee00000, 0x41), true);
	prepare_and_enter();
	leave();
	SILENT();
	M->irr[0x41] = 1;
	M->irr_pending = true;
	leave();
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
}

/* What a refused access brings the guest. */
static void test_fault_entry(void)
{
	boot();
	M->hw.entry_error_code = 0;
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | KW_INTR_HAS_ERROR_CODE | 13;
	oracle_fault_entry(0, &M->hw);
	SILENT();
	M->hw.entry_error_code = 1;
	oracle_fault_entry(0, &M->hw);
	FIRED("fault-delivered", DIV_REGISTER_MISMATCH, DIV_NONE);
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | 13;
	oracle_fault_entry(0, &M->hw);
	SILENT();
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | 6;
	oracle_fault_entry(0, &M->hw);
	FIRED("fault-delivered", DIV_REGISTER_MISMATCH, DIV_NONE);
	M->hw.entry_intr_info = 0;
	oracle_fault_entry(0, &M->hw);
	FIRED("fault-delivered", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_fault_entry), TEST(test_reserved_registers), TEST(test_one_way_registers),
	  TEST(test_reserved_bits), TEST(test_bits_that_kvm_drops), TEST(test_base), TEST(test_values),
	  TEST(test_pending_is_read), TEST(test_lvt_masked_while_off), TEST(test_nothing_else_changes),
	  TEST(test_window), TEST(test_window_of_odd_dfr), TEST(test_disabled_drops), TEST(test_esr),
	  TEST(test_posted_irr), TEST(test_ppr_by_svi))
