// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's PIC: the ideal 8259A pair, and each check with a legal history and a
 * broken one.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/pic.h"
#include "tests/unit/oracle_history.h"

#define DEVICE	5u
#define EXTINT	0x700u
#define MASKED	0x10700u

static struct kw_pic_state kvm;
static struct ideal_pic chip;		/* a second one, that plays KVM */

static void copy(void)
{
	for (int i = 0; i < 2; i++) {
		kvm.half[i].irr = chip.half[i].irr;
		kvm.half[i].imr = chip.half[i].imr;
		kvm.half[i].isr = chip.half[i].isr;
		kvm.half[i].elcr = chip.half[i].level;
		kvm.half[i].base = chip.half[i].base;
		kvm.half[i].first = chip.half[i].first;
	}
}

static void start(uint8_t level)
{
	struct kw_ioapic_state ioapic = { .select = 0 };

	boot();
	oracle_chips_init(8, false);
	memset(&chip, 0, sizeof(chip));
	chip.half[0].base = 0x20;
	chip.half[1].base = 0x28;
	chip.half[0].level = level;
	copy();
	oracle_chips_baseline(0, &ioapic, &kvm);
}

static void turn(uint32_t task, uint32_t lint0)
{
	oracle_chip_locked(task, 0, KW_CHIP_PIC);
	copy();
	oracle_chip_unlock_pic(task, 0, &kvm, lint0);
}

static void line(uint32_t input, bool up)
{
	oracle_irq_line(DEVICE, input, up, 0);
	ideal_pic_line(&chip, input, 0, up);
	turn(DEVICE, 0);
	oracle_chip_over(DEVICE);
}

static void write_port(uint32_t port, uint8_t value)
{
	oracle_pic_write(0, port, value);
	ideal_pic_write(&chip, port, value);
	turn(1, 0);
	oracle_pic_over(0);
}

/* vCPU 0 acknowledges, and @vector reaches its guest. */
static void take(uint32_t lint0, int vector)
{
	ideal_pic_acknowledge(&chip);
	turn(1, lint0);
	M->injected = vector;
	enter();
}

static void test_priority(void)
{
	start(0);
	line(5, true);
	line(3, true);
	take(EXTINT, 0x23);
	leave();
	/* 5 waits for the EOI of 3; 1 does not. */
	EXPECT(ideal_8259_request(&chip.half[0]) == -1);
	line(1, true);
	take(EXTINT, 0x21);
	leave();
	write_port(0x20, 0x20);
	write_port(0x20, 0x63);
	take(EXTINT, 0x25);
	SILENT();
}

static void test_rotation(void)
{
	start(0);
	write_port(0x20, 0xc3);		/* 3 is the lowest, 4 the highest */
	line(3, true);
	line(4, true);
	take(EXTINT, 0x24);
	leave();
	write_port(0x20, 0xa0);		/* and now 4 the lowest */
	EXPECT(chip.half[0].first == 5);
	take(EXTINT, 0x23);
	SILENT();
}

static void test_cascade(void)
{
	start(0);
	line(12, true);
	take(EXTINT, 0x2c);
	leave();
	EXPECT(chip.half[0].isr == 4 && chip.half[1].isr == 0x10);
	write_port(0xa0, 0x20);
	write_port(0x20, 0x20);
	EXPECT(!chip.half[0].isr && !chip.half[1].isr);
	SILENT();
}

static void test_spurious(void)
{
	start(1u << 5);
	line(5, true);
	line(5, false);		/* level: gone before it is acknowledged */
	take(EXTINT, 0x27);
	EXPECT(!chip.half[0].isr);
	SILENT();
	start(0);
	line(9, true);
	write_port(0xa1, 2);	/* masked at the slave, after the master heard of it */
	take(EXTINT, 0x2f);
	EXPECT(chip.half[0].isr == 4);
	SILENT();
}

static void test_mask(void)
{
	start(0);
	write_port(0x21, 1u << 4);
	line(4, true);
	EXPECT(ideal_8259_request(&chip.half[0]) == -1);
	write_port(0x21, 0);
	take(EXTINT, 0x24);
	SILENT();
}

static void test_state(void)
{
	start(0);
	oracle_pic_write(0, 0x21, 0x10);
	turn(1, 0);
	FIRED("pic-state", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_pic_over(0);
	turn(DEVICE, 0);
	SILENT();
}

static void test_vector(void)
{
	start(0);
	line(4, true);
	take(EXTINT, 0x25);
	FIRED("pic-vector", DIV_SPURIOUS_DELIVERY, 0x24);
	leave();
	SILENT();
	/* Acknowledged twice before anything is injected. */
	start(0);
	line(4, true);
	ideal_pic_acknowledge(&chip);
	turn(1, EXTINT);
	ideal_pic_acknowledge(&chip);
	turn(1, EXTINT);
	FIRED("pic-vector", DIV_SPURIOUS_DELIVERY, 0x24);
}

static void test_accept(void)
{
	start(0);
	line(4, true);
	take(MASKED, 0x24);
	FIRED("pic-accept", DIV_SPURIOUS_DELIVERY, 0x24);
	leave();
	SILENT();
}

static void test_quiet(void)
{
	start(0);
	line(4, true);
	oracle_pic_quiet(0, MASKED);
	SILENT();
	oracle_pic_quiet(0, EXTINT);
	FIRED("quiet-pic", DIV_LOST_INTERRUPT, DIV_NONE);
}

TEST_MAIN(TEST(test_priority), TEST(test_rotation), TEST(test_cascade), TEST(test_spurious), TEST(test_mask),
	  TEST(test_state), TEST(test_vector), TEST(test_accept), TEST(test_quiet))
