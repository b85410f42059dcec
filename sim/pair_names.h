/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations, and classes of an APIC's state, that pairs are made of: numbers for
 * a runner, names for a store.  A runner and lapicsim of another commit may number
 * them differently; the hash of all names says so.
 */
#ifndef LAPICSIM_PAIR_NAMES_H
#define LAPICSIM_PAIR_NAMES_H

#include <stdint.h>

#define PAIR_OPS	256u
#define PAIR_STATES	128u

/* Operations: the guest's (enum op) from 0 on, VM-Exits by reason, and these. */
#define PAIR_EXIT	128u
#define PAIR_OTHER_EXIT	197u	/* those that have no name */
enum pair_op {
	PAIR_ENTRY = 198,	/* without an event; then with an interrupt, with an NMI */
	PAIR_ENTRY_INTERRUPT, PAIR_ENTRY_NMI,
	PAIR_MESSAGE, PAIR_MEMORY, PAIR_IRQ, PAIR_INIT,
	PAIR_IOCTL,		/* then those of pair_ioctls */
};
/* Numbers (_IOC_NR) of ioctls that have a name of their own; ends with 0. */
extern const uint8_t pair_ioctls[];

/* State: bits of the vCPU that the operation is of, or none. */
enum pair_state {
	PAIR_IF = 1, PAIR_IN_HANDLER = 2, PAIR_EOI_DONE = 4, PAIR_TPR = 8, PAIR_X2APIC = 16, PAIR_OFF = 32,
	PAIR_NO_VCPU = 64,
};

/* A previous operation, an operation and a state in one number. */
static inline uint32_t pair_code(uint32_t previous, uint32_t operation, uint32_t state)
{
	return previous << 15 | operation << 7 | state;
}
static inline uint32_t pair_previous(uint32_t code) { return code >> 15; }
static inline uint32_t pair_operation(uint32_t code) { return code >> 7 & (PAIR_OPS - 1); }
static inline uint32_t pair_state(uint32_t code) { return code & (PAIR_STATES - 1); }
#define PAIR_CODES	(PAIR_OPS << 15)

/* NULL: there is no such operation. */
const char *pair_op_name(uint32_t op);
/* Into @buf: "if in-handler", "-" for nothing of it, "no vcpu". Returns @buf. */
const char *pair_state_name(uint32_t state, char buf[64]);
uint32_t pair_names_hash(void);

#endif
