// SPDX-License-Identifier: GPL-2.0-only
/*
 * See timer.h: what accesses, by the guest and by userspace, do to the ideal timer.
 *
 * Does not judge: check_timer.c does.  INIT is in timer.c.  Does not know an APIC
 * that is disabled in IA32_APIC_BASE: scenarios with timers do without.
 */
#include <string.h>

#include "sim/oracle/deviation.h"
#include "sim/oracle/timer.h"

#define REG_LVTT	0x320u
#define REG_COUNT	0x380u
#define REG_CURRENT	0x390u
#define REG_DIVIDE	0x3e0u

/* KVM: min_timer_period_us. */
#define MIN_PERIOD_NS	200000u

static uint64_t period_of(struct oracle_timer *t)
{
	uint64_t ns = (uint64_t)t->count * t->divide;

	if (TIMER_MODE(t->lvtt) != TIMER_PERIODIC || !ns)
		return 0;
	if (ns >= MIN_PERIOD_NS || !deviation_allows(DEV_TIMER_MIN_PERIOD))
		return ns;
	t->stretched = true;
	return MIN_PERIOD_NS;
}

static void arm(struct oracle_timer *t, uint64_t begin, uint64_t lo, uint64_t hi)
{
	t->armed = true;
	t->maybe_over = false;
	t->expired_hi = 0;
	t->shown = t->masked_expiry = t->catching_up = false;
	t->earliest = begin;
	t->due_lo = lo;
	t->due_hi = hi;
	if (t->latest < hi)
		t->latest = hi;
}

/* It is judged again from here on, but not what was due while it was not. */
static void find_track(struct oracle_timer *t)
{
	for (int i = 0; t->lost_track && i < TIMER_MAX_SLOTS; i++)
		t->slot[i].must = false;
	t->lost_track = false;
}

/* From @left_ns on, or from the initial count. */
static void start_count(struct oracle_timer *t, uint64_t left_ns, uint64_t begin, uint64_t end)
{
	uint64_t whole;

	t->armed = t->masked_pending = t->stretched = false;
	find_track(t);
	t->period = period_of(t);
	whole = t->period ? t->period : (uint64_t)t->count * t->divide;
	if (left_ns > whole)
		left_ns = whole;
	if (t->count)
		arm(t, begin, begin + left_ns, end + left_ns);
}

static void disarm(struct oracle_timer *t)
{
	t->armed = t->masked_pending = t->masked_expiry = false;
	find_track(t);
	t->count = 0;
	t->period = t->deadline = 0;
}

/*
 * What was due while the access was in progress came before it or not; with the
 * vector of before or of after it.  Returns until when it may come, 0 if there is
 * nothing.
 */
static uint64_t blur(struct oracle_vcpu *v, uint64_t begin, uint64_t end)
{
	struct oracle_timer *t = timer_of(v);
	uint64_t until = 0;

	while (t->armed && t->due_hi < begin)
		timer_expire(t);
	if (t->armed && (t->due_lo <= end || timer_may_be_early(t, end))) {
		until = end;
		t->maybe_over = true;
		t->masked_expiry |= timer_masked(t);
		if (!timer_masked(t))
			timer_slot_allow(timer_slot_for(t, timer_vector(t)), end);
	}
	for (int i = 0; i < TIMER_MAX_SLOTS; i++) {
		struct timer_slot *s = &t->slot[i];

		if (!s->may || s->last_hi < begin)
			continue;
		s->must = s->must && s->must_hi < begin;
		if (s->last_hi < end)
			s->last_hi = end;
		if (until < s->last_hi)
			until = s->last_hi;
	}
	return until;
}

static void write_lvtt(struct oracle_timer *t, uint32_t lvtt, uint64_t begin, uint64_t end, uint64_t until)
{
	uint32_t was = TIMER_MODE(t->lvtt), is = TIMER_MODE(lvtt);
	bool unmasks = timer_masked(t) && !(lvtt & TIMER_LVT_MASKED);

	t->lvtt = lvtt;
	if (was != is && (was == TIMER_TSC_DEADLINE || is == TIMER_TSC_DEADLINE)) {
		/* "TSC-Deadline Mode": a transition to or from it disarms the timer. */
		disarm(t);
	} else if (was != is) {
		if (t->armed && !deviation_allows(DEV_TIMER_MODE_SWITCH))
			t->armed = false;
		/* It ran down as one-shot and stands still, or goes on as periodic; or the other way round. */
		t->lost_track |= (t->armed && t->maybe_over) || t->expired_hi >= begin;
		t->period = period_of(t);
	}
	if (unmasks && t->masked_pending) {
		/* Perhaps it expires only now, and only the one before was masked. */
		if (t->expired_hi >= begin)
			timer_slot_allow(timer_slot_for(t, timer_vector(t)), t->expired_hi > end ? t->expired_hi : end);
		if (t->expired_hi < begin || t->masked_twice)
			timer_slot_forgive(t, DEV_TIMER_MASKED, end);
		/* KVM then takes the one-shot timer for run down, even if it counts again. */
		if (t->armed && is == TIMER_ONESHOT && deviation_allows(DEV_TIMER_MASKED))
			t->lost_track = true;
		t->masked_pending = false;
	}
	if (until && !timer_masked(t))
		timer_slot_allow(timer_slot_for(t, timer_vector(t)), until);
	t->masked_pending |= until && timer_masked(t);
}

