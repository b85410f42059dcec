// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file and userspace: what KVM_GET_LAPIC returns, what KVM_SET_LAPIC
 * leaves, whether it is taken or refused, registers at power-up, and the CPUID bit.
 *
 * Does not test accesses of a guest (oracle_regs.c).
 */
#include "sim/oracle/deviation.h"
#include "sim/oracle/destination.h"
#include "tests/unit/oracle_regs.h"

static void get_lapic(uint32_t offset, uint32_t value)
{
	uint8_t page[1024];

	memcpy(page, model_look(M)->regs, sizeof(page));
	memcpy(page + offset, &value, sizeof(value));
	oracle_user_get_lapic(0, page, model_look(M));
}

#define GET()	FIRED("get-lapic", DIV_REGISTER_MISMATCH, DIV_NONE)

static void test_get(void)
{
	boot_regs(true);
	get_lapic(0x20, 0);
	get_lapic(0x390, 0x1234);		/* the current count: not judged here */
	SILENT();
	get_lapic(0x20, 1);
	GET();
	get_lapic(0xf0, 0x1fe);
	GET();
	get_lapic(0x370, 0x41);
	GET();
	oracle.config.x2apic_format = false;
	reg_vcpu(oracle_vcpu(0))->now.reg[REG_ID] = 3;
	get_lapic(0x20, 3u << 24);
	SILENT();
	get_lapic(0x20, 3);
	GET();
}

/* A load leaves what it names, but for the version and an x2APIC's ID and LDR; one that is refused leaves all. */
static void test_load(void)
{
	uint8_t page[1024];

	boot_regs(true);
	memcpy(page, model_look(M)->regs, sizeof(page));
	memcpy(page + 0x370, &(uint32_t){ 0x41 }, 4);
	memcpy(page + 0xd0, &(uint32_t){ 0x777 }, 4);
	oracle_user_load_begin(0, page);
	oracle_user_set_lapic(0, page, true);
	model_put(M, 0x370, 0x41);
	prepare_and_enter();
	leave();
	SILENT();
	memcpy(page + 0x20, &(uint32_t){ 7 }, 4);
	oracle_user_load_begin(0, page);
	oracle_user_set_lapic(0, page, false);	/* not this vCPU's ID */
	SILENT();
	memcpy(page + 0x20, &(uint32_t){ 0 }, 4);
	oracle_user_load_begin(0, page);
	oracle_user_set_lapic(0, page, false);
	FIRED("set-lapic", DIV_REGISTER_MISMATCH, DIV_NONE);
	EXPECT(!oracle_vcpu(0)->changing && !oracle.vm[0].nr_changing);
}

/*
 * A load that changes the ID and enables the APIC: a message that overlaps it may find
 * the old ID and the new SVR, or the other way round; one to neither ID finds nobody.
 */
static void test_load_is_no_instant(void)
{
	struct destination d = { .dest = 0, .sender = DIV_NONE };
	uint8_t page[1024];

	boot_regs(false);
	memcpy(page, model_look(M)->regs, sizeof(page));
	memcpy(page + 0x20, &(uint32_t){ 7u << 24 }, 4);
	memcpy(page + 0xf0, &(uint32_t){ 0xff }, 4);
	oracle_user_load_begin(0, page);	/* 0, enabled, becomes 7, disabled */
	EXPECT(destination_match(&d, oracle_vcpu(0)) == MATCH_MAY);
	d.dest = 7;
	EXPECT(destination_match(&d, oracle_vcpu(0)) == MATCH_MAY);
	d.dest = 6;
	EXPECT(destination_match(&d, oracle_vcpu(0)) == MATCH_NO);
	oracle_user_set_lapic(0, page, true);
	d.dest = 7;
	EXPECT(destination_match(&d, oracle_vcpu(0)) == MATCH_NO);
	SILENT();
}

/* What a refused load has changed is told, and what the vCPU goes on with. */
static void test_refused(void)
{
	boot_regs(true);
	oracle_user_refused(0, model_look(M));
	SILENT();
	M->svr = 0xff;
	oracle_user_refused(0, model_look(M));
	PAGE();
	EXPECT(!(oracle_vcpu(0)->now.svr & 0x100));
	oracle_user_refused(0, model_look(M));
	SILENT();
}

static void power_up(uint32_t offset, uint32_t value)
{
	static uint8_t page[1024];
	struct kw_apic_state st = { .apic_base = 0xfee00900 };

	boot_regs(false);
	memset(page, 0, sizeof(page));
	memcpy(page + 0x30, &(uint32_t){ 0x50014 }, 4);
	memcpy(page + 0xe0, &(uint32_t){ ~0u }, 4);
	memcpy(page + 0xf0, &(uint32_t){ 0xff }, 4);
	for (uint32_t r = 0x320; r <= 0x370; r += 16)
		memcpy(page + r, &(uint32_t){ r == 0x350 ? 0x700 : 0x10000 }, 4);
	memcpy(page + offset, &value, 4);
	oracle_power_up(0, 0, page, &st);
	prepare_and_enter();
	leave();
}

static void test_power_up(void)
{
	static const struct { uint32_t offset, value; } wrong[] = {
		{ 0x20, 1u << 24 }, { 0x30, 0x30014 }, { 0x80, 0x10 }, { 0xe0, 0 }, { 0xf0, 0x1ff }, { 0x110, 1 },
		{ 0x280, 1 }, { 0x310, 1 }, { 0x320, 0 }, { 0x350, 0x10000 },
	};

	power_up(0x80, 0);
	SILENT();
	deviation_switch("init-lint0", false);
	power_up(0x350, 0x10000);
	SILENT();
	deviation_switch("init-lint0", true);
	for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		power_up(wrong[i].offset, wrong[i].value);
		FIRED("power-up", DIV_REGISTER_MISMATCH, DIV_NONE);
	}
}

static void test_cpuid(void)
{
	const uint32_t apic = 1u << 9;

	boot_regs(false);
	oracle_guest_cpuid(0, apic);
	SILENT();
	oracle_guest_cpuid(0, ~apic);
	FIRED("cpuid-apic", DIV_REGISTER_MISMATCH, DIV_NONE);
	reg_vcpu(oracle_vcpu(0))->now.base &= ~APIC_BASE_EN;
	oracle_guest_cpuid(0, ~apic);
	SILENT();
	oracle_guest_cpuid(0, apic);
	FIRED("cpuid-apic", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_get), TEST(test_load), TEST(test_load_is_no_instant), TEST(test_refused), TEST(test_power_up),
	  TEST(test_cpuid))
