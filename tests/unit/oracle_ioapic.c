// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's I/O APIC: for each check a legal history that must stay silent and
 * a broken one that must fire; each deviation on and off.
 *
 * Does not test messages as such (oracle.c) nor destinations (oracle_destination.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/ioapic.h"
#include "tests/unit/oracle_history.h"

#define PIN	18u
#define DEVICE	5u		/* a task that is no vCPU */
#define LEVEL	(REDIR_LEVEL | 0x41)
#define EDGE	0x41ull

static struct kw_ioapic_state kvm;

static void start_pv(uint64_t entry, bool pv)
{
	struct kw_pic_state pic = { 0 };

	if (pv)
		boot_pv();
	else
		boot();
	oracle_chips_init(8, false);
	memset(&kvm, 0, sizeof(kvm));
	for (int i = 0; i < KW_IOAPIC_PINS; i++)
		kvm.redir[i] = REDIR_MASK;
	kvm.redir[PIN] = entry;
	oracle_chips_baseline(0, &kvm, &pic);
}

static void start(uint64_t entry) { start_pv(entry, false); }

/* KVM does what it is told at the pin: the message arrives at vCPU 0 if @accepted. */
static void line(bool up, bool accepted)
{
	bool level = kvm.redir[PIN] & REDIR_LEVEL;

	oracle_irq_line(DEVICE, PIN, up, 0);
	oracle_chip_locked(DEVICE, 0, KW_CHIP_IOAPIC);
	if (accepted) {
		model_accept(M, kvm.redir[PIN] & REDIR_VECTOR, level);
		if (level)
			kvm.redir[PIN] |= REDIR_RIRR;
	}
	oracle_chip_unlock_ioapic(DEVICE, 0, &kvm);
	oracle_chip_over(DEVICE);
}

static void turn(uint32_t task)
{
	oracle_chip_locked(task, 0, KW_CHIP_IOAPIC);
	oracle_chip_unlock_ioapic(task, 0, &kvm);
}

static void write_low(uint32_t value, uint64_t becomes)
{
	oracle_ioapic_write(1, IOAPIC_SELECT, IOAPIC_REG_REDIR + 2 * PIN);
	kvm.select = IOAPIC_REG_REDIR + 2 * PIN;
	turn(2);
	oracle_ioapic_write(1, IOAPIC_WINDOW, value);
	kvm.redir[PIN] = becomes;
	turn(2);
	oracle_chip_settle(1, &kvm);
}

/* The handler's EOI, with what KVM does at the pin. */
static void eoi_pin(bool clears, bool sends_again)
{
	eoi();
	if (clears)
		kvm.redir[PIN] &= ~REDIR_RIRR;
	if (sends_again) {
		model_accept(M, 0x41, true);
		kvm.redir[PIN] |= REDIR_RIRR;
	}
	turn(1);
	oracle_chip_settle(0, &kvm);
}

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

/* One that nobody asked about is being ended when the next tick comes: KVM may take the EOI for that one's. */
static void test_rtc_ended_before(void)
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
	tick(true, 1);		/* it was */
	SILENT();
	rtc_start();
	line_of(8, true);
	line_of(8, false);
	prepare_and_enter();
	leave();
	oracle_guest_eoi(0);
	tick(true, 1);
	model_eoi(M);
	oracle_chip_settle(0, &kvm);
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

/* --- The I/O APIC in userspace. */
static void split_start(void)
{
	boot();
	oracle_chips_init(8, true);
	oracle_split_pin(0, PIN, LEVEL, false);
}

static void split_send(void)
{
	int32_t handle;

	oracle_split_pin(0, PIN, LEVEL | REDIR_RIRR, true);
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
}

static void test_split(void)
{
	split_start();
	split_send();
	eoi();
	oracle_split_eoi(0, 0x41);
	oracle_split_pin(0, PIN, LEVEL, false);
	oracle_split_entry(0);
	oracle_split_quiet(0);
	SILENT();
	split_send();
	eoi();
	oracle_split_entry(0);
	FIRED("eoi-exit-missing", DIV_EOI_MESSAGE, 0x41);
	oracle_split_quiet(0);
	FIRED("quiet-remote-irr", DIV_EOI_MESSAGE, 0x41);
}

static void test_split_extra(void)
{
	split_start();
	split_send();
	leave();
	oracle_split_eoi(0, 0x41);
	FIRED("eoi-exit-extra", DIV_EOI_MESSAGE, 0x41);
	/* An edge-triggered one: the exit may come or not. */
	split_start();
	send(0x51);
	prepare_and_enter();
	eoi();
	oracle_split_entry(0);
	SILENT();
}

static void test_split_suppressed(void)
{
	split_start();
	M->svr |= 1u << 12;
	split_send();
	leave();
	prepare_and_enter();
	eoi();
	oracle_split_entry(0);	/* as it must be: no exit */
	SILENT();
	split_start();
	M->svr |= 1u << 12;
	split_send();
	leave();
	prepare_and_enter();
	eoi();
	oracle_split_eoi(0, 0x41);
	FIRED("eoi-exit-extra", DIV_EOI_MESSAGE, 0x41);
}

TEST_MAIN(TEST(test_eoi_sends_nothing), TEST(test_split), TEST(test_split_extra), TEST(test_split_suppressed),
	  TEST(test_level), TEST(test_level_again), TEST(test_eoi_missing), TEST(test_eoi_extra), TEST(test_eoi_of_edge_races_level),
	  TEST(test_eoi_races_line), TEST(test_eoi_in_a_turn), TEST(test_eoi_before_the_turn_ends),
	  TEST(test_entry_becomes_level), TEST(test_edge), TEST(test_masked), TEST(test_entry), TEST(test_read),
	  TEST(test_pv), TEST(test_load), TEST(test_saved), TEST(test_deviation_rtc), TEST(test_rtc),
	  TEST(test_rtc_stuck), TEST(test_rtc_two_vectors), TEST(test_rtc_reloaded), TEST(test_status_of_level),
	  TEST(test_rtc_ended_before), TEST(test_deviation_storm), TEST(test_storm_beside_a_turn),
	  TEST(test_storm_eoi_meanwhile), TEST(test_widths), TEST(test_reset_state), TEST(test_msi_result), TEST(test_quiet), TEST(test_deviation_edge_clears),
	  TEST(test_nobody), TEST(test_eoi_to_new_id), TEST(test_deviation_asks), TEST(test_deviation_filtered))
