// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on the I/O APIC: redirection entries through its select and
 * window registers (82093AA, "I/O Redirection Table Registers"), and the device
 * that a handler services.
 *
 * What the guest keeps to: one vCPU at a time between select and window, as with
 * any register pair; no vector for two pins; no destination 0xff.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/oracle/chips.h"
#include "sim/pins.h"
#include "sim/trace.h"

#define SELECT		0x00u
#define WINDOW		0x10u
#define REG_REDIR	0x10u
#define REG_EOI		0x40u
#define REG_ARB		0x02u

#define RTC_GSI		8u
#define NOBODY		0x3fu	/* a destination that no vCPU has */

#define ENTRY_MASK	(1u << 16)
#define ENTRY_LEVEL	(1u << 15)
#define ENTRY_POLARITY	(1u << 13)
#define ENTRY_LOGICAL	(1u << 11)
#define ENTRY_LOWEST	(1u << 8)
#define ENTRY_NMI	(4u << 8)
#define ENTRY_MODE	(7u << 8)
#define ENTRY_READ_ONLY	(1u << 12 | 1u << 14)	/* Delivery Status, Remote IRR */

static enum step mmio(struct vcpu *v, uint64_t gpa, bool write, uint32_t value)
{
	v->ioapic_offset = gpa & 0xff;
	v->ioapic_bytes = 4;
	v->hw->exit_gpa = gpa;
	v->hw->exit_qual = write ? KW_MMIO_WRITE : 0;
	v->hw->mmio_data = value;
	return exits(v, KW_EXIT_EPT_MISCONFIG);
}

static bool orphan_ok(struct vcpu *v)
{
	return sc()->vector_in_flight_percent && rng_below(&v->target, 100) < sc()->vector_in_flight_percent;
}

/* One of the modes, toggled. The RTC stays edge-triggered. */
static uint32_t draw_mode(struct vcpu *v, uint32_t gsi)
{
	static const uint32_t modes[] = { ENTRY_LEVEL, ENTRY_LEVEL, ENTRY_POLARITY, ENTRY_LOWEST };

	return modes[gsi == RTC_GSI ? 2 + rng_below(&v->target, 2) : rng_below(&v->target, 4)];
}

/* The low half: mostly mask and unmask, sometimes another vector, or another mode. */
static uint32_t draw_low(struct vcpu *v, uint32_t gsi, uint32_t old)
{
	uint32_t base = sc()->pin_vector_first + (gsi - sc()->pin_first) * PINS_PER_VECTOR, low = old, level;

	if ((low & ENTRY_MODE) != ENTRY_NMI && rng_below(&v->target, 100) < sc()->ioapic_modes_percent)
		return low ^ draw_mode(v, gsi);
	if (sc()->ioapic_logical_percent && (low & ENTRY_MODE) != ENTRY_NMI &&
	    rng_below(&v->target, 100) < sc()->ioapic_logical_percent)
		return low ^ (rng_one_in(&v->target, 4) ? ENTRY_LOWEST : ENTRY_LOGICAL);
	/* For NMIs "the entry must be programmed as edge-triggered". */
	if (sc()->ioapic_nmi_percent && !(low & ENTRY_LEVEL) && !pins_level(gsi) &&
	    rng_below(&v->target, 100) < sc()->ioapic_nmi_percent)
		return (low & ~ENTRY_MODE) | ((low & ENTRY_MODE) == ENTRY_NMI ? 0 : ENTRY_NMI);
	/* The line is level-triggered: only a masked entry may say otherwise, for a moment. */
	level = pins_level(gsi) ? ENTRY_LEVEL : 0;
	switch (rng_below(&v->target, 4)) {
	case 0:
		/*
		 * Remote IRR waits for the EOI of the old vector: an orderly guest makes the
		 * entry edge-triggered for a moment, which clears it.
		 */
		if (pins_level(gsi) && !orphan_ok(v)) {
			if (low & ENTRY_LEVEL)
				return (low & ~ENTRY_LEVEL) | ENTRY_MASK;
			low = (low | ENTRY_LEVEL) & ~ENTRY_MASK;
		}
		return (low & ~0xffu) | (base + rng_below(&v->target, PINS_PER_VECTOR));
	case 1:
		return low & ENTRY_MASK ? (low & ~ENTRY_MASK) | level : low | ENTRY_MASK;
	default:
		return (low & ~ENTRY_MASK) | level;
	}
}

