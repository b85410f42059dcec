// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's I/O APIC: pins by edge and by level, their entries and how these are
 * read, saved, loaded and reset, and what must be so when nothing goes on any more.
 * For each check a legal history that must stay silent and a broken one that must
 * fire; each deviation on and off.
 *
 * Does not test an EOI that is wrong, late or meets something else
 * (oracle_ioapic_eoi.c), the line status (oracle_rtc.c), an I/O APIC in userspace
 * (oracle_split.c), messages as such (oracle.c) nor destinations
 * (oracle_destination.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_ioapic.h"

static void test_level(void)
{
	start(LEVEL);
	line(true, true);
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	line(false, false);
	eoi_pin(true, false);
	prepare_and_enter();
	leave();
	oracle_chips_quiet(0, &kvm);
	SILENT();
}

static void test_edge(void)
{
	start(EDGE);
	line(true, true);
	line(true, false);	/* no transition */
	prepare_and_enter();
	EXPECT(M->isr[0x41]);
	line(false, false);
	line(true, true);
	eoi();
	oracle_chip_settle(0, &kvm);
	prepare_and_enter();
	SILENT();
	line(false, false);
	eoi();
	prepare_and_enter();
	line(true, false);
	leave();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
}

static void test_masked(void)
{
	start(LEVEL | REDIR_MASK);
	line(true, false);
	SILENT();
	kvm.redir[PIN] |= REDIR_RIRR;
	turn(DEVICE);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	/* An edge is not held for later, a level is. */
	start(EDGE | REDIR_MASK);
	line(true, false);
	write_low(EDGE, EDGE);
	prepare_and_enter();
	leave();
	SILENT();
	start(LEVEL | REDIR_MASK);
	line(true, false);
	write_low(LEVEL, LEVEL | REDIR_RIRR);
	prepare_and_enter();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
}

static void test_entry(void)
{
	start(LEVEL);
	write_low(LEVEL | REDIR_MASK, LEVEL | REDIR_MASK);
	SILENT();
	write_low(LEVEL, LEVEL | REDIR_MASK);
	FIRED("ioapic-entry", DIV_REGISTER_MISMATCH, 0x41);
	/* Remote IRR is read-only. */
	write_low(LEVEL | REDIR_RIRR, LEVEL);
	SILENT();
}

static void test_read(void)
{
	start(LEVEL);
	write_low(LEVEL, LEVEL);
	oracle_ioapic_was_read(1, IOAPIC_WINDOW, 4, (uint32_t)LEVEL);
	oracle_ioapic_was_read(1, IOAPIC_SELECT, 4, IOAPIC_REG_REDIR + 2 * PIN);
	SILENT();
	oracle_ioapic_was_read(1, IOAPIC_WINDOW, 4, 0x42 | (uint32_t)REDIR_LEVEL);
	FIRED("ioapic-read", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void test_widths(void)
{
	start(LEVEL);
	write_low(LEVEL, LEVEL);
	oracle_ioapic_was_read(1, IOAPIC_WINDOW, 1, 0x41);
	oracle_ioapic_was_read(1, IOAPIC_WINDOW, 8, LEVEL);
	SILENT();
	oracle_ioapic_was_read(1, IOAPIC_WINDOW, 8, LEVEL | 1ull << 40);
	FIRED("ioapic-read", DIV_REGISTER_MISMATCH, DIV_NONE);
	/* An offset that is reserved. */
	oracle_ioapic_was_read(1, 0x20, 2, 0xffff);
	SILENT();
	oracle_ioapic_was_read(1, 0x20, 2, 0x1234);
	FIRED("ioapic-read", DIV_REGISTER_MISMATCH, DIV_NONE);
	deviation_switch("ioapic-width", false);
	oracle_ioapic_was_read(1, 0x20, 2, 0x1234);
	SILENT();
	deviation_switch("ioapic-width", true);
}

/* The model arms the word whenever PV EOI is on; KVM may not do so here. */
static void test_pv(void)
{
	start_pv(LEVEL, true);
	line(true, true);
	prepare_and_enter();
	EXPECT(M->word & 1);
	FIRED("pv-word-ioapic", DIV_PV_EOI_WORD, 0x41);
	start_pv(EDGE, true);
	line(true, true);
	prepare_and_enter();
	EXPECT(M->word & 1);
	SILENT();
}

static void test_load(void)
{
	struct kw_ioapic_state state;

	start(LEVEL);
	line(true, true);
	state = kvm;
	oracle_ioapic_load(DEVICE, &state);
	turn(DEVICE);
	SILENT();
	kvm.redir[PIN] |= REDIR_MASK;
	oracle_ioapic_load(DEVICE, &state);
	turn(DEVICE);
	FIRED("ioapic-entry", DIV_REGISTER_MISMATCH, 0x41);
}

static void test_saved(void)
{
	struct kw_ioapic_state state;

	start(LEVEL);
	line(true, true);
	state = kvm;
	oracle_ioapic_saved(0, &state);
	SILENT();
	state.redir[PIN] &= ~REDIR_RIRR;
	oracle_ioapic_saved(0, &state);
	FIRED("get-irqchip", DIV_REGISTER_MISMATCH, 0x41);
}

static void test_reset_state(void)
{
	start(REDIR_MASK);
	oracle_ioapic_reset_state(0, &kvm, 0xfec00000, 0);
	SILENT();
	oracle_ioapic_reset_state(0, &kvm, 0xfec00000, 1);
	FIRED("irqchip-reset", DIV_REGISTER_MISMATCH, DIV_NONE);
	kvm.redir[0] = 0;
	oracle_ioapic_reset_state(0, &kvm, 0xfec00000, 0);
	FIRED("irqchip-reset", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void test_msi_result(void)
{
	enum taker taker;

	start(REDIR_MASK);
	taker = oracle_msi_takers(0, 0xfee00000, 0x41);
	EXPECT(taker == TAKER_SOMEBODY);
	oracle_msi_result(0, 0xfee00000, 0x41, taker, 1);
	EXPECT(oracle_msi_takers(0, 0xfee07000, 0x41) == TAKER_NOBODY);
	oracle_msi_result(0, 0xfee07000, 0x41, TAKER_NOBODY, -1);
	oracle_msi_result(0, 0xfee00000, 0x41, TAKER_PERHAPS, 0);
	SILENT();
	oracle_msi_result(0, 0xfee00000, 0x41, taker, 0);
	FIRED("msi-result", DIV_REGISTER_MISMATCH, 0x41);
	oracle_msi_result(0, 0xfee00000, 0x400, oracle_msi_takers(0, 0xfee00000, 0x400), 0);	/* an NMI */
	FIRED("msi-result", DIV_REGISTER_MISMATCH, 0);
	oracle_msi_result(0, 0xfee00000, 0x500, oracle_msi_takers(0, 0xfee00000, 0x500), 1);	/* an INIT */
	EXPECT(oracle_msi_takers(0, 0xfee07000, 0x500) == TAKER_NOBODY);
	EXPECT(oracle_msi_takers(0, 0xfee00000, 0xc500) == TAKER_PERHAPS);	/* by level */
	oracle_msi_result(0, 0xfee07000, 0x41, TAKER_NOBODY, 1);
	FIRED("msi-result", DIV_REGISTER_MISMATCH, 0x41);
}

static void test_quiet(void)
{
	start(LEVEL | REDIR_RIRR);
	oracle_chips_quiet(0, &kvm);
	FIRED("quiet-remote-irr", DIV_EOI_MESSAGE, 0x41);
	/* Not sent at all: the line is up, and somebody is there. */
	start(LEVEL);
	line(true, false);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	oracle_chips_quiet(0, &kvm);
	FIRED("quiet-pin", DIV_LOST_INTERRUPT, 0x41);
}

static void test_nobody(void)
{
	start(LEVEL | 7ull << 56);
	line(true, false);
	oracle_chips_quiet(0, &kvm);
	SILENT();
	kvm.redir[PIN] |= REDIR_RIRR;
	turn(DEVICE);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
}

/* The line of an irqfd with a resamplefd is up while the pin is unmasked: KVM asks. */
static void unmask_asks(uint32_t source)
{
	start(LEVEL | REDIR_MASK);
	oracle_resampler(0, PIN, true);
	oracle_irq_line(DEVICE, PIN, true, source);
	turn(DEVICE);
	write_low(LEVEL, LEVEL);
	prepare_and_enter();
	leave();
}

static void test_deviation_asks(void)
{
	unmask_asks(1);
	oracle_chips_quiet(0, &kvm);
	SILENT();
	/* Nobody asks the devices of another source. */
	unmask_asks(0);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	deviation_switch("ioapic-asks", false);
	unmask_asks(1);
	FIRED("ioapic-remote-irr", DIV_REGISTER_MISMATCH, 0x41);
	deviation_switch("ioapic-asks", true);
}

TEST_MAIN(TEST(test_level), TEST(test_edge), TEST(test_masked), TEST(test_entry), TEST(test_read),
	  TEST(test_widths), TEST(test_pv), TEST(test_load), TEST(test_saved), TEST(test_reset_state),
	  TEST(test_msi_result), TEST(test_quiet), TEST(test_nobody), TEST(test_deviation_asks))
