/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words to write a history of one I/O APIC with, beside those of oracle_history.h:
 * start(), line(), write_low(), eoi_pin(); `kvm` is what KVM says of its registers.
 * Holds no test.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_IOAPIC_H
#define LAPICSIM_TESTS_UNIT_ORACLE_IOAPIC_H

#include "sim/oracle/chips.h"
#include "sim/oracle/ioapic.h"
#include "tests/unit/oracle_history.h"

#define PIN	18u
#define DEVICE	5u		/* a task that is no vCPU */
#define LEVEL	(REDIR_LEVEL | 0x41)
#define EDGE	0x41ull

static struct kw_ioapic_state kvm;

static inline void start_pv(uint64_t entry, bool pv)
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

static inline void start(uint64_t entry) { start_pv(entry, false); }

/* KVM does what it is told at the pin: the message arrives at vCPU 0 if @accepted. */
static inline void line(bool up, bool accepted)
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

static inline void turn(uint32_t task)
{
	oracle_chip_locked(task, 0, KW_CHIP_IOAPIC);
	oracle_chip_unlock_ioapic(task, 0, &kvm);
}

static inline void write_low(uint32_t value, uint64_t becomes)
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
static inline void eoi_pin(bool clears, bool sends_again)
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

#endif
