// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's I/O APIC: the line status, which tells a device whether its interrupt
 * was sent, coalesced or masked; of the RTC at pin 8, whose edges KVM counts until
 * they are ended, and of a level.
 *
 * Does not test the pins as such (oracle_ioapic.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_ioapic.h"

static void rtc_start(void)
{
	start(REDIR_MASK);
	kvm.redir[8] = EDGE;
	oracle_chips_baseline(0, &kvm, &(struct kw_pic_state){ .output = false });
}

/* An edge that nobody asks about. */
static void line_of(uint32_t pin, bool up)
{
	oracle_irq_line(DEVICE, pin, up, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	if (up)
		model_accept(M, 0x41, false);
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_chip_over(DEVICE);
}

/* A tick of the RTC, pin 8: KVM sends it if @sent, and says so. */
static void tick(bool sent, int status)
{
	oracle_line_status_begin(DEVICE);
	oracle_irq_line(DEVICE, 8, true, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	if (sent)
		model_accept(M, kvm.redir[8] & REDIR_VECTOR, false);
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_line_status_end(DEVICE, 0, 8, status);
	oracle_chip_over(DEVICE);
	oracle_irq_line(DEVICE, 8, false, 0);
	turn(DEVICE);
	oracle_chip_over(DEVICE);
}

/* A tick after the guest has changed the vector. */
static void rtc_with(uint32_t vector, bool sent, int status)
{
	oracle_ioapic_write(1, IOAPIC_SELECT, IOAPIC_REG_REDIR + 2 * 8);
	kvm.select = IOAPIC_REG_REDIR + 2 * 8;
	turn(2);
	oracle_ioapic_write(1, IOAPIC_WINDOW, vector);
	kvm.redir[8] = vector;
	turn(2);
	oracle_chip_settle(1, &kvm);
	tick(sent, status);
}

/* An edge while the last interrupt is in service. */
static void rtc(void)
{
	rtc_start();
	tick(true, 1);
	prepare_and_enter();
	tick(false, 0);
	prepare_and_enter();
	leave();
}

static void test_deviation_rtc(void)
{
	rtc();
	SILENT();
	deviation_switch("rtc-coalesced", false);
	rtc();
	EXPECT(nr_seen == 2 && !strcmp(seen[0].check, "line-status") && !strcmp(seen[1].check, "irr-lost"));
	nr_seen = 0;
	deviation_switch("rtc-coalesced", true);
}

static void test_rtc(void)
{
	rtc_start();
	tick(true, 1);
	tick(false, 0);		/* pending */
	prepare_and_enter();
	tick(false, 0);		/* in service */
	leave();
	eoi();
	oracle_chip_settle(0, &kvm);
	tick(true, 1);
	SILENT();
	tick(false, 1);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
	/* From now on KVM may take it for ended, or not: reported once. */
	tick(false, 0);
	tick(false, 1);
	SILENT();
}

static void tick_while_ending(void)
{
	rtc_start();
	line_of(8, true);
	line_of(8, false);
	prepare_and_enter();
	leave();
	oracle_guest_eoi(0);
	tick(true, 1);
	model_eoi(M);
	oracle_chip_settle(0, &kvm);
}

/* One that nobody asked about is being ended when the next tick comes: KVM may take the EOI for that one's. */
static void test_rtc_ended_before(void)
{
	tick_while_ending();
	tick(true, 1);		/* it was */
	SILENT();
	tick_while_ending();
	tick(false, 0);		/* it was not */
	SILENT();
}

/* Two may be open, of two vectors; a third with the older one's does not make the other forgotten. */
static void test_rtc_two_vectors(void)
{
	rtc_start();
	tick(true, 1);
	prepare_and_enter();
	leave();
	oracle_guest_eoi(0);
	rtc_with(0x42, true, 1);	/* that EOI may be counted for it */
	model_eoi(M);
	oracle_chip_settle(0, &kvm);
	rtc_with(0x41, false, 0);
	prepare_and_enter();
	leave();
	rtc_with(0x41, false, 0);
	SILENT();
}

/* Nor does a third vector, while the oldest one has come once more from elsewhere and holds out. */
static void test_rtc_three_vectors(void)
{
	rtc_start();
	rtc_with(0x51, true, 1);
	prepare_and_enter();
	leave();
	oracle_guest_eoi(0);
	rtc_with(0x42, true, 1);	/* that EOI may be counted for it */
	model_eoi(M);
	oracle_chip_settle(0, &kvm);
	send(0x51);
	rtc_with(0x43, false, 0);
	prepare_and_enter();
	leave();
	eoi();
	oracle_chip_settle(0, &kvm);
	rtc_with(0x43, false, 0);
	prepare_and_enter();
	leave();
	eoi();				/* 0x42 */
	oracle_chip_settle(0, &kvm);
	rtc_with(0x43, true, 1);
	SILENT();
	rtc_with(0x43, true, 1);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* What is coalesced though nothing is pending is lost, and userspace is told the wrong thing. */
static void test_rtc_stuck(void)
{
	rtc_start();
	tick(false, 0);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
	rtc_start();
	kvm.redir[8] |= REDIR_MASK;
	oracle_chips_baseline(0, &kvm, &(struct kw_pic_state){ .output = false });
	tick(false, -1);
	SILENT();
	tick(false, 0);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* Loaded registers with the RTC's vector: of a vCPU that the entry names its interrupt, of others not. */
static void test_rtc_reloaded(void)
{
	rtc_start();
	line_of(8, true);
	line_of(8, false);
	prepare_and_enter();
	leave();
	oracle_lapic_reloaded(0);
	tick(false, 0);
	SILENT();
	rtc_start();
	kvm.redir[8] |= 1ull << 56;
	oracle_chips_baseline(0, &kvm, &(struct kw_pic_state){ .output = false });
	send(0x41);
	prepare_and_enter();
	leave();
	oracle_lapic_reloaded(0);
	tick(false, 0);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* A device beside another that holds a level up: what it is told of a mask is no other thing than the first was. */
static void raise_level(uint64_t entry, int status)
{
	start(entry);
	line(true, !(entry & REDIR_MASK));
	oracle_line_status_begin(DEVICE);
	oracle_irq_line(DEVICE, PIN, true, 1);
	turn(DEVICE);
	oracle_line_status_end(DEVICE, 0, PIN, status);
	oracle_chip_over(DEVICE);
}

static void test_status_of_level(void)
{
	raise_level(LEVEL | REDIR_MASK, -1);
	raise_level(LEVEL, 0);
	raise_level(LEVEL, -1);
	SILENT();
	raise_level(LEVEL | REDIR_MASK, 0);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_deviation_rtc), TEST(test_rtc), TEST(test_rtc_ended_before),
	  TEST(test_rtc_two_vectors), TEST(test_rtc_three_vectors), TEST(test_rtc_stuck), TEST(test_rtc_reloaded),
	  TEST(test_status_of_level))
