/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ideal I/O APIC: Intel's data sheet "82093AA I/O Advanced Programmable
 * Interrupt Controller (IOAPIC)", and the SDM where it speaks of EOI messages.
 * Pure architecture: knows nothing of KVM, of intervals, of local APICs.
 *
 * Lines are what several sources assert together; polarity only says which
 * voltage means "asserted", so it changes nothing here.
 */
#ifndef LAPICSIM_ORACLE_IOAPIC_H
#define LAPICSIM_ORACLE_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm/boundary.h"

/* "I/O Redirection Table Registers". */
#define REDIR_VECTOR	0xffull
#define REDIR_MODE(e)	((uint32_t)((e) >> 8 & 7))
#define REDIR_LOGICAL	(1ull << 11)
#define REDIR_STATUS	(1ull << 12)	/* delivery status: messages are instantaneous, so nothing is ever pending */
#define REDIR_RIRR	(1ull << 14)
#define REDIR_LEVEL	(1ull << 15)
#define REDIR_MASK	(1ull << 16)
#define REDIR_DEST(e)	((uint32_t)((e) >> 56))

/* Direct and indirect registers. */
#define IOAPIC_SELECT	0x00u
#define IOAPIC_WINDOW	0x10u
#define IOAPIC_REG_ID	0x00u
#define IOAPIC_REG_VER	0x01u
#define IOAPIC_REG_ARB	0x02u
#define IOAPIC_REG_REDIR 0x10u

struct ideal_ioapic {
	uint64_t redir[KW_IOAPIC_PINS];
	uint32_t line[KW_IOAPIC_PINS];	/* sources that assert it, one bit each */
	uint32_t select, id;
};

/* A message leaves for this pin: level, asserted, and nobody has accepted the last one without ending it. */
static inline bool ideal_ioapic_due(const struct ideal_ioapic *io, uint32_t pin)
{
	return io->line[pin] && (io->redir[pin] & (REDIR_LEVEL | REDIR_MASK | REDIR_RIRR)) == REDIR_LEVEL;
}

/* True: this change of the line makes a message. */
bool ideal_ioapic_line(struct ideal_ioapic *io, uint32_t pin, uint32_t source, bool level);
/* A write to a direct register. The pin whose entry was written, or -1. */
int ideal_ioapic_write(struct ideal_ioapic *io, uint32_t offset, uint32_t value);
/* False: what the register reads as is not specified. */
bool ideal_ioapic_read(const struct ideal_ioapic *io, uint32_t offset, uint32_t *value);
/* Pins for which an EOI message with @vector clears Remote IRR, one bit each. */
uint32_t ideal_ioapic_eoi_pins(const struct ideal_ioapic *io, uint32_t vector);

#endif
