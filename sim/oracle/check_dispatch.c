// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of a dispatch: what KVM acknowledged (moved from IRR to ISR) since the
 * last exit, as seen when it is injected or when its entry is cancelled.
 *
 * Verifies, by the SDM's "Interrupt Acceptance for Fixed Interrupts",
 * "Interrupt, Task, and Processor Priority" and "Masking Maskable Hardware
 * Interrupts": the vector was pending; its class is above PPR's; it is not in
 * service; it is the highest that must have been pending when KVM looked; the
 * core does not block interrupts; what was acknowledged and not delivered is
 * injected again, and that is no second dispatch.
 *
 * Does not verify: exceptions and NMIs; the order between them and interrupts;
 * an interrupt shadow that KVM lifted by emulating the next instruction (only a
 * shadow that both the guest and the hardware still show blocks).
 */
#include "sim/oracle/check_fast.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/message.h"
#include "sim/oracle/synic.h"

#define BLOCK_MASK	(KW_BLOCK_STI | KW_BLOCK_MOV_SS)

static void check_blocked(struct oracle_vcpu *v, uint32_t vector, uint32_t hw_blocking)
{
	if (unlikely(!v->if_known))
		return;
	if (unlikely(!v->if_enabled))
		check_fire(CHECK_DISPATCH_BLOCKED, v, v->vm, vector, "vector 0x%02x injected with RFLAGS.IF = 0",
			   vector);
	else if (unlikely(v->blocking & hw_blocking & BLOCK_MASK))
		check_fire(CHECK_DISPATCH_BLOCKED, v, v->vm, vector,
			   "vector 0x%02x injected in the shadow of %s", vector,
			   v->blocking & KW_BLOCK_STI ? "STI" : "MOV SS");
}

/* Is anything but @vector in IRR? */
static inline bool others_wait(struct oracle_vcpu *v, uint32_t vector)
{
	uint32_t *word = &v->apic.irr[vector >> 5], old = *word;
	bool others;

	vector_clear(v->apic.irr, vector);
	others = vcpu_waiting(v);
	*word = old;
	return others;
}

/* The highest vector above @vector that KVM must have seen: pending since before the last exit, and nobody still sends it. */
static int higher_pending(const struct oracle_vcpu *v, uint32_t vector)
{
	for (int w = APIC_WORDS - 1; w >= (int)(vector >> 5); w--) {
		uint32_t bits = v->apic.irr[w] & ~(v->fresh[w] | v->inflight[w]);

		if (!bits)
			continue;
		int highest = w * 32 + 31 - __builtin_clz(bits);

		return highest > (int)vector ? highest : -1;
	}
	return -1;
}

/*
 * @vector goes before the higher one.  While an APIC is software-disabled KVM does not tell the
 * hardware what is in PIR and IRR: that is held, as it should be, but a self-IPI is not.
 */
static void check_higher(struct oracle_vcpu *v, uint32_t vector, bool by_hardware)
{
	int higher = higher_pending(v, vector);

	if (higher < 0)
		return;
	if (by_hardware && !identity_enabled(&v->now) && deviation_allows(DEV_APICV_SW_DISABLED))
		return;
	check_fire(CHECK_DISPATCH_HIGHEST, v, v->vm, vector,
		   "vector 0x%02x dispatched while 0x%02x was pending", vector, (unsigned int)higher);
}

/* By SVI: that this is wrong was reported at the entry. */
static uint8_t class_by_svi(const struct ideal_apic *apic)
{
	struct ideal_apic other = ideal_apic_by_svi(apic);

	return ideal_apic_ppr_class(&other);
}

static void check_priority(struct oracle_vcpu *v, uint32_t vector, bool by_hardware)
{
	bool other = unlikely(by_hardware && v->apic.other_svi);
	uint8_t ppr_class = other ? class_by_svi(&v->apic) : ideal_apic_ppr_class(&v->apic);

	if (unlikely(vector_test(v->apic.isr, vector)) && !other)
		check_fire(CHECK_DISPATCH_IN_SERVICE, v, v->vm, vector,
			   "vector 0x%02x dispatched while it is in service", vector);
	else if (unlikely(vector >> 4 <= ppr_class))
		check_fire(CHECK_DISPATCH_PPR, v, v->vm, vector,
			   "vector 0x%02x dispatched at PPR class %u (TPR 0x%02x, highest ISR 0x%02x)", vector,
			   ppr_class, v->apic.tpr, v->apic.top < 0 ? 0u : (unsigned int)v->apic.top);
	if (unlikely(others_wait(v, vector)))
		check_higher(v, vector, by_hardware);
}

