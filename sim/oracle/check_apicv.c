// SPDX-License-Identifier: GPL-2.0-only
/*
 * APIC virtualization, as the oracle sees it.  SDM volume 3, "APIC Virtualization
 * and Virtual Interrupts".
 *
 * Verifies at each VM-Entry: with virtual-interrupt delivery, RVI is the highest
 * vector in VIRR and SVI the highest in VISR ("Guest Interrupt Status"), since that
 * is what the hardware delivers and ends; while KVM believes that APICv is active
 * its caches have the values that KVM defines for then: irr_pending true, isr_count
 * 1, highest_isr_cache -1.  What the hardware dispatches goes through the same
 * checks as what KVM injects (check_dispatch.c).
 *
 * IRR is VIRR and PIR together: apicv_view() shows them as one register.  A vector
 * that is in PIR while some message to this vCPU is in flight may have no
 * notification yet, because that message's sender owes it: it counts as fresh.
 *
 * A wrong SVI is reported at the entry.  What follows is no fault of its own: until SVI is
 * the highest vector again the processor's EOI and PPR go by it, and so do the oracle's.  An EOI
 * that exits is not the processor's.
 *
 * A register whose write made an APIC-write exit holds the guest's value before KVM
 * knows of it; the view shows it as it was, until KVM has handled the exit.
 *
 * Does not verify that the hardware follows the SDM: it is ours, sim/apicv.c.
 */
#include "sim/oracle/check_apicv.h"

#include "sim/oracle/deviation.h"
#include "sim/oracle/message.h"
#include "sim/oracle/timer.h"

#define REGS_BYTES	0x400u

static bool in_flight(const struct oracle_vcpu *v)
{
	uint32_t any = 0;

	for (int w = 0; w < APIC_WORDS; w++)
		any |= v->inflight[w];
	return any;
}

/* What is in PIR alone: nobody need have seen it. */
static void mark_unnotified(struct oracle_vcpu *v, const struct kw_apicv *a)
{
	if (!in_flight(v))
		return;
	for (int w = 0; w < APIC_WORDS; w++) {
		v->fresh[w] |= a->pir[w] & v->apic.irr[w];
		if (v->fresh[w])
			v->touched |= (uint8_t)(1u << w);
	}
}

/*
 * KVM leaves PIR alone while the APIC is software-disabled, and the hardware goes on with VIRR: what was
 * posted over a vector that waits there does not collapse into it, and is seen once that is dispatched.
 */
static void mark_twice(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t both = kvm->apicv->pir[w] & apic_reg_word(kvm->regs, APIC_REG_IRR, w);

		if (!both || !deviation_allows(DEV_APICV_SW_DISABLED))
			continue;
		v->again[w] |= both;
		v->touched |= (uint8_t)(1u << w);
	}
}

const struct kw_apic_state *apicv_merge(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	static struct kw_apic_state view;
	static uint8_t regs[REGS_BYTES];
	uint32_t any = 0;

	for (int w = 0; w < APIC_WORDS; w++)
		any |= kvm->apicv->pir[w];
	if (!any && !kvm->apicv->trap_offset)
		return kvm;
	mark_unnotified(v, kvm->apicv);
	if (!kvm->sw_enabled && kvm->apicv->vid)
		mark_twice(v, kvm);
	memcpy(regs, kvm->regs, sizeof(regs));
	if (kvm->apicv->trap_offset)
		memcpy(regs + kvm->apicv->trap_offset, &kvm->apicv->trap_old, sizeof(uint32_t));
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t irr = apic_reg_word(regs, APIC_REG_IRR, w) | kvm->apicv->pir[w];

		memcpy(regs + APIC_REG_IRR + 16 * w, &irr, sizeof(irr));
	}
	view = *kvm;
	view.regs = regs;
	return &view;
}

