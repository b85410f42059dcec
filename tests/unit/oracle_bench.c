// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the oracle costs: ns per interrupt for message, entry, delivery, EOI and
 * exit; with one vCPU, and spread over 4,096; a broadcast to 4,096; bytes per vCPU.
 *
 * Prints figures; fails only if something is reported.  Does not judge the
 * figures: machines differ.  The part of the model that plays KVM is a few
 * stores and is measured alone and subtracted.
 */
#include <time.h>

#include "sim/oracle/deviation.h"
#include "sim/oracle/state.h"
#include "tests/unit/test.h"

#define NR_BIG	4096u

static uint32_t nr_reports;
static uint8_t pages[NR_BIG][1024] __attribute__((aligned(64)));
static struct kw_apic_state states[NR_BIG];
static struct kw_hw hw;

static void count(const struct divergence *d)
{
	if (!nr_reports++)
		printf("# %s: %s\n", d->check, d->text);
}

static uint64_t zero(void)
{
	return 0;
}

static double clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void put(uint32_t i, uint32_t offset, uint32_t value)
{
	memcpy(pages[i] + offset, &value, sizeof(value));
}

static void boot(uint32_t nr)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = nr, .x2apic_format = true, .report = count, .now_ns = zero,
	};

	oracle_fini();
	EXPECT_EQ(oracle_init(&config), 0);
	memset(pages, 0, sizeof(pages));
	for (uint32_t i = 0; i < nr; i++) {
		put(i, 0x20, i);
		put(i, 0xe0, 0xffffffff);
		put(i, 0xf0, 0x1ff);
		states[i] = (struct kw_apic_state){
			.regs = pages[i], .apic_base = 0xfee00c00, .highest_isr_cache = -1, .injected = -1,
			.sw_enabled = true, .irr_pending = true,
		};
		oracle_baseline(i, i, true, &states[i]);
	}
	oracle_reset();
}

/* Vector 0x41: bit 1 of word 2. */
static void one(uint32_t i, bool oracle_on)
{
	uint64_t address = 0xfee00000 | (uint64_t)(i & 0xff) << 12 | (uint64_t)(i & ~0xffu) << 32;
	int32_t handle = -1;

	if (oracle_on)
		handle = oracle_msi_begin(0, address, 0x41);
	put(i, 0x220, 2);
	if (oracle_on)
		oracle_message_end(handle, true);
	put(i, 0x220, 0);
	put(i, 0x120, 2);
	put(i, 0xa0, 0x40);
	states[i].isr_count = 1;
	hw.entry_intr_info = KW_INTR_VALID | 0x41;
	if (oracle_on) {
		oracle_entry(i, &hw, &states[i], 0, true);
		oracle_delivered(i, 0x41);
		oracle_exit(i, &hw, &states[i], 0, true);
		oracle_guest_eoi(i);
	}
	put(i, 0x120, 0);
	put(i, 0xa0, 0);
	states[i].isr_count = 0;
	__asm__ volatile("" ::: "memory");
}

static double loop(uint32_t nr, uint32_t times, bool oracle_on)
{
	double best = 1e30;

	for (int round = 0; round < 5; round++) {
		double start = clock_ns();

		for (uint32_t n = 0; n < times; n++)
			one(n & (nr - 1), oracle_on);
		start = (clock_ns() - start) / times;
		best = start < best ? start : best;
	}
	return best;
}

static void figure(uint32_t nr)
{
	double with, without;

	/* As with KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK: else 1 of 4,096 messages goes to all, perhaps. */
	deviation_switch("broadcast-0xff", false);
	boot(nr);
	without = loop(nr, 400000, false);
	with = loop(nr, 400000, true);
	printf("# %4u vCPUs: %.1f ns per interrupt (%.1f with the bare model's %.1f), %u bytes per vCPU\n", nr,
	       with - without, with, without, oracle_bytes_per_vcpu());
	EXPECT_EQ(nr_reports, 0);
}

static void test_one(void)
{
	figure(1);
}

static void test_many(void)
{
	figure(NR_BIG);
	EXPECT(oracle_bytes_per_vcpu() <= 640);
}

static void test_broadcast(void)
{
	double start;

	boot(NR_BIG);
	start = clock_ns();
	for (int n = 0; n < 200; n++) {
		int32_t handle = oracle_icr_begin(0, 0x41 | 1 << 14 | 3 << 18);

		EXPECT(handle >= 0);
		oracle_message_end(handle, true);
	}
	printf("# a message to %u vCPUs: %.1f us\n", NR_BIG - 1, (clock_ns() - start) / 200 / 1000);
	start = clock_ns();
	for (int n = 0; n < 100; n++)
		oracle_reset();
	printf("# oracle_reset() of %u vCPUs: %.1f us\n", NR_BIG, (clock_ns() - start) / 100 / 1000);
	boot(2);
	start = clock_ns();
	for (int n = 0; n < 10000; n++)
		oracle_reset();
	printf("# oracle_reset() of 2 vCPUs: %.2f us\n", (clock_ns() - start) / 10000 / 1000);
	EXPECT_EQ(nr_reports, 0);
}

TEST_MAIN(TEST(test_one), TEST(test_many), TEST(test_broadcast))
