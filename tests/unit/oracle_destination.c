// SPDX-License-Identifier: GPL-2.0-only
/*
 * Destinations: which vCPUs a message must, may and must not reach; the short
 * way through a large VM against a search of all; the limits of the table.
 *
 * A picture has one character a vCPU: X must, m may, . not.
 */
#include <stdlib.h>

#include "sim/oracle/box.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/identity.h"
#include "sim/oracle/message.h"
#include "sim/oracle/state.h"
#include "tests/unit/oracle_model.h"
#include "tests/unit/test.h"

#define NR	8

static char picture[MODEL_MAX + 1];

static const char *reached(uint32_t first, uint32_t nr, uint8_t vector, int32_t handle)
{
	oracle_message_end(handle, true);
	for (uint32_t i = 0; i < nr; i++) {
		const struct oracle_vcpu *v = oracle_vcpu(first + i);

		picture[i] = vector_test(v->apic.irr, vector) ? 'X' : vector_test(v->may, vector) ? 'm' : '.';
	}
	picture[nr] = '\0';
	oracle_reset();
	return picture;
}

static const char *msi(uint64_t dest, uint32_t address_bits, uint32_t data)
{
	uint64_t address = 0xfee00000 | (dest & 0xff) << 12 | (dest & 0xffffff00) << 32 | address_bits;

	return reached(0, NR, data & 0xff, oracle_msi_begin(0, address, data));
}

static const char *ipi(uint32_t sender, uint64_t dest, uint32_t low)
{
	return reached(0, NR, low & 0xff, oracle_icr_begin(sender, dest << 32 | low));
}

#define DM	4u		/* MSI address: logical */
#define RH	8u		/* MSI address: redirection hint */
#define LOWEST	0x100u
#define LOGICAL	0x800u		/* ICR */
#define ASSERT	0x4000u

static void boot(bool x2apic, bool wide)
{
	model_boot(2, NR, x2apic, wide);
}

static void identity(uint32_t i, uint32_t id, uint32_t ldr, uint32_t dfr)
{
	model[i].id = id;
	model[i].ldr = ldr << 24;
	model[i].dfr = dfr;
	oracle_baseline(i, id, model[i].x2apic, model_look(&model[i]));
}

static void test_physical(void)
{
	boot(true, false);
	EXPECT_STR(msi(3, 0, 0x41), "...X....");
	EXPECT_STR(msi(9, 0, 0x41), "........");
	EXPECT_STR(msi(0xff, 0, 0x41), "XXXXXXXX");
	EXPECT_STR(ipi(2, 5, 0x41 | ASSERT), ".....X..");
	EXPECT_STR(ipi(2, 0xffffffff, 0x41 | ASSERT), "XXXXXXXX");
	EXPECT_STR(ipi(2, 0xff, 0x41 | ASSERT), "mmmmmmmm");
	EXPECT(deviation_switch("broadcast-0xff", false));
	EXPECT_STR(ipi(2, 0xff, 0x41 | ASSERT), "........");
	EXPECT(deviation_switch("broadcast-0xff", true));
	oracle.config.broadcast_quirk = false;
	EXPECT_STR(ipi(2, 0xff, 0x41 | ASSERT), "........");
	oracle.config.broadcast_quirk = true;
	boot(true, true);
	EXPECT_STR(msi(0x103, 0, 0x41), "........");
	EXPECT_STR(msi(0xff, 0, 0x41), "XXXXXXXX");
	EXPECT_STR(msi(0xff, DM, 0x41), "XXXXXXXX");
	EXPECT_STR(msi(0xffffffff, 0, 0x41), "XXXXXXXX");
	oracle.config.broadcast_quirk = false;
	EXPECT_STR(msi(0xff, 0, 0x41), "........");
	EXPECT_STR(msi(0xff, DM, 0x41), "XXXXXXXX");	/* members 0 to 7 of cluster 0 */
	oracle.config.broadcast_quirk = true;
}

