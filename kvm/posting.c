// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor module's share of interrupts that an IOMMU posts, after VMX with VT-d
 * posting: the posted-interrupt descriptor says which CPU to notify, by which
 * vector, or not at all.  The IOMMU is sim/posting.c.  VT-d specification,
 * "Interrupt Posting".
 *
 * A vCPU that runs, or could, is notified by the vector that the processor takes in
 * guest mode.  While it blocks, the wake-up vector interrupts the host; while it is
 * preempted, nobody notifies (SN).  The request itself is never lost: loading the
 * vCPU looks at PIR.
 *
 * Without kw_config.posting nothing here runs.  A CPU has one task, so at most one
 * vCPU blocks on it, and its list of vCPUs to wake is one pointer.
 */
#include "vendor.h"

static DEFINE_PER_CPU(struct kvm_vcpu *, kw_blocked);

static bool kw_pir_empty(const struct kw_apicv *a)
{
	u32 any = 0;
	int w;

	for (w = 0; w < 8; w++)
		any |= a->pir[w];
	return !any;
}

static void kw_pi_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct kw_apicv *a = &kw_hw(vcpu)->apicv;

	if (a->notify == KW_IRQ_WAKEUP)
		per_cpu(kw_blocked, a->cpu) = NULL;
	a->notify = KW_IRQ_POSTED;
	a->cpu = cpu;
	a->suppress = 0;
	/* What was posted while SN was set came without ON. */
	if (!kw_pir_empty(a))
		a->on = 1;
}

static void kw_pi_put(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = &kw_hw(vcpu)->apicv;
	unsigned long flags;

	if (kvm_vcpu_is_blocking(vcpu) && kw_op_interrupt_allowed(vcpu, false)) {
		local_irq_save(flags);
		/* KVM has looked for interrupts; the vector is still the one that does not wake. */
		kw_point(KW_POINT_PIR);
		this_cpu_write(kw_blocked, vcpu);
		a->notify = KW_IRQ_WAKEUP;
		/* It came before the vector was changed: its notification did not wake. */
		if (a->on)
			kw_send_wakeup(smp_processor_id());
		local_irq_restore(flags);
	}
	if (vcpu->preempted)
		a->suppress = 1;
}

void kw_op_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (unlikely(kw_config.posting))
		kw_pi_load(vcpu, cpu);
}

void kw_op_vcpu_put(struct kvm_vcpu *vcpu)
{
	if (unlikely(kw_config.posting))
		kw_pi_put(vcpu);
}

/* The handler of the wake-up vector, in interrupt context. */
void kw_wakeup_interrupt(void)
{
	struct kvm_vcpu *vcpu = this_cpu_read(kw_blocked);

	if (vcpu && kw_hw(vcpu)->apicv.on)
		kvm_vcpu_wake_up(vcpu);
}

/* Who spins may ask whether a preempted vCPU has something to do. */
bool kw_op_dy_apicv_has_pending_interrupt(struct kvm_vcpu *vcpu)
{
	const struct kw_apicv *a = &kw_hw(vcpu)->apicv;

	return a->on || (a->suppress && !kw_pir_empty(a));
}

#ifndef KW_HAS_IRQ_IS_POSTABLE	/* younger trees keep it to irq.c */
static bool kvm_irq_is_postable(const struct kvm_lapic_irq *irq)
{
	return irq->delivery_mode == APIC_DM_FIXED || irq->delivery_mode == APIC_DM_LOWEST;
}
#endif

/*
 * May an IOMMU post this MSI, and to whom?  As VMX decides it when a device's routes are
 * set up: only what has one target can be posted, and only what goes into IRR.
 */
int kw_posting_target(const struct kw_hw *hw, u64 address, u32 data)
{
	struct kvm *kvm = container_of(hw, struct kw_vcpu, hw)->vcpu.kvm;
	struct kvm_lapic_irq irq = {
		.vector = data & 0xff,
		.delivery_mode = data & APIC_MODE_MASK,
		.dest_mode = address & 4 ? APIC_DEST_LOGICAL : APIC_DEST_PHYSICAL,
		.level = true,
		.trig_mode = data >> 15 & 1,
		.shorthand = APIC_DEST_NOSHORT,
		.dest_id = address >> 12 & 0xff,
		.msi_redir_hint = address >> 3 & 1,
	};
	struct kvm_vcpu *vcpu;

	if (kvm->arch.x2apic_format)
		irq.dest_id |= address >> 32 & ~0xffu;
	if (irq.trig_mode || !kvm_irq_is_postable(&irq) || !kvm_intr_is_single_vcpu(kvm, &irq, &vcpu))
		return -1;
	return vcpu->vcpu_id;
}
