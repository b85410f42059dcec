// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor module's share of APIC virtualization, after VMX: which controls the
 * hardware gets, what posted interrupts need from software, and the two trap-like
 * exits.  The hardware itself is sim/apicv.c.  SDM volume 3, "APIC Virtualization
 * and Virtual Interrupts".
 *
 * Without APICv (kw_config.apicv) none of the optional operations is there, as on
 * a processor that lacks it.
 *
 * Not here: interrupts that an IOMMU posts (posting.c), IPI virtualization, nesting,
 * and the APIC-access page, since there are no page tables that could map it.
 */
#include "vendor.h"

#define KW_X2APIC_BIT(reg)	BIT_ULL((reg) >> 4)

static struct kw_apicv *kw_apicv(struct kvm_vcpu *vcpu) { return &kw_hw(vcpu)->apicv; }

/* --- Controls. */

/* SDM, "Local APIC Register Address Map Supported by x2APIC": what reads back from the page as it is. */
static u64 kw_x2apic_readable(void)
{
	u64 map = KW_X2APIC_BIT(APIC_ID) | KW_X2APIC_BIT(APIC_LVR) | KW_X2APIC_BIT(APIC_TASKPRI) |
		  KW_X2APIC_BIT(APIC_PROCPRI) | KW_X2APIC_BIT(APIC_LDR) | KW_X2APIC_BIT(APIC_SPIV) |
		  KW_X2APIC_BIT(APIC_ESR) | KW_X2APIC_BIT(APIC_ICR) | KW_X2APIC_BIT(APIC_TMICT) |
		  KW_X2APIC_BIT(APIC_TDCR);

	/* ISR, TMR and IRR; the LVT without CMCI. */
	map |= GENMASK_ULL((APIC_IRR >> 4) + 7, APIC_ISR >> 4);
	return map | GENMASK_ULL(APIC_LVTERR >> 4, APIC_LVTT >> 4);
}

/* The MSR bitmap follows from the mode and from whether APICv is active. */
static void kw_update_msr_bitmap(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = kw_apicv(vcpu);

	a->msr_read = a->msr_write = 0;
	if (!a->x2apic_mode)
		return;
	a->msr_read = a->msr_write = KW_X2APIC_BIT(APIC_TASKPRI);
	if (!a->vid)
		return;
	a->msr_read |= kw_x2apic_readable();
	a->msr_write |= KW_X2APIC_BIT(APIC_EOI) | KW_X2APIC_BIT(APIC_SELF_IPI);
}

void kw_op_refresh_apicv_exec_ctrl(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = kw_apicv(vcpu);
	bool active = kvm_vcpu_apicv_active(vcpu);

	a->vid = a->register_virt = a->posted = active;
	kw_update_msr_bitmap(vcpu);
}

/* MSR filters do not exist: what the APIC's state asks for is all. */
void kw_op_recalc_intercepts(struct kvm_vcpu *vcpu) { kw_update_msr_bitmap(vcpu); }

void kw_op_set_virtual_apic_mode(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = kw_apicv(vcpu);
	enum lapic_mode mode = kvm_get_apic_mode(vcpu);

	a->apic_accesses = mode == LAPIC_MODE_XAPIC;
	a->x2apic_mode = mode == LAPIC_MODE_X2APIC;
	kw_update_msr_bitmap(vcpu);
}

#ifndef KW_HAS_REQUIRED_INHIBITS
bool kw_op_check_apicv_inhibit_reasons(enum kvm_apicv_inhibit reason) { return KW_APICV_INHIBITS & BIT(reason); }
#endif

/* --- Guest interrupt status. */
void kw_op_hwapic_irr_update(struct kvm_vcpu *vcpu, int max_irr) { kw_apicv(vcpu)->rvi = max_irr < 0 ? 0 : max_irr; }
void kw_op_hwapic_isr_update(struct kvm_vcpu *vcpu, int max_isr) { kw_apicv(vcpu)->svi = max_isr < 0 ? 0 : max_isr; }

void kw_op_load_eoi_exitmap(struct kvm_vcpu *vcpu, u64 *eoi_exit_bitmap)
{
	if (kvm_vcpu_apicv_active(vcpu))
		memcpy(kw_apicv(vcpu)->eoi_exit, eoi_exit_bitmap, sizeof(kw_apicv(vcpu)->eoi_exit));
}

