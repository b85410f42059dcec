// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's wiring: the order in which the checks see an event.  Its memory and
 * its state before a run are oracle_setup.c's.
 *
 * Invariant: after a compare the ideal IRR, ISR and TPR equal KVM's (but for a
 * late ack, see check_eoi.c), so that one cause is reported once.
 */
#include "sim/oracle/oracle.h"

#include <string.h>

#include "sim/oracle/check_apicv.h"
#include "sim/oracle/check_fast.h"
#include "sim/oracle/check_plain.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"
#include "sim/oracle/pmi.h"
#include "sim/oracle/regs.h"
#include "sim/oracle/synic.h"
#include "sim/oracle/timer.h"
#include "sim/oracle/vapic.h"

/*
 * A change of ID, mode or SVR is adopted.  Messages that may have come while
 * SVR bit 8 was changing may have been accepted or dropped.
 */
static void __attribute__((noinline)) identity_changed(struct oracle_vcpu *v, const struct oracle_identity *id)
{
	bool disabled = identity_enabled(&v->now) && !identity_enabled(id);

	vcpu_identity_set(v, id);
	if (!disabled)
		return;
	v->taken_seq = ++oracle.seq;
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t doubtful = v->apic.irr[w] & v->fresh[w];

		v->apic.irr[w] &= ~doubtful;
		v->may[w] |= doubtful;
		v->taken[w] |= v->inflight[w];
		if (v->may[w])
			v->loose |= (uint8_t)(1u << w);
	}
}

static inline void identity_refresh(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct oracle_identity id;

	if (unlikely(regs.vcpu != NULL)) {
		check_regs(v, kvm);
		return;
	}
	if (__builtin_expect(vcpu_identity_is(v, kvm), 1))
		return;
	vcpu_identity_read(v, kvm, &id);
	identity_changed(v, &id);
}

/* From here on KVM may look at IRR anew: what is pending now, it must see. */
static void window_restart(struct oracle_vcpu *v)
{
	uint32_t words = v->touched;

	if (unlikely(events.vcpu != NULL))
		events_window(v);
	v->touched = 0;
	for (; words; words &= words - 1) {
		int w = __builtin_ctz(words);

		v->fresh[w] = 0;
		v->again[w] &= v->inflight[w];
		if (v->again[w])
			v->touched |= (uint8_t)(1u << w);
	}
}

/* --- The hardware side. */

/*
 * KVM entered the guest again right after an exit, without looking at the PV EOI
 * word, and injects nothing: an ack since the last look is still to be noticed.
 */
static bool ack_still_unseen(const struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	return unlikely(v->in_guest) && v->last_eoi_pv && v->last_eoi >= 0 && kvm->pv_eoi_pending &&
	       !(hw->entry_intr_info & KW_INTR_VALID) && deviation_allows(DEV_PV_ACK_REENTRY);
}

void oracle_ahead(uint32_t vcpu)
{
	for (uint32_t at = 0; at < ORACLE_HOT_BYTES; at += 64)
		__builtin_prefetch((const char *)oracle_vcpu(vcpu) + at, 0, 2);
}

/* The checks one by one, in their order. */
static __attribute__((noinline)) void entry_checks(struct oracle_vcpu *v, const struct kw_hw *hw,
						   const struct kw_apic_state *kvm, uint32_t pv_word, bool readable)
{
	if (unlikely(kvm->apicv)) {
		check_apicv_entry(v, kvm);
		kvm = apicv_view(v, kvm);
	}
	if (unlikely(pmi_on))
		pmi_entered(v);
	identity_refresh(v, kvm);
	if (unlikely(vapic.vcpu != NULL))
		vapic_look(v, kvm);
	check_tpr(v, kvm);
	/* What ended a HLT may be the timer's. */
	if (unlikely(oracle.timer))
		check_timer_entry(v, hw, kvm);
	if (unlikely(events.vcpu != NULL))
		check_events_entry(v, hw, kvm);
	if (unlikely(ack_still_unseen(v, hw, kvm))) {
		check_irr(v, kvm);
		return;
	}
	check_injection(v, hw, kvm);
	check_due(v, hw, kvm);
	check_pv_entry(v, kvm, pv_word, readable);
	check_irr(v, kvm);
	check_tmr(v, kvm);
	if (likely(!kvm->apicv_active))
		check_ppr(v, kvm);
	check_cache(v, kvm);
	if (unlikely(vapic.vcpu != NULL))
		check_vapic_entry(v, kvm);
	v->in_guest = true;
}

