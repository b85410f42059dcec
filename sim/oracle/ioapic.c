// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ideal I/O APIC: lines, registers, EOI.
 *
 * Does not judge and sends nothing: sim/oracle/check_ioapic.c does.
 */
#include "sim/oracle/ioapic.h"

#include "sim/oracle/deviation.h"

/*
 * "Interrupt Mask": an edge on a masked pin is not held; a level is, by the line
 * itself.  "Trigger Mode": an edge is a change of the line from no source to some.
 */
bool ideal_ioapic_line(struct ideal_ioapic *io, uint32_t pin, uint32_t source, bool level)
{
	bool was = io->line[pin];

	if (level)
		io->line[pin] |= 1u << (source & 31);
	else
		io->line[pin] &= ~(1u << (source & 31));
	if (io->redir[pin] & REDIR_LEVEL)
		return ideal_ioapic_due(io, pin);
	return !was && io->line[pin] && !(io->redir[pin] & REDIR_MASK);
}

/* Remote IRR and Delivery Status are read-only; the former "is undefined for edge-triggered interrupts". */
static void write_entry(struct ideal_ioapic *io, uint32_t pin, bool high, uint32_t value)
{
	uint64_t old = io->redir[pin], entry;

	if (high)
		entry = (old & 0xffffffff) | (uint64_t)value << 32;
	else
		entry = (old & ~0xffffffffull) | value;
	entry = (entry & ~(REDIR_RIRR | REDIR_STATUS)) | (old & REDIR_RIRR);
	if ((entry & (REDIR_LEVEL | REDIR_RIRR)) == REDIR_RIRR && deviation_allows(DEV_IOAPIC_EDGE_CLEARS))
		entry &= ~REDIR_RIRR;
	io->redir[pin] = entry;
}

int ideal_ioapic_write(struct ideal_ioapic *io, uint32_t offset, uint32_t value)
{
	uint32_t pin;

	if (offset == IOAPIC_SELECT)
		io->select = value & 0xff;
	if (offset != IOAPIC_WINDOW)
		return -1;
	if (io->select == IOAPIC_REG_ID)
		io->id = value >> 24 & 0xf;
	if (io->select < IOAPIC_REG_REDIR || io->select >= IOAPIC_REG_REDIR + 2 * KW_IOAPIC_PINS)
		return -1;
	pin = (io->select - IOAPIC_REG_REDIR) / 2;
	write_entry(io, pin, io->select & 1, value);
	return (int)pin;
}

bool ideal_ioapic_read(const struct ideal_ioapic *io, uint32_t offset, uint32_t *value)
{
	uint64_t entry;

	if (offset == IOAPIC_SELECT) {
		*value = io->select;
		return true;
	}
	if (offset != IOAPIC_WINDOW)
		return false;
	switch (io->select) {
	case IOAPIC_REG_ID:
	case IOAPIC_REG_ARB:	/* "loaded with the value of the IOAPIC ID" */
		*value = io->id << 24;
		return true;
	case IOAPIC_REG_VER:
		*value = (KW_IOAPIC_PINS - 1) << 16 | 0x11;
		return true;
	}
	if (io->select < IOAPIC_REG_REDIR || io->select >= IOAPIC_REG_REDIR + 2 * KW_IOAPIC_PINS)
		return false;
	entry = io->redir[(io->select - IOAPIC_REG_REDIR) / 2];
	*value = (uint32_t)(io->select & 1 ? entry >> 32 : entry);
	return true;
}

/* "Remote IRR": reset "when an EOI message is received from a local APIC", by its vector. */
uint32_t ideal_ioapic_eoi_pins(const struct ideal_ioapic *io, uint32_t vector)
{
	uint32_t pins = 0;

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		if ((io->redir[pin] & REDIR_LEVEL) && (io->redir[pin] & REDIR_VECTOR) == vector)
			pins |= 1u << pin;
	return pins;
}
