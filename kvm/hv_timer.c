// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMX-preemption timer, with which the vendor module backs KVM's APIC timer
 * while the guest runs: SDM, "VMX-Preemption Timer".
 *
 * KVM gives a deadline in guest TSC; each entry loads what is left of it, in units
 * of 2^KW_PREEMPTION_TIMER_SHIFT TSC ticks, rounded down.  The exit goes the short
 * way, with interrupts off.  The hardware's half is in sim/vcpu.c.
 *
 * Does not scale the TSC, and does not nest.  Switched by kw_config.hv_timer;
 * without it KVM uses hrtimers throughout.
 */
#include "vendor.h"

int kw_op_set_hv_timer(struct kvm_vcpu *vcpu, u64 guest_deadline_tsc, bool *expired)
{
	struct kw_vcpu *v = container_of(vcpu, struct kw_vcpu, vcpu);
	u64 tsc = rdtsc(), guest_tsc = kvm_read_l1_tsc(vcpu, tsc);
	u64 advance = nsec_to_cycles(vcpu, vcpu->arch.apic->lapic_timer.timer_advance_ns);
	u64 delta = guest_deadline_tsc > guest_tsc ? guest_deadline_tsc - guest_tsc : 0;

	delta = delta > advance ? delta - advance : 0;
	/* The field has 32 bits. */
	if (delta >> (KW_PREEMPTION_TIMER_SHIFT + 32))
		return -ERANGE;
	v->hv_timer_tsc = tsc + delta;
	v->hv_timer_on = true;
	*expired = !delta;
	return 0;
}

void kw_op_cancel_hv_timer(struct kvm_vcpu *vcpu)
{
	container_of(vcpu, struct kw_vcpu, vcpu)->hv_timer_on = false;
}

/* Before each entry: what is left until the deadline. */
void kw_hv_timer_load(struct kvm_vcpu *vcpu)
{
	struct kw_vcpu *v = container_of(vcpu, struct kw_vcpu, vcpu);
	u64 tsc = rdtsc();

	v->hw.preemption_timer_on = v->hv_timer_on;
	if (unlikely(v->hv_timer_on))
		v->hw.preemption_timer = v->hv_timer_tsc > tsc ?
			(v->hv_timer_tsc - tsc) >> KW_PREEMPTION_TIMER_SHIFT : 0;
}

/* The exit, with interrupts off. One that KVM forced is over with the exit itself. */
fastpath_t kw_hv_timer_exit(struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	if (force_immediate_exit)
		return EXIT_FASTPATH_NONE;
	kvm_lapic_expired_hv_timer(vcpu);
	return EXIT_FASTPATH_REENTER_GUEST;
}

void kw_hv_timer_setup(struct kvm_x86_ops *ops)
{
	if (!kw_config.hv_timer)
		return;
	ops->set_hv_timer = kw_op_set_hv_timer;
	ops->cancel_hv_timer = kw_op_cancel_hv_timer;
}
