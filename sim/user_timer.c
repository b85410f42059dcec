// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace and the APIC timer: KVM_GET_LAPIC and KVM_SET_LAPIC with the oracle
 * told when they begin, a state of the timer that is loaded some time after it was
 * saved, and KVM_SET_MSRS of IA32_TSC_DEADLINE.
 */
#include "sim/user_timer.h"

#include <string.h>

#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

#define DIVIDE_BY_1	0xbu

static const uint32_t timer_offsets[] = { LAPIC_LVTT, LAPIC_TMICT, LAPIC_TMCCT, LAPIC_TDCR };

static uint32_t *reg(struct kvm_lapic_state *regs, uint32_t offset) { return (uint32_t *)(regs->regs + offset); }

int64_t user_lapic_get(struct vcpu *v, struct kvm_lapic_state *regs)
{
	struct kw_apic_state st;
	int64_t ret;

	if (machine.timers)
		oracle_timer_read(v->index, TIMER_REG_CURRENT);
	ret = host_ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)regs);
	if (!machine.timers)
		return ret;
	oracle_timer_done(v->index, ret >= 0, *reg(regs, LAPIC_TMCCT));
	if (ret >= 0) {
		/* What KVM acknowledged on the way out has to be seen before it is overwritten. */
		kw_apic_state(v->hw, &st);
		oracle_user_get_lapic(v->index, (uint8_t *)regs->regs, &st);
	}
	return ret;
}

void user_lapic_set(struct vcpu *v, struct kvm_lapic_state *regs, bool as_it_was)
{
	int64_t ret;

	if (trace_on())
		trace_event("userspace", "vcpu %u set lapic: LVTT 0x%x TMICT 0x%x TMCCT 0x%x TDCR 0x%x", v->index,
			    *reg(regs, LAPIC_LVTT), *reg(regs, LAPIC_TMICT), *reg(regs, LAPIC_TMCCT),
			    *reg(regs, LAPIC_TDCR));
	if (machine.timers)
		oracle_timer_write(v->index, TIMER_REG_LOAD, as_it_was);
	ret = host_ioctl(v->fd, KVM_SET_LAPIC, (uint64_t)regs);
	oracle_user_set_lapic(v->index, (uint8_t *)regs->regs, ret == 0);
}

void user_timer_load(struct vcpu *v)
{
	struct kvm_lapic_state regs;
	uint32_t what = rng_below(&v->timer_rng, 4);

	if (user_lapic_get(v, &regs) < 0)
		return;
	if (!v->timer_saved || !what) {
		for (int i = 0; i < 4; i++)
			v->timer_regs[i] = *reg(&regs, timer_offsets[i]);
		v->timer_saved = true;
		return;
	}
	if (what == 1 && rng_below(&v->timer_rng, 2)) {
		*reg(&regs, LAPIC_TMCCT) = *reg(&regs, LAPIC_TMICT) ? 1 : 0;	/* a nanosecond is left */
		*reg(&regs, LAPIC_TDCR) = DIVIDE_BY_1;
	} else if (what == 1)
		*reg(&regs, LAPIC_TMICT) = *reg(&regs, LAPIC_TMCCT) = 0;	/* stopped */
	else
		for (int i = 0; i < 4; i++)
			*reg(&regs, timer_offsets[i]) = v->timer_regs[i];
	/* Nothing would wake the vCPU, and its timer would go on for ever: see do_hlt(). */
	if (v->tpr >= 0xf0 && (*reg(&regs, LAPIC_LVTT) >> 17 & 3) == LAPIC_LVTT_PERIODIC)
		return;
	v->lvtt = *reg(&regs, LAPIC_LVTT);
	v->timer_count = *reg(&regs, LAPIC_TMICT);
	v->timer_dcr = (uint8_t)*reg(&regs, LAPIC_TDCR);
	user_lapic_set(v, &regs, false);
}

void user_timer_msr(struct vcpu *v)
{
	uint64_t deadline = rng_below(&v->timer_rng, 8) ?
				    sched_now() + rng_gap(&v->timer_rng, machine.scenario.timer_ns) :
				    0;

	if (trace_on())
		trace_event("userspace", "vcpu %u set tsc deadline: 0x%llx", v->index, (unsigned long long)deadline);
	oracle_timer_write(v->index, TIMER_REG_DEADLINE, deadline);
	oracle_timer_done(v->index, machine_set_msr(host_ioctl, v->fd, MSR_TSC_DEADLINE, deadline) == 1, 0);
}
