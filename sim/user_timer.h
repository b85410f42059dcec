/* SPDX-License-Identifier: GPL-2.0-only */
/* See user_timer.c: what a vCPU's thread does between two KVM_RUNs that concerns the APIC timer. */
#ifndef LAPICSIM_USER_TIMER_H
#define LAPICSIM_USER_TIMER_H

#include <linux/kvm.h>

#include "sim/machine.h"

int64_t user_lapic_get(struct vcpu *v, struct kvm_lapic_state *regs);
void user_lapic_set(struct vcpu *v, struct kvm_lapic_state *regs, bool as_it_was);
void user_timer_load(struct vcpu *v);
void user_timer_msr(struct vcpu *v);

#endif