/* A sender that found APICv inactive sets VIRR itself, and will make the guest exit: RVI may lag. */
static bool rvi_right(const struct oracle_vcpu *v, const uint32_t *virr, int rvi)
{
	uint32_t settled[APIC_WORDS];

	for (int w = 0; w < APIC_WORDS; w++)
		settled[w] = virr[w] & ~(v->inflight[w] | v->fresh[w]);
	return (rvi == 0 || vector_test(virr, (uint32_t)rvi)) && rvi >= vector_highest(settled);
}

static void check_status(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	const struct kw_apicv *a = kvm->apicv;
	uint32_t virr[APIC_WORDS], visr[APIC_WORDS];
	int top;

	apic_reg_bank(kvm->regs, APIC_REG_IRR, virr);
	apic_reg_bank(kvm->regs, APIC_REG_ISR, visr);
	top = vector_highest(visr);
	/* Reported once; what follows from it is judged by what the processor does then. */
	v->apic.other_svi = a->svi == (top < 0 ? 0 : top) ? 0 : (uint16_t)(1 + a->svi);
	if (check_latch(v, CHECK_APICV_SVI, v->apic.other_svi))
		check_fire(CHECK_APICV_SVI, v, v->vm, a->svi,
			   "entry with SVI 0x%02x, the highest VISR bit is 0x%02x", a->svi,
			   top < 0 ? 0u : (unsigned int)top);
	/* KVM leaves RVI to the hardware while the APIC is software-disabled. */
	if (!kvm->sw_enabled)
		return;
	top = vector_highest(virr);
	if (check_latch(v, CHECK_APICV_RVI, !rvi_right(v, virr, a->rvi)))
		check_fire(CHECK_APICV_RVI, v, v->vm, a->rvi,
			   "entry with RVI 0x%02x, the highest VIRR bit is 0x%02x", a->rvi,
			   top < 0 ? 0u : (unsigned int)top);
}

void check_apicv_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	bool wrong = kvm->apicv_active &&
		     (!kvm->irr_pending || kvm->isr_count != 1 || kvm->highest_isr_cache != -1);

	if (check_latch(v, CHECK_CACHE_APICV, wrong))
		check_fire(CHECK_CACHE_APICV, v, v->vm, DIV_NONE,
			   "APICv is active with irr_pending %d, isr_count %d, highest_isr_cache %d",
			   kvm->irr_pending, kvm->isr_count, kvm->highest_isr_cache);
	if (kvm->apicv->vid)
		check_status(v, kvm);
	else
		v->apic.other_svi = 0;
}

int check_eoi_by_svi(struct oracle_vcpu *v)
{
	/* One that exits, such as HV_X64_MSR_EOI, is not virtualized: KVM ends it, by VISR. */
	if (!v->in_guest)
		return ideal_apic_eoi(&v->apic);
	v->eoi_missed |= v->apic.top >= 0 && v->apic.top != v->apic.other_svi - 1;
	return ideal_apic_eoi_by_svi(&v->apic);
}

/*
 * "Self-IPI Virtualization" does not look at VSVR and does not write VTMR, nor does an
 * IOMMU; a real APIC would drop the interrupt while disabled, and clear the bit.
 */
void oracle_hw_accepts(uint32_t vcpu, uint8_t vector)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (!identity_enabled(&v->now) && deviation_allows(DEV_APICV_SW_DISABLED)) {
		message_perhaps(v, vector);
		vector_set(v->unsure, vector);
		v->tmr_loose = true;
	}
	if (!vector_test(v->apic.tmr, vector) || !deviation_allows(DEV_APICV_KEEPS_TMR))
		return;
	vector_set(v->unsure, vector);
	v->tmr_loose = true;
}

void oracle_hw_dispatch(uint32_t vcpu, uint8_t vector, const struct kw_hw *hw)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	mark_unnotified(v, &hw->apicv);
	if (oracle.timer)
		check_timer_dispatch(v, vector);
	check_hw_dispatch(v, vector, hw->interruptibility);
}
