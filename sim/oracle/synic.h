/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hyper-V's synthetic interrupt controller: Hypervisor Top-Level Functional Specification (TLFS),
 * "Synthetic Interrupt Controller", "SINTx Registers", "EOM Register".  A SINT that is not masked
 * sends its vector to its own virtual processor, and with AutoEOI the hypervisor ends it as it is
 * delivered.  KVM api.rst, KVM_SET_GSI_ROUTING: an irqfd can signal a SINT, and a resamplefd is told
 * of its end.
 *
 * A SINT's vectors are its own: no other message of the scenario has them.
 */
#ifndef LAPICSIM_ORACLE_SYNIC_H
#define LAPICSIM_ORACLE_SYNIC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/state.h"

#define SYNIC_NR_SINTS		16u
#define SYNIC_VALUES		4u
#define SYNIC_SINT_MASKED	(1ull << 16)
#define SYNIC_SINT_AUTO_EOI	(1ull << 17)
#define SYNIC_SINT_VECTOR	0xffull

/* While the VM is built: what a SINT holds at the beginning of a run, and that a resamplefd hears of its ends. */
void oracle_sint_baseline(uint32_t vcpu, uint32_t sint, uint64_t value);

/* WRMSR of a SINTx register, from the instruction until it is over; RDMSR, when it is. */
void oracle_sint_write_begin(uint32_t vcpu, uint32_t sint, uint64_t value);
void oracle_sint_write_end(uint32_t vcpu, bool faulted);
void oracle_sint_read(uint32_t vcpu, uint32_t sint, uint64_t value, bool faulted);
/* Around a device's signal; one at a time for each SINT. */
void oracle_sint_signal_begin(uint32_t vcpu, uint32_t sint);
void oracle_sint_signal_end(uint32_t vcpu, uint32_t sint);
/* What KVM_IRQ_LINE_STATUS says of a line that falls. */
void oracle_sint_fell(uint32_t vcpu, uint32_t sint, int32_t status);
/* The guest has written the EOM register. */
void oracle_sint_eom(uint32_t vcpu);
/* The resamplefd was signalled @n times since the last look. */
void oracle_sint_resampled(uint32_t vcpu, uint32_t sint, uint64_t n);
/* The end of a run, after the last look. */
void oracle_sint_quiet(uint32_t vcpu, uint32_t sint);

/* --- For the oracle. */
struct synic_vcpu {
	uint64_t sint[SYNIC_NR_SINTS], base[SYNIC_NR_SINTS];
	uint64_t next;			/* what is being written to SINT @changing, -1: none is */
	int32_t	 changing;
	int32_t	 message[SYNIC_NR_SINTS][SYNIC_VALUES]; /* of a signal: by the value then, and those that came meanwhile */
	bool	 signal[SYNIC_NR_SINTS], unsure[SYNIC_NR_SINTS];
	int32_t	 owed[SYNIC_NR_SINTS];	/* ends that the resamplefd has yet to hear of */
	bool	 used[SYNIC_NR_SINTS];
};
extern struct synic_vcpu *synic;	/* NULL: none */

int synic_init(uint32_t nr_vcpus);
void synic_fini(void);
void synic_reset(void);
/* Does the hypervisor end @vector as it delivers it? */
bool synic_auto_eoi(const struct oracle_vcpu *v, uint32_t vector);
/* @vector was ended by an EOI, in whatever way. */
void synic_eoi(const struct oracle_vcpu *v, int vector);

#endif
