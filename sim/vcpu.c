// SPDX-License-Identifier: GPL-2.0-only
/* See vcpu.h. */
#include "sim/vcpu.h"

#include "sim/apicv.h"
#include "sim/counts.h"
#include "sim/crash.h"
#include "sim/guest_step.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"
#include "sim/scheduler.h"
#include "sim/trace.h"
#include "sim/user_events.h"

/* What a VM-Entry takes: so no chain of entries and exits is free of time, and a livelock ends the run. */
#define ENTRY_NS	40u
void (*vcpu_bare_entry)(struct kw_hw *hw);

/* True if the event's delivery itself exits: SDM, "Information for VM Exits During Event Delivery". */
static bool delivery_exits(struct vcpu *v, uint32_t info)
{
	if (likely(!sc()->delivery_exit_ppm))
		return false;
	if (host_phase != HOST_RACE || rng_below(&v->program, 1000000) >= sc()->delivery_exit_ppm)
		return false;
	v->hw->idt_vectoring_info = info;
	v->hw->exit_reason = KW_EXIT_EPT_VIOLATION;
	return true;
}

/* @info: type and vector. */
static bool deliver(struct vcpu *v, uint32_t info)
{
	uint32_t vector = info & KW_INTR_VECTOR_MASK;

	if (delivery_exits(v, KW_INTR_VALID | info)) {
		oracle_delivery_interrupted(v->index, vector);
		return true;
	}
	guest_take_interrupt(v, vector);
	return false;
}

/* SDM, "Nonmaskable Interrupts and VMX": its injection blocks further ones. */
static bool deliver_nmi(struct vcpu *v, uint32_t info)
{
	v->hw->interruptibility |= KW_BLOCK_NMI;
	if (delivery_exits(v, info)) {
		oracle_nmi_interrupted(v->index);
		return true;
	}
	guest_take_nmi(v);
	return false;
}

/*
 * The guest goes on behind the instruction that faults.  SDM, "VM Entries", "Interruptibility State": an
 * entry that injects leaves no blocking by STI and MOV SS.
 */
static bool deliver_exception(struct vcpu *v)
{
	v->fault_due = false;
	v->hw->interruptibility &= ~(KW_BLOCK_STI | KW_BLOCK_MOV_SS);
	return false;
}