/* Messages stay in their VM. */
static void test_vms(void)
{
	boot(true, false);
	EXPECT_STR(reached(NR, NR, 0x41, oracle_msi_begin(0, 0xfeeff000, 0x41)), "........");
	EXPECT_STR(reached(NR, NR, 0x41, oracle_msi_begin(1, 0xfee02000, 0x41)), "..X.....");
	EXPECT_STR(reached(NR, NR, 0x41, oracle_icr_begin(NR + 1, 3u << 18 | 0x41)), "X.XXXXXX");
}

static void test_shorthands(void)
{
	boot(true, false);
	EXPECT_STR(ipi(2, 7, 1u << 18 | 0x41), "..X.....");
	EXPECT_STR(ipi(2, 7, 2u << 18 | 0x41), "XXXXXXXX");
	EXPECT_STR(ipi(2, 7, 3u << 18 | 0x41), "XX.XXXXX");
}

static void test_logical_x2apic(void)
{
	boot(true, true);
	EXPECT_STR(ipi(0, 0x000000a1, LOGICAL | 0x41), "X....X.X");
	EXPECT_STR(ipi(0, 0x000100a1, LOGICAL | 0x41), "........");
	EXPECT_STR(ipi(0, 0xffffffff, LOGICAL | 0x41), "XXXXXXXX");
	EXPECT_STR(msi(0x06, DM, 0x41), ".XX.....");
	identity(7, 0x23, 0, 0);	/* cluster 2, member 3 */
	EXPECT_STR(msi(0x20008, DM, 0x41), ".......X");
	EXPECT_STR(msi(0x00088, DM, 0x41), "...X....");
}

static void test_logical_flat(void)
{
	boot(false, false);
	for (uint32_t i = 0; i < NR; i++)
		identity(i, i, 1u << i, 0xffffffff);
	EXPECT_STR(msi(0x81, DM, 0x41), "X......X");
	EXPECT_STR(msi(0xff, DM, 0x41), "XXXXXXXX");
	EXPECT_STR(ipi(1, 0x06, LOGICAL | 0x41), ".XX.....");
	identity(3, 3, 0x06, 0xffffffff);	/* two bits */
	identity(4, 4, 0, 0xffffffff);
	EXPECT_STR(msi(0x02, DM, 0x41), ".X.X....");
	EXPECT_STR(msi(0xff, DM, 0x41), "XXXXmXXX");
}

static void test_logical_cluster(void)
{
	boot(false, false);
	for (uint32_t i = 0; i < NR; i++)
		identity(i, i, (i / 4) << 4 | 1u << (i % 4), 0x0fffffff);
	EXPECT_STR(msi(0x03, DM, 0x41), "XX......");
	EXPECT_STR(msi(0x18, DM, 0x41), ".......X");
	EXPECT_STR(msi(0xf2, DM, 0x41), ".m...m..");	/* KVM compares cluster 15 like any other */
	EXPECT_STR(msi(0xff, DM, 0x41), "XXXXXXXX");
	deviation_switch("cluster-15", false);
	EXPECT_STR(msi(0xf2, DM, 0x41), ".X...X..");
	deviation_switch("cluster-15", true);
	identity(1, 1, 0x01, 0x30000000);	/* neither flat nor cluster */
	EXPECT_STR(msi(0x03, DM, 0x41), "Xm......");	/* KVM's map takes it for cluster */
	deviation_switch("dfr-reserved", false);
	EXPECT_STR(msi(0x03, DM, 0x41), "X.......");
	deviation_switch("dfr-reserved", true);
}

/* Half of the VM in xAPIC mode: 32-bit destinations, and vCPU 1's LDR 0. */
static void test_mixed_modes(void)
{
	boot(true, true);
	for (uint32_t i = 0; i < NR; i++) {
		model[i].x2apic = i & 1;
		identity(i, i, i == 2 ? 0x01 : 0, 0xffffffff);
	}
	EXPECT_STR(msi(0x03, DM, 0x41), "mXX.....");
	EXPECT_STR(msi(0x0501, DM, 0x41), "m.m.....");
	EXPECT_STR(ipi(1, 0xff, 0x41), "mmmmmmmm");	/* the broadcast quirk is on here */
	EXPECT_STR(msi(0xffffffff, 0, 0x41), "mXmXmXmX");
	deviation_switch("mixed-logical", false);
	deviation_switch("wide-destination", false);
	EXPECT_STR(msi(0x03, DM, 0x41), ".XX.....");
	EXPECT_STR(msi(0x0501, DM, 0x41), "........");
	EXPECT_STR(ipi(1, 0xff, 0x41), "XmXmXmXm");
	EXPECT_STR(msi(0xffffffff, 0, 0x41), "XXXXXXXX");
	deviation_switch("mixed-logical", true);
	deviation_switch("wide-destination", true);
}

