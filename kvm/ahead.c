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

extern char __start_kw_percpu[];

static u32 kw_ahead_place(const void *p)
{
	return (u64)p - kw_config.arena_base;
}

void kw_ahead_of(const struct kw_hw *hw, u32 tid, struct kw_ahead *out)
{
	const struct kvm_vcpu *vcpu = &container_of(hw, struct kw_vcpu, hw)->vcpu;

	out->vcpu = kw_ahead_place(vcpu);
	out->apic = kw_ahead_place(vcpu->arch.apic);
	out->regs = kw_ahead_place(vcpu->arch.apic->regs);
	out->run = kw_ahead_place(vcpu->run);
	out->task = kw_ahead_place(kw_tasks[tid]);
	out->percpu = kw_ahead_place(__start_kw_percpu + per_cpu_offset(tid));
}

static void kw_ahead_vcpu(const struct kw_vcpu *v)
{
	const struct kvm_vcpu *vcpu = &v->vcpu;
	u32 at;

	AHEAD(&vcpu->kvm);
	AHEAD(&vcpu->mode);
	AHEAD(&vcpu->run);
	AHEAD(&vcpu->arch.regs[0]);
	AHEAD(&vcpu->arch.regs[VCPU_REGS_RSI]);
	AHEAD(&vcpu->arch.regs_avail);
	AHEAD(&vcpu->arch.apic);
	AHEAD(&vcpu->arch.apic_attention);
	AHEAD(&vcpu->arch.mmu);
	AHEAD(&vcpu->arch.root_mmu.root.hpa);
	AHEAD(&vcpu->arch.guest_fpu.xfd_err);
	AHEAD(&vcpu->arch.exception);
	AHEAD(&vcpu->arch.interrupt);
	AHEAD(&vcpu->arch.l1_tsc_offset);
	AHEAD(&vcpu->arch.tsc_always_catchup);
	AHEAD(&vcpu->arch.nmi_pending);
	AHEAD(&vcpu->arch.switch_db_regs);
	AHEAD(&vcpu->arch.hyperv_enabled);
	AHEAD(&vcpu->arch.apf);
	AHEAD(&vcpu->arch.pv_eoi.msr_val);
	AHEAD(&vcpu->arch.pv_eoi.data.memslot);
	AHEAD(&vcpu->arch.last_vmentry_cpu);
	AHEAD(&vcpu->stat.exits);
	AHEAD(&vcpu->stat.irq_injections);
	for (at = 0; at < offsetof(struct kw_hw, apicv); at += 64)
		AHEAD((const char *)&v->hw + at);
	AHEAD(&v->hv_timer_on);
}

static void kw_ahead_task(const struct kw_task *t)
{
	AHEAD(t);
	AHEAD(&t->ts.thread_info);
	AHEAD(&t->ts.rcu_read_lock_nesting);
}

void kw_ahead(const struct kw_ahead *a)
{
	const char *arena = (const char *)kw_config.arena_base, *regs = arena + a->regs;
	u32 at;

	kw_ahead_vcpu((const struct kw_vcpu *)(arena + a->vcpu));
	for (at = 0; at < sizeof(struct kvm_lapic); at += 64)
		AHEAD(arena + a->apic + at);
	AHEAD(regs);
	for (at = 0x80; at < 0x280; at += 64)
		AHEAD(regs + at);
	AHEAD(regs + 0x300);
	AHEAD(regs + 0x340);
	AHEAD(arena + a->run);
	kw_ahead_task((const struct kw_task *)(arena + a->task));
	for (at = 0; at < kw_percpu_stride; at += 384)
		AHEAD(arena + a->percpu + at);
}
