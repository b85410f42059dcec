// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of the APIC timer, against the ideal one of timer.c.
 *
 * Verifies, by the SDM's "APIC Timer" and "TSC-Deadline Mode": an interrupt of the
 * timer's vectors is in IRR (or dispatched) only if the timer has expired, once for
 * each expiry; it is there at the first entry after an exit that followed the
 * expiry; the guest takes it when its time has come; KVM does not
 * wait for longer than until then; a masked LVT delivers nothing; what the current count and
 * IA32_TSC_DEADLINE read as.
 *
 * Does not verify: which of several expiries an interrupt belongs to, when they
 * collapsed; the current count of a period that KVM has made longer; LVT, initial
 * count and divide registers as such.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/timer.h"

/*
 * KVM: what it is early by, at most 5000 ns, is cut by an eighth of itself before it is waited for.  The
 * VMX-preemption timer, rounded down to 32 ns, is early besides.
 */
#define WAIT_CUT_NS	660u

/* Enters the ideal APIC as a message would that is over. */
static void accept(struct oracle_vcpu *v, uint32_t vector, bool again)
{
	if (again) {
		/* The one that is pending is dispatched now; this one comes after it. */
		vcpu_touch(v, v->again, vector);
		return;
	}
	vector_set(v->apic.irr, vector);
	vector_clear(v->apic.tmr, vector);
	vcpu_touch(v, v->fresh, vector);
}

static void not_due(struct oracle_vcpu *v, uint32_t vector)
{
	const struct oracle_timer *t = timer_of(v);
	uint64_t now = oracle.config.now_ns();

	if (t->lost_track)
		return;
	if (timer_vector(t) != vector || timer_masked(t))
		check_fire(CHECK_TIMER_SPURIOUS, v, v->vm, vector,
			   "timer interrupt 0x%02x, but the LVT has 0x%02x%s", vector, timer_vector(t),
			   timer_masked(t) ? ", masked" : "");
	else if (t->armed)
		check_fire(CHECK_TIMER_EARLY, v, v->vm, vector,
			   "timer interrupt 0x%02x %llu ns before its time", vector,
			   (unsigned long long)(t->due_lo > now ? t->due_lo - now : 0));
	else if (t->shown)
		check_fire(CHECK_TIMER_DUPLICATE, v, v->vm, vector,
			   "timer interrupt 0x%02x once more for one expiry", vector);
	else
		check_fire(CHECK_TIMER_SPURIOUS, v, v->vm, vector,
			   "timer interrupt 0x%02x, but the timer is not running", vector);
}

static void shown(struct oracle_timer *t, struct timer_slot *s)
{
	s->must = false;
	t->shown = true;
	t->masked_pending = false;
	if (!t->armed)
		t->deadline = 0;
}

/* An interrupt of @vector has appeared. */
static void appeared(struct oracle_vcpu *v, uint32_t vector, bool again)
{
	struct oracle_timer *t = timer_of(v);
	struct timer_slot *s = timer_slot_find(t, vector);

	if (!(s && s->may) && timer_vector(t) == vector && !timer_masked(t) &&
	    timer_may_be_early(t, oracle.config.now_ns()) && deviation_allows(DEV_TIMER_ADVANCE)) {
		t->take_from = t->due_lo;
		t->take_vector = (uint8_t)vector;
		timer_expire(t);
		s = timer_slot_find(t, vector);
	}
	if (s && s->may) {
		/* It may have been the next expiry's, early, instead of one that KVM forgot. */
		if (!s->must && timer_vector(t) == vector && timer_may_be_early(t, oracle.config.now_ns()))
			t->maybe_over = true;
		if (s->must && t->period && oracle.config.now_ns() > s->must_hi + t->period)
			timer_missed(t, oracle.config.now_ns());
		s->may--;
		s->restored = false;
		shown(t, s);
	} else if (s && s->forgiven && deviation_allows((enum deviation)s->why)) {
		s->forgiven--;
		if (s->why == DEV_TIMER_MASKED && !t->armed)
			t->deadline = 0;
	} else {
		not_due(v, vector);
	}
	accept(v, vector, again);
}

static bool bank_test(const struct kw_apic_state *kvm, uint32_t bank, uint32_t vector)
{
	return apic_reg_word(kvm->regs, bank, (int)(vector >> 5)) >> (vector & 31) & 1;
}

/* One that was pending is dispatched, with whatever had expired meanwhile. */
static void goes_with(struct oracle_timer *t, struct timer_slot *s, uint32_t vector)
{
	if (s && s->must)
		shown(t, s);
	if (timer_vector(t) == vector && timer_may_be_early(t, oracle.config.now_ns()))
		t->maybe_over = true;
}

/*
 * "APIC Timer": the interrupt is generated when the time has come.  KVM may have put it into IRR
 * before that, but a guest that looks at its TSC in the handler must find it past the deadline.
 */
