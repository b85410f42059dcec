/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Userspace's own I/O APIC, for KVM_CAP_SPLIT_IRQCHIP: it sends MSIs by its
 * redirection table, keeps KVM's GSI routes in step so that KVM knows whose EOIs
 * it wants, and takes them from KVM_EXIT_IOAPIC_EOI.
 *
 * A VMM's device model, and part of the system, not of the judge.  All of it under
 * userspace's lock (pins.c).
 */
#ifndef LAPICSIM_USER_IOAPIC_H
#define LAPICSIM_USER_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine.h"

struct user_ioapic {
	uint64_t redir[KW_IOAPIC_PINS];
	bool	 line[KW_IOAPIC_PINS];
	uint32_t select;
	uint64_t route[KW_IOAPIC_PINS];	/* entries as KVM's routing table has them; masked: none */
};

/* Once, with the table as firmware left it. 0 or a negative errno. */
int64_t user_ioapic_build(struct vm *vm, struct user_ioapic *io);
void user_ioapic_line(struct vm *vm, struct user_ioapic *io, uint32_t pin, bool level);
void user_ioapic_write(struct vm *vm, struct user_ioapic *io, uint32_t offset, uint32_t value);
uint32_t user_ioapic_read(const struct user_ioapic *io, uint32_t offset);
/* An EOI message, or a write to the EOI register. */
void user_ioapic_eoi(struct vm *vm, struct user_ioapic *io, uint32_t vector);

#endif