/* SDM, "Event Injection". */
static bool inject(struct vcpu *v, uint32_t info)
{
	if (likely((info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL))
		return deliver(v, info & KW_INTR_VECTOR_MASK);
	switch (info & KW_INTR_TYPE_MASK) {
	case KW_INTR_TYPE_SOFT:		/* as INT n would, through the same gate */
		return deliver(v, info);
	case KW_INTR_TYPE_NMI:
		return deliver_nmi(v, info);
	case KW_INTR_TYPE_EXCEPTION:
		return deliver_exception(v);
	default:
		return false;
	}
}

/* A notification alone is the processor's to handle; anything else beside it makes the guest exit. */
static bool external_interrupt_exits(struct vcpu *v)
{
	uint32_t pending = kw_cpu_irq->pending;

	if (__builtin_expect(!pending || pending != KW_IRQ_POSTED || !v->hw->apicv.posted, 1))
		return pending;
	kw_irq_posted_ack(v->tid);
	if (trace_on())
		trace_event("hardware", "vcpu %u posted interrupts", v->index);
	host_event(DIGEST_IRQ, v->index, KW_IRQ_POSTED);
	apicv_posted(v);
	oracle_hw_posted(v->index);
	return false;
}

/* SDM, "VMX-Preemption Timer": it counts down each time that bit SHIFT of the TSC changes. */
static uint64_t preemption_timer_expires(const struct kw_hw *hw)
{
	if (likely(!hw->preemption_timer_on))
		return UINT64_MAX;
	return ((sched_now() >> KW_PREEMPTION_TIMER_SHIFT) + hw->preemption_timer) << KW_PREEMPTION_TIMER_SHIFT;
}

/* Reasons to exit between two instructions, in the order of SDM's "Priority of VM Exits". */
static bool find_exit(struct vcpu *v, uint64_t timer_ns)
{
	struct kw_hw *hw = v->hw;

	if (unlikely(hw->immediate_exit)) {
		hw->immediate_exit = 0;
		hw->exit_reason = KW_EXIT_PREEMPTION_TIMER;
		return true;
	}
	if (unlikely(sched_now() >= timer_ns)) {
		hw->exit_reason = KW_EXIT_PREEMPTION_TIMER;
		return true;
	}
	/* SDM, "VM Exits Induced by the TPR Threshold": at entry only with APIC accesses virtualized. */
	if (sc()->tpr_shadow && !v->x2apic && unlikely((hw->vapic_page[LAPIC_TPR] >> 4) < (hw->tpr_threshold & 15)) &&
	    !(hw->has_apicv && hw->apicv.vid)) {
		hw->exit_reason = KW_EXIT_TPR_BELOW_THRESHOLD;
		return true;
	}
	if (unlikely(hw->nmi_window) &&
	    !(hw->interruptibility & (KW_BLOCK_NMI | KW_BLOCK_STI | KW_BLOCK_MOV_SS))) {
		hw->exit_reason = KW_EXIT_NMI_WINDOW;
		return true;
	}
	if (unlikely(external_interrupt_exits(v))) {
		hw->exit_reason = KW_EXIT_EXTERNAL_INTERRUPT;
		return true;
	}
	if (unlikely(hw->int_window) && guest_if_on(v) && !(hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS))) {
		hw->exit_reason = KW_EXIT_INTERRUPT_WINDOW;
		return true;
	}
	return false;
}

static bool deliver_virtual(struct vcpu *v, uint32_t vector)
{
	host_event(DIGEST_ENTRY, v->index, vector);
	COUNT(VIRTUAL);
	if (trace_on())
		trace_event("hardware", "vcpu %u virtual interrupt 0x%02x", v->index, vector);
	return deliver(v, vector);
}

/* Before each operation, but for those before which there can be neither: true if the guest exits. */
static __attribute__((noinline)) bool exit_or_virtual(struct vcpu *v, uint64_t timer_ns)
{
	int vector;

	for (;;) {
		if (find_exit(v, timer_ns))
			return true;
		if (!v->hw->has_apicv || !v->hw->apicv.recognized || (vector = apicv_take(v)) < 0)
			return false;
		if (deliver_virtual(v, (uint32_t)vector))
			return true;
		crash_heartbeat++;
	}
}

/* What it mostly is: an interrupt of the host, and nothing that would go before it. */
static inline bool exits_for_host(const struct vcpu *v, uint64_t timer_ns)
{
	if (v->hw->causes || !(kw_cpu_irq->pending & ~KW_IRQ_POSTED) || sched_now() >= timer_ns)
		return false;
	v->hw->exit_reason = KW_EXIT_EXTERNAL_INTERRUPT;
	return true;
}

/* The VMX-preemption timer expires before the next operation is over. */
static __attribute__((noinline)) void run_to_timer(uint64_t timer_ns)
{
	sched_advance_to(timer_ns);
}

/* @timer_ns: when the VMX-preemption timer expires. */
static void run_guest(struct vcpu *v, uint64_t timer_ns)
{
	uint64_t op_ns;

	for (;;) {
		crash_heartbeat++;
		if (unlikely((v->hw->causes | kw_cpu_irq->pending) || sched_now() >= timer_ns) &&
		    (exits_for_host(v, timer_ns) || exit_or_virtual(v, timer_ns)))
			return;
		op_ns = guest_op_time(v);
		if (unlikely(op_ns >= timer_ns - sched_now())) {
			run_to_timer(timer_ns);
			continue;
		}
		if (sched_advance_to(sched_now() + op_ns))
			continue;
		if (guest_step(v))
			return;
		if (unlikely(v->mwait))
			timer_ns = guest_mwait(v, timer_ns);
	}
}