static void dispatch(struct oracle_vcpu *v, uint32_t vector, bool by_hardware)
{
	/* KVM took a replaced word for an ack of the same vector, then dispatched it anew: ISR cannot tell. */
	if (unlikely(v->maybe_acked) && v->apic.top == (int)vector && deviation_allows(DEV_PV_WORD_REPLACED)) {
		ideal_apic_eoi(&v->apic);
		v->maybe_acked = false;
	}
	if (unlikely(!vector_test(v->apic.irr, vector)) && !vector_test(v->may, vector))
		check_fire(CHECK_DISPATCH_PENDING, v, v->vm, vector,
			   "vector 0x%02x dispatched, but it was not pending", vector);
	check_priority(v, vector, by_hardware);
	if (unlikely(!identity_enabled(&v->now)) && !deviation_allows(DEV_SW_DISABLED_DISPATCH))
		check_fire(CHECK_DISPATCH_BLOCKED, v, v->vm, vector,
			   "vector 0x%02x dispatched while the APIC is software-disabled", vector);
	if (v->touched || v->loose)
		message_dispatched(v, vector);
	ideal_apic_dispatch(&v->apic, vector);
	if (unlikely(synic != NULL) && synic_auto_eoi(v, vector)) {
		vector_clear(v->apic.isr, vector);
		ideal_apic_recount(&v->apic);
	}
	v->kept = v->irr_hidden = false;
	if (unlikely(v->last_eoi == (int)vector))
		v->last_eoi = -1;
	if (unlikely(v->stray == vector))
		v->stray = 0;
	/* Whoever moves a vector to ISR computes PPR. */
	v->ppr_lazy = false;
	v->owed = (int16_t)vector;
}

static void check_owed(struct oracle_vcpu *v)
{
	check_fire(CHECK_OWED, v, v->vm, (uint32_t)v->owed,
		   "vector 0x%02x was acknowledged and not delivered; it was not injected again",
		   (unsigned int)v->owed);
	v->owed = -1;
}

/* Virtual-interrupt delivery: between two instructions of the guest. */
void check_hw_dispatch(struct oracle_vcpu *v, uint32_t vector, uint32_t hw_blocking)
{
	if (v->owed >= 0)
		check_owed(v);
	check_blocked(v, vector, hw_blocking);
	dispatch(v, vector, true);
	v->apic.other_svi = v->apic.top == (int)vector ? 0 : (uint16_t)(1 + vector);
}

/* ISR without @vector, the dispatch of @vector, and its ISR bit. @vector: -1 for none, or none that is new. */
static void dispatch_and_compare(struct oracle_vcpu *v, const struct kw_apic_state *kvm, int vector)
{
	check_isr(v, kvm, vector);
	if (vector < 0)
		return;
	dispatch(v, (uint32_t)vector, false);
	if (!(apic_reg_word(kvm->regs, APIC_REG_ISR, vector >> 5) >> (vector & 31) & 1))
		check_isr(v, kvm, -1);
}

void check_injection(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	uint32_t info = hw->entry_intr_info;
	bool soft = (info & KW_INTR_VALID) && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_SOFT;
	bool external = soft || ((info & KW_INTR_VALID) && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL);
	/* If something else goes first in this entry, KVM still holds what it acknowledged. */
	int vector = external ? (int)(info & KW_INTR_VECTOR_MASK) : kvm->injected;

	if (unlikely(v->owed >= 0) && v->owed != vector && v->owed != kvm->injected)
		check_owed(v);
	if (unlikely(soft))
		check_fire(CHECK_DELIVERED, v, v->vm, (uint32_t)vector,
			   "vector 0x%02x is injected as a software interrupt, INT n", (uint32_t)vector);
	if (external)
		check_blocked(v, (uint32_t)vector, hw->interruptibility);
	if (__builtin_expect(v->extint >= 0, false))
		check_extint(v, vector);
	dispatch_and_compare(v, kvm, v->owed == vector ? -1 : vector);
}

/*
 * The entry was cancelled: what KVM acknowledged for it is owed.  Whether KVM
 * has taken the event back from the hardware at this point or not, its ISR tells.
 */
void check_cancelled_injection(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t isr[APIC_WORDS];
	int vector = kvm->injected;

	if (vector < 0) {
		apic_reg_bank(kvm->regs, APIC_REG_ISR, isr);
		for (int w = 0; w < APIC_WORDS; w++) {
			uint32_t left_irr = ~apic_reg_word(kvm->regs, APIC_REG_IRR, w) | v->again[w];

			isr[w] &= ~v->apic.isr[w] & (v->apic.irr[w] | v->may[w]) & left_irr;
		}
		vector = vector_highest(isr);
		/* In ISR for another reason. */
		if (vector == v->late_ack || vector == v->last_eoi)
			vector = -1;
	}
	if (__builtin_expect(v->extint >= 0, false))
		check_extint(v, vector);
	dispatch_and_compare(v, kvm, v->owed == vector ? -1 : vector);
}
