// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cache lines of KVM's and the host's structures an interrupt of a vCPU goes
 * through: with thousands of vCPUs none of them is in a cache when it is its turn, and
 * each would be waited for in turn.
 *
 * Asks for them ahead, and looks at none: nothing here can change what happens.
 */
#include "vendor.h"

#define AHEAD(p)	__builtin_prefetch((const void *)(p), 0, 2)

void kw_ahead_of(const struct kw_hw *hw, struct kw_ahead *out)
{
	const struct kvm_vcpu *vcpu = &container_of(hw, struct kw_vcpu, hw)->vcpu;

	out->vcpu = vcpu;
	out->apic = vcpu->arch.apic;
	out->regs = vcpu->arch.apic->regs;
	out->run = vcpu->run;
}

static void kw_ahead_vcpu(const struct kvm_vcpu *vcpu)
{
	AHEAD(&vcpu->kvm);
	AHEAD(&vcpu->mode);
	AHEAD(&vcpu->run);
	AHEAD(&vcpu->arch.regs[0]);
	AHEAD(&vcpu->arch.regs_avail);
	AHEAD(&vcpu->arch.apic_base);
	AHEAD(&vcpu->arch.apic_attention);
	AHEAD(&vcpu->arch.mmu);
	AHEAD(&vcpu->arch.guest_fpu);
	AHEAD(&vcpu->arch.pio);
	AHEAD(&vcpu->arch.exception);
	AHEAD(&vcpu->arch.interrupt);
	AHEAD(&vcpu->arch.l1_tsc_offset);
	AHEAD(&vcpu->arch.virtual_tsc_khz);
	AHEAD(&vcpu->arch.nmi_pending);
	AHEAD(&vcpu->arch.switch_db_regs);
	AHEAD(&vcpu->arch.hyperv_enabled);
	AHEAD(&vcpu->arch.apf);
	AHEAD(&vcpu->arch.pv_eoi);
	AHEAD(&vcpu->arch.last_vmentry_cpu);
	AHEAD(&vcpu->stat.exits);
	AHEAD(&vcpu->stat.irq_injections);
}

void kw_ahead(const struct kw_ahead *a, u32 tid)
{
	const struct kw_vcpu *v = a->vcpu;
	const char *regs = a->regs;
	const char *task = (const char *)kw_tasks[tid];
	u32 at;

	kw_ahead_vcpu(a->vcpu);
	for (at = 0; at < offsetof(struct kw_hw, apicv); at += 64)
		AHEAD((const char *)&v->hw + at);
	AHEAD(a->apic);
	AHEAD((const char *)a->apic + 64);
	AHEAD((const char *)a->apic + 128);
	AHEAD(a->run);
	AHEAD(regs);
	for (at = 0x80; at < 0x280; at += 64)
		AHEAD(regs + at);
	AHEAD(regs + 0x300);
	AHEAD(regs + 0x340);
	AHEAD(task);
	AHEAD(task + 64);
	AHEAD(&kw_tasks[tid]->ts.thread_info);
	AHEAD(&kw_tasks[tid]->ts.rcu_read_lock_nesting);
}
