// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of KVM's caches against KVM's own registers, without APICv:
 * irr_pending false implies that IRR is empty, isr_count is the number of ISR
 * bits, highest_isr_cache is -1 or the highest of them, sw_enabled is SVR bit 8.
 *
 * Called after IRR and ISR were compared and adopted, so the ideal APIC's copy
 * of them is KVM's.  Does not verify the caches while APICv is active.
 */
#include "sim/oracle/check.h"

/*
 * A sender sets the IRR bit first and irr_pending next: a message in flight may be
 * between the two.  What is posted only, irr_pending does not speak of.
 */
static inline bool irr_hidden(const struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t any = 0;

	if (likely(!vcpu_waiting(v)))
		return false;
	for (int w = 0; w < APIC_WORDS; w++)
		any |= v->apic.irr[w] & ~(v->inflight[w] | (kvm->apicv ? kvm->apicv->pir[w] : 0));
	return any;
}

/*
 * What was posted gets no irr_pending from its sender, who may be at work yet: if it has come to IRR beside
 * one that is false, nothing is to be reported yet, but it may stay hidden.
 */
static bool irr_perhaps_hidden(const struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t any = 0;

	for (int w = 0; w < APIC_WORDS; w++)
		any |= v->apic.irr[w] & ~kvm->apicv->pir[w];
	return any;
}

static void check_isr_caches(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct ideal_apic real;
	int top = v->apic.top, nr = v->apic.nr_isr;

	if (v->late_ack >= 0) {		/* the ideal ISR has one vector less */
		apic_reg_bank(kvm->regs, APIC_REG_ISR, real.isr);
		ideal_apic_recount(&real);
		top = real.top;
		nr = real.nr_isr;
	}
	if (check_latch(v, CHECK_CACHE_ISR_COUNT, kvm->isr_count != nr))
		check_fire(CHECK_CACHE_ISR_COUNT, v, v->vm, DIV_NONE, "isr_count is %d, ISR has %d bits",
			   kvm->isr_count, nr);
	if (check_latch(v, CHECK_CACHE_HIGHEST_ISR, kvm->highest_isr_cache != -1 && kvm->highest_isr_cache != top))
		check_fire(CHECK_CACHE_HIGHEST_ISR, v, v->vm, DIV_NONE,
			   "highest_isr_cache is %d, the highest ISR bit is %d", kvm->highest_isr_cache, top);
}

static void check_each(struct oracle_vcpu *v, const struct kw_apic_state *kvm, bool sw_enabled)
{
	if (check_latch(v, CHECK_CACHE_SW_ENABLED, kvm->sw_enabled != sw_enabled))
		check_fire(CHECK_CACHE_SW_ENABLED, v, v->vm, DIV_NONE, "sw_enabled is %d, SVR bit 8 is %d",
			   kvm->sw_enabled, sw_enabled);
	if (kvm->apicv_active)
		return;
	if (check_latch(v, CHECK_CACHE_IRR_PENDING, !kvm->irr_pending && irr_hidden(v, kvm))) {
		char pending[64];

		v->irr_hidden = true;
		check_fire(CHECK_CACHE_IRR_PENDING, v, v->vm, (uint32_t)vector_highest(v->apic.irr),
			   "irr_pending is false, IRR has %s",
			   check_vectors(v->apic.irr, pending, sizeof(pending)));
	}
	check_isr_caches(v, kvm);
}

void check_cache(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	bool sw_enabled = apic_reg(kvm->regs, APIC_REG_SVR) & APIC_SVR_ENABLED;
	int wrong = (kvm->sw_enabled ^ sw_enabled) | (kvm->isr_count ^ v->apic.nr_isr) |
		    ((kvm->highest_isr_cache != -1) & (kvm->highest_isr_cache != v->apic.top)) |
		    (v->reported != 0) | (v->late_ack >= 0);

	if (unlikely(kvm->apicv != NULL) && !kvm->irr_pending && !kvm->apicv_active)
		v->irr_hidden |= irr_perhaps_hidden(v, kvm);
	if (unlikely(wrong) || (!kvm->irr_pending && unlikely(irr_hidden(v, kvm))))
		check_each(v, kvm, sw_enabled);
}