static uint32_t divisor(uint32_t dcr)
{
	uint32_t code = (dcr & 3) | (dcr >> 1 & 4);

	return code == 7 ? 1 : 2u << code;
}

/* The count goes on from where it is. */
static uint64_t rescale(uint64_t due, uint64_t at, uint32_t old, uint32_t new)
{
	return at + (due > at ? (due - at) * new / old : 0);
}

/* The timer has run down as one-shot, and is divided anew: nothing happens, or KVM starts it with nothing left. */
static void rundown_divided(struct oracle_timer *t, uint64_t begin, uint64_t end)
{
	if (!t->count || (t->masked_pending && !t->period))
		return;
	if (t->period && deviation_allows(DEV_TIMER_DIVIDE_RESTART))
		arm(t, begin, begin, end);
	else if (timer_masked(t))
		t->masked_pending = true;
	else
		timer_slot_forgive(t, DEV_TIMER_DIVIDE_RESTART, end);
}

static void write_divide(struct oracle_timer *t, uint32_t dcr, uint64_t begin, uint64_t end)
{
	uint32_t old = t->divide, new = divisor(dcr);
	uint64_t lo1, lo2, hi1, hi2;

	t->divide = new;
	if (old == new || TIMER_MODE(t->lvtt) == TIMER_TSC_DEADLINE)
		return;
	t->lost_track |= t->maybe_over || t->expired_hi >= begin;
	t->period = period_of(t);
	if (!t->armed) {
		rundown_divided(t, begin, end);
		return;
	}
	lo1 = rescale(t->due_lo, begin, old, new);
	lo2 = rescale(t->due_lo, end, old, new);
	hi1 = rescale(t->due_hi, begin, old, new);
	hi2 = rescale(t->due_hi, end, old, new);
	t->due_lo = lo1 < lo2 ? lo1 : lo2;
	t->due_hi = (hi1 > hi2 ? hi1 : hi2) + 1;
	if (t->latest < t->due_hi)
		t->latest = t->due_hi;
	t->earliest = begin;
}

static void write_deadline(struct oracle_timer *t, uint64_t deadline, uint64_t begin, uint64_t end)
{
	if (TIMER_MODE(t->lvtt) != TIMER_TSC_DEADLINE)
		return;
	t->deadline = deadline;
	t->armed = t->masked_pending = false;
	if (deadline)
		arm(t, begin, deadline > begin ? deadline : begin, deadline > end ? deadline : end);
}

/* Userspace loads what it has just saved while an expiry has not shown. */
static void mark_restored(struct oracle_timer *t)
{
	for (int i = 0; i < TIMER_MAX_SLOTS; i++)
		t->slot[i].restored |= t->slot[i].must;
}

static void write_register(struct oracle_vcpu *v, uint8_t reg, uint64_t value, uint64_t begin, uint64_t end)
{
	struct oracle_timer *t = timer_of(v);
	uint64_t until = blur(v, begin, end);

	t->take_from = 0;	/* KVM no longer knows which one it was early with */
	switch (reg) {
	case TIMER_REG_LVTT:
		/* "Local APIC State After It Has Been Software Disabled": masks stay set. */
		if (!identity_enabled(&v->now))
			value |= TIMER_LVT_MASKED;
		write_lvtt(t, (uint32_t)value, begin, end, until);
		break;
	case TIMER_REG_COUNT:
		if (TIMER_MODE(t->lvtt) == TIMER_TSC_DEADLINE)
			break;
		t->count = (uint32_t)value;
		start_count(t, TIMER_NEVER, begin, end);
		break;
	case TIMER_REG_DIVIDE:
		write_divide(t, (uint32_t)value, begin, end);
		break;
	case TIMER_REG_DEADLINE:
		/* By userspace: what has expired and is not in IRR yet, is no more. A guest has seen it. */
		for (int i = 0; i < TIMER_MAX_SLOTS; i++)
			t->slot[i].must = false;
		write_deadline(t, value, begin, end);
		break;
	case TIMER_REG_SVR:
		if (!(value & APIC_SVR_ENABLED)) {
			t->lvtt |= TIMER_LVT_MASKED;
			t->masked_pending = false;
		}
		break;
	}
}

