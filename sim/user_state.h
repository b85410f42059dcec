/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU's thread may do between two KVM_RUNs with the state of its APIC.
 */
#ifndef LAPICSIM_USER_STATE_H
#define LAPICSIM_USER_STATE_H

#include "sim/machine.h"

/* KVM_GET_LAPIC, then KVM_SET_LAPIC of something else. */
void user_change_lapic(struct vcpu *v);
/* KVM_SET_LAPIC of a state that KVM has to refuse, with the APIC enabled by SVR. */
void user_refused_lapic(struct vcpu *v);
/* The state as it is, but for LINT0: mode NMI, or masked. */
void user_lint0_load(struct vcpu *v);
/* KVM_GET_MSRS or KVM_SET_MSRS of IA32_APIC_BASE or an x2APIC MSR. */
void user_any_msr(struct vcpu *v);

#endif
