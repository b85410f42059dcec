/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle's hooks for APIC virtualization; see check_apicv.c.
 */
#ifndef LAPICSIM_ORACLE_CHECK_APICV_H
#define LAPICSIM_ORACLE_CHECK_APICV_H

#include "sim/oracle/check.h"

const struct kw_apic_state *apicv_merge(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void check_apicv_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* The guest's EOI, while the processor takes another vector for the highest in service. */
int check_eoi_by_svi(struct oracle_vcpu *v);

/* KVM's state with PIR in IRR; valid until the next call. */
static inline const struct kw_apic_state *apicv_view(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	return __builtin_expect(!kvm->apicv, 1) ? kvm : apicv_merge(v, kvm);
}

#endif
