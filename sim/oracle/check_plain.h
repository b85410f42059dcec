/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plainest VM-Entries and VM-Exits, which are most of them: KVM's page, its caches
 * and the PV EOI word are what the ideal APIC says they must be, nothing is only a
 * perhaps, and nothing waits in IRR at an entry that injects.  One pass over the page decides
 * that, and does what the checks would have done.
 *
 * Judges nothing but what waits in IRR, which is check_due.c's: when anything is otherwise, however legal, it changes nothing and says
 * so, and the checks look at it one by one.  Included by oracle.c alone.
 */
#ifndef LAPICSIM_ORACLE_CHECK_PLAIN_H
#define LAPICSIM_ORACLE_CHECK_PLAIN_H

#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

#define PLAIN_BLOCK	(KW_BLOCK_STI | KW_BLOCK_MOV_SS)
#define PLAIN_PAIRS	(APIC_WORDS / 2)

/* The page is bytes, and need not be aligned. */
typedef uint64_t plain_pair __attribute__((aligned(1), may_alias));

/* Two words of a bank as one: what lies between them is reserved, and 0 or not plain. */
static inline uint64_t plain_page(const uint8_t *page, uint32_t bank, int pair)
{
	const uint8_t *at = page + bank + 32 * pair;

	return *(const plain_pair *)at | *(const plain_pair *)(at + 12);
}

static inline uint64_t plain_ideal(const uint32_t *map, int pair)
{
	return ((const plain_pair *)map)[pair];
}

static inline void plain_flip(uint32_t *map, uint32_t vector)
{
	((plain_pair *)map)[vector >> 6] ^= 1ull << (vector & 63);
}

/* Non-zero if the page is not as an APIC with nothing in IRR. */
static inline uint64_t plain_idle_diff(const uint8_t *page, const struct ideal_apic *apic)
{
	uint64_t diff = 0;

#pragma GCC unroll 4
	for (int i = 0; i < PLAIN_PAIRS; i++) {
		uint64_t isr = plain_ideal(apic->isr, i);

		diff |= plain_page(page, APIC_REG_ISR, i) ^ isr;
		diff |= (plain_page(page, APIC_REG_TMR, i) ^ plain_ideal(apic->tmr, i)) & isr;
		diff |= plain_page(page, APIC_REG_IRR, i) | plain_ideal(apic->irr, i);
	}
	return diff;
}

/* Not zero: the page is not as the ideal APIC; something is in IRR. */
struct plain_page { uint64_t diff, any; };

/* Two callers, and there is much of it: once. */
static __attribute__((noinline)) struct plain_page plain_compare(const uint8_t *page, const struct ideal_apic *apic)
{
	uint64_t diff = 0, any = 0;

#pragma GCC unroll 4
	for (int i = 0; i < PLAIN_PAIRS; i++) {
		uint64_t isr = plain_ideal(apic->isr, i), irr = plain_ideal(apic->irr, i);

		diff |= plain_page(page, APIC_REG_ISR, i) ^ isr;
		diff |= plain_page(page, APIC_REG_IRR, i) ^ irr;
		diff |= (plain_page(page, APIC_REG_TMR, i) ^ plain_ideal(apic->tmr, i)) & (isr | irr);
		any |= irr;
	}
	return (struct plain_page){ diff, any };
}

/* KVM's caches, without APICv: check_cache.c. */
static inline bool plain_caches(const struct kw_apic_state *kvm, int nr_isr, int top)
{
	return kvm->isr_count == nr_isr && (kvm->highest_isr_cache == -1 || kvm->highest_isr_cache == top) &&
	       kvm->sw_enabled == !!(apic_reg(kvm->regs, APIC_REG_SVR) & APIC_SVR_ENABLED);
}

/* @vector is injected, and nothing speaks against its dispatch: check_dispatch.c. */
static inline bool plain_dispatch(const struct oracle_vcpu *v, const struct kw_hw *hw, uint32_t vector)
{
	int class = (int)vector >> 4;

	return v->if_known && v->if_enabled && !(v->blocking & hw->interruptibility & PLAIN_BLOCK) &&
	       class > v->apic.top >> 4 && class > v->apic.tpr >> 4 && !vector_test(v->again, vector) &&
	       identity_enabled(&v->now);
}

/* The PV EOI word with nothing in IRR if it is armed now, and something in service or not: check_pv_word.c. */
static inline bool plain_word(const struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool in_service)
{
	if (kvm->pv_eoi_msr != v->pv_msr || (v->word & 1))
		return false;
	if (word == v->word)
		return !kvm->pv_eoi_pending;
	return word == (v->word | 1) && kvm->pv_eoi_pending && (v->pv_msr & 1) && in_service && !chips.on;
}