/* Nobody's while all are xAPICs; one becomes an x2APIC while it is in flight. */
static void test_modes_become_mixed(void)
{
	for (int changes = 0; changes < 2; changes++) {
		struct oracle_identity next;
		int32_t handle;

		boot(false, true);
		oracle.config.registers = true;
		box.dest = calloc((size_t)box.nr_slots, sizeof(*box.dest));	/* as with a register file */
		for (uint32_t i = 0; i < NR; i++)
			identity(i, i, 0, 0xffffffff);
		handle = oracle_icr_begin(0, 0x44ull << 32 | LOGICAL | ASSERT | 0x41);
		next = oracle_vcpu(1)->now;
		next.apic_base |= APIC_BASE_EXTD;
		if (changes)
			identity_window_open(oracle_vcpu(1), &next);
		EXPECT_STR(reached(0, NR, 0x41, handle), changes ? "..m...m." : "........");
	}
}

/* An xAPIC with a logical ID that is being enabled: KVM's map still has none of its mode. */
static void test_mixed_while_enabled(void)
{
	struct oracle_identity next;

	boot(true, true);
	oracle.config.registers = true;
	for (uint32_t i = 0; i < NR; i++) {
		model[i].x2apic = i != 0;
		identity(i, i, i == 0 ? 0x80 : 0, 0xffffffff);
	}
	next = oracle_vcpu(0)->now;
	EXPECT_STR(msi(0x03, DM, 0x41), ".X......");
	identity_window_open(oracle_vcpu(0), &next);
	EXPECT_STR(msi(0x03, DM, 0x41), "mX......");
}

/* "Message Address Register Format": who may not be named with lowest priority. */
static void test_lowest_open(void)
{
	boot(true, true);
	identity(7, 0x23, 0, 0);
	EXPECT_STR(msi(0x04, DM, LOWEST | 0x41), "..X.....");
	EXPECT_STR(msi(0x84, DM, LOWEST | 0x41), "..m.....");	/* there is no vCPU with ID 7 */
	EXPECT_STR(msi(0x84, DM | RH, 0x41), "..m.....");
	EXPECT_STR(msi(0x84, DM, 0x41), "..X.....");
	EXPECT_STR(msi(0xffffffff, 0, LOWEST | 0x41), "mmmmmmmm");
}

static void test_aliased_ids(void)
{
	boot(false, true);
	identity(5, 2, 0, 0xffffffff);		/* the guest gave it another's ID */
	EXPECT_STR(msi(2, 0, 0x41), "..m..m..");	/* with 32-bit IDs KVM's map has one of them */
	deviation_switch("shared-id", false);
	EXPECT_STR(msi(2, 0, 0x41), "..X..X..");
	deviation_switch("shared-id", true);
	EXPECT_STR(msi(5, 0, 0x41), "........");
	identity(6, 0x30, 0, 0xffffffff);
	EXPECT_STR(msi(0x30, 0, 0x41), "......X.");
}

static void test_not_for_irr(void)
{
	uint64_t before;

	boot(true, false);
	before = oracle.nr_not_judged;
	for (uint32_t mode = 2; mode < 8; mode++)
		EXPECT_EQ(oracle_msi_begin(0, 0xfee00000, mode << 8 | 0x41), -1);
	EXPECT_EQ(oracle.nr_not_judged, before + 6);
	EXPECT_STR(msi(3, 0, 0x8041), "........");		/* level, de-asserted */
	EXPECT_STR(msi(3, 0, 0xc041), "...X....");
	EXPECT_STR(ipi(0, 3, 0x8041), "...m....");
	EXPECT_EQ(oracle_msi_begin(0, 0xfee09000, 0x41), -1);
}

