// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of NMI, INIT and SIPI.
 *
 * Verifies: an NMI is injected only if one was sent, not in the handler of
 * another, not in a shadow, and not after an interrupt that came later into the
 * race ("Priority Among Concurrent Events"); one that was sent is injected at
 * the next entry, or an exit is asked for as soon as it can be ("Handling
 * Multiple NMIs": one is latched); INIT is taken before the next entry, resets
 * the APIC but for ID and mode ("Local APIC State After It Receives an INIT"),
 * and all but the boot processor then wait; SIPI starts only a vCPU that waits,
 * where its vector says; no vCPU runs before; HLT ends only by an event, and a kick
 * ends one HLT.
 *
 * Does not verify: processor state beyond the APIC after INIT; which of several
 * overlapping SIPIs was the first; NMIs that were pending when INIT came.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/pmi.h"

#include <string.h>

#define SHADOW	(KW_BLOCK_STI | KW_BLOCK_MOV_SS)

/* --- Injection. */
static void inject_nmi(struct oracle_vcpu *v, struct event_vcpu *e, const struct kw_hw *hw)
{
	if (e->nmi_blocked)
		check_fire(CHECK_NMI_BLOCKED, v, v->vm, DIV_NONE, "NMI injected while the handler of one runs");
	else if (v->blocking & hw->interruptibility & SHADOW)
		check_fire(CHECK_NMI_BLOCKED, v, v->vm, DIV_NONE, "NMI injected in the shadow of %s",
			   v->blocking & KW_BLOCK_STI ? "STI" : "MOV SS");
	if (e->nmi_owed)
		return;		/* the same again */
	if (e->nmi_max)
		e->nmi_max--;
	else if (e->nmi_inflight > e->nmi_early)
		e->nmi_early++;
	else
		check_fire(CHECK_NMI_SPURIOUS, v, v->vm, DIV_NONE,
			   "NMI injected, but none was sent that has not been delivered or collapsed");
	e->nmi_must = 0;
	e->nmi_taken_seq = ++oracle.seq;
}

/* An NMI must be pending, and this entry does not inject it. */
static void hold_nmi(struct oracle_vcpu *v, struct event_vcpu *e, const struct kw_hw *hw, bool dispatch)
{
	uint32_t blocking = v->blocking | hw->interruptibility;

	if (!hw->nmi_window && !hw->immediate_exit) {
		check_fire(CHECK_NMI_HELD, v, v->vm, DIV_NONE,
			   "an NMI is pending; it is not injected, and no exit is asked for when it can be");
		e->nmi_must = 0;
	} else if (dispatch && !e->nmi_blocked && !(blocking & SHADOW)) {
		check_fire(CHECK_NMI_PRIORITY, v, v->vm, hw->entry_intr_info & KW_INTR_VECTOR_MASK,
			   "an interrupt is dispatched while an NMI is pending and not blocked");
	}
}

static bool may_interrupt(const struct oracle_vcpu *v)
{
	for (int w = APIC_WORDS - 1; w >= 0; w--) {
		uint32_t bits = v->apic.irr[w] | v->may[w];

		if (bits)
			return w * 32 + 31 - __builtin_clz(bits) >= 16;
	}
	return false;
}

/* SDM, "HLT": an interrupt, NMI, SMI, debug exception, INIT or reset ends it. */
static bool woken(const struct oracle_vcpu *v, const struct event_vcpu *e, const struct kw_hw *hw)
{
	return (hw->entry_intr_info & KW_INTR_VALID) || e->nmi_max || e->nmi_inflight || v->owed >= 0 || may_interrupt(v) ||
	       pmi_sent_smi(v);
}

/*
 * Of kicks since the last entry: hypercalls.rst, KVM_HC_KICK_CPU wakes up "the sleeping vcpu".  If there was
 * one, and nothing else to end this HLT, it has done that.  Else it may have come when the vCPU was
 * awake already, and then the next HLT ends.
 */
static bool kick_remains(const struct oracle_vcpu *v, const struct event_vcpu *e, const struct kw_hw *hw)
{
	bool other = woken(v, e, hw) || e->halt_sipi || e->sipi_inflight || pmi_was_masked(v);

	return e->kick_fresh && (e->kick_more || e->kick_inflight || other);
}

static void check_wakeup(struct oracle_vcpu *v, struct event_vcpu *e, const struct kw_hw *hw)
{
	if (woken(v, e, hw) || e->kicked || e->maybe_kicked || e->kick_inflight)
		return;
	if ((e->halt_sipi || e->sipi_inflight) && deviation_allows(DEV_HALT_SIPI))
		return;
	check_fire(CHECK_HALT, v, v->vm, DIV_NONE, "the guest runs on after HLT, and nothing woke it%s",
		   pmi_was_masked(v) ? " but a counter's interrupt that LVTPC does not let through" : "");
}

void check_events_entry(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	struct event_vcpu *e = event_vcpu(v);
	uint32_t type = hw->entry_intr_info & (KW_INTR_VALID | KW_INTR_TYPE_MASK);
	uint32_t vector = hw->entry_intr_info & KW_INTR_VECTOR_MASK;
	bool nmi = type == (KW_INTR_VALID | KW_INTR_TYPE_NMI);
	bool dispatch = type == (KW_INTR_VALID | KW_INTR_TYPE_EXTERNAL) && v->owed != (int)vector;

	(void)kvm;
	if (e->init == PENDING_MUST && !e->init_fresh) {
		check_fire(CHECK_INIT_LOST, v, v->vm, DIV_NONE, "INIT was sent, and the guest is entered without it");
		e->init = PENDING_NO;
	}
	if (e->init == PENDING_MAY && !e->init_fresh)
		e->init = PENDING_NO;
	if (e->waiting) {
		check_fire(CHECK_SIPI_EARLY, v, v->vm, DIV_NONE, "the vCPU runs although it waits for a SIPI");
		e->waiting = false;
	}
	if (e->halted) {
		bool remains = kick_remains(v, e, hw);

		check_wakeup(v, e, hw);
		e->maybe_kicked = remains;
		e->kicked = e->kick_state_set = e->kick_moved = e->kick_more = false;
		e->halt_end_seq = ++oracle.seq;
	}
	check_latch(v, CHECK_SPIN, false);
	e->halted = e->halt_sipi = e->kick_fresh = false;
	if (nmi)
		inject_nmi(v, e, hw);
	else if (e->nmi_owed)
		check_fire(CHECK_NMI_OWED, v, v->vm, DIV_NONE, "an NMI whose delivery was interrupted is not injected again");
	else if (e->nmi_must && !e->nmi_fresh)
		hold_nmi(v, e, hw, dispatch);
	e->nmi_owed = false;
}

void oracle_nmi_delivered(uint32_t vcpu)
{
	struct event_vcpu *e = events.vcpu ? event_vcpu(oracle_vcpu(vcpu)) : NULL;

	if (!e)
		return;
	e->nmi_blocked = true;
	e->nmi_block_seq = ++oracle.seq;
}

void oracle_nmi_interrupted(uint32_t vcpu)
{
	if (events.vcpu)
		event_vcpu(oracle_vcpu(vcpu))->nmi_owed = true;
}

void oracle_nmi_iret(uint32_t vcpu)
{
	if (events.vcpu)
		event_vcpu(oracle_vcpu(vcpu))->nmi_blocked = false;
}

/* --- INIT. */
struct init_value { uint16_t offset; uint32_t value; };
static const struct init_value init_values[] = {
	{ APIC_REG_TPR, 0 }, { APIC_REG_PPR, 0 }, { APIC_REG_SVR, 0xff }, { APIC_REG_DFR, 0xffffffff },
	{ 0x280, 0 }, { 0x300, 0 }, { 0x380, 0 }, { 0x3e0, 0 },	/* ESR, ICR, timer */
	{ 0x320, 0x10000 }, { 0x330, 0x10000 }, { 0x340, 0x10000 }, { 0x360, 0x10000 }, { 0x370, 0x10000 },
};

/* "Local APIC State After Power-Up or Reset", which INIT's refers to. */
static void check_init_values(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t lint0 = apic_reg(kvm->regs, 0x350);

	for (uint32_t i = 0; i < sizeof(init_values) / sizeof(init_values[0]); i++) {
		uint32_t value = apic_reg(kvm->regs, init_values[i].offset);

		if (value != init_values[i].value)
			check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE, "after INIT register 0x%x is 0x%x, not 0x%x",
				   init_values[i].offset, value, init_values[i].value);
	}
	if (lint0 != ((kvm->apic_base & APIC_BASE_BSP) && deviation_allows(DEV_INIT_LINT0) ? 0x700 : 0x10000))
		check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE, "after INIT LINT0's LVT entry is 0x%x", lint0);
	if ((apic_reg(kvm->regs, APIC_REG_LDR) | apic_reg(kvm->regs, 0x310)) && !identity_x2apic(&v->now))
		check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE, "after INIT LDR or ICR's destination is not 0");
	if (identity_x2apic(&v->now) &&
	    apic_reg(kvm->regs, APIC_REG_LDR) != (v->x2apic_id >> 4 << 16 | 1u << (v->x2apic_id & 15)))
		check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE, "INIT changed LDR, which follows from the x2APIC ID");
	for (uint32_t bank = APIC_REG_ISR; bank <= APIC_REG_IRR; bank += 0x80)
		for (int w = 0; w < APIC_WORDS; w++)
			/* A message that overlaps the reset may have set its bit just after. */
			if (apic_reg_word(kvm->regs, bank, w) & ~(bank == APIC_REG_ISR ? 0 : v->may[w]))
				check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE,
					   "after INIT word %d of %s is not 0", w,
					   bank == APIC_REG_ISR ? "ISR" : bank == APIC_REG_IRR ? "IRR" : "TMR");
}

