/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files check_ioapic*.c share. */
#ifndef LAPICSIM_ORACLE_CHECK_IOAPIC_H
#define LAPICSIM_ORACLE_CHECK_IOAPIC_H

#include "sim/oracle/chips_state.h"

/* SDM, "Spurious-Interrupt Vector Register". */
#define SVR_NO_BROADCAST (1u << 12)

static inline struct destination ioapic_destination(uint64_t entry)
{
	return (struct destination){ .dest = REDIR_DEST(entry),
				     .sender = DIV_NONE,
				     .logical = entry & REDIR_LOGICAL };
}

/* Due, but for Remote IRR. */
static inline bool ioapic_wants(const struct ideal_ioapic *io, uint32_t pin)
{
	return io->line[pin] && (io->redir[pin] & (REDIR_LEVEL | REDIR_MASK)) == REDIR_LEVEL;
}

/* Does anybody accept the message that @entry makes? */
enum taker ioapic_taker(uint32_t vm, uint64_t entry);
/* It begins. NONE: see check_ioapic.c. */
int32_t ioapic_send(uint32_t vm, uint64_t entry);
/*
 * KVM's entry @kvm of @pin is what the ideal one has become, which it is afterwards.
 * True: the message that was due (@sent) was not sent, for all that is seen.
 */
bool ioapic_compare(uint32_t nr, uint32_t pin, uint64_t kvm, bool sent);

#endif
