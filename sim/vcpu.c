// SPDX-License-Identifier: GPL-2.0-only
/* See vcpu.h. */
#include "sim/vcpu.h"

#include "sim/crash.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/scheduler.h"

/* What a VM-Entry takes: so no chain of entries and exits is free of time, and a livelock ends the run. */
#define ENTRY_NS	40u

void (*vcpu_bare_entry)(struct kw_hw *hw);

/* SDM, "Event Injection": true if the event's delivery itself exits. */
static bool inject(struct vcpu *v, uint32_t info)
{
	struct kw_hw *hw = v->hw;
	uint32_t vector = info & KW_INTR_VECTOR_MASK;

	if ((info & KW_INTR_TYPE_MASK) != KW_INTR_TYPE_EXTERNAL)
		return false;
	if (sc()->delivery_exit_ppm && host_phase == HOST_RACE &&
	    rng_below(&v->program, 1000000) < sc()->delivery_exit_ppm) {
		hw->idt_vectoring_info = info;
		hw->exit_reason = KW_EXIT_EPT_VIOLATION;
		oracle_delivery_interrupted(v->index, vector);
		return true;
	}
	guest_take_interrupt(v, vector);
	return false;
}

/* Reasons to exit between two instructions, in the order of SDM's "Priority of VM Exits". */
static bool pending_exit(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	if (hw->immediate_exit) {
		hw->immediate_exit = 0;
		hw->exit_reason = KW_EXIT_PREEMPTION_TIMER;
		return true;
	}
	/* SDM, "VM Exits Induced by the TPR Threshold": at entry only with APIC accesses virtualized. */
	if (sc()->tpr_shadow && !v->x2apic && (hw->vapic_page[LAPIC_TPR] >> 4) < (hw->tpr_threshold & 15)) {
		hw->exit_reason = KW_EXIT_TPR_BELOW_THRESHOLD;
		return true;
	}
	if (kw_irq_pending(v->tid)) {
		hw->exit_reason = KW_EXIT_EXTERNAL_INTERRUPT;
		return true;
	}
	if (hw->int_window && guest_if_on(v) && !(hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS))) {
		hw->exit_reason = KW_EXIT_INTERRUPT_WINDOW;
		return true;
	}
	return false;
}

static void run_guest(struct vcpu *v)
{
	for (;;) {
		crash_heartbeat++;
		if (pending_exit(v))
			return;
		if (sched_advance_interruptible(guest_op_time(v)))
			continue;
		if (guest_step(v))
			return;
	}
}

void hs_vm_enter(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	uint32_t info = hw->entry_intr_info;
	bool valid = info & KW_INTR_VALID;

	if (vcpu_bare_entry) {
		vcpu_bare_entry(hw);
		return;
	}
	sched_advance(ENTRY_NS);
	lapic_settle(v, valid && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXCEPTION);
	lapic_check_entry(v);
	host_event(DIGEST_ENTRY, v->index, info);
	v->halted = false;
	hw->exit_qual = 0;	/* SDM, "Basic VM-Exit Information": 0 where a reason defines none */
	if (!valid || !inject(v, info))
		run_guest(v);
	host_event(DIGEST_EXIT, v->index, (uint64_t)hw->exit_reason << 32 | (uint32_t)hw->exit_qual);
}

void hs_vm_exit_handle(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;

	if (vcpu_bare_entry)
		return;
	lapic_check_exit(v);
	lapic_tell(v);
	/* KVM skips the instruction, and with it what blocked interrupts for one. */
	if (hw->exit_reason != KW_EXIT_EXTERNAL_INTERRUPT && hw->exit_reason != KW_EXIT_INTERRUPT_WINDOW &&
	    hw->exit_reason != KW_EXIT_PREEMPTION_TIMER && hw->exit_reason != KW_EXIT_EPT_VIOLATION)
		oracle_guest_if(v->index, guest_if_on(v), 0);
}

void hs_vm_cancel(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	struct kw_apic_state st;

	if (vcpu_bare_entry)
		return;
	kw_apic_state(hw, &st);
	oracle_cancel(v->index, &st);
}