static void test_software_disabled(void)
{
	boot(true, false);
	model[3].svr = 0xff;
	identity(3, 3, 0, 0);
	EXPECT_STR(msi(3, 0, 0x41), "...m....");
	EXPECT_STR(msi(0xff, 0, 0x41), "XXXmXXXX");
}

/* Exactly one of several; none is sure until it is seen. */
static void test_lowest(void)
{
	int32_t handle;

	boot(true, false);
	EXPECT_STR(msi(0x07, DM, LOWEST | 0x41), "mmm.....");
	EXPECT_STR(msi(0x07, DM | RH, 0x41), "mmm.....");
	EXPECT_STR(msi(0x04, DM, LOWEST | 0x41), "..X.....");
	for (int twice = 0; twice < 2; twice++) {
		nr_seen = 0;
		handle = oracle_msi_begin(0, 0xfee07004, LOWEST | 0x41);
		for (uint32_t i = 0; i < NR; i++)
			model_init(&model[i], i, true);
		model_accept(&model[1], 0x41, false);
		if (twice)
			model_accept(&model[2], 0x41, false);
		oracle_message_end(handle, true);
		for (uint32_t i = 0; i < 3; i++) {
			oracle_exit(i, &model[i].hw, model_look(&model[i]), 0, false);
			oracle_exit(i, &model[i].hw, model_look(&model[i]), 0, false);
		}
		EXPECT_EQ(nr_seen, twice);
		if (twice) {
			EXPECT_STR(seen[0].check, "irr-spurious");
			EXPECT_EQ(seen[0].vcpu, 2);
		}
		oracle_reset();
	}
	nr_seen = 0;
	handle = oracle_msi_begin(0, 0xfee07004, LOWEST | 0x41);
	oracle_message_end(handle, true);
	for (uint32_t i = 0; i < NR; i++) {
		model_init(&model[i], i, true);
		oracle_quiet(i, model_look(&model[i]));
	}
	EXPECT_EQ(nr_seen, 1);
	EXPECT_STR(seen[0].check, "quiet-lowest-priority");
	EXPECT_EQ(seen[0].kind, DIV_LOST_INTERRUPT);
}

/* A candidate that got the vector by another way, which only it knows of, is not the one for that. */
static void test_lowest_beside_another(void)
{
	for (int known = 0; known < 2; known++) {
		boot(true, false);
		oracle_message_end(oracle_msi_begin(0, 0xfee07004, LOWEST | 0x41), true);
		if (known)
			message_perhaps(oracle_vcpu(0), 0x41);
		model_accept(&model[0], 0x41, false);
		model_accept(&model[1], 0x41, false);
		for (uint32_t i = 0; i < 3; i++)
			oracle_exit(i, &model[i].hw, model_look(&model[i]), 0, false);
		EXPECT_EQ(nr_seen, !known);
	}
}

/* Two to the same candidates may collapse in one of them. */
static void test_lowest_collapse(void)
{
	int32_t a, b;

	boot(true, false);
	a = oracle_msi_begin(0, 0xfee07004, LOWEST | 0x41);
	b = oracle_msi_begin(0, 0xfee07004, LOWEST | 0x41);
	model_accept(&model[1], 0x41, false);
	oracle_message_end(a, true);
	oracle_message_end(b, true);
	for (uint32_t i = 0; i < 3; i++)
		oracle_exit(i, &model[i].hw, model_look(&model[i]), 0, false);
	model[1].irr[0x41] = 0;
	model[1].isr[0x41] = 1;
	model_ppr(&model[1]);
	model[1].irr_pending = false;
	model[1].hw.entry_intr_info = KW_INTR_VALID | 0x41;
	oracle_entry(1, &model[1].hw, model_look(&model[1]), 0, false);
	oracle_delivered(1, 0x41);
	oracle_exit(1, &model[1].hw, model_look(&model[1]), 0, false);
	oracle_guest_eoi(1);
	model_eoi(&model[1]);
	for (uint32_t i = 0; i < NR; i++)
		oracle_quiet(i, model_look(&model[i]));
	EXPECT_EQ(nr_seen, 0);
	if (nr_seen)
		printf("# %s: %s\n", seen[0].check, seen[0].text);
}