static void begin_access(uint32_t vcpu, uint8_t reg, bool is_write, uint64_t value)
{
	struct oracle_timer *t = &oracle.timer[vcpu];

	t->busy = true;
	t->reg = reg;
	t->is_write = is_write;
	t->value = value;
	t->begin_ns = oracle.config.now_ns();
}

void oracle_timer_write(uint32_t vcpu, enum oracle_timer_reg reg, uint64_t value)
{
	begin_access(vcpu, reg, true, value);
}

void oracle_timer_read(uint32_t vcpu, enum oracle_timer_reg reg)
{
	begin_access(vcpu, reg, false, 0);
}

void oracle_timer_done(uint32_t vcpu, bool accepted, uint64_t value)
{
	struct oracle_timer *t = &oracle.timer[vcpu];
	uint64_t now = oracle.config.now_ns();

	if (!t->busy)
		return;
	t->busy = false;
	if (!accepted)
		return;
	if (t->is_write)
		write_register(oracle_vcpu(vcpu), t->reg, t->value, t->begin_ns, now);
	else
		check_timer_read(oracle_vcpu(vcpu), t->reg, value, t->begin_ns, now);
}

void oracle_timer_exit(uint32_t vcpu)
{
	oracle.timer[vcpu].exit_ns = oracle.config.now_ns();
}

/* The current count is 0: it is at the end of a period, or has run down. */
static void load_run_down(struct oracle_timer *t, uint64_t end)
{
	if (t->period) {
		t->due_hi += t->period;
		return;
	}
	t->armed = false;
	if (timer_masked(t))
		t->masked_pending = true;
	else
		timer_slot_forgive(t, DEV_TIMER_LOAD_EXPIRED, end);
}

/* A state of TSC-deadline mode: the deadline itself is an MSR, which it does not have. */
static void load_deadline(struct oracle_timer *t, uint64_t begin, uint64_t end)
{
	if (t->armed) {
		bool maybe_over = t->maybe_over || timer_may_be_early(t, end);

		write_deadline(t, t->deadline, begin, end);
		t->maybe_over = maybe_over;
	} else if (t->deadline && timer_masked(t)) {
		/* KVM may still hold it, and starts it anew. */
		t->masked_pending = t->masked_expiry = true;
	} else if (t->deadline) {
		timer_slot_allow(timer_slot_for(t, timer_vector(t)), end);
	}
}

/*
 * KVM api.rst, KVM_SET_LAPIC: the registers are as given.  The count goes on from
 * the current count; TSC-deadline mode's deadline is an MSR, and stays.
 */
void timer_load(struct oracle_vcpu *v, const uint8_t *regs, bool accepted)
{
	struct oracle_timer *t = timer_of(v);
	uint64_t begin = t->begin_ns, end = oracle.config.now_ns();
	uint32_t lvtt = apic_reg(regs, REG_LVTT), current = apic_reg(regs, REG_CURRENT);
	bool was_deadline = TIMER_MODE(t->lvtt) == TIMER_TSC_DEADLINE;

	t->busy = false;
	if (!accepted)
		return;
	t->take_from = 0;
	if (t->value) {
		blur(v, begin, end);
		mark_restored(t);
	} else {
		/* Nothing is left of what ran before: what was in IRR has been seen. */
		memset(t->slot, 0, sizeof(t->slot));
	}
	t->lvtt = lvtt;
	t->divide = divisor(apic_reg(regs, REG_DIVIDE));
	if (TIMER_MODE(lvtt) == TIMER_TSC_DEADLINE) {
		if (!was_deadline)
			disarm(t);
		load_deadline(t, begin, end);
		return;
	}
	t->deadline = 0;
	t->count = apic_reg(regs, REG_COUNT);
	if (was_deadline && t->count && deviation_allows(DEV_TIMER_LOAD_MODE)) {
		disarm(t);
		return;
	}
	start_count(t, (uint64_t)current * t->divide, begin, end);
	if (t->armed && !current)
		load_run_down(t, end);
}
