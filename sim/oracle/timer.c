// SPDX-License-Identifier: GPL-2.0-only
/*
 * See timer.h: when the ideal timer expires, and what may show of it then.
 *
 * Accesses are in timer_access.c.  Does not judge: check_timer.c does.
 */
#include "sim/oracle/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/deviation.h"

/* KVM: lapic_timer_advance_ns is at most 5000, and the VMX-preemption timer rounds down to 32 ns. */
#define ADVANCE_NS	(5000u + 64u)

int timer_init(void)
{
	if (!oracle.config.timer)
		return 0;
	oracle.timer = oracle_array(oracle.nr_vcpus, sizeof(*oracle.timer));
	if (!oracle.timer)
		return -ENOMEM;
	timer_reset();
	return 0;
}

void timer_fini(void)
{
	free(oracle.timer);
}

/* "Local APIC State After Power-Up or Reset": masked, counts 0. */
void timer_reset(void)
{
	if (!oracle.timer)
		return;
	memset(oracle.timer, 0, oracle.nr_vcpus * sizeof(*oracle.timer));
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++) {
		oracle.timer[i].lvtt = TIMER_LVT_MASKED;
		oracle.timer[i].divide = 2;
	}
}

/* "Local APIC State After It Receives an INIT-Reset": as after power-up. */
void timer_taken_by_init(struct oracle_vcpu *v)
{
	struct oracle_timer *t;

	if (!oracle.timer)
		return;
	t = timer_of(v);
	/* A write that was under way has started it first: KVM may wait for that deadline still. */
	if (t->busy && t->is_write)
		oracle_timer_done(v->index, true, 0);
	*t = (struct oracle_timer){
		.lvtt = TIMER_LVT_MASKED, .divide = 2, .latest = t->latest, .exit_ns = t->exit_ns, .looked_ns = t->looked_ns,
	};
}

/* --- Expiries. */
struct timer_slot *timer_slot_find(struct oracle_timer *t, uint32_t vector)
{
	for (int i = 0; i < TIMER_MAX_SLOTS; i++)
		if (t->slot[i].vector == vector && (t->slot[i].may || t->slot[i].forgiven))
			return &t->slot[i];
	return NULL;
}

/* With none free, the one that is due first is given up: nothing more is judged of it. */
struct timer_slot *timer_slot_for(struct oracle_timer *t, uint32_t vector)
{
	struct timer_slot *s = timer_slot_find(t, vector), *oldest = &t->slot[0];

	if (s)
		return s;
	for (int i = 0; i < TIMER_MAX_SLOTS; i++) {
		s = &t->slot[i];
		if (!s->may && !s->forgiven)
			break;
		if (s->last_hi < oldest->last_hi)
			oldest = s;
		s = oldest;
	}
	*s = (struct timer_slot){ .vector = (uint8_t)vector };
	return s;
}

void timer_slot_allow(struct timer_slot *s, uint64_t until)
{
	if (s->may < 255)
		s->may++;
	if (s->last_hi < until)
		s->last_hi = until;
}

void timer_slot_forgive(struct oracle_timer *t, enum deviation why, uint64_t until)
{
	struct timer_slot *s = timer_slot_for(t, timer_vector(t));

	s->forgiven++;
	s->why = (uint8_t)why;
	if (s->last_hi < until)
		s->last_hi = until;
}

static void enter_slot(struct oracle_timer *t)
{
	struct timer_slot *s;

	/* It may have been early, at a time when it was masked: see blur(). */
	t->masked_expiry = timer_masked(t) || (t->maybe_over && t->masked_expiry);
	t->expired_hi = t->due_hi;
	if (timer_masked(t)) {
		t->masked_twice = t->masked_pending;
		t->masked_pending = true;
		return;
	}
	s = timer_slot_for(t, timer_vector(t));
	if (!s->must && !t->maybe_over) {
		s->must = true;
		s->must_hi = t->due_hi;
	}
	timer_slot_allow(s, t->due_hi);
}

void timer_expire(struct oracle_timer *t)
{
	t->shown = false;
	if (t->latest < t->due_hi)
		t->latest = t->due_hi;
	enter_slot(t);
	t->maybe_over = false;
	t->earliest = 0;
	if (!t->period) {
		t->armed = false;
		return;
	}
	t->due_lo += t->period;
	t->due_hi += t->period;
}

bool timer_may_be_early(const struct oracle_timer *t, uint64_t now)
{
	return t->armed && now + ADVANCE_NS >= t->due_lo && now >= t->earliest && deviation_is_on(DEV_TIMER_ADVANCE);
}

void timer_advance(struct oracle_vcpu *v, uint64_t now)
{
	struct oracle_timer *t = timer_of(v);
	/* Has KVM not been able to look since the one before? */
	bool behind = t->expired_hi > t->looked_ns;
	uint32_t nr = 0;

	for (; t->armed && t->due_lo <= now; nr++)
		timer_expire(t);
	if (t->period && nr + behind >= 2)
		timer_missed(t, now);
}

/* Late by whole periods: one more interrupt at once, and the period starts anew when KVM comes to it. */
void timer_missed(struct oracle_timer *t, uint64_t now)
{
	if (!deviation_allows(DEV_TIMER_MISSED))
		return;
	if (timer_masked(t)) {
		t->lost_track = true;	/* nothing shows when that is */
		return;
	}
	if (t->due_hi < now + t->period)
		t->due_hi = now + t->period;
	t->catching_up = true;
	t->missed_ns = now;
	timer_slot_allow(timer_slot_for(t, timer_vector(t)), now);
}
