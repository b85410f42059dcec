// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operation: MWAIT that does not exit (KVM_CAP_X86_DISABLE_EXITS), in a C-state that the
 * guest chooses.
 *
 * It ends with what makes the guest exit or take an interrupt, or when somebody writes to the line
 * that the guest monitors, after a drawn time.  SDM, "VMX-Preemption Timer": the timer works in C0,
 * C1 and C2, and is not decremented in deeper C-states; it goes on behind them where it stood.
 *
 * The guest lets masked interrupts end it (ECX bit 0), so it need not enable them first.  MONITOR
 * is not modelled: MWAIT may end for any reason, and software has to look.
 */
#include "sim/guest.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

enum step do_mwait(struct vcpu *v)
{
	v->mwait = rng_percent(&v->program, sc()->mwait_deep_percent) ? MWAIT_DEEP : MWAIT_SHALLOW;
	return STEP_GO_ON;
}

/* Something has to be done before the next instruction, or soon: there is nothing to sleep for. */
static bool something_waits(const struct kw_hw *hw)
{
	return kw_cpu_irq->pending || hw->int_window || hw->nmi_window || (hw->has_apicv && hw->apicv.recognized);
}

/* The count of the timer stands still from @from to @to. */
static uint64_t stood_still(uint64_t timer_ns, uint64_t from, uint64_t to)
{
	uint64_t left = (timer_ns >> KW_PREEMPTION_TIMER_SHIFT) - (from >> KW_PREEMPTION_TIMER_SHIFT);

	return ((to >> KW_PREEMPTION_TIMER_SHIFT) + left) << KW_PREEMPTION_TIMER_SHIFT;
}

uint64_t guest_mwait(struct vcpu *v, uint64_t timer_ns)
{
	bool deep = v->mwait == MWAIT_DEEP;
	uint64_t from = sched_now(), ns = rng_gap(&v->program, sc()->mwait_ns);

	v->mwait = MWAIT_NONE;
	if (something_waits(v->hw) || timer_ns <= from)
		return timer_ns;
	if (!deep && timer_ns - from < ns)
		ns = timer_ns - from;
	sched_advance_interruptible(ns);
	if (trace_on())
		trace_event("hardware", "vcpu %u leaves %s after %llu ns", v->index, deep ? "C6" : "C1",
			    (unsigned long long)(sched_now() - from));
	return deep && timer_ns != UINT64_MAX ? stood_still(timer_ns, from, sched_now()) : timer_ns;
}