void oracle_entry(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm, uint32_t pv_word,
		  bool pv_word_readable)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (unlikely(!plain_entry(v, hw, kvm, pv_word, pv_word_readable)))
		entry_checks(v, hw, kvm, pv_word, pv_word_readable);
}

/* All that must be pending is in VIRR now. */
void oracle_hw_posted(uint32_t vcpu)
{
	window_restart(oracle_vcpu(vcpu));
}

void oracle_delivered(uint32_t vcpu, uint8_t vector)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (unlikely(v->owed != vector))
		check_fire(CHECK_DELIVERED, v, v->vm, vector, "vector 0x%02x delivered, but it was not injected",
			   vector);
	v->owed = -1;
}

void oracle_delivery_interrupted(uint32_t vcpu, uint8_t vector)
{
	oracle_vcpu(vcpu)->owed = vector;
}

static __attribute__((noinline)) void exit_checks(struct oracle_vcpu *v, const struct kw_apic_state *kvm,
						  uint32_t pv_word, bool readable)
{
	kvm = apicv_view(v, kvm);
	v->in_guest = v->moved = false;
	check_pv_replaced(v, pv_word, readable);
	if (unlikely(vapic.vcpu != NULL))
		check_vapic_exit(v, kvm);
	check_tpr(v, kvm);
	check_isr(v, kvm, -1);
	check_pv_exit(v, kvm, pv_word, readable);
	/* With APICv KVM posts on the fast path of an exit. */
	if (unlikely(oracle.timer) && kvm->apicv)
		check_timer_exit(v, kvm);
	check_irr(v, kvm);
	check_tmr(v, kvm);
	check_cache(v, kvm);
	if (unlikely(oracle.timer))
		timer_looked(v);
}

void oracle_exit(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm, uint32_t pv_word,
		 bool pv_word_readable)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	(void)hw;
	if (unlikely(!plain_exit(v, kvm, pv_word, pv_word_readable)))
		exit_checks(v, kvm, pv_word, pv_word_readable);
	window_restart(v);
}

/* KVM may not have synchronised yet, so the PV EOI word is not looked at. */
void oracle_cancel(uint32_t vcpu, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	kvm = apicv_view(v, kvm);
	identity_refresh(v, kvm);
	if (unlikely(vapic.vcpu != NULL))
		vapic_look(v, kvm);
	check_tpr(v, kvm);
	if (unlikely(oracle.timer))
		check_timer_outside(v, kvm);
	check_cancelled_injection(v, kvm);
	check_irr(v, kvm);
	check_tmr(v, kvm);
	check_cache(v, kvm);
	/* Armed in this entry; whether the word can be read back is not known yet. */
	v->kvm_pending |= kvm->pv_eoi_pending;
	window_restart(v);
}

static void pv_msr_written(struct oracle_vcpu *v, uint64_t value, bool accepted)
{
	if (!accepted || value == v->pv_msr)
		return;
	v->pv_msr = value;
	/* Another word, or a word with another meaning; what page_gone said was about the old one. */
	v->word_known = v->word_trusted = v->armed = v->page_gone = false;
	/* Without PV EOI no word is looked at any more, in whatever page: nothing excuses an EOI by the next exit. */
	if (!(value & 1))
		v->page_was_gone = false;
}

static void registers_reset(struct oracle_vcpu *v)
{
	struct oracle_identity id;

	regs_reset_by_init(v);
	regs_identity(&reg_vcpu(v)->now, &id);
	identity_changed(v, &id);
}

/*
 * KVM reset the APIC some time before, and messages may have come since: those
 * that became pending after the last exit are only a perhaps.
 */
void oracle_init_taken(uint32_t vcpu, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (unlikely(regs.vcpu != NULL))
		registers_reset(v);
	identity_refresh(v, kvm);
	message_overwritten(v);
	memset(v->apic.irr, 0, sizeof(v->apic.irr));
	memset(v->apic.isr, 0, sizeof(v->apic.isr));
	memset(v->apic.tmr, 0, sizeof(v->apic.tmr));
	ideal_apic_recount(&v->apic);
	v->apic.tpr = 0;
	v->owed = v->last_eoi = v->late_ack = -1;
	v->ppr_lazy = true;
	pv_msr_written(v, 0, true);
	v->kvm_pending = v->maybe_acked = false;
	timer_taken_by_init(v);
	check_init(v, kvm);
	if (unlikely(pmi_on))
		pmi_init_taken(v);
}

