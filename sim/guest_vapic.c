// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest whose TPR lies in memory, as the code does that QEMU puts into guests
 * (pc-bios/optionrom/kvmvapic.S): it exchanges byte 0 of its word, leaves the others
 * as they are, and asks KVM to look again (KVM_HC_VAPIC_POLL_IRQ) if by the word an
 * interrupt waits that is above the new PPR.
 *
 * While userspace has given it no word it writes the APIC's register.
 */
#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/trace.h"

#define HC_VAPIC_POLL_IRQ	1u

static uint32_t *vapic_word(const struct vcpu *v)
{
	return machine_word_with(&machine.vm[v->vm], v->vapic_gpa, KW_USER_RW);
}

enum step do_vapic_tpr(struct vcpu *v)
{
	uint8_t tpr = v->quiet ? 0 : (uint8_t)(rng_below(&v->program, 16) << 4), isr, irr;
	uint32_t low = rng_below(&v->program, 64);
	uint32_t *word;

	if (!v->vapic_gpa)
		return do_tpr(v);
	/* Its low half is of no consequence, and kept all the same. */
	if (!v->quiet && low < 16)
		tpr |= (uint8_t)low;
	word = vapic_word(v);
	if (!word)
		return guest_page_away(v, OP_VAPIC_TPR, v->vapic_gpa);
	isr = (uint8_t)(*word >> 8);
	irr = (uint8_t)(*word >> 24);
	v->tpr = tpr;
	*word = (*word & ~0xffu) | tpr;
	if (trace_on())
		trace_event("guest", "vcpu %u vapic word 0x%08x", v->index, *word);
	oracle_guest_tpr(v->index, tpr);
	if (irr <= (isr > tpr ? isr : tpr))
		return STEP_GO_ON;
	v->hw->rax = HC_VAPIC_POLL_IRQ;
	return exits(v, KW_EXIT_VMCALL);
}

/* What the host made of a write while the page was away the guest can only read. */
bool guest_vapic_raised(const struct vcpu *v)
{
	const uint32_t *word = v->vapic_gpa ? vapic_word(v) : NULL;

	return v->tpr || (word && (*word & 0xff));
}
