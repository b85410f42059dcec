// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's I/O APIC: what an EOI does at a pin, in time, too late, not at all, or
 * while a device, another vCPU or a write to the entry is under way; and the storm of
 * EOIs that find their level still up.
 *
 * Does not test the pins as such (oracle_ioapic.c), the RTC's (oracle_rtc.c) nor an I/O
 * APIC in userspace (oracle_split.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_ioapic.h"

static void test_level_again(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	eoi_pin(true, true);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	SILENT();
	/* Still asserted, and nothing comes. */
	eoi_pin(true, false);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	/* Reported once: whether it was sent all the same is open. */
	prepare_and_enter();
	SILENT();
}

static void test_eoi_missing(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	line(false, false);
	eoi_pin(false, false);
	FIRED("ioapic-eoi-missing", DIV_EOI_MESSAGE, 0x41);
	prepare_and_enter();
	SILENT();
}

/* Remote IRR is set, but not for what the EOI should have sent: a loss that says so; that of a line's message doesn't. */
static void test_eoi_sends_nothing(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	eoi_pin(false, false);
	SILENT();
	enter();
	EXPECT(nr_seen == 1 && strstr(seen[0].text, "its EOI was to send it again"));
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);

	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	line(false, false);
	eoi_pin(true, false);
	line(true, true);
	M->irr[0x41] = 0;
	enter();
	EXPECT(nr_seen == 1 && !strstr(seen[0].text, "its EOI"));
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
}

static void test_eoi_extra(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	line(false, false);
	kvm.redir[PIN] &= ~REDIR_RIRR;
	turn(DEVICE);
	FIRED("ioapic-eoi-extra", DIV_EOI_MESSAGE, 0x41);
}

/* The EOI of an edge, while the entry is level-triggered already and its first message arrives. */
static void test_eoi_of_edge_races_level(void)
{
	for (int under_way = 1; under_way >= 0; under_way--) {
		start(EDGE);
		line(true, true);
		prepare_and_enter();
		line(false, false);
		write_low(LEVEL, LEVEL);
		eoi();
		if (!under_way)
			oracle_chip_settle(0, &kvm);
		line(true, true);
		kvm.redir[PIN] &= ~REDIR_RIRR;
		turn(1);
		oracle_chip_settle(0, &kvm);
		if (under_way)
			SILENT();
		else
			FIRED("ioapic-eoi-extra", DIV_EOI_MESSAGE, 0x41);
	}
}

static void test_eoi_races_line(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	line(false, false);
	eoi();
	/* KVM may see the line before or after the EOI: here before, so that nothing comes. */
	line(true, false);
	kvm.redir[PIN] &= ~REDIR_RIRR;
	turn(1);
	oracle_chip_settle(0, &kvm);
	prepare_and_enter();
	SILENT();
}

