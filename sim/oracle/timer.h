/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ideal APIC timer of a vCPU: SDM, "APIC Timer" and "TSC-Deadline Mode".
 *
 * Every access is an interval, since KVM handles it some time after the guest's
 * instruction; so an expiry is one, too: [due_lo, due_hi].  From its beginning the
 * interrupt may be in IRR, and after the first exit that follows its end it must
 * be.  A timer's vectors are its own: no other message of the scenario has them.
 *
 * Time is the host's in ns; a TSC tick and a tick of the timer's clock before the
 * divider are 1 ns each (KVM api.rst, KVM_CAP_X86_APIC_BUS_CYCLES_NS: 1 GHz).
 */
#ifndef LAPICSIM_ORACLE_TIMER_H
#define LAPICSIM_ORACLE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/deviation.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/state.h"

#define TIMER_LVT_MASKED	(1u << 16)
#define TIMER_MODE(lvtt)	((lvtt) >> 17 & 3)
#define TIMER_ONESHOT		0u
#define TIMER_PERIODIC		1u
#define TIMER_TSC_DEADLINE	2u
#define TIMER_NEVER		UINT64_MAX
#define TIMER_MAX_SLOTS		4	/* vectors that have expiries to come */

/* Interrupts of one vector that may or must come. */
struct timer_slot {
	uint64_t must_hi;		/* of the expiry that must show */
	uint64_t last_hi;		/* none may show once KVM has looked after this */
	uint8_t	 vector;
	uint8_t	 may;			/* interrupts that the expiries allow */
	uint8_t	 forgiven;		/* interrupts that only the deviation @why allows */
	uint8_t	 why;
	bool	 must;
	bool	 restored;		/* it had not shown when userspace loaded a state */
};

struct oracle_timer {
	/* Registers. */
	uint32_t lvtt, count, divide;
	uint64_t deadline;		/* as IA32_TSC_DEADLINE reads; 0 once it has expired */
	/* The next expiry. */
	bool	 armed;
	bool	 maybe_over;		/* KVM may have been early with it, unseen */
	bool	 masked_pending;	/* it expired while masked, and KVM may remember it */
	bool	 masked_twice;		/* and once before that */
	bool	 masked_expiry;		/* its latest expiry was while masked, or the one that is perhaps over */
	bool	 shown;			/* the latest expiry's interrupt has been seen */
	uint64_t earliest;		/* not before it was armed */
	uint64_t take_from;		/* it is in IRR early: the guest may take @take_vector from here on */
	uint8_t	 take_vector;
	uint64_t latest;		/* due_hi of all expiries since the run began */
	uint64_t due_lo, due_hi;
	uint64_t expired_hi;		/* the latest expiry's due_hi */
	uint64_t period;		/* 0: once */
	bool	 lost_track;		/* several outcomes were legal: nothing is judged until it is started anew */
	bool	 stretched;		/* KVM has made its period longer since it was started */
	bool	 catching_up;		/* it was late by whole periods at @missed_ns, and KVM has not looked since */
	uint64_t missed_ns;
	struct timer_slot slot[TIMER_MAX_SLOTS];
	/* The access in progress. */
	bool	 busy;
	uint8_t	 reg;			/* enum oracle_timer_reg */
	bool	 is_write;
	uint64_t begin_ns, value;
	/* The latest exit, and the latest that KVM has handled. */
	uint64_t exit_ns, looked_ns;
};

int timer_init(void);
void timer_fini(void);
void timer_reset(void);
/* INIT: stopped, masked, and nothing of it left to come. */
void timer_taken_by_init(struct oracle_vcpu *v);

static inline struct oracle_timer *timer_of(const struct oracle_vcpu *v) { return &oracle.timer[v->index]; }
static inline bool timer_masked(const struct oracle_timer *t) { return t->lvtt & TIMER_LVT_MASKED; }
static inline uint8_t timer_vector(const struct oracle_timer *t) { return t->lvtt & 0xff; }

/* timer.c: everything that may have expired by @now gets its slot. */
void timer_advance(struct oracle_vcpu *v, uint64_t now);
/* May the next expiry show at @now, before its time? Counts nothing. */
bool timer_may_be_early(const struct oracle_timer *t, uint64_t now);
void timer_missed(struct oracle_timer *t, uint64_t now);
/* It does. */
void timer_expire(struct oracle_timer *t);
struct timer_slot *timer_slot_find(struct oracle_timer *t, uint32_t vector);
struct timer_slot *timer_slot_for(struct oracle_timer *t, uint32_t vector);
/* One interrupt more of the slot's vector is legal, until KVM has looked after @until. */
void timer_slot_allow(struct timer_slot *s, uint64_t until);
/* Likewise of the timer's vector, by the deviation @why alone. */
void timer_slot_forgive(struct oracle_timer *t, enum deviation why, uint64_t until);
/* timer_access.c: a state that userspace loaded, ends the access TIMER_REG_LOAD. */
void timer_load(struct oracle_vcpu *v, const uint8_t *regs, bool accepted);

/* KVM looks at the timer after it has handled an exit: what expired before shows at the next entry. */
static inline void timer_looked(struct oracle_vcpu *v)
{
	timer_of(v)->looked_ns = timer_of(v)->exit_ns;
}

/*
 * check_timer.c: before the core's checks look at IRR and at a dispatch: what of
 * the timer's vectors do they show?  It enters the ideal APIC, if it is right.
 */
void check_timer_entry(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm);
/* The hardware dispatches a virtual interrupt: the guest takes it. */
void check_timer_dispatch(struct oracle_vcpu *v, uint32_t vector);
/* An exit, while APICv is there: KVM may have posted on its fast path. */
void check_timer_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* An entry was cancelled, or userspace looks. */
void check_timer_outside(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void check_timer_read(struct oracle_vcpu *v, uint8_t reg, uint64_t value, uint64_t begin, uint64_t end);
void check_timer_quiet(struct oracle_vcpu *v, const struct kw_apic_state *kvm);

#endif