static inline void plain_dispatched(struct oracle_vcpu *v, uint32_t vector)
{
	vector_clear(v->fresh, vector);
	v->apic.nr_isr++;
	v->apic.top = v->owed = (int16_t)vector;
	v->kept = v->ppr_lazy = false;
}

/*
 * Of an entry that injects @vector, whose class is above TPR's and that of what is in
 * service: so PPR is that class.  The APIC is enabled, and vcpu_identity_is() has seen it so.
 */
static inline bool plain_injection(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm,
				   uint32_t word, uint32_t vector)
{
	if (!plain_dispatch(v, hw, vector) || !plain_word(v, kvm, word, true) ||
	    apic_reg(kvm->regs, APIC_REG_PPR) != (vector & 0xf0) || kvm->isr_count != v->apic.nr_isr + 1 ||
	    (kvm->highest_isr_cache != -1 && kvm->highest_isr_cache != (int)vector) || !kvm->sw_enabled)
		return false;
	plain_flip(v->apic.irr, vector);
	plain_flip(v->apic.isr, vector);
	if (unlikely(plain_idle_diff(kvm->regs, &v->apic))) {
		plain_flip(v->apic.irr, vector);
		plain_flip(v->apic.isr, vector);
		return false;
	}
	plain_dispatched(v, vector);
	return true;
}

/* Of one that injects nothing. What waits in IRR forbids arming, and KVM has to know of it. */
static __attribute__((noinline)) bool plain_waiting(const struct oracle_vcpu *v, const struct kw_hw *hw,
						    const struct kw_apic_state *kvm, uint32_t word)
{
	struct plain_page page;

	if ((hw->entry_intr_info & KW_INTR_VALID) || kvm->injected >= 0 || v->ppr_lazy ||
	    !plain_word(v, kvm, word, v->apic.top >= 0) ||
	    !ideal_apic_ppr_legal(&v->apic, apic_reg(kvm->regs, APIC_REG_PPR)) ||
	    !plain_caches(kvm, v->apic.nr_isr, v->apic.top))
		return false;
	page = plain_compare(kvm->regs, &v->apic);
	if (page.diff || (page.any && (!kvm->irr_pending || kvm->pv_eoi_pending)))
		return false;
	if (page.any)
		check_waiting(v, hw, kvm);
	return true;
}

static inline bool plain_entry(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm,
			       uint32_t word, bool readable)
{
	uint32_t info = hw->entry_intr_info;

	if (oracle.special || kvm->apicv_active || !readable || !v->word_known || v->reported ||
	    (v->doubt & DOUBT_ENTRY) || (v->owed & v->extint) >= 0 || !vcpu_identity_is(v, kvm) ||
	    apic_reg(kvm->regs, APIC_REG_TPR) != v->apic.tpr)
		return false;
	if (likely((info & (KW_INTR_VALID | KW_INTR_TYPE_MASK)) == (KW_INTR_VALID | KW_INTR_TYPE_EXTERNAL))) {
		if (!plain_injection(v, hw, kvm, word, info & KW_INTR_VECTOR_MASK))
			return false;
	} else if (!plain_waiting(v, hw, kvm, word)) {
		return false;
	}
	v->late_ack = v->last_eoi = -1;
	v->word = word;
	v->armed = v->kvm_pending = kvm->pv_eoi_pending;
	v->in_guest = true;
	return true;
}

/* All but window_restart(). */
static inline bool plain_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool readable)
{
	struct plain_page page;

	if (kvm->apicv || oracle.special || !readable || v->reported || (v->doubt & DOUBT_EXIT) ||
	    (v->word_known && ((word ^ v->word) & ~1u)) || apic_reg(kvm->regs, APIC_REG_TPR) != v->apic.tpr ||
	    !plain_caches(kvm, v->apic.nr_isr, v->apic.top))
		return false;
	page = plain_compare(kvm->regs, &v->apic);
	if (page.diff || (page.any && !kvm->irr_pending))
		return false;
	v->in_guest = v->moved = v->maybe_acked = v->page_was_gone = false;
	v->late_ack = v->last_eoi = -1;
	v->word = word;
	v->word_known = true;
	v->word_trusted |= !(word & 1);
	v->armed = word & 1;
	v->kvm_pending = kvm->pv_eoi_pending;
	return true;
}

#endif
