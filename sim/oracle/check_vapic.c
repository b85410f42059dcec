// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of a TPR that lies in memory, and of reported accesses to TPR; what they
 * go by is in vapic.h.
 *
 * Verifies: after an exit KVM's TPR is byte 0 of the word; at an entry the word
 * says TPR, the class in service, 0, and the highest vector that is surely in IRR,
 * or a higher one that is in it too; each access to TPR through the APIC's page is
 * reported before the guest goes on, as what it was, and nothing else is reported.
 * After a KVM_SET_VAPIC_ADDR that KVM refused a difference is a check of its own.
 *
 * While the page is away KVM's TPR is one that it had or the guest wrote.
 *
 * Does not verify: the word while its page is away, and bytes 1 to 3 after that
 * until KVM has written them again; anything while the APIC is disabled by software
 * or INIT is sent; the address of the instruction in a report; a guest that has a word
 * and writes the APIC's TPR too (KVM copies the word over it at the next exit).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/vapic.h"

static uint8_t byte_of(uint32_t word, uint32_t nr) { return (uint8_t)(word >> 8 * nr); }

/* What KVM had, what the guest wrote, or what was in memory when KVM could read it again. */
static bool may_be(const struct vapic_vcpu *p, uint32_t tpr)
{
	return tpr == p->kvm_tpr || tpr == p->guest_tpr || tpr == p->back_tpr ||
	       (p->readable && tpr == byte_of(p->word, 0));
}

/* The page was away, or replaced: KVM may have the old TPR or the new one, and nobody can tell it better. */
void vapic_look(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct vapic_vcpu *p = &vapic.vcpu[v->index];
	uint32_t tpr = apic_reg(kvm->regs, APIC_REG_TPR);

	if (p->open && tpr != v->apic.tpr) {
		if (p->on && !may_be(p, tpr))
			check_fire(CHECK_VAPIC_TPR, v, v->vm, DIV_NONE,
				   "TPR is 0x%02x with the vapic word away; it was 0x%02x, and the guest wrote 0x%02x",
				   tpr, p->kvm_tpr, p->guest_tpr);
		v->apic.tpr = (uint8_t)tpr;
		v->ppr_lazy = true;
	}
	p->kvm_tpr = (uint8_t)tpr;
}

/* One cause, one report: KVM does not go by this word, and until it gets another TPR is KVM's. */
static void give_up(struct oracle_vcpu *v, struct vapic_vcpu *p, const struct kw_apic_state *kvm)
{
	p->on = false;
	p->open = true;
	vapic_look(v, kvm);
}

void check_vapic_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct vapic_vcpu *p = &vapic.vcpu[v->index];
	uint32_t tpr = apic_reg(kvm->regs, APIC_REG_TPR);

	vapic_look(v, kvm);
	if (!p->on || !p->readable)
		return;
	p->open = false;
	if (tpr == byte_of(p->word, 0))
		return;
	check_fire(p->refused ? CHECK_VAPIC_REFUSED : CHECK_VAPIC_TPR, v, v->vm, DIV_NONE,
		   "TPR is 0x%02x after an exit, and 0x%02x in the vapic word", tpr, byte_of(p->word, 0));
	give_up(v, p, kvm);
}

static void check_word(struct oracle_vcpu *v, struct vapic_vcpu *p, const struct kw_apic_state *kvm)
{
	uint32_t tpr = apic_reg(kvm->regs, APIC_REG_TPR);
	int settled = vcpu_highest_settled(v);
	uint8_t irr = byte_of(p->word, 3), sure = (uint8_t)(settled < 0 ? 0 : settled);
	uint8_t isr = (uint8_t)(ideal_apic_isr_class(&v->apic) << 4);
	bool irr_right = irr >= sure && (irr == sure || vector_test(v->apic.irr, irr));
	bool rest_right = irr_right && byte_of(p->word, 1) == isr && !byte_of(p->word, 2);

	if (byte_of(p->word, 0) == tpr && rest_right) {
		/* By chance, perhaps, where something came that KVM could not write down: only what is exact counts. */
		p->trusted |= irr == (vcpu_waiting(v) ? vector_highest(v->apic.irr) : 0);
		return;
	}
	if (byte_of(p->word, 0) == tpr && !p->trusted)
		return;
	check_fire(p->refused ? CHECK_VAPIC_REFUSED : CHECK_VAPIC_WORD, v, v->vm, irr_right ? DIV_NONE : sure,
		   "the vapic word is 0x%08x at an entry with TPR 0x%02x, class 0x%02x in service, 0x%02x in IRR",
		   p->word, tpr, isr, sure);
	if (p->refused)
		give_up(v, p, kvm);
	p->trusted = false;
	/* From here on the word's, which the guest goes by. */
	p->open |= byte_of(p->word, 0) != tpr;
}

void check_vapic_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct vapic_vcpu *p = &vapic.vcpu[v->index];

	if (p->access)
		check_fire(CHECK_TPR_REPORT, v, v->vm, DIV_NONE, "a %s of TPR was not reported",
			   p->access == VAPIC_WRITE ? "write" : "read");
	p->access = VAPIC_NO_ACCESS;
	if (p->on && !p->away && p->readable && !p->open && v->late_ack < 0)
		check_word(v, p, kvm);
}

void oracle_tpr_reported(uint32_t vcpu, bool write)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct vapic_vcpu *p = &vapic.vcpu[vcpu];

	if (p->access != (write ? VAPIC_WRITE : VAPIC_READ))
		check_fire(CHECK_TPR_REPORT, v, v->vm, DIV_NONE, "a %s of TPR is reported, but it was %s",
			   write ? "write" : "read", p->access == VAPIC_WRITE ? "a write" :
			   p->access == VAPIC_READ ? "a read" : "not accessed");
	p->access = VAPIC_NO_ACCESS;
}
