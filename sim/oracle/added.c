// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that is not there is to the others what one is whose APIC is off in IA32_APIC_BASE: no
 * message reaches it (SDM, "Enabling or Disabling the Local APIC").  While userspace adds it, a
 * message may or may not find it; an interrupt that comes before KVM_SET_LAPIC has enabled the APIC
 * is dropped.
 *
 * The state that userspace gives it is not judged here: what KVM_GET_LAPIC returns before is, by
 * oracle_power_up(), and whatever it runs with afterwards, as of every vCPU.
 */
#include "sim/oracle/added.h"

#include <string.h>

#include "sim/oracle/identity.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/regs.h"

#define BASE_DEFAULT	0xfee00000ull
#define SVR_SOFTWARE	0x1ffu		/* as the VMM loads it */

void oracle_absent(uint32_t vcpu, uint32_t apic_id)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	memset(&v->base, 0, sizeof(v->base));
	v->base.apic_base = BASE_DEFAULT;
	v->base.id = apic_id;
	v->base.dfr = ~0u;
	v->x2apic_id = apic_id;
	v->base_tpr = 0;
	v->base_pv_msr = 0;
	vcpu_identity_set(v, &v->base);
}

void oracle_add_begin(uint32_t vcpu, bool x2apic)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct oracle_identity next = v->now;

	next.apic_base |= APIC_BASE_EN | (x2apic ? APIC_BASE_EXTD : 0);
	next.svr = SVR_SOFTWARE;
	if (x2apic)
		next.ldr = (next.id >> 4 & 0xffff) << 16 | 1u << (next.id & 15);
	identity_window_open(v, &next);
}

void oracle_add_end(uint32_t vcpu, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct oracle_identity now = { .apic_base = 0 };

	vcpu_identity_read(v, kvm, &now);
	identity_window_close(v, &now);
	if (regs.vcpu)
		regs_baseline(v, kvm);
}
