// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on the 8259s by port I/O: interrupt masks, priorities, the EOIs
 * of handlers; and LINT0, through which the PIC reaches the local APIC.
 *
 * What the guest keeps to: a spurious interrupt gets no EOI, and no device is on
 * input 7 of either chip, so that its vector is always one.
 */
#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/chips.h"
#include "sim/pins.h"

#define MASTER		0x20u
#define SLAVE		0xa0u
#define OCW2_EOI	0x20u		/* non-specific */
#define OCW2_SPECIFIC	0x60u
#define OCW2_PRIORITY	0xc0u
#define LAPIC_LVT0	0x350u
#define LINT0_EXTINT	0x700u
#define LVT_MASKED	0x10000u

static enum step out(struct vcpu *v, uint32_t port, uint8_t value)
{
	v->hw->exit_qual = (uint64_t)port << KW_IO_PORT_SHIFT;
	v->hw->rax = value;
	oracle_pic_write(v->index, port, value);
	return exits(v, KW_EXIT_IO_INSTRUCTION);
}

static enum step in(struct vcpu *v, uint32_t port)
{
	v->hw->exit_qual = (uint64_t)port << KW_IO_PORT_SHIFT | KW_IO_IN;
	oracle_pic_read(v->index);
	return exits(v, KW_EXIT_IO_INSTRUCTION);
}

/* Mask something, mostly unmask; set priorities; look. */
enum step do_pic(struct vcpu *v)
{
	uint32_t chip = rng_below(&v->target, 2) ? SLAVE : MASTER;

	if (!pins_on || !sc()->pic)
		return STEP_GO_ON;
	switch (rng_below(&v->target, 6)) {
	case 0:
		return out(v, chip + 1, (uint8_t)(1u << rng_below(&v->target, 8) & (chip == MASTER ? 0xfb : 0xff)));
	case 1:
		return out(v, chip, (uint8_t)(OCW2_PRIORITY | rng_below(&v->target, 8)));
	case 2:
		return in(v, chip + rng_below(&v->target, 2));
	default:
		return out(v, chip + 1, 0);
	}
}

/* The boot processor's only: KVM wakes one vCPU for the PIC. In the quiet phase LINT0 stays as it is. */
enum step do_lint0(struct vcpu *v)
{
	if (!sc()->pic || v->id)
		return STEP_GO_ON;
	lapic_exit_write(v, LAPIC_LVT0, LINT0_EXTINT | (rng_one_in(&v->target, 3) ? LVT_MASKED : 0));
	return STEP_EXIT;
}

void guest_pic_handler(struct vcpu *v, uint32_t nr)
{
	uint8_t vector = v->handler[nr].vector;

	v->handler[nr].pic = 0;
	if (likely(!pins_on) || !sc()->pic || vector < PINS_PIC_BASE || vector >= PINS_PIC_BASE + 16)
		return;
	v->handler[nr].pic = PIC_HANDLER;
	if ((vector & 7) != 7)
		v->handler[nr].pic |= vector & 8 ? PIC_OWES_SLAVE | PIC_OWES_MASTER : PIC_OWES_MASTER;
	else if (vector & 8)
		v->handler[nr].pic |= PIC_OWES_MASTER;	/* spurious at the slave: the master has it in service */
}

/* One OUT at a time: slave, then master. */
enum step do_pic_eoi(struct vcpu *v)
{
	uint8_t *owes = &v->handler[v->nr_handlers - 1].pic;
	uint8_t input = v->handler[v->nr_handlers - 1].vector & 7;
	uint32_t port = *owes & PIC_OWES_SLAVE ? SLAVE : MASTER;

	if (!(*owes & (PIC_OWES_SLAVE | PIC_OWES_MASTER))) {
		v->eoi_done = true;
		return STEP_GO_ON;
	}
	if (port == MASTER && (v->handler[v->nr_handlers - 1].vector & 8))
		input = 2;
	*owes &= (uint8_t)~(port == SLAVE ? PIC_OWES_SLAVE : PIC_OWES_MASTER);
	if (!(*owes & (PIC_OWES_SLAVE | PIC_OWES_MASTER)))
		v->eoi_done = true;
	return out(v, port, rng_one_in(&v->target, 2) ? (uint8_t)(OCW2_SPECIFIC | input) : OCW2_EOI);
}
