/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that uses Hyper-V's interface to its local APIC, as KVM offers it: the
 * MSRs for EOI, ICR and TPR, and the VP assist page, whose first word has in bit 0
 * "No EOI required": PV EOI under another name.  Hypervisor Top-Level Functional
 * Specification (TLFS), "Local APIC MSR Accesses", "Virtual Processor Assist Page",
 * "EOI assist".
 *
 * Not here: SynIC (synic.c); hypercalls and synthetic timers, which nobody uses.
 */
#ifndef LAPICSIM_HYPERV_H
#define LAPICSIM_HYPERV_H

#include <stdint.h>

#include "sim/machine.h"

struct kvm_cpuid2;

/* Hyper-V's leaves come first, KVM's move up by 0x100. @max: room for entries. */
void hyperv_cpuid(struct kvm_cpuid2 *cpuid, uint32_t max);

/* The MSR that names the word: KVM's own, or the VP assist page. */
static inline uint32_t machine_pv_msr(void)
{
	return machine.scenario.hyperv ? 0x40000073u : MSR_PV_EOI_EN;
}

/* If the guest takes the MSR this time, the exit's fields are filled: true. */
bool hyperv_exit_write(struct vcpu *v, uint32_t offset, uint64_t value);
/* TPR or, which has to fault, EOI; KVM has handled it. */
bool hyperv_exit_read(struct vcpu *v);
void hyperv_read_done(struct vcpu *v, bool faulted);
bool hyperv_exit_icr(struct vcpu *v, uint32_t low, uint32_t dest);

#endif
