// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands for pmu.c and the host's perf when a counter that counts for a guest
 * overflows: from the interrupt on the vCPU's own CPU, which is an NMI, to LVTPC.
 *
 * Same as the kernel: the vCPU's thread is asked by KVM_REQ_PMI to deliver it; trees
 * that cannot wake a vCPU so use an irq_work if the NMI came in the host, as the vCPU
 * may be about to halt.
 * Different on purpose: there are no counters.  The guest model says when one
 * overflows, and that it is to interrupt; of the overflow nothing stays in an MSR.
 */
#include "vendor.h"
#include "pmu.h"

void kvm_pmu_deliver_pmi(struct kvm_vcpu *vcpu)
{
	if (lapic_in_kernel(vcpu))
		kvm_apic_local_deliver(vcpu->arch.apic, APIC_LVTPC);
}

#ifdef KW_HAS_PMU_IRQ_WORK
static void kw_pmi_work(struct irq_work *work)
{
	kvm_pmu_deliver_pmi(container_of(work, struct kvm_vcpu, arch.pmu.irq_work));
}

void kvm_pmu_init(struct kvm_vcpu *vcpu)
{
	init_irq_work(&vcpu->arch.pmu.irq_work, kw_pmi_work);
}

void kw_pmi_in_host(struct kvm_vcpu *vcpu) { irq_work_queue(&vcpu->arch.pmu.irq_work); }
#else
void kvm_pmu_init(struct kvm_vcpu *vcpu) { }
void kw_pmi_in_host(struct kvm_vcpu *vcpu) { kvm_make_request(KVM_REQ_PMI, vcpu); }
#endif

void kw_pmi_in_guest(struct kvm_vcpu *vcpu) { kvm_make_request(KVM_REQ_PMI, vcpu); }