static void check_init_keeps(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct oracle_identity id;

	vcpu_identity_read(v, kvm, &id);
	if (id.id != v->now.id || id.apic_base != v->now.apic_base)
		check_fire(CHECK_INIT_STATE, v, v->vm, DIV_NONE,
			   "INIT changed the APIC ID from 0x%x to 0x%x, or the APIC base from 0x%llx to 0x%llx", v->now.id,
			   id.id, (unsigned long long)v->now.apic_base, (unsigned long long)id.apic_base);
}

/* It came to a CPU that is started anew since, or waited to be: not for the HLT to come, and maybe forgotten. */
static void doubt_kick(struct event_vcpu *e)
{
	e->maybe_kicked |= e->kicked;
	e->kicked = e->kick_state_set = e->kick_moved = false;
}

/* After oracle.c has reset the ideal APIC. */
void check_init(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct event_vcpu *e;

	check_init_keeps(v, kvm);
	check_init_values(v, kvm);
	if (!events.vcpu) {
		check_fire(CHECK_INIT_SPURIOUS, v, v->vm, DIV_NONE, "the vCPU is reset, but nobody sends INITs");
		return;
	}
	e = event_vcpu(v);
	if (e->init == PENDING_NO && !e->init_inflight)
		check_fire(CHECK_INIT_SPURIOUS, v, v->vm, DIV_NONE, "the vCPU is reset, but no INIT is pending");
	/* One that ended since KVM began this reset may still come. */
	e->init = e->init_fresh ? PENDING_MAY : PENDING_NO;
	e->init_taken_seq = ++oracle.seq;
	e->waiting = !(kvm->apic_base & APIC_BASE_BSP);
	e->nmi_must = 0;
	e->nmi_owed = e->nmi_blocked = e->halted = false;
	for (int w = 0; w < APIC_WORDS && !e->init_inflight; w++)
		e->sipi_may[w] &= ~e->sipi_stale[w];
	memset(e->sipi_stale, 0, sizeof(e->sipi_stale));
	doubt_kick(e);
}