void hs_vm_enter(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	uint32_t info = hw->entry_intr_info;
	bool valid = info & KW_INTR_VALID;
	uint64_t timer_ns = preemption_timer_expires(hw);
	bool forced = hw->immediate_exit;

	if (unlikely(vcpu_bare_entry)) {
		vcpu_bare_entry(hw);
		return;
	}
	sched_advance(ENTRY_NS);
	lapic_settle(v, valid && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXCEPTION);
	if (unlikely(v->ev.apf_due))
		guest_apf_settle(v);
	/* A WRMSR that KVM carried out on its short way back to the guest is over too. */
	if (unlikely(hw->exit_reason == KW_EXIT_MSR_WRITE) && !(hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS)))
		oracle_guest_if(v->index, guest_if_on(v), 0);
	if (unlikely(pins_on))
		pins_enter(v);
	if (unlikely(v->fault_due))
		oracle_fault_entry(v->index, hw);
	if (unlikely(sc()->window_percent))
		user_window_entry(v);
	lapic_check_entry(v);
	host_event(DIGEST_ENTRY, v->index, info);
	COUNT(ENTRIES);
	counts.plain[RUN_COUNT_INJECTED] += valid && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL;
	v->halted = false;
	hw->exit_qual = 0;	/* SDM, "Basic VM-Exit Information": 0 where a reason defines none */
	if (unlikely(hw->has_apicv))
		apicv_enter(v);
	if (!valid || !inject(v, info)) {
		run_guest(v, timer_ns);
		/* In an entry that KVM made only to exit, no timer can go off. */
		if (unlikely(machine.timers) && !forced)
			oracle_timer_exit(v->index);
	}
	host_event(DIGEST_EXIT, v->index, (uint64_t)hw->exit_reason << 32 | (uint32_t)hw->exit_qual);
	counts.exit[hw->exit_reason]++;
}

void hs_vm_exit_handle(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;

	if (unlikely(vcpu_bare_entry))
		return;
	lapic_check_exit(v);
	if (unlikely(hw->has_apicv))
		hw->apicv.trap_offset = 0;
	lapic_tell(v);
	if (unlikely(v->ev.apf_due))
		guest_apf_settle(v);
	/* KVM skips the instruction, and with it what blocked interrupts for one. */
	if (hw->exit_reason != KW_EXIT_EXTERNAL_INTERRUPT && hw->exit_reason != KW_EXIT_INTERRUPT_WINDOW &&
	    hw->exit_reason != KW_EXIT_PREEMPTION_TIMER && hw->exit_reason != KW_EXIT_EPT_VIOLATION &&
	    hw->exit_reason != KW_EXIT_NMI_WINDOW &&
	    hw->exit_reason != KW_EXIT_APIC_WRITE && hw->exit_reason != KW_EXIT_VIRTUALIZED_EOI)
		oracle_guest_if(v->index, guest_if_on(v), 0);
}

void hs_vm_exit_done(struct kw_hw *hw, bool faulted)
{
	struct vcpu *v = hw->owner;

	if (likely(!(v->accessing | faulted)) || vcpu_bare_entry)
		return;
	v->fault_due = faulted;
	if (v->accessing)
		lapic_access_done(v, faulted);
}

void hs_run_spins(void)
{
	uint32_t index = kw_shared.current_tid - 1;

	if (index < machine.nr_vcpus)
		oracle_run_spins(index);
}

void hs_vm_cancel(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	struct kw_apic_state st;

	if (vcpu_bare_entry)
		return;
	COUNT(CANCELLED);
	if (unlikely(v->timer_access))
		lapic_settle_timer(v, false);
	kw_apic_state(hw, &st);
	oracle_cancel(v->index, &st);
}