static void taken(struct oracle_vcpu *v, uint32_t vector)
{
	struct oracle_timer *t = timer_of(v);
	uint64_t now = oracle.config.now_ns();

	if (!t->take_from || t->take_vector != vector)
		return;
	if (now < t->take_from && !t->lost_track &&
	    (now + WAIT_CUT_NS < t->take_from || !deviation_allows(DEV_TIMER_WAIT_CUT)))
		check_fire(CHECK_TIMER_TAKEN_EARLY, v, v->vm, vector,
			   "the guest takes timer interrupt 0x%02x %llu ns before its time", vector,
			   (unsigned long long)(t->take_from - now));
	t->take_from = 0;
}

/*
 * KVM keeps a vCPU from entering for @ns more.  It may, until an interrupt that came early is due;
 * there is nothing to wait for behind the last deadline that the timer ever had.
 */
void oracle_timer_waits(uint32_t vcpu, uint64_t ns)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	const struct oracle_timer *t = timer_of(v);
	uint64_t until = oracle.config.now_ns() + ns, latest = t->latest;

	if (t->armed && t->due_hi > latest)
		latest = t->due_hi;
	if (t->period && t->due_hi <= until)
		return;		/* late: the period starts anew when KVM comes to it */
	if (until > latest && !t->lost_track && !t->busy)
		check_fire(CHECK_TIMER_WAITS, v, v->vm, timer_vector(t),
			   "KVM waits for %llu ns, %llu ns longer than any timer needs", (unsigned long long)ns,
			   (unsigned long long)(until - latest));
}

/* By the hardware, between two looks at IRR: what was pending then is all that can be dispatched. */
void check_timer_dispatch(struct oracle_vcpu *v, uint32_t vector)
{
	if (vector < oracle.config.timer_vector_first || vector > oracle.config.timer_vector_last)
		return;
	timer_advance(v, oracle.config.now_ns());
	goes_with(timer_of(v), timer_slot_find(timer_of(v), vector), vector);
	taken(v, vector);
}

static void check_vector(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t vector, bool dispatched)
{
	bool was = vector_test(v->apic.irr, vector), is = bank_test(kvm, APIC_REG_IRR, vector);
	struct oracle_timer *t = timer_of(v);
	struct timer_slot *s;

	/* One that was pending takes in what expires meanwhile, and goes with it. */
	s = was ? timer_slot_find(t, vector) : NULL;
	if (was && dispatched)
		goes_with(t, s, vector);
	else if (s && s->must && s->must_hi <= oracle.config.now_ns())
		shown(t, s);
	if (dispatched && !was)
		appeared(v, vector, false);
	if (is && (dispatched || !was))
		appeared(v, vector, dispatched);
}

/* KVM has handled an exit since: what was due before must have shown, and nothing comes for it any more. */
static void close_slot(struct oracle_vcpu *v, struct timer_slot *s)
{
	const struct oracle_timer *t = timer_of(v);

	if (s->must && s->must_hi < t->looked_ns) {
		if (!t->lost_track && (!s->restored || !deviation_allows(DEV_TIMER_LOAD_PENDING)))
			check_fire(CHECK_TIMER_LOST, v, v->vm, s->vector,
				   "the timer expired %llu ns ago, and interrupt 0x%02x is not in IRR",
				   (unsigned long long)(oracle.config.now_ns() - s->must_hi), s->vector);
		s->must = s->restored = false;
	}
	if (s->last_hi < t->looked_ns && !s->must)
		s->may = s->forgiven = 0;
}

/* A timer that was late by whole periods starts anew while KVM handles that: not later than the entry that follows. */
static void catch_up(struct oracle_timer *t, uint64_t now)
{
	if (t->due_hi < now + t->period)
		t->due_hi = now + t->period;
	t->catching_up = t->looked_ns <= t->missed_ns;
}

static void check_timer(struct oracle_vcpu *v, const struct kw_apic_state *kvm, int dispatched)
{
	const struct oracle_config *c = &oracle.config;
	struct oracle_timer *t = timer_of(v);

	timer_advance(v, c->now_ns());
	if (unlikely(t->catching_up))
		catch_up(t, c->now_ns());
	for (uint32_t vector = c->timer_vector_first; vector <= c->timer_vector_last; vector++)
		check_vector(v, kvm, vector, (int)vector == dispatched);
	for (int i = 0; i < TIMER_MAX_SLOTS; i++)
		if (t->slot[i].may || t->slot[i].forgiven)
			close_slot(v, &t->slot[i]);
}

void check_timer_entry(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	uint32_t info = hw->entry_intr_info;
	bool external = (info & KW_INTR_VALID) && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL;
	int vector = external ? (int)(info & KW_INTR_VECTOR_MASK) : kvm->injected;

	check_timer(v, kvm, v->owed == vector ? -1 : vector);
	if (external)
		taken(v, (uint32_t)vector);
}

