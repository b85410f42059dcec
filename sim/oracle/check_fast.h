/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The comparisons of every VM-Entry and VM-Exit, as far as they find KVM's page
 * equal to the ideal APIC.  Where they don't, check_registers.c and check_eoi.c
 * decide whether the difference is legal, report it if not, and adopt it.
 */
#ifndef LAPICSIM_ORACLE_CHECK_FAST_H
#define LAPICSIM_ORACLE_CHECK_FAST_H

#include "sim/oracle/check.h"

static inline void check_irr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	if (unlikely(v->loose | apic_bank_diff(kvm->regs, APIC_REG_IRR, v->apic.irr)))
		settle_irr(v, kvm);
}

static inline void check_tmr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	if (unlikely(v->tmr_loose | apic_tmr_diff(kvm->regs, &v->apic)))
		settle_tmr(v, kvm);
}

static inline void check_tpr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t tpr = apic_reg(kvm->regs, APIC_REG_TPR);

	if (unlikely(tpr != v->apic.tpr))
		adopt_tpr(v, tpr);
}

static inline void check_ppr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t ppr = apic_reg(kvm->regs, APIC_REG_PPR);

	if (unlikely(v->ppr_lazy || (v->reported & 1u << CHECK_PPR) || !ideal_apic_ppr_legal(&v->apic, ppr)))
		settle_ppr(v, ppr);
}

/* Most entries leave nothing in IRR. */
static inline void check_due(const struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	if (unlikely(vcpu_waiting(v)))
		check_waiting(v, hw, kvm);
}

/*
 * @skip: a vector that KVM has acknowledged and the ideal APIC has not
 * dispatched yet, or -1.  It is compared after the dispatch, the others before:
 * so that a vector which left ISR too early is reported as that, and not as the
 * priority inversion that follows from it.
 */
static inline void check_isr(struct oracle_vcpu *v, const struct kw_apic_state *kvm, int skip)
{
	uint32_t expected = 0, diff;

	if (skip >= 0) {
		uint32_t bit = 1u << (skip & 31), *word = &v->apic.isr[skip >> 5];

		expected = *word;
		*word = (*word & ~bit) | (apic_reg_word(kvm->regs, APIC_REG_ISR, skip >> 5) & bit);
	}
	diff = apic_bank_diff(kvm->regs, APIC_REG_ISR, v->apic.isr);
	if (skip >= 0)
		v->apic.isr[skip >> 5] = expected;
	if (unlikely(diff))
		settle_isr(v, kvm, skip);
	else
		v->late_ack = v->last_eoi = -1;
}

#endif
