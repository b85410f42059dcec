// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware's APIC virtualization, algorithm by algorithm.
 */
#include "sim/apicv.h"
#include "sim/lapic.h"
#include "tests/unit/test.h"

#include <string.h>

static uint8_t page[4096];
static struct kw_hw hw;
static struct vcpu vcpu = { .hw = &hw };
static int dispatched;

void oracle_hw_dispatch(uint32_t index, uint8_t vector, const struct kw_hw *h);
void oracle_hw_accepts(uint32_t index, uint8_t vector);

void oracle_hw_dispatch(uint32_t index, uint8_t vector, const struct kw_hw *h)
{
	(void)index, (void)h;
	dispatched = vector;
}

void oracle_hw_accepts(uint32_t index, uint8_t vector) { (void)index, (void)vector; }

static uint32_t reg(uint32_t offset)
{
	uint32_t value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

static bool bit(uint32_t bank, uint32_t vector) { return reg(bank + (vector >> 5) * 16) >> (vector & 31) & 1; }

static void begin(bool xapic)
{
	memset(page, 0, sizeof(page));
	memset(&hw, 0, sizeof(hw));
	hw.vapic_page = page;
	hw.rflags = KW_RFLAGS_IF;
	hw.access_bytes = 4;
	hw.apicv = (struct kw_apicv){ .vid = 1, .register_virt = 1, .posted = 1,
				      .apic_accesses = xapic, .x2apic_mode = !xapic,
				      .msr_read = ~0ull, .msr_write = 1ull << 8 | 1ull << 11 | 1ull << 63 };
	dispatched = -1;
}

static enum apicv_access write_page(uint32_t offset, uint32_t value)
{
	hw.exit_reason = KW_EXIT_APIC_ACCESS;
	hw.exit_qual = 0x1000 | offset;
	hw.mmio_data = value;
	return apicv_access(&vcpu);
}

static enum apicv_access access_msr(uint32_t offset, bool write, uint64_t value)
{
	hw.exit_reason = write ? KW_EXIT_MSR_WRITE : KW_EXIT_MSR_READ;
	hw.rcx = MSR_X2APIC_BASE + (offset >> 4);
	hw.rax = (uint32_t)value;
	hw.rdx = value >> 32;
	return apicv_access(&vcpu);
}

static void post(uint32_t vector)
{
	hw.apicv.pir[vector >> 5] |= 1u << (vector & 31);
	hw.apicv.on = 1;
	apicv_posted(&vcpu);
}

static void test_delivery(void)
{
	begin(true);
	post(0x31);
	post(0x45);
	EXPECT(hw.apicv.rvi == 0x45 && !hw.apicv.on && bit(LAPIC_IRR, 0x31) && !hw.apicv.pir[1]);
	hw.interruptibility = KW_BLOCK_STI;
	EXPECT(apicv_take(&vcpu) == -1);
	hw.interruptibility = 0;
	hw.rflags = 0;
	EXPECT(apicv_take(&vcpu) == -1);
	hw.rflags = KW_RFLAGS_IF;
	EXPECT(apicv_take(&vcpu) == 0x45 && dispatched == 0x45);
	EXPECT(hw.apicv.rvi == 0x31 && hw.apicv.svi == 0x45 && reg(LAPIC_PPR) == 0x40);
	EXPECT(!bit(LAPIC_IRR, 0x45) && bit(LAPIC_ISR, 0x45));
	/* Recognition ceases, and the class in service holds the lower one back. */
	EXPECT(apicv_take(&vcpu) == -1);
	apicv_enter(&vcpu);
	EXPECT(apicv_take(&vcpu) == -1);
	EXPECT(write_page(LAPIC_EOI, 0) == APICV_DONE && hw.apicv.svi == 0 && reg(LAPIC_PPR) == 0);
	EXPECT(apicv_take(&vcpu) == 0x31);
}

static void test_window(void)
{
	begin(true);
	post(0x31);
	hw.int_window = 1;
	apicv_enter(&vcpu);
	EXPECT(apicv_take(&vcpu) == -1);
}

static void test_eoi_exit(void)
{
	begin(true);
	post(0x31);
	apicv_take(&vcpu);
	post(0x81);
	apicv_take(&vcpu);
	hw.apicv.eoi_exit[4] = 2;
	EXPECT(write_page(LAPIC_EOI, 0) == APICV_TRAPS);
	EXPECT(hw.exit_reason == KW_EXIT_VIRTUALIZED_EOI && hw.exit_qual == 0x81);
	EXPECT(hw.apicv.svi == 0x31 && !bit(LAPIC_ISR, 0x81) && bit(LAPIC_ISR, 0x31));
	EXPECT(write_page(LAPIC_EOI, 0) == APICV_DONE && !bit(LAPIC_ISR, 0x31));
}

/* What the hardware ends is SVI, whatever VISR says. */
static void test_wrong_svi(void)
{
	begin(true);
	post(0x31);
	apicv_take(&vcpu);
	hw.apicv.svi = 0x90;
	write_page(LAPIC_EOI, 0);
	EXPECT(bit(LAPIC_ISR, 0x31) && hw.apicv.svi == 0x31);
}

static void test_tpr(void)
{
	begin(true);
	post(0x51);
	EXPECT(write_page(LAPIC_TPR, 0x5f) == APICV_DONE && reg(LAPIC_PPR) == 0x5f);
	EXPECT(write_page(LAPIC_TPR, 0xabcd125f) == APICV_DONE && reg(LAPIC_TPR) == 0x5f);
	EXPECT(apicv_take(&vcpu) == -1);
	apicv_write_tpr(&vcpu, 0x40);
	EXPECT(apicv_take(&vcpu) == 0x51);
	/* Without virtual-interrupt delivery there is a threshold instead. */
	hw.apicv.vid = hw.apicv.register_virt = 0;
	hw.tpr_threshold = 3;
	EXPECT(write_page(LAPIC_TPR, 0x30) == APICV_DONE);
	EXPECT(write_page(LAPIC_TPR, 0x20) == APICV_TRAPS && hw.exit_reason == KW_EXIT_TPR_BELOW_THRESHOLD);
	EXPECT(write_page(LAPIC_EOI, 0) == APICV_EXITS);
}

static void test_icr(void)
{
	begin(true);
	EXPECT(write_page(LAPIC_ICR2, 0x07654321) == APICV_DONE && reg(LAPIC_ICR2) == 0x07000000);
	EXPECT(write_page(LAPIC_ICR, 0x4051) == APICV_TRAPS && hw.exit_reason == KW_EXIT_APIC_WRITE);
	EXPECT(hw.exit_qual == LAPIC_ICR && reg(LAPIC_ICR) == 0x4051);
	EXPECT(write_page(LAPIC_ICR, 0x44051) == APICV_DONE && apicv_take(&vcpu) == 0x51);
	EXPECT(write_page(LAPIC_ICR, 0x4c051) == APICV_TRAPS);	/* level */
	EXPECT(write_page(LAPIC_ICR, 0x44005) == APICV_TRAPS);	/* a vector below 16 */
}

static void test_x2apic(void)
{
	begin(false);
	EXPECT(access_msr(LAPIC_SELF_IPI, true, 0x61) == APICV_DONE && apicv_take(&vcpu) == 0x61);
	EXPECT(access_msr(LAPIC_SELF_IPI, true, 5) == APICV_TRAPS && hw.exit_reason == KW_EXIT_APIC_WRITE);
	EXPECT(access_msr(LAPIC_SELF_IPI, true, 0x161) == APICV_EXITS);
	EXPECT(access_msr(LAPIC_EOI, true, 1) == APICV_EXITS && bit(LAPIC_ISR, 0x61));
	EXPECT(access_msr(LAPIC_EOI, true, 0) == APICV_DONE && !bit(LAPIC_ISR, 0x61));
	EXPECT(access_msr(LAPIC_TPR, true, 0x100) == APICV_EXITS && access_msr(LAPIC_TPR, true, 0x70) == APICV_DONE);
	EXPECT(access_msr(LAPIC_PPR, false, 0) == APICV_DONE && hw.rax == 0x70);
	EXPECT(access_msr(LAPIC_ICR, true, 0x4051) == APICV_EXITS);
	hw.apicv.msr_read = 0;
	EXPECT(access_msr(LAPIC_PPR, false, 0) == APICV_EXITS);
	EXPECT(write_page(LAPIC_EOI, 0) == APICV_EXITS);	/* no xAPIC page in this mode */
}

static void test_reads(void)
{
	begin(true);
	memcpy(page + 0x30, &(uint32_t){ 0x14 }, 4);
	hw.exit_reason = KW_EXIT_APIC_ACCESS;
	hw.exit_qual = 0x30;
	EXPECT(apicv_access(&vcpu) == APICV_DONE && hw.mmio_data == 0x14);
	hw.exit_qual = LAPIC_PPR;	/* not in the SDM's list */
	EXPECT(apicv_access(&vcpu) == APICV_EXITS);
	hw.exit_qual = 0x390;		/* nor the current count */
	EXPECT(apicv_access(&vcpu) == APICV_EXITS);
	hw.apicv.register_virt = 0;
	hw.exit_qual = 0x30;
	EXPECT(apicv_access(&vcpu) == APICV_EXITS);
}

/* "Contained within the low 4 bytes of a 16-byte region", or it exits. */
static void test_narrow(void)
{
	begin(true);
	memcpy(page + LAPIC_SVR, &(uint32_t){ 0x1ff }, 4);
	hw.exit_reason = KW_EXIT_APIC_ACCESS;
	hw.access_bytes = 1;
	hw.exit_qual = LAPIC_SVR + 1;
	EXPECT(apicv_access(&vcpu) == APICV_DONE && hw.mmio_data == 1);
	EXPECT(write_page(LAPIC_SVR + 1, 0) == APICV_TRAPS && reg(LAPIC_SVR) == 0xff);
	hw.access_bytes = 2;
	EXPECT(write_page(LAPIC_SVR + 3, 0) == APICV_EXITS && reg(LAPIC_SVR) == 0xff);
	hw.access_bytes = 4;
	EXPECT(write_page(LAPIC_SVR + 4, 0) == APICV_EXITS && reg(LAPIC_SVR) == 0xff);
}

TEST_MAIN(TEST(test_narrow), TEST(test_delivery), TEST(test_window), TEST(test_eoi_exit), TEST(test_wrong_svi),
	  TEST(test_tpr), TEST(test_icr), TEST(test_x2apic), TEST(test_reads))
