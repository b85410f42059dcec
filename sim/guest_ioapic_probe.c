// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that looks at the I/O APIC in unusual ways: index register read back,
 * reserved indexes and offsets, accesses of other widths than 4 bytes, writes to
 * what is read-only.  None of that may change anything but the index.
 *
 * Redirection entries are written by guest_ioapic.c, whose lock this takes too.
 */
#include "sim/guest.h"
#include "sim/oracle/chips.h"
#include "sim/pins.h"

#define SELECT		0x00u
#define WINDOW		0x10u
#define REG_VERSION	0x01u
#define REG_ARB		0x02u
#define REG_REDIR	0x10u
#define REG_END		0x40u
#define UNUSED_ENTRY	0x3eu		/* the low half of the last pin's */
#define ENTRY_READ_ONLY	(1u << 12 | 1u << 14)
#define NOT_INDEX	0x5a5a5a00u	/* bits of the index register that are reserved */

static enum step mmio(struct vcpu *v, uint32_t offset, uint32_t bytes, bool write, uint32_t value)
{
	v->ioapic_offset = (uint8_t)offset;
	v->ioapic_bytes = (uint8_t)bytes;
	v->ioapic_read = !write;
	v->hw->exit_gpa = PINS_IOAPIC_GPA + offset;
	v->hw->exit_qual = (write ? KW_MMIO_WRITE : 0) | (uint64_t)bytes << KW_MMIO_BYTES_SHIFT;
	v->hw->mmio_data = value;
	/* A narrow one writes zeroes beside its bytes. */
	if (write)
		oracle_ioapic_write(v->index, offset, bytes < 4 ? value & ((1u << 8 * bytes) - 1) : value);
	return exits(v, KW_EXIT_EPT_MISCONFIG);
}

static uint32_t draw_bytes(struct vcpu *v) { return 1u << rng_below(&v->target, 4); }

/* Where a write through the window has no effect, or none that matters. */
static uint8_t draw_read_only(struct vcpu *v)
{
	/* Nothing drives the last pin. */
	if (sc()->pin_first + sc()->pin_lines < KW_IOAPIC_PINS && rng_one_in(&v->target, 4))
		return UNUSED_ENTRY;
	switch (rng_below(&v->target, 4)) {
	case 0:
		return REG_VERSION;
	case 1:
		return REG_ARB;
	case 2:
		return (uint8_t)rng_range(&v->target, REG_ARB + 1, REG_REDIR - 1);
	default:
		/* The first one past the last pin, or any. */
		return (uint8_t)(REG_END + (rng_below(&v->target, 2) ? rng_below(&v->target, 0xc0) : 0));
	}
}

enum step do_ioapic_probe(struct vcpu *v)
{
	struct pins *p;
	bool write = rng_one_in(&v->target, 3);

	if (!pins_on || pins_of(&machine.vm[v->vm])->owner)
		return STEP_GO_ON;
	p = pins_of(&machine.vm[v->vm]);
	p->owner = v->index + 1;
	v->ioapic_step = IOAPIC_ACCESSING;
	switch (rng_below(&v->target, 6)) {
	case 0:
		return mmio(v, SELECT, draw_bytes(v), false, 0);
	case 1:
		/* Offsets that mean nothing, in the page's part that is the I/O APIC's. */
		return mmio(v, 0x20 + 0x10 * rng_below(&v->target, 14), draw_bytes(v), write, ~0u);
	}
	v->ioapic_probe = true;
	v->ioapic_step = IOAPIC_SELECTING;
	v->ioapic_write = write;
	v->ioapic_reg = write ? draw_read_only(v) :
				(uint8_t)rng_below(&v->target, rng_below(&v->target, 4) ? REG_END : 256);
	return mmio(v, SELECT, draw_bytes(v), true, NOT_INDEX | v->ioapic_reg);
}

enum step guest_ioapic_probe_window(struct vcpu *v)
{
	uint32_t value = v->ioapic_reg == UNUSED_ENTRY ? rng_below(&v->target, 0x10000) & ~ENTRY_READ_ONLY : ~0u;

	v->ioapic_probe = false;
	v->ioapic_step = IOAPIC_ACCESSING;
	return mmio(v, WINDOW, draw_bytes(v), v->ioapic_write, value);
}