/* What KVM acknowledged for an entry that did not come about: in ISR, if it is not with KVM any more. */
void check_timer_outside(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	int vector = kvm->injected;

	for (int i = oracle.config.timer_vector_last; vector < 0 && i >= oracle.config.timer_vector_first; i--)
		if (bank_test(kvm, APIC_REG_ISR, (uint32_t)i) && !vector_test(v->apic.isr, (uint32_t)i) &&
		    i != v->late_ack && i != v->last_eoi)
			vector = i;
	check_timer(v, kvm, v->owed == vector ? -1 : vector);
}

/*
 * What the fast path did with the access in progress shows before the access is
 * over: it is taken as it is, and judged when the access is known.
 */
void check_timer_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	const struct oracle_timer *t = timer_of(v);

	if (!t->busy || !t->is_write)
		check_timer_outside(v, kvm);
	else if (!vector_test(v->apic.irr, timer_vector(t)))
		vcpu_may_set(v, timer_vector(t));
}

/* --- Reads. */
static void check_deadline(struct oracle_vcpu *v, uint64_t value, uint64_t begin, uint64_t end)
{
	const struct oracle_timer *t = timer_of(v);
	/* Once the guest has run past it, it has expired; it may have been early. */
	bool runs = t->deadline && t->due_hi >= begin;
	bool over = !t->deadline || !t->armed || t->due_lo <= end || t->maybe_over || timer_may_be_early(t, end);

	if (value ? value == t->deadline && runs : over)
		return;
	if (value && value == t->deadline && t->masked_expiry && deviation_allows(DEV_TIMER_MASKED))
		return;
	check_fire(CHECK_TIMER_DEADLINE, v, v->vm, DIV_NONE,
		   "IA32_TSC_DEADLINE reads 0x%llx; it was set to 0x%llx%s", (unsigned long long)value,
		   (unsigned long long)t->deadline, t->armed ? "" : ", and has expired");
}

static void check_current(struct oracle_vcpu *v, uint64_t value, uint64_t begin, uint64_t end)
{
	const struct oracle_timer *t = timer_of(v);
	/* It counts as run down from when it may show. */
	bool runs = t->count && TIMER_MODE(t->lvtt) != TIMER_TSC_DEADLINE && (t->armed || t->due_hi >= begin);
	uint64_t lo = 0, hi = 0;

	if (runs) {
		lo = t->armed && !t->maybe_over && t->due_lo > end && !timer_may_be_early(t, end) ?
			     (t->due_lo - end) / t->divide :
			     0;
		hi = t->due_hi > begin ? (t->due_hi - begin) / t->divide : 0;
		/* It reloads in the meantime: anything up to all of it. */
		if (t->period && (t->due_lo <= end || hi * t->divide >= t->period)) {
			lo = 0;
			hi = hi * t->divide > t->period ? hi : t->period / t->divide;
		}
		if (t->stretched)
			lo = 0;
	}
	/* At its start it reads 0 or the initial count, in the same tick; KVM starts a period when it next looks. */
	if ((value + 1 >= lo && value <= hi) ||
	    (!value && runs && (hi >= t->count || (t->period && t->expired_hi > t->looked_ns))))
		return;
	check_fire(CHECK_TIMER_COUNT, v, v->vm, DIV_NONE,
		   "the current count reads %llu, expected %llu to %llu (initial count %u, divided by %u)",
		   (unsigned long long)value, (unsigned long long)lo, (unsigned long long)hi, t->count, t->divide);
}

void check_timer_read(struct oracle_vcpu *v, uint8_t reg, uint64_t value, uint64_t begin, uint64_t end)
{
	/* What expired before the access is over, whether its interrupt was seen or not. */
	timer_advance(v, begin ? begin - 1 : 0);
	if (timer_of(v)->lost_track)
		return;
	if (reg == TIMER_REG_DEADLINE)
		check_deadline(v, value, begin, end);
	else
		check_current(v, value, begin, end);
}

/* The end: a timer that has expired wakes a halted vCPU, so nothing can be open. */
void check_timer_quiet(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct oracle_timer *t = timer_of(v);
	uint64_t now = oracle.config.now_ns();

	check_timer_outside(v, kvm);
	for (int i = 0; i < TIMER_MAX_SLOTS; i++) {
		struct timer_slot *s = &t->slot[i];

		if (!s->must || s->must_hi >= now || t->lost_track ||
		    (s->restored && deviation_allows(DEV_TIMER_LOAD_PENDING)))
			continue;
		check_fire(CHECK_TIMER_LOST, v, v->vm, s->vector,
			   "the timer expired %llu ns before the end of the run, and interrupt 0x%02x never came",
			   (unsigned long long)(now - s->must_hi), s->vector);
	}
}
