// SPDX-License-Identifier: GPL-2.0-only
/*
 * hrtimers on virtual time.  Contract: kernel/time/hrtimer.c, comments at
 * hrtimer_start_range_ns(), hrtimer_try_to_cancel(), hrtimer_forward().
 */
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include "check.h"

/* Old and new trees name it differently; the environment has it under this name for all. */
void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *), clockid_t clock,
		   enum hrtimer_mode mode);

#define NR_TIMERS 12

struct st_timer {
	struct hrtimer t;
	u64 expires;
	u32 cpu, serial, fired;
};

static struct st_timer timers[4][NR_TIMERS];
static struct hrtimer one;
static u32 fired, running, flag, serial;
static u64 last_ns;

static void arm(struct st_timer *s, u64 expires, enum hrtimer_mode mode)
{
	s->expires = expires;
	s->cpu = smp_processor_id();
	s->serial = ++serial;
	hrtimer_start(&s->t, mode & HRTIMER_MODE_REL ? expires - kw_shared.now_ns : expires, mode);
}

static void check_context(u64 expires, u32 cpu)
{
	ST_CHECK(kw_shared.now_ns >= expires, "early: due at %llu", expires);
	ST_CHECK(smp_processor_id() == cpu, "on CPU %u, started on %u", smp_processor_id(), cpu);
	ST_CHECK(irqs_disabled(), "a timer runs in interrupt context");
}

/* --- Never early, on the CPU that started them, in the order of (expiry, start). */
static struct st_timer *before[4];

static enum hrtimer_restart on_ordered(struct hrtimer *t)
{
	struct st_timer *s = container_of(t, struct st_timer, t), *b = before[s->cpu - 1];

	check_context(s->expires, s->cpu);
	if (b)
		ST_CHECK(b->expires < s->expires || (b->expires == s->expires && b->serial < s->serial),
			 "due at %llu (started as number %u) after %llu (%u)", s->expires, s->serial,
			 b->expires, b->serial);
	if (b && b->expires == s->expires)
		st_saw(0);
	if (s->expires == kw_shared.now_ns)
		st_saw(1);
	before[s->cpu - 1] = s;
	s->fired++;
	fired++;
	return HRTIMER_NORESTART;
}

