// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of ISR: every dispatched vector ends exactly once, and by what the guest
 * did.  SDM, "Signaling Interrupt Servicing Completion"; PV EOI ABI, clauses 2,
 * 3 and 6.
 *
 * Verifies at every VM-Entry, after the dispatch, and at every VM-Exit, after
 * KVM has synchronised: no vector left ISR without an EOI or an ack; none that
 * was ended is still there; none is there that was never dispatched.  What left
 * while the page with the PV EOI word was away is a check of its own: that is
 * another fault than ending the wrong one.
 *
 * Legal although different: a word that was replaced by a 0 while it was armed
 * (the host cannot tell it from an ack); an ack in a page that went away before
 * KVM could read it, as long as KVM goes on waiting for it.
 *
 * Does not verify EOI messages to the I/O APIC.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"

static void missing(struct oracle_vcpu *v, uint32_t vector)
{
	/* Only the highest vector can have been taken for acked. */
	bool away = v->page_was_gone && (int)vector == v->apic.top;
	char in_service[64];

	if (v->maybe_acked && (int)vector == v->apic.top && deviation_allows(DEV_PV_WORD_REPLACED)) {
		v->maybe_acked = false;
		return;
	}
	check_fire(away ? CHECK_ISR_PAGE_AWAY : CHECK_ISR_PREMATURE, v, v->vm, vector,
		   "vector 0x%02x left ISR without an EOI (ISR was %s)%s", vector,
		   check_vectors(v->apic.isr, in_service, sizeof(in_service)),
		   away ? " while the PV EOI page was away" : "");
}

/*
 * An ack that KVM cannot read yet leaves it one EOI behind: the vector stays, or,
 * after another EOI that ended it, the one that this EOI was for.
 */
static bool late(const struct oracle_vcpu *v, int vector)
{
	if (v->late_ack >= 0)
		return v->late_ack == vector || v->last_eoi == vector;
	return v->page_gone && v->last_eoi_pv && v->last_eoi == vector;
}

static void left_over(struct oracle_vcpu *v, uint32_t vector)
{
	if (v->last_eoi == (int)vector || v->late_ack == (int)vector)
		check_fire(CHECK_ISR_STUCK, v, v->vm, vector, "vector 0x%02x is still in ISR after its %s", vector,
			   v->last_eoi_pv ? "PV EOI ack" : "EOI");
	else
		check_fire(CHECK_ISR_SPURIOUS, v, v->vm, vector,
			   "vector 0x%02x is in ISR, but it was not dispatched", vector);
}

void settle_isr(struct oracle_vcpu *v, const struct kw_apic_state *kvm, int skip)
{
	uint32_t isr[APIC_WORDS];
	int keep = -1;

	apic_reg_bank(kvm->regs, APIC_REG_ISR, isr);
	if (skip >= 0) {
		vector_clear(isr, (uint32_t)skip);
		if (vector_test(v->apic.isr, (uint32_t)skip))
			vector_set(isr, (uint32_t)skip);
	}
	for (int vector = 255; vector >= 0; vector--)
		if (vector_test(v->apic.isr, (uint32_t)vector) && !vector_test(isr, (uint32_t)vector))
			missing(v, (uint32_t)vector);
	for (int vector = 255; vector >= 0; vector--) {
		if (!vector_test(isr, (uint32_t)vector) || vector_test(v->apic.isr, (uint32_t)vector))
			continue;
		/* KVM may keep one for now, as long as it waits for the ack. */
		if (keep < 0 && late(v, vector) && kvm->pv_eoi_pending && deviation_allows(DEV_PV_ACK_UNREADABLE))
			keep = vector;
		else
			left_over(v, (uint32_t)vector);
	}
	if (keep >= 0)
		vector_clear(isr, (uint32_t)keep);
	v->late_ack = (int16_t)keep;
	memcpy(v->apic.isr, isr, sizeof(isr));
	ideal_apic_recount(&v->apic);
	v->last_eoi = -1;
}