/* --- The guest. */

void oracle_guest_eoi(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->last_eoi = (int16_t)(unlikely(v->apic.other_svi) ? check_eoi_by_svi(v) : ideal_apic_eoi(&v->apic));
	v->last_eoi_pv = false;
	if (unlikely(synic != NULL))
		synic_eoi(v, v->last_eoi);
	if (unlikely(chips.on))
		chips_eoi(v, v->last_eoi);
}

/* The ack ends the vector at once; KVM notices at the next exit. */
void oracle_guest_pv_ack(uint32_t vcpu, uint32_t old_word, uint32_t new_word)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (!(old_word & 1))
		return;
	check_pv_ack(v, old_word, new_word);
	v->last_eoi = (int16_t)ideal_apic_eoi(&v->apic);
	v->last_eoi_pv = true;
	if (unlikely(synic != NULL))
		synic_eoi(v, v->last_eoi);
	if (unlikely(chips.on))
		chips_eoi(v, v->last_eoi);
}

void oracle_guest_tpr(uint32_t vcpu, uint8_t tpr)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->apic.tpr = tpr;
	v->ppr_lazy = true;
	if (unlikely(vapic.vcpu != NULL))
		vapic.vcpu[vcpu].guest_tpr = tpr;
}

void oracle_guest_pv_msr(uint32_t vcpu, uint64_t value, bool accepted)
{
	pv_msr_written(oracle_vcpu(vcpu), value, accepted);
}

void oracle_guest_if(uint32_t vcpu, bool enabled, uint32_t blocking)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->if_known = true;
	v->if_enabled = enabled;
	v->blocking = blocking;
}

/* That a halted vCPU wakes up is the scheduler's to judge: one that stays so is a hang. */
void oracle_guest_hlt(uint32_t vcpu)
{
	if (unlikely(events.vcpu != NULL))
		event_vcpu(oracle_vcpu(vcpu))->halted = true;
}

/* --- Userspace. */

void oracle_user_get_lapic(uint32_t vcpu, const uint8_t *page, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	kvm = apicv_view(v, kvm);
	if (unlikely(vapic.vcpu != NULL))
		vapic_look(v, kvm);
	check_tpr(v, kvm);
	if (unlikely(oracle.timer))
		check_timer_outside(v, kvm);
	check_cancelled_injection(v, kvm);
	check_irr(v, kvm);
	check_tmr(v, kvm);
	check_get_lapic(v, page);
	if (unlikely(regs.vcpu != NULL))
		check_get_registers(v, page);
}

void oracle_user_set_lapic(uint32_t vcpu, const uint8_t *page, bool accepted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (unlikely(oracle.timer))
		timer_load(v, page, accepted);
	if (!accepted && unlikely(regs.vcpu != NULL))
		check_refused(v, page);
	if (!accepted)
		return;
	message_overwritten(v);
	if (unlikely(chips.on))
		chips_overwritten(v, v->may);
	apic_reg_bank(page, APIC_REG_IRR, v->apic.irr);
	apic_reg_bank(page, APIC_REG_ISR, v->apic.isr);
	apic_reg_bank(page, APIC_REG_TMR, v->apic.tmr);
	ideal_apic_recount(&v->apic);
	v->apic.tpr = (uint8_t)apic_reg(page, APIC_REG_TPR);
	v->last_eoi = v->late_ack = -1;
	v->ppr_lazy = true;
	if (unlikely(regs.vcpu != NULL))
		regs_loaded(v, page);
}

void oracle_user_pv_msr(uint32_t vcpu, uint64_t value, bool accepted)
{
	pv_msr_written(oracle_vcpu(vcpu), value, accepted);
}

/* --- Memory. */

void oracle_pv_page_gone(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->page_gone = v->page_was_gone = true;
	v->word_known = v->word_trusted = false;
}

void oracle_pv_page_back(uint32_t vcpu, uint32_t word)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->page_gone = false;
	v->word = word;
	v->word_known = true;
	/*
	 * The host reads this 0 as an ack, and nobody can tell it better.  While the
	 * vCPU is out of the guest, KVM may have armed the word unseen.
	 */
	if ((v->armed || v->kvm_pending || (!v->in_guest && (v->pv_msr & 1))) && !(word & 1))
		v->maybe_acked = true;
}

void oracle_quiet(uint32_t vcpu, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	kvm = apicv_view(v, kvm);
	if (unlikely(oracle.timer))
		check_timer_quiet(v, kvm);
	check_quiet(v, kvm);
}