/* In x2APIC mode the logical ID follows from the ID: members of cluster 0. */
static uint32_t draw_high(struct vcpu *v, uint64_t old)
{
	uint32_t dest = rng_below(&v->target, machine.vm[v->vm].nr_vcpus);

	if ((sc()->ioapic_modes_percent && rng_one_in(&v->target, 32)) ||
	    (sc()->ioapic_logical_percent && rng_one_in(&v->target, 8)))
		dest = NOBODY;
	else if (old & ENTRY_LOGICAL)
		dest = sc()->ioapic_logical_percent ? 1u + rng_below(&v->target, 0xfe) : 1u << (dest & 7);
	return dest << 24;
}

/* The first step: take the guest's lock, and select a register. */
enum step do_ioapic(struct vcpu *v)
{
	struct pins *p;
	uint32_t gsi;

	if (!pins_on || pins_of(&machine.vm[v->vm])->owner)
		return STEP_GO_ON;
	p = pins_of(&machine.vm[v->vm]);
	p->owner = v->index + 1;
	gsi = sc()->pin_first + rng_below(&v->target, sc()->pin_lines);
	v->ioapic_reg = (uint8_t)(REG_REDIR + 2 * gsi + rng_below(&v->target, 2));
	/* ID, version, arbitration ID: looked at, and the first one written. */
	if (rng_one_in(&v->target, 16))
		v->ioapic_reg = (uint8_t)rng_below(&v->target, REG_ARB + 1);
	v->ioapic_read = rng_one_in(&v->target, 4);
	v->ioapic_step = IOAPIC_SELECTING;
	oracle_ioapic_write(v->index, SELECT, v->ioapic_reg);
	return mmio(v, PINS_IOAPIC_GPA + SELECT, true, v->ioapic_reg);
}

enum step do_ioapic_window(struct vcpu *v)
{
	struct pins *p = pins_of(&machine.vm[v->vm]);
	uint32_t gsi = (v->ioapic_reg - REG_REDIR) / 2, value = 0;
	uint64_t *entry = &p->redir[gsi % KW_IOAPIC_PINS];

	if (v->ioapic_probe)
		return guest_ioapic_probe_window(v);
	v->ioapic_step = IOAPIC_ACCESSING;
	if (!v->ioapic_read && v->ioapic_reg < REG_REDIR) {
		value = rng_below(&v->target, 16) << 24;
		oracle_ioapic_write(v->index, WINDOW, value);
	} else if (!v->ioapic_read) {
		if (v->ioapic_reg & 1) {
			value = draw_high(v, *entry);
			*entry = (*entry & 0xffffffff) | (uint64_t)value << 32;
		} else {
			value = draw_low(v, gsi, (uint32_t)*entry);
			*entry = (*entry & ~0xffffffffull) | value;
			/* A guest that writes back what it has read. */
			value |= rng_one_in(&v->target, 4) ? ENTRY_READ_ONLY : 0;
		}
		oracle_ioapic_write(v->index, WINDOW, value);
	}
	if (!v->ioapic_read && trace_on())
		trace_event("guest", "vcpu %u writes I/O APIC register 0x%02x = 0x%x", v->index,
			    v->ioapic_reg, value);
	return mmio(v, PINS_IOAPIC_GPA + WINDOW, !v->ioapic_read, value);
}

void guest_pin_handler(struct vcpu *v, uint32_t nr)
{
	int gsi = pins_on ? pins_gsi(v->handler[nr].vector) : -1;
	bool level = gsi >= 0 && pins_level((uint32_t)gsi);

	v->handler[nr].service = level && (host_phase == HOST_QUIET ||
					   rng_below(&v->program, 100) < sc()->service_percent);
	v->handler[nr].directed = level && sc()->directed_eoi;
}

enum op guest_next_before_eoi(struct vcpu *v)
{
	if (v->handler[v->nr_handlers - 1].service)
		return OP_SERVICE;
	if (v->handler[v->nr_handlers - 1].pic)
		return OP_PIC_EOI;
	return v->handler[v->nr_handlers - 1].directed ? OP_IOAPIC_EOI : OP_EOI;
}

/* The device's own register: its interrupt is handled. */
enum step do_service(struct vcpu *v)
{
	v->handler[v->nr_handlers - 1].service = false;
	return mmio(v, PINS_DEVICE_GPA + 4ull * (uint32_t)pins_gsi(v->handler[v->nr_handlers - 1].vector), true, 0);
}

/* With broadcasts suppressed the I/O APIC is told directly; a new message then waits in IRR. */
enum step do_ioapic_eoi(struct vcpu *v)
{
	v->handler[v->nr_handlers - 1].directed = false;
	return mmio(v, PINS_IOAPIC_GPA + REG_EOI, true, v->handler[v->nr_handlers - 1].vector);
}
