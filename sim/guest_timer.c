// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on the APIC timer: LVT, initial count, divider, IA32_TSC_DEADLINE,
 * reads of what is left, and software-disabling the APIC.
 *
 * The guest keeps to legal values, and stops a periodic timer before it rests for
 * good.  It reads its TSC as virtual time: KVM's offset is 0.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/scheduler.h"

/* A timer that is still running at the end of the race runs down in the quiet phase. */
#define LONGEST		8
/* More than the VMX-preemption timer's 32 bits hold. */
#define FAR_NS		(2ull << (KW_PREEMPTION_TIMER_SHIFT + 32))

static uint32_t timer_mode(const struct vcpu *v) { return v->lvtt >> 17 & 3; }

bool guest_timer_keeps_on(const struct vcpu *v)
{
	return v->timer_count && timer_mode(v) == LAPIC_LVTT_PERIODIC;
}

static uint64_t draw_time(struct vcpu *v)
{
	uint64_t ns = rng_gap(&v->timer_rng, sc()->timer_ns);

	return ns < LONGEST * (uint64_t)sc()->timer_ns ? ns : LONGEST * (uint64_t)sc()->timer_ns;
}

static enum step write_register(struct vcpu *v, uint32_t offset, enum oracle_timer_reg reg, uint32_t value)
{
	v->timer_access = true;
	oracle_timer_write(v->index, reg, value);
	lapic_exit_write(v, offset, value);
	return STEP_EXIT;
}

enum step do_timer_lvt(struct vcpu *v)
{
	const uint32_t *weights = &sc()->timer_oneshot;
	uint32_t total = weights[0] + weights[1] + weights[2];
	uint32_t mode = total ? rng_weighted(&v->timer_rng, weights, 3, total) : LAPIC_LVTT_ONESHOT;
	uint32_t vector = (uint32_t)rng_range(&v->timer_rng, sc()->timer_vector_first, sc()->timer_vector_last);
	bool masked = rng_percent(&v->timer_rng, sc()->timer_masked_percent);

	if (mode != timer_mode(v) && (mode == LAPIC_LVTT_DEADLINE || timer_mode(v) == LAPIC_LVTT_DEADLINE))
		v->timer_count = 0;
	v->lvtt = vector | (masked ? LAPIC_LVT_MASKED : 0) | mode << 17;
	return write_register(v, LAPIC_LVTT, TIMER_REG_LVTT, v->lvtt);
}

static uint32_t divisor(const struct vcpu *v)
{
	uint32_t code = (v->timer_dcr & 3) | (v->timer_dcr >> 1 & 4);

	return code == 7 ? 1 : 2u << code;
}

enum step do_timer_count(struct vcpu *v)
{
	uint64_t count = draw_time(v) / divisor(v);

	if (!count)
		count = 1;
	if (rng_one_in(&v->timer_rng, 16))
		count = 0;
	if (timer_mode(v) != LAPIC_LVTT_DEADLINE)
		v->timer_count = (uint32_t)count;
	return write_register(v, LAPIC_TMICT, TIMER_REG_COUNT, (uint32_t)count);
}

enum step do_timer_stop(struct vcpu *v)
{
	v->timer_count = 0;
	return write_register(v, LAPIC_TMICT, TIMER_REG_COUNT, 0);
}

enum step do_timer_divide(struct vcpu *v)
{
	static const uint8_t codes[] = { 0, 1, 2, 3, 8, 9, 10, 11 };

	v->timer_dcr = codes[rng_below(&v->timer_rng, 8)];
	return write_register(v, LAPIC_TDCR, TIMER_REG_DIVIDE, v->timer_dcr);
}

enum step do_timer_deadline(struct vcpu *v)
{
	uint64_t deadline = sched_now() + draw_time(v);

	switch (rng_below(&v->timer_rng, 12)) {
	case 0:
		deadline = 0;
		break;
	case 1:
		deadline = 1 + rng_below(&v->timer_rng, 1000);	/* long past, or almost */
		break;
	}
	if (unlikely(sc()->timer_far_percent) && rng_percent(&v->timer_rng, sc()->timer_far_percent))
		deadline = sched_now() + FAR_NS;
	v->timer_access = true;
	oracle_timer_write(v->index, TIMER_REG_DEADLINE, deadline);
	v->hw->rcx = MSR_TSC_DEADLINE;
	v->hw->rax = (uint32_t)deadline;
	v->hw->rdx = deadline >> 32;
	return exits(v, KW_EXIT_MSR_WRITE);
}

/* The LVT's mask stays set until the LVT is written. */
enum step do_timer_svr(struct vcpu *v)
{
	v->sw_disabled = !v->sw_disabled;
	return write_register(v, LAPIC_SVR, TIMER_REG_SVR, v->sw_disabled ? 0xff : 0x1ff);
}

enum step do_timer_read(struct vcpu *v)
{
	v->timer_access = true;
	if (rng_below(&v->timer_rng, 2)) {
		oracle_timer_read(v->index, TIMER_REG_CURRENT);
		lapic_exit_read(v, LAPIC_TMCCT);
		return STEP_EXIT;
	}
	oracle_timer_read(v->index, TIMER_REG_DEADLINE);
	v->hw->rcx = MSR_TSC_DEADLINE;
	return exits(v, KW_EXIT_MSR_READ);
}
