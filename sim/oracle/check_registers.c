// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of IRR, TMR, TPR and PPR against the ideal APIC, at every VM-Entry and
 * VM-Exit (PPR at entries only), and of the block that KVM_GET_LAPIC returns.
 * ISR is in check_eoi.c.
 *
 * Verifies: nothing accepted is missing from IRR, nothing else is in it; TMR of
 * vectors in IRR or ISR; TPR; PPR, unless the guest wrote TPR in a way that may
 * not have exited (KVM then computes PPR when it next needs it).
 *
 * Does not verify: TMR of other vectors (unspecified); ICR, LVT, timer and ESR
 * registers; PPR in a block that userspace got.
 *
 * After a report KVM's state is adopted, so that one cause is reported once.
 * The comparisons that find no difference are in check_fast.h.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"
#include "sim/oracle/message.h"

static void report_irr_word(struct oracle_vcpu *v, uint32_t base, uint32_t lost, uint32_t spurious)
{
	for (; lost; lost &= lost - 1) {
		uint32_t vector = base + (uint32_t)__builtin_ctz(lost);

		check_fire(CHECK_IRR_LOST, v, v->vm, vector,
			   "vector 0x%02x was accepted and is gone from IRR without a dispatch%s", vector,
			   chips_resent(v, vector) ? "; its EOI was to send it again" : "");
	}
	for (; spurious; spurious &= spurious - 1) {
		uint32_t vector = base + (uint32_t)__builtin_ctz(spurious);

		check_fire(CHECK_IRR_SPURIOUS, v, v->vm, vector, "vector 0x%02x is in IRR, but nobody sent it",
			   vector);
		v->stray = (uint8_t)vector;
	}
}

/* Settle what is only perhaps pending by what KVM shows. */
void settle_irr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t kvm_irr = apic_reg_word(kvm->regs, APIC_REG_IRR, w);
		uint32_t sure = v->apic.irr[w];
		uint32_t extra = kvm_irr & ~sure, spurious = extra & ~v->may[w];
		uint32_t group = v->nr_group ? kvm_irr & v->inflight[w] : 0;

		if ((sure & ~kvm_irr) | spurious)
			report_irr_word(v, (uint32_t)w * 32, sure & ~kvm_irr, spurious);
		v->apic.tmr[w] &= ~spurious;
		v->apic.tmr[w] |= spurious & apic_reg_word(kvm->regs, APIC_REG_TMR, w);
		v->apic.irr[w] = kvm_irr;
		for (; group; group &= group - 1) {
			uint32_t bit = (uint32_t)__builtin_ctz(group);

			message_seen(v, (uint32_t)w * 32 + bit, sure >> bit & 1);
		}
		v->may[w] &= v->inflight[w];
		if (!v->may[w])
			v->loose &= (uint8_t)~(1u << w);
	}
}

void settle_tmr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t left = 0;

	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t kvm_tmr = apic_reg_word(kvm->regs, APIC_REG_TMR, w);
		uint32_t open = v->inflight[w] | v->unsure[w];
		uint32_t live = v->apic.irr[w] | v->apic.isr[w];
		uint32_t bad = (kvm_tmr ^ v->apic.tmr[w]) & live & ~open;

		for (uint32_t bits = bad; bits; bits &= bits - 1) {
			uint32_t bit = (uint32_t)__builtin_ctz(bits), vector = (uint32_t)w * 32 + bit;

			check_fire(CHECK_TMR, v, v->vm, vector, "TMR of vector 0x%02x is %u, expected %u", vector,
				   kvm_tmr >> bit & 1, v->apic.tmr[w] >> bit & 1);
		}
		/* While a message is in flight, keep the doubt. */
		open = (v->unsure[w] & ~v->inflight[w]) | bad;
		v->apic.tmr[w] = (v->apic.tmr[w] & ~open) | (kvm_tmr & open);
		v->unsure[w] &= v->inflight[w];
		left |= v->unsure[w];
	}
	v->tmr_loose = left;
}

void adopt_tpr(struct oracle_vcpu *v, uint32_t tpr)
{
	check_fire(CHECK_TPR, v, v->vm, DIV_NONE, "TPR is 0x%02x, expected 0x%02x", tpr, v->apic.tpr);
	v->apic.tpr = (uint8_t)tpr;
}

/* Not legal, or not known to be so far. */
void settle_ppr(struct oracle_vcpu *v, uint32_t ppr)
{
	bool legal = ideal_apic_ppr_legal(&v->apic, ppr);

	if (v->ppr_lazy) {
		v->ppr_lazy = !legal;
		return;
	}
	/* An ack that KVM cannot have noticed keeps its ISR, and so its PPR, high. */
	if (check_latch(v, CHECK_PPR, !legal && v->late_ack < 0))
		check_fire(v->moved ? CHECK_PPR_MOVED : CHECK_PPR, v, v->vm, DIV_NONE,
			   "PPR is 0x%02x with TPR 0x%02x and highest ISR 0x%02x", ppr, v->apic.tpr,
			   v->apic.top < 0 ? 0u : (unsigned int)v->apic.top);
}

static void check_get_bank(struct oracle_vcpu *v, const char *name, const uint32_t *got, const uint32_t *must,
			   const uint32_t *may)
{
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t bad = (must[w] & ~got[w]) | (got[w] & ~may[w]);

		if (!bad)
			continue;
		uint32_t bit = (uint32_t)__builtin_ctz(bad), vector = (uint32_t)w * 32 + bit;

		check_fire(CHECK_GET_LAPIC, v, v->vm, vector,
			   "KVM_GET_LAPIC returned %s bit 0x%02x as %u, expected %u", name, vector,
			   got[w] >> bit & 1, must[w] >> bit & 1);
		return;
	}
}

/* The block was filled at some time during the ioctl: what became pending since the last exit is optional. */
void check_get_lapic(struct oracle_vcpu *v, const uint8_t *regs)
{
	uint32_t got[APIC_WORDS], must[APIC_WORDS], may[APIC_WORDS];
	uint32_t tpr = apic_reg(regs, APIC_REG_TPR);

	apic_reg_bank(regs, APIC_REG_IRR, got);
	for (int w = 0; w < APIC_WORDS; w++) {
		must[w] = v->apic.irr[w] & ~(v->fresh[w] | v->inflight[w]);
		may[w] = v->apic.irr[w] | v->may[w];
	}
	check_get_bank(v, "IRR", got, must, may);
	apic_reg_bank(regs, APIC_REG_ISR, got);
	for (int w = 0; w < APIC_WORDS; w++)
		must[w] = may[w] = v->apic.isr[w];
	if (v->late_ack >= 0)
		vector_set(may, (uint32_t)v->late_ack);
	check_get_bank(v, "ISR", got, must, may);
	apic_reg_bank(regs, APIC_REG_TMR, got);
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t open = v->fresh[w] | v->inflight[w] | v->unsure[w];
		uint32_t live = (v->apic.irr[w] | v->apic.isr[w]) & ~open;

		must[w] = v->apic.tmr[w] & live;
		may[w] = v->apic.tmr[w] | ~live;
	}
	check_get_bank(v, "TMR", got, must, may);
	if (tpr != v->apic.tpr)
		check_fire(CHECK_GET_LAPIC, v, v->vm, DIV_NONE, "KVM_GET_LAPIC returned TPR 0x%02x, expected 0x%02x",
			   tpr, v->apic.tpr);
}
