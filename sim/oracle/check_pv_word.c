// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the PV EOI word, by the clauses of the ABI (MSR_KVM_EOI_EN).
 *
 * Verifies: bit 0 goes from 0 to 1 only while PV EOI is enabled (clause 1), with
 * a vector in service that it can belong to (clause 2); the host changes no
 * other bit (clause 4) and none while the guest runs (clause 5); KVM keeps
 * track of a bit that is 1, and believes in none that is 0.  Beside the ABI, as
 * KVM's own design: not armed while another interrupt must be pending, nor while
 * APICv is active.
 *
 * Does not judge: anything while the page is gone; a bit that stays 1 in a page
 * that was gone, or in one that the MSR no longer names, until the guest
 * acts on it (then ISR tells); arming for level-triggered MSIs; the word
 * between an MSR change and the next exit.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

static void word_settle(struct oracle_vcpu *v, uint32_t word, bool readable)
{
	if (unlikely(v->page_gone || !readable)) {
		v->word_known = v->word_trusted = false;
		return;
	}
	v->word = word;
	v->word_known = true;
}

static void check_other_bits(struct oracle_vcpu *v, uint32_t word)
{
	if (likely(v->word_known) && unlikely((word ^ v->word) & ~1u))
		check_fire(CHECK_PV_OTHER_BITS, v, v->vm, DIV_NONE,
			   "PV EOI word went from 0x%08x to 0x%08x; only bit 0 is the host's", v->word, word);
}

/* KVM looked at IRR after the last exit: what became pending since then may have come too late. */
static bool surely_pending(const struct oracle_vcpu *v)
{
	uint32_t any = 0;

	if (likely(!vcpu_waiting(v)))
		return false;
	for (int w = 0; w < APIC_WORDS; w++)
		any |= v->apic.irr[w] & ~(v->fresh[w] | v->may[w]);
	return any;
}

/* The word went from 0 to 1. False: it should not have. */
static bool check_arming(struct oracle_vcpu *v, bool apicv)
{
	char pending[64];
	uint32_t vector = v->apic.top < 0 ? DIV_NONE : (uint32_t)v->apic.top;

	if (!(v->pv_msr & 1))
		check_fire(CHECK_PV_DISABLED, v, v->vm, vector, "PV EOI word armed while the MSR is 0x%llx",
			   (unsigned long long)v->pv_msr);
	else if (v->apic.top < 0)
		check_fire(CHECK_PV_IDLE, v, v->vm, DIV_NONE, "PV EOI word armed with nothing in service");
	else if (apicv)
		check_fire(CHECK_PV_APICV, v, v->vm, vector, "PV EOI word armed for 0x%02x while APICv is active",
			   vector);
	else if (surely_pending(v))
		check_fire(CHECK_PV_IRR_PENDING, v, v->vm, vector, "PV EOI word armed for 0x%02x with %s in IRR",
			   vector, check_vectors(v->apic.irr, pending, sizeof(pending)));
	else
		return true;
	return false;
}

static void check_armed_for(struct oracle_vcpu *v)
{
	if (v->apic.top >= 0 && chips.on)
		check_pv_ioapic(v, (uint32_t)v->apic.top);
}

static void check_tracking(struct oracle_vcpu *v, bool bit, bool pending)
{
	bool enabled = v->pv_msr & 1;

	if (check_latch(v, CHECK_PV_UNTRACKED, v->word_trusted && enabled && bit && !pending))
		check_fire(CHECK_PV_UNTRACKED, v, v->vm, DIV_NONE,
			   "PV EOI word is 1, but KVM does not wait for an ack");
	if (check_latch(v, CHECK_PV_UNARMED, v->word_trusted && enabled && !bit && pending))
		check_fire(CHECK_PV_UNARMED, v, v->vm, DIV_NONE,
			   "KVM waits for an ack, but the PV EOI word is 0");
}