/* --- Posted interrupts: SDM, "Posted-Interrupt Processing". */

/*
 * Software's half: what was posted while the guest did not run, or while its
 * notification found the processor in the host, moves to the virtual-APIC page.
 */
int kw_op_sync_pir_to_irr(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = kw_apicv(vcpu);
	bool fresh = false;
	int max_irr;

	if (a->on) {
		a->on = 0;
		fresh = kvm_apic_update_irr(vcpu, (void *)a->pir, &max_irr);
	} else {
		max_irr = kvm_lapic_find_highest_irr(vcpu);
	}
	/* With virtual-interrupt delivery RVI is all that it takes; without, KVM has to inject. */
	if (kvm_vcpu_apicv_active(vcpu))
		kw_op_hwapic_irr_update(vcpu, max_irr);
	else if (fresh)
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	return max_irr;
}

/* The descriptor must not bring back what userspace is about to replace. */
void kw_op_apicv_pre_state_restore(struct kvm_vcpu *vcpu)
{
	struct kw_apicv *a = kw_apicv(vcpu);

	a->on = 0;
	memset(a->pir, 0, sizeof(a->pir));
}

/*
 * A sender: the request first, then ON, then the notification, each once.  A
 * scheduling point between them lets the target, or another sender, go first.
 */
bool kw_post_interrupt(struct kvm_vcpu *vcpu, int vector)
{
	struct kw_apicv *a = kw_apicv(vcpu);

	if (!vcpu->arch.apic->apicv_active)
		return false;
	if (__test_and_set_bit(vector, (unsigned long *)a->pir))
		return true;
	kw_point(KW_POINT_PIR);
	if (a->on)
		return true;
	a->on = 1;
	kw_point(KW_POINT_DELIVERED);
	/* In guest mode the processor takes it; otherwise the next entry's sync will, and a sleeper has to wake. */
	if (vcpu->mode != IN_GUEST_MODE)
		kvm_vcpu_wake_up(vcpu);
	else if (vcpu != kvm_get_running_vcpu())
		kw_send_posted(vcpu->cpu);
	return true;
}

/* --- Trap-like exits: the hardware has done the write, and the instruction is over. */
int kw_exit_virtualized_eoi(struct kvm_vcpu *vcpu)
{
	kvm_apic_set_eoi_accelerated(vcpu, kw_hw(vcpu)->exit_qual & 0xff);
	return 1;
}

int kw_exit_apic_write(struct kvm_vcpu *vcpu)
{
	kvm_apic_write_nodecode(vcpu, kw_hw(vcpu)->exit_qual & 0xff0);
	return 1;
}

/* --- A vCPU with the hardware's reset state: nothing posted, nothing virtualized but what KVM asks for. */
void kw_apicv_vcpu_create(struct kvm_vcpu *vcpu)
{
	kw_hw(vcpu)->has_apicv = enable_apicv;
	if (!enable_apicv || !lapic_in_kernel(vcpu))
		return;
	kw_op_set_virtual_apic_mode(vcpu);
	kw_op_refresh_apicv_exec_ctrl(vcpu);
}

/* Optional operations: only where the hardware has them. */
void kw_apicv_setup(struct kvm_x86_ops *ops)
{
	enable_apicv = kw_config.apicv;
	if (!enable_apicv)
		return;
#ifdef KW_HAS_HWAPIC_IRR_UPDATE
	ops->hwapic_irr_update = kw_op_hwapic_irr_update;
#endif
	ops->hwapic_isr_update = kw_op_hwapic_isr_update;
	ops->load_eoi_exitmap = kw_op_load_eoi_exitmap;
	ops->set_virtual_apic_mode = kw_op_set_virtual_apic_mode;
	ops->sync_pir_to_irr = kw_op_sync_pir_to_irr;
	if (kw_config.posting)
		ops->dy_apicv_has_pending_interrupt = kw_op_dy_apicv_has_pending_interrupt;
#ifdef KW_HAS_PRE_STATE_RESTORE
	ops->apicv_pre_state_restore = kw_op_apicv_pre_state_restore;
#else
	ops->apicv_post_state_restore = kw_op_apicv_pre_state_restore;
#endif
}
