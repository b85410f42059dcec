// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of an entry without a dispatch: what waits in IRR must not be left there.
 *
 * Verifies, by the SDM's "Interrupt, Task, and Processor Priority" and "Interrupt-
 * Window Exiting": a vector that has been pending since before the last exit, and
 * whose class is above PPR's, is injected, or KVM has asked for the exit at which
 * it can be.  By "TPR Virtualization" and "VM Exits Induced by the TPR Threshold":
 * one that only TPR holds back is what the TPR threshold is for, since the guest
 * lowers CR8 without an exit.
 *
 * Does not verify: a threshold or a window that is too eager (an exit too many is
 * no error); virtual-interrupt delivery, where the processor evaluates what is
 * pending itself; a vector that became pending since the last exit, or whose
 * sender is not done with it, or is not known (irr-spurious); and one that could be
 * delivered but is below such a vector.
 */
#include "sim/oracle/check_fast.h"
#include "sim/oracle/deviation.h"

#define BLOCKED	(KW_BLOCK_STI | KW_BLOCK_MOV_SS)

/*
 * KVM leaves @vector to the look that a higher one's sender is about to cause: the TPR threshold
 * is not needed for it then, whether the guest lowers TPR meanwhile or raises it above the higher one,
 * and what was posted before APICv went off asks for no look of its own when PIR is synced to IRR.
 */
static bool higher_is_coming(const struct oracle_vcpu *v, uint32_t vector)
{
	for (int w = APIC_WORDS - 1; w >= 0; w--) {
		uint32_t bits = v->apic.irr[w] | v->may[w];

		if (bits)
			return (uint32_t)(w * 32 + 31 - __builtin_clz(bits)) > vector;
	}
	return false;
}

/* check_cache.c says that irr_pending is wrong, or has said so since KVM last found anything. */
static const char *hidden(const struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	return v->irr_hidden || (!kvm->irr_pending && !kvm->apicv_active) ? ", hidden by irr_pending" : "";
}

static void check_deliverable(const struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm,
			      uint32_t vector)
{
	bool external = (hw->entry_intr_info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL;
	bool open = (hw->rflags & KW_RFLAGS_IF) && !(hw->interruptibility & BLOCKED);

	if (hw->int_window || hw->immediate_exit)
		return;
	if (hw->entry_intr_info & KW_INTR_VALID) {
		/* Whether it is the right one: check_dispatch.c. */
		if (external)
			return;
		open = false;
	}
	check_fire(CHECK_DISPATCH_OVERDUE, v, v->vm, vector, "vector 0x%02x waits at PPR class %u: %s%s",
		   vector, ideal_apic_ppr_class(&v->apic),
		   open ? "it can be delivered, and was not injected" :
			  "no interrupt-window exit is asked for",
		   hidden(v, kvm));
}

/* At VM-Entry, after check_injection(), if anything is in IRR. */
void check_waiting(const struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	int vector = vcpu_highest_settled(v);
	uint32_t class;

	if (vector < 0 || vector == v->stray || hw->apicv.vid || !identity_enabled(&v->now))
		return;
	if (v->kept && deviation_allows(DEV_DISABLE_KEEPS))
		return;
	class = (uint32_t)vector >> 4;
	if (class <= ideal_apic_isr_class(&v->apic))
		return;
	if (class > v->apic.tpr >> 4) {
		if (!higher_is_coming(v, (uint32_t)vector))
			check_deliverable(v, hw, kvm, (uint32_t)vector);
	} else if (oracle.config.tpr_shadow && !hw->int_window && (hw->tpr_threshold & 15) < class &&
		 !higher_is_coming(v, (uint32_t)vector)) {
		check_fire(CHECK_TPR_THRESHOLD, v, v->vm, (uint32_t)vector,
			   "vector 0x%02x waits for a lower TPR (0x%02x), and the TPR threshold is %u%s",
			   (uint32_t)vector, v->apic.tpr, hw->tpr_threshold & 15, hidden(v, kvm));
	}
}
