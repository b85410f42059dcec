/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU's thread may do between two KVM_RUNs with events that bypass IRR.
 */
#ifndef LAPICSIM_USER_EVENTS_H
#define LAPICSIM_USER_EVENTS_H

#include "sim/machine.h"

struct kvm_vcpu_events;
struct kvm_mp_state;

/* Read and write back. */
void user_vcpu_events(struct vcpu *v);
void user_mp_state(struct vcpu *v);
/* KVM_NMI. */
void user_nmi(struct vcpu *v);

/* Before a KVM_RUN, at its VM-Entries, and after it: a VMM whose own PIC has something for the guest. */
void user_ask_window(struct vcpu *v);
void user_window_entry(const struct vcpu *v);
void user_window(const struct vcpu *v);

/* The oracle is shown what KVM returned. */
void user_show_events(const struct vcpu *v, const struct kvm_vcpu_events *ev);
void user_show_mp_state(const struct vcpu *v, const struct kvm_mp_state *mp);

#endif