/* An EOI of another vCPU, which KVM filters, while a device is in the middle of raising the line. */
static void test_eoi_in_a_turn(void)
{
	int32_t handle;

	start(LEVEL | 1ull << 56);
	handle = begin(0x41, true);	/* a message of its own, by another way */
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	oracle_irq_line(DEVICE, PIN, true, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	model_accept(&model[1], 0x41, true);
	eoi();
	oracle_chip_settle(0, &kvm);	/* Remote IRR is not set yet */
	kvm.redir[PIN] |= REDIR_RIRR;
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_chip_over(DEVICE);
	prepare_and_enter();
	SILENT();
}

/*
 * To two vCPUs: one takes the first message of the vector, and ends it, before the
 * device that sends it is through with it; the line is still up, and the other, which
 * has just taken the first one, gets it again.
 */
static void test_eoi_before_the_turn_ends(void)
{
	struct model *other = &model[1];

	start(LEVEL | 0xffull << 56);
	oracle_irq_line(DEVICE, PIN, true, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	model_accept(M, 0x41, true);
	model_accept(other, 0x41, true);
	prepare_and_enter();
	eoi();
	kvm.redir[PIN] |= REDIR_RIRR;
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_chip_over(DEVICE);
	model_prepare(other);
	EXPECT_EQ(other->injected, 0x41);
	model_accept(M, 0x41, true);
	model_accept(other, 0x41, true);
	other->hw.entry_intr_info = KW_INTR_VALID | 0x41;
	oracle_entry(1, &other->hw, model_look(other), other->word, true);
	turn(1);
	oracle_chip_settle(0, &kvm);
	prepare_and_enter();
	SILENT();
}

/* The entry becomes level-triggered while an EOI of its vector is on its way: that ends the first message and sends another. */
static void entry_becomes_level(bool under_way)
{
	struct model *other = &model[1];
	const uint64_t there = 1ull << 56;
	int32_t handle;

	start(REDIR_MASK | EDGE | there);
	line(true, false);
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	eoi();
	if (!under_way)
		oracle_chip_settle(0, &kvm);
	model_accept(other, 0x41, true);
	write_low(LEVEL, LEVEL | REDIR_RIRR | there);
	model_prepare(other);
	EXPECT_EQ(other->injected, 0x41);
	model_accept(other, 0x41, true);
	other->hw.entry_intr_info = KW_INTR_VALID | 0x41;
	oracle_entry(1, &other->hw, model_look(other), other->word, true);
	if (under_way)
		oracle_chip_settle(0, &kvm);
}

static void test_entry_becomes_level(void)
{
	entry_becomes_level(true);
	SILENT();
	entry_becomes_level(false);
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
}

/* The last of many EOIs that find the level up; KVM's worker sends later, or nobody does. */
static void storm(uint32_t eois)
{
	start(LEVEL);
	oracle_ioapic_age(0, eois);
	oracle_reset();
	line(true, true);
	prepare_and_enter();
	eoi();
	kvm.redir[PIN] &= ~REDIR_RIRR;
	oracle_chip_settle(0, &kvm);
}

/* What waited comes by the worker. */
static void storm_is_over(void)
{
	oracle_chip_locked(0, 0, KW_CHIP_IOAPIC);
	model_accept(M, 0x41, true);
	kvm.redir[PIN] |= REDIR_RIRR;
	oracle_chip_unlock_ioapic(0, 0, &kvm);
	prepare_and_enter();
}

static void test_deviation_storm(void)
{
	storm(9999);
	SILENT();
	storm_is_over();
	SILENT();
	storm(9000);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	deviation_switch("ioapic-storm", false);
	storm(9999);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	deviation_switch("ioapic-storm", true);
	storm(9999);
	oracle_chips_quiet(0, &kvm);
	FIRED("quiet-pin", DIV_LOST_INTERRUPT, 0x41);
}

/* An older interrupt with the vector ends meanwhile: KVM need not look at the pin for that. */
static void test_storm_eoi_meanwhile(void)
{
	int32_t handle;

	storm(9999);
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	eoi();
	oracle_chip_settle(0, &kvm);
	prepare_and_enter();
	leave();
	storm_is_over();
	SILENT();
}

/* The guest goes on while somebody is at work at another pin. */
static void test_storm_beside_a_turn(void)
{
	start(LEVEL);
	oracle_ioapic_age(0, 9999);
	oracle_reset();
	line(true, true);
	prepare_and_enter();
	eoi();
	kvm.redir[PIN] &= ~REDIR_RIRR;
	oracle_irq_line(DEVICE, PIN + 1, true, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	oracle_chip_settle(0, &kvm);
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_chip_over(DEVICE);
	storm_is_over();
	SILENT();
}

static void test_deviation_edge_clears(void)
{
	start(LEVEL);
	line(true, true);
	write_low(EDGE | REDIR_MASK, EDGE | REDIR_MASK);
	SILENT();
	deviation_switch("ioapic-edge-clears", false);
	start(LEVEL);
	line(true, true);
	write_low(EDGE | REDIR_MASK, EDGE | REDIR_MASK);
	FIRED("ioapic-eoi-extra", DIV_EOI_MESSAGE, 0x41);
	deviation_switch("ioapic-edge-clears", true);
}

/* The level that an EOI finds goes to an ID that vCPU 1 takes before, while or after it is sent. */
static void eoi_to_new_id(bool during, bool sends)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	oracle_ioapic_write(1, IOAPIC_SELECT, IOAPIC_REG_REDIR + 2 * PIN + 1);
	kvm.select = IOAPIC_REG_REDIR + 2 * PIN + 1;
	turn(2);
	oracle_ioapic_write(1, IOAPIC_WINDOW, 7u << 24);
	kvm.redir[PIN] |= 7ull << 56;
	turn(2);
	oracle_chip_settle(1, &kvm);
	if (!during)
		oracle_baseline(1, 7, model[1].x2apic, model_look(&model[1]));
	leave();
	oracle_guest_eoi(0);
	model_eoi(M);
	if (during)
		oracle_baseline(1, 7, model[1].x2apic, model_look(&model[1]));
	kvm.redir[PIN] &= ~REDIR_RIRR;
	if (sends)
		kvm.redir[PIN] |= REDIR_RIRR;
	turn(1);
	oracle_chip_settle(0, &kvm);
}

static void test_eoi_to_new_id(void)
{
	eoi_to_new_id(true, false);
	SILENT();
	eoi_to_new_id(true, true);
	SILENT();
	eoi_to_new_id(false, false);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
}

/* Vector 0x41 came to vCPU 0 another way; the pin sent its own to vCPU 1. */
static void eoi_of_another(void)
{
	int32_t handle;

	start(LEVEL | 1ull << 56);
	oracle_irq_line(DEVICE, PIN, true, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	model_accept(&model[1], 0x41, true);
	kvm.redir[PIN] |= REDIR_RIRR;
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	line(false, false);
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
	eoi_pin(false, false);
}

static void test_deviation_filtered(void)
{
	eoi_of_another();
	SILENT();
	deviation_switch("ioapic-eoi-filtered", false);
	eoi_of_another();
	FIRED("ioapic-eoi-missing", DIV_EOI_MESSAGE, 0x41);
	deviation_switch("ioapic-eoi-filtered", true);
}

TEST_MAIN(TEST(test_level_again), TEST(test_eoi_missing), TEST(test_eoi_sends_nothing),
	  TEST(test_eoi_extra), TEST(test_eoi_of_edge_races_level), TEST(test_eoi_races_line),
	  TEST(test_eoi_in_a_turn), TEST(test_eoi_before_the_turn_ends), TEST(test_entry_becomes_level),
	  TEST(test_deviation_storm), TEST(test_storm_eoi_meanwhile), TEST(test_storm_beside_a_turn),
	  TEST(test_deviation_edge_clears), TEST(test_eoi_to_new_id), TEST(test_deviation_filtered))