/* --- SIPI. */
void oracle_sipi_taken(uint32_t vcpu, uint8_t vector)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;

	if (!e || !e->waiting) {
		check_fire(CHECK_SIPI_SPURIOUS, v, v->vm, vector, "a SIPI starts a vCPU that does not wait for one");
		return;
	}
	if (!vector_test(e->sipi_may, vector) && !events_sipi_in_flight(v, vector))
		check_fire(CHECK_SIPI_SPURIOUS, v, v->vm, vector, "the vCPU starts at page 0x%02x, which no SIPI named",
			   vector);
	else if (e->sipi_must && vector != e->sipi_first && !deviation_allows(DEV_SIPI_LATEST))
		check_fire(CHECK_SIPI_SPURIOUS, v, v->vm, vector,
			   "the vCPU starts at page 0x%02x, the first SIPI said 0x%02x", vector, e->sipi_first);
	e->waiting = e->sipi_must = false;
	memset(e->sipi_may, 0, sizeof(e->sipi_may));
	e->sipi_taken_seq = ++oracle.seq;
	doubt_kick(e);
}

/*
 * "Wait-for-SIPI": NMIs and interrupts are blocked, so there is nothing to do, and
 * the host's CPU is free for others.
 */
void oracle_run_spins(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;

	if (e && e->waiting && (e->nmi_max || e->nmi_inflight || e->kicked || e->maybe_kicked ||
				e->kick_inflight) && deviation_allows(DEV_SIPI_SPIN))
		return;
	if (check_latch(v, CHECK_SPIN, true))
		check_fire(CHECK_SPIN, v, v->vm, DIV_NONE, "KVM_RUN loops without entering the guest%s",
			   e && e->waiting ? "; the vCPU waits for a SIPI" : "");
}

/* --- The end. */
void check_events_quiet(struct oracle_vcpu *v)
{
	struct event_vcpu *e = event_vcpu(v);

	if (e->init == PENDING_MUST)
		check_fire(CHECK_INIT_LOST, v, v->vm, DIV_NONE, "INIT was sent and has not been taken at the end of the run");
	if (e->waiting && e->sipi_must)
		check_fire(CHECK_SIPI_LOST, v, v->vm, e->sipi_first,
			   "a SIPI was sent to a vCPU that waited; at the end of the run it still does");
	if (e->kicked && e->halted)
		check_fire(CHECK_KICK_LOST, v, v->vm, DIV_NONE, "KVM_HC_KICK_CPU did not end HLT%s",
			   e->kick_moved ? "; between them the VM moved" :
			   e->kick_state_set ? "; between them userspace loaded the run state" : "");
	if (e->nmi_must && !e->waiting)
		check_fire(CHECK_NMI_LOST, v, v->vm, DIV_NONE, "an NMI was sent and never delivered");
}