/* A large VM: the window that is searched holds every match. */
static void test_window(void)
{
	static const uint32_t dests[] = { 0, 1, 15, 16, 254, 255, 256, 299, 300, 0x10001, 0x2ffff, 0x120fff, 0xffffffff };
	struct oracle_config config = { .nr_vms = 1, .vcpus_per_vm = 300, .x2apic_format = true, .report = record };
	struct model *m = &model[0];

	oracle_fini();
	EXPECT_EQ(oracle_init(&config), 0);
	for (int irregular = 0; irregular < 2; irregular++) {
		for (uint32_t i = 0; i < 300; i++) {
			model_init(m, irregular && i == 7 ? 299 : i, true);
			oracle_baseline(i, m->id, true, model_look(m));
		}
		for (uint32_t n = 0; n < sizeof(dests) / sizeof(dests[0]) * 4; n++) {
			struct destination d = { .dest = dests[n / 4], .sender = 3, .logical = n & 1, .wide = n & 2 };
			uint32_t first, end;

			destination_window(&d, &oracle.vm[0], &first, &end);
			for (uint32_t i = 0; i < 300; i++)
				if (destination_match(&d, oracle_vcpu(i)) != MATCH_NO)
					EXPECT(i >= first && i < end);
		}
	}
}

/* More messages in flight than there is room for: no false alarm, and it is counted. */
static void test_overflow(void)
{
	model_boot(1, 2, true, false);
	for (int i = 0; i < 600; i++)
		oracle_msi_begin(0, i & 1 ? 0xfeeff000 : 0xfee00000, 0x41);
	EXPECT(oracle.nr_leaked > 0);
	for (int i = 0; i < 2; i++) {
		model[0].irr[0x41] = model[0].irr_pending = i;
		oracle_exit(0, &model[0].hw, model_look(&model[0]), 0, false);
	}
	EXPECT_EQ(nr_seen, 0);
	oracle_reset();
	EXPECT_STR(reached(0, 2, 0x41, oracle_msi_begin(0, 0xfee00000, 0x41)), "X.");
}

static void test_broadcast_4096(void)
{
	struct oracle_config config = { .nr_vms = 1, .vcpus_per_vm = 4096, .x2apic_format = true, .report = record };
	struct model *m = &model[0];
	int32_t handle[64];
	uint32_t nr = 0;

	oracle_fini();
	EXPECT_EQ(oracle_init(&config), 0);
	EXPECT(oracle_bytes_per_vcpu() <= 640);
	for (uint32_t i = 0; i < 4096; i++) {
		model_init(m, i, true);
		oracle_baseline(i, i, true, model_look(m));
	}
	for (int i = 0; i < 64; i++) {
		handle[i] = oracle_icr_begin((uint32_t)i, 3u << 18 | (uint32_t)(0x40 + i));
		EXPECT(handle[i] >= 0);
	}
	for (int i = 63; i >= 0; i--)
		oracle_message_end(handle[i], true);
	for (uint32_t i = 0; i < 4096; i++)
		for (uint32_t vector = 0x40; vector < 0x80; vector++)
			nr += vector_test(oracle_vcpu(i)->apic.irr, vector);
	EXPECT_EQ(nr, 64 * 4095);
	EXPECT_EQ(oracle.nr_leaked, 0);
}

TEST_MAIN(TEST(test_physical), TEST(test_vms), TEST(test_shorthands), TEST(test_logical_x2apic),
	  TEST(test_logical_flat), TEST(test_logical_cluster), TEST(test_mixed_modes), TEST(test_modes_become_mixed), TEST(test_mixed_while_enabled),
	  TEST(test_lowest_open), TEST(test_aliased_ids), TEST(test_not_for_irr),
	  TEST(test_software_disabled), TEST(test_lowest), TEST(test_lowest_beside_another), TEST(test_lowest_collapse), TEST(test_window),
	  TEST(test_overflow), TEST(test_broadcast_4096))