static void check_msr(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	/* A disabled MSR may keep its address or not. */
	if (kvm->pv_eoi_msr == v->pv_msr || !((kvm->pv_eoi_msr | v->pv_msr) & 1))
		return;
	check_fire(v->moved ? CHECK_PV_MSR_MOVED : CHECK_PV_MSR, v, v->vm, DIV_NONE,
		   "KVM holds PV EOI MSR 0x%llx, last accepted was 0x%llx",
		   (unsigned long long)kvm->pv_eoi_msr, (unsigned long long)v->pv_msr);
	v->pv_msr = kvm->pv_eoi_msr;
}

/*
 * Nothing is armed and nothing changed, or the word was just armed and all of the
 * clauses allow it, with nothing else in IRR that they would have to be asked about.
 */
static inline bool plainly_right(const struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word)
{
	if (!v->word_known || v->kvm_pending || v->reported || kvm->pv_eoi_msr != v->pv_msr || (v->word & 1))
		return false;
	if (word == v->word)
		return !kvm->pv_eoi_pending;
	return word == (v->word | 1) && kvm->pv_eoi_pending && (v->pv_msr & 1) && v->apic.top >= 0 &&
	       !kvm->apicv_active && !chips.on && !vcpu_waiting(v);
}

/* After the dispatch, before IRR is compared. */
void check_pv_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool readable)
{
	bool pending = kvm->pv_eoi_pending, judge = readable && !v->page_gone;

	if (likely(judge && plainly_right(v, kvm, word))) {
		v->word = word;
		v->armed = v->kvm_pending = pending;
		v->maybe_acked = false;
		return;
	}
	check_msr(v, kvm);
	if (pending && !v->kvm_pending && !(v->pv_msr & 1))
		check_fire(CHECK_CACHE_PV_PENDING, v, v->vm, DIV_NONE,
			   "KVM began to wait for an ack while the MSR is 0x%llx", (unsigned long long)v->pv_msr);
	if (judge) {
		check_other_bits(v, word);
		if (v->word_known && (word & ~v->word & 1))
			check_armed_for(v);
		if (!v->word_known || !(word & ~v->word & 1) || check_arming(v, kvm->apicv_active))
			check_tracking(v, word & 1, pending);
	}
	v->armed = judge ? word & 1 : pending;
	v->kvm_pending = pending;
	/* Either KVM has taken the replaced word for an ack by now, or it has armed it anew. */
	if (!pending || (judge && (word & 1)))
		v->maybe_acked = false;
	word_settle(v, word, readable);
}

/*
 * Before ISR is compared at an exit.  The page may be back although
 * oracle_pv_page_back() has not been called yet: then a 0 is a word that KVM could
 * clear, or one that was replaced.  A page that is really away shows nothing, or
 * still the 1.
 */
void check_pv_replaced(struct oracle_vcpu *v, uint32_t word, bool readable)
{
	if (unlikely(v->page_gone) && readable && !(word & 1) && (v->armed || v->kvm_pending))
		v->maybe_acked = true;
	/* PV EOI may have been enabled in a page that was leaving. */
	if (unlikely(!readable) && (v->pv_msr & 1))
		v->page_was_gone = true;
}

/* After KVM has synchronised. A word that is 0 now is a known beginning. */
void check_pv_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool readable)
{
	bool judge = readable && !v->page_gone;

	if (likely(judge)) {
		check_other_bits(v, word);
		if (!(word & 1))
			v->word_trusted = true;
	}
	v->armed = judge ? word & 1 : kvm->pv_eoi_pending;
	v->kvm_pending = kvm->pv_eoi_pending;
	v->maybe_acked = false;
	v->page_was_gone = v->page_gone;
	word_settle(v, word, readable);
}

void check_pv_running(struct oracle_vcpu *v, uint32_t old_word)
{
	check_fire(CHECK_PV_RUNNING, v, v->vm, DIV_NONE,
		   "PV EOI word went from 0x%08x to 0x%08x while the guest ran", v->word, old_word);
}