static void order_role(u32 role)
{
	struct st_timer *s = timers[role];
	u32 i;

	for (i = 0; i < NR_TIMERS; i++)
		hrtimer_setup(&s[i].t, on_ordered, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	/* All are started before the first is due. */
	for (i = 0; i < NR_TIMERS; i++)
		arm(&s[i], 20000 + 1000 * st_below(8), i & 1 ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
	/* Started again: goes to the end of those with its new expiry. */
	i = st_below(NR_TIMERS);
	arm(&s[i], 20000 + 1000 * st_below(8), HRTIMER_MODE_ABS);
	if (role & 1) {
		local_irq_disable();
		st_until(24500);
		local_irq_enable();
	}
	st_until(40000);
	for (i = 0; i < NR_TIMERS; i++)
		ST_CHECK(s[i].fired == 1 && !hrtimer_active(&s[i].t), "timer %u fired %u times", i, s[i].fired);
}

/* --- Wakes a task that sleeps alone: nothing else is there to run. */
static enum hrtimer_restart on_wake(struct hrtimer *t)
{
	check_context(last_ns, st_cpu(0));
	fired = 1;
	wake_up_process(st_task(0));
	return HRTIMER_NORESTART;
}

static void wake_role(u32 role)
{
	u32 i;

	hrtimer_setup(&one, on_wake, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	for (i = 0; i < 5; i++) {
		fired = 0;
		last_ns = kw_shared.now_ns + 5000;
		hrtimer_start(&one, 5000, HRTIMER_MODE_REL);
		ST_CHECK(hrtimer_active(&one), "it was started");
		ST_CHECK(ktime_to_ns(hrtimer_get_remaining(&one)) == 5000, "remaining");
		ST_SLEEP_UNTIL(fired);
		ST_CHECK(kw_shared.now_ns >= last_ns, "early");
		ST_CHECK(!hrtimer_active(&one), "it fired");
	}
}

/* --- Due while interrupts are off. */
static void off_role(u32 role)
{
	hrtimer_setup(&one, on_wake, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	last_ns = kw_shared.now_ns + 1000;
	hrtimer_start(&one, 1000, HRTIMER_MODE_REL);
	local_irq_disable();
	st_busy(3000);
	ST_CHECK(!fired, "with interrupts off");
	ST_CHECK(hrtimer_active(&one), "due, but not yet run");
	if (st_below(2)) {
		/* And can still be cancelled. */
		ST_CHECK(hrtimer_cancel(&one) == 1, "due, but not yet run");
		local_irq_enable();
		st_busy(1000);
		ST_CHECK(!fired, "cancelled");
		st_saw(0);
	} else {
		local_irq_enable();
		ST_CHECK(fired, "at the enable");
		st_saw(1);
	}
}

/* --- Cancelling. */
static enum hrtimer_restart on_long(struct hrtimer *t)
{
	running = 1;
	fired++;
	st_busy(1000 + st_below(2000));
	ST_CHECK(hrtimer_active(t), "a timer is active while its callback runs");
	running = 0;
	return flag ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void cancel_role(u32 role)
{
	u64 due = 5000;

	if (role == 0) {
		hrtimer_setup(&one, on_long, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		ST_CHECK(hrtimer_try_to_cancel(&one) == 0, "it was never started");
		hrtimer_start(&one, due, HRTIMER_MODE_ABS);
		ST_CHECK(hrtimer_try_to_cancel(&one) == 1, "it was queued");
		ST_CHECK(hrtimer_cancel(&one) == 0, "it is queued no more");
		hrtimer_start(&one, due, HRTIMER_MODE_ABS);
		st_until(12000);
		return;
	}
	/* Before, in, or after the callback. */
	st_until(due - 1000 + st_below(5000));
	if (running) {
		ST_CHECK(hrtimer_try_to_cancel(&one) == -1, "the callback runs");
		st_saw(0);
		ST_CHECK(hrtimer_cancel(&one) == 0, "the callback ran");
	} else if (fired) {
		ST_CHECK(hrtimer_cancel(&one) == 0, "it is over");
		st_saw(1);
	} else if (hrtimer_cancel(&one) == 1) {
		st_saw(2);
		st_busy(5000);
		ST_CHECK(!fired, "a cancelled timer fired");
	}
	ST_CHECK(!running, "hrtimer_cancel() returned while the callback ran");
	ST_CHECK(!hrtimer_active(&one), "cancelled");
}

/* A callback that restarts its timer while somebody cancels it: it stays cancelled. */
static enum hrtimer_restart on_again(struct hrtimer *t)
{
	running = 1;
	fired++;
	hrtimer_forward(t, kw_shared.now_ns, 1000);
	st_busy(st_below(300));
	running = 0;
	return HRTIMER_RESTART;
}

static void cancel_again_role(u32 role)
{
	u32 n;

	if (role == 0) {
		hrtimer_setup(&one, on_again, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		hrtimer_start(&one, 1000, HRTIMER_MODE_ABS);
		st_until(20000);
		return;
	}
	st_until(3000 + st_below(3000));
	if (running)
		st_saw(0);
	hrtimer_cancel(&one);
	ST_CHECK(!running && !hrtimer_active(&one), "cancelled");
	n = fired;
	ST_CHECK(n >= 2, "%u", n);
	st_busy(5000);
	ST_CHECK(fired == n, "a cancelled timer fired");
}

/* --- HRTIMER_RESTART and hrtimer_forward(): on the beat, and how many beats were missed. */
static enum hrtimer_restart on_beat(struct hrtimer *t)
{
	u64 due = ktime_to_ns(hrtimer_get_expires(t));
	u64 n = hrtimer_forward(t, kw_shared.now_ns, 1000);

	check_context(due, st_cpu(0));
	ST_CHECK(due % 1000 == 0, "off the beat: %llu", due);
	ST_CHECK(n == (kw_shared.now_ns - due) / 1000 + 1, "%llu beats", n);
	ST_CHECK(ktime_to_ns(hrtimer_get_expires(t)) > kw_shared.now_ns, "forwarded into the past");
	ST_CHECK(ktime_to_ns(hrtimer_get_expires(t)) <= kw_shared.now_ns + 1000, "forwarded too far");
	flag += n;
	if (n > 1)
		st_saw(0);
	fired++;
	return flag < 20 ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void beat_role(u32 role)
{
	hrtimer_setup(&one, on_beat, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	ST_CHECK(hrtimer_forward(&one, -1, 1000) == 0, "not due: not moved");
	hrtimer_start(&one, 1000, HRTIMER_MODE_ABS);
	while (hrtimer_active(&one)) {
		local_irq_disable();
		st_busy(st_below(2500));
		local_irq_enable();
		st_busy(st_below(500));
	}
	ST_CHECK(flag >= 20, "%u beats", flag);
}

/* --- Started from another CPU: moves there, unless its callback runs. */
static u32 expected_cpu;

static enum hrtimer_restart on_moved(struct hrtimer *t)
{
	ST_CHECK(smp_processor_id() == expected_cpu, "on CPU %u, started on %u", smp_processor_id(), expected_cpu);
	fired++;
	return HRTIMER_NORESTART;
}

static void move_role(u32 role)
{
	if (role == 0) {
		hrtimer_setup(&one, on_moved, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		hrtimer_start(&one, 5000, HRTIMER_MODE_ABS);
		expected_cpu = st_cpu(0);
		st_until(20000);
	} else {
		st_until(2000 + st_below(1000));
		expected_cpu = st_cpu(1);
		hrtimer_start(&one, 6000, HRTIMER_MODE_ABS);
		st_until(20000);
		ST_CHECK(fired == 1, "%u", fired);
	}
}

/* Started elsewhere while the callback runs: cancelling still waits for the callback. */
static void start_running_role(u32 role)
{
	if (role == 0) {
		hrtimer_setup(&one, on_long, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		hrtimer_start(&one, 5000, HRTIMER_MODE_ABS);
		st_until(20000);
		return;
	}
	st_wait_for(&running, 1);
	hrtimer_start(&one, 15000, HRTIMER_MODE_ABS);
	ST_CHECK(hrtimer_try_to_cancel(&one) == -1, "the callback runs");
	ST_CHECK(hrtimer_cancel(&one) == 1, "it was queued again");
	ST_CHECK(!running, "hrtimer_cancel() returned while the callback ran");
	st_until(18000);
	ST_CHECK(fired == 1, "%u", fired);
}

static void never_role(u32 role)
{
	hrtimer_setup(&one, on_moved, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_start(&one, KTIME_MAX, HRTIMER_MODE_REL);
	st_busy(100000);
	ST_CHECK(!fired && hrtimer_cancel(&one) == 1, "far in the future");
	ST_CHECK(hrtimer_forward(&one, KTIME_MAX, 0) > 0, "an interval of 0 is the clock's resolution");
}

/* --- A callback that waits for a lock of the one who cancels it. */
static DEFINE_RAW_SPINLOCK(spin);

static enum hrtimer_restart on_locked(struct hrtimer *t)
{
	running = 1;
	raw_spin_lock(&spin);
	raw_spin_unlock(&spin);
	return HRTIMER_NORESTART;
}

static void deadlock_role(u32 role)
{
	if (role == 0) {
		hrtimer_setup(&one, on_locked, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		hrtimer_start(&one, 5000, HRTIMER_MODE_ABS);
		st_until(20000);
	} else {
		raw_spin_lock(&spin);
		st_wait_for(&running, 1);
		hrtimer_cancel(&one);
	}
}

const struct kw_selftest st_timer_tests[] = {
	{ "hrtimer: not early, on its CPU, by (expiry, start)", 4, .role = order_role, .must_see = 3 },
	{ "hrtimer: wakes a task that sleeps alone", 1, .role = wake_role },
	{ "hrtimer: due while interrupts are off", 1, .role = off_role, .must_see = 3 },
	{ "hrtimer: cancelled before, in and after its callback", 2, .role = cancel_role, .must_see = 7 },
	{ "hrtimer: cancelled while it restarts", 2, .role = cancel_again_role, .must_see = 1 },
	{ "hrtimer: forward and restart keep the beat", 1, .role = beat_role, .must_see = 1 },
	{ "hrtimer: moves to the CPU that starts it", 2, .role = move_role },
	{ "hrtimer: started elsewhere while its callback runs", 2, .role = start_running_role },
	{ "hrtimer: far in the future", 1, .role = never_role },
	{ "deadlock: a timer's callback and its canceller", 2, KW_SELFTEST_DEADLOCK, .role = deadlock_role,
	  .says = "task1 waits for spinlock|task2 waits for hrtimer callback" },
	{ }
};
