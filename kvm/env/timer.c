// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks and hrtimers on virtual time.
 *
 * Same as the kernel: a timer fires on the CPU that started it, in interrupt
 * context, not before its expiry, in order of expiry and then of start;
 * hrtimer_cancel() waits for a running callback; HRTIMER_RESTART rearms at the
 * new expiry.
 * Different on purpose: all clocks count the same nanoseconds from zero, slack
 * is not used, and soft timers fire like hard ones.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/delay.h>
#include <linux/pvclock_gtod.h>
#include "env.h"

void kw_timer_raise(u32 cpu);

static kw_timerq kw_queue;	/* of all CPUs */
u32 kw_nr_timers;

void kw_timer_init(void)
{
	kw_timerq_init_head(&kw_queue);
}

/* The CPU that a timer was started on. is_rel says that it is due there. */
static struct kw_task *kw_timer_cpu(const struct hrtimer *timer)
{
	return container_of((void *)timer->base, struct kw_task, clock_base);
}

static void kw_timer_count(struct hrtimer *timer, bool queued)
{
	kw_timer_set_queued(timer, queued);
	kw_nr_timers += queued ? 1 : -1;
}

static void kw_timer_remove(struct hrtimer *timer)
{
	if (!kw_timer_is_queued(timer))
		return;
	kw_timerq_del(timer->is_rel ? &kw_timer_cpu(timer)->due : &kw_queue, &timer->node);
	kw_timer_count(timer, false);
	timer->is_rel = 0;
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
{
	memset(timer, 0, sizeof(*timer));
	timer->base = (void *)&kw_self->clock_base;
	kw_timerq_init(&timer->node);
}

void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *), clockid_t clock,
		   enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	kw_timer_function(timer) = fn;
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 slack, const enum hrtimer_mode mode)
{
	kw_timer_remove(timer);
	if (mode & HRTIMER_MODE_REL)
		time = ktime_add_safe(time, ktime_get());
	hrtimer_set_expires(timer, time);
	/* It stays where its callback runs, or nobody could wait for that. */
	if (!timer->base || kw_timer_cpu(timer)->timer_running != timer)
		timer->base = (void *)&kw_self->clock_base;
	kw_timer_count(timer, true);
	kw_timerq_add(&kw_queue, &timer->node);
	hs_timer_changed();
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	bool queued = kw_timer_is_queued(timer);

	if (timer->base && kw_timer_cpu(timer)->timer_running == timer)
		return -1;
	kw_timer_remove(timer);
	return queued;
}

int hrtimer_cancel(struct hrtimer *timer)
{
	int ret;

	while ((ret = hrtimer_try_to_cancel(timer)) < 0)
		kw_wait(timer, "hrtimer callback", kw_timer_cpu(timer)->tid);
	return ret;
}

bool hrtimer_active(const struct hrtimer *timer)
{
	return kw_timer_is_queued(timer) || kw_timer_cpu(timer)->timer_running == timer;
}

ktime_t __hrtimer_get_remaining(const struct hrtimer *timer, bool adjust)
{
	return ktime_sub(hrtimer_get_expires(timer), ktime_get());
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	ktime_t late = ktime_sub(now, hrtimer_get_expires(timer));
	u64 n;

	if (late < 0)
		return 0;
	interval = max_t(ktime_t, interval, 1);
	n = late / interval + 1;
	hrtimer_add_expires_ns(timer, n * interval);
	return n;
}

/* --- Expiry: in two steps, since the CPU may have interrupts off when the time comes. */
u64 kw_timer_next(void)
{
	kw_timerq_node *n = kw_timerq_first(&kw_queue);

	return n ? (u64)n->expires : U64_MAX;
}

void kw_timer_expire(void)
{
	kw_timerq_node *n;

	while ((n = kw_timerq_first(&kw_queue)) && n->expires <= ktime_get()) {
		struct hrtimer *timer = container_of(n, struct hrtimer, node);
		struct kw_task *t = kw_timer_cpu(timer);

		kw_timerq_del(&kw_queue, n);
		timer->is_rel = 1;
		kw_timerq_add(&t->due, n);
		kw_timer_raise(t->tid);
	}
}

void kw_timer_interrupt(struct kw_task *t)
{
	kw_timerq_node *n;

	while ((n = kw_timerq_first(&t->due))) {
		struct hrtimer *timer = container_of(n, struct hrtimer, node);
		enum hrtimer_restart again;

		kw_timer_remove(timer);
		t->timer_running = timer;
		again = kw_timer_function(timer)(timer);
		t->timer_running = NULL;
		kw_released(timer);
		if (again == HRTIMER_RESTART && !kw_timer_is_queued(timer)) {
			kw_timer_count(timer, true);
			kw_timerq_add(&kw_queue, &timer->node);
			hs_timer_changed();
		}
	}
}

/* --- Clocks. */
ktime_t ktime_get(void) { return kw_shared.now_ns; }
ktime_t ktime_get_raw(void) { return kw_shared.now_ns; }
ktime_t ktime_get_with_offset(enum tk_offsets offs) { return kw_shared.now_ns; }
u64 ktime_get_raw_fast_ns(void) { return kw_shared.now_ns; }
u64 ktime_get_mono_fast_ns(void) { return kw_shared.now_ns; }
void ktime_get_real_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(kw_shared.now_ns); }
void ktime_get_raw_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(kw_shared.now_ns); }
time64_t ktime_get_real_seconds(void) { return kw_shared.now_ns / NSEC_PER_SEC; }

ktime_t ktime_add_safe(const ktime_t a, const ktime_t b)
{
	ktime_t sum = (u64)a + (u64)b;

	return sum < 0 || sum < a || sum < b ? KTIME_MAX : sum;
}

struct timespec64 ns_to_timespec64(s64 ns)
{
	return (struct timespec64){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}

unsigned int tsc_khz = 1000000;		/* a TSC tick is a nanosecond */
unsigned int cpu_khz = 1000000;

/* A busy wait takes its time: a TSC tick is a nanosecond. While VMs are built there is nobody to wait for. */
void __delay(unsigned long loops)
{
	if (!kw_shared.silent)
		hs_delay(loops);
}

void __ndelay(unsigned long ns) { __delay(ns); }
void __udelay(unsigned long us) { __delay(us * NSEC_PER_USEC); }

/* Time keeping never changes after boot, so nobody is ever notified again. */
int pvclock_gtod_register_notifier(struct notifier_block *nb) { return 0; }
int pvclock_gtod_unregister_notifier(struct notifier_block *nb) { return 0; }

/* --- Jiffies: HZ is 1000 (autoconf.h). */
#ifdef KW_HAS_JIFFIES_EXTERN	/* else inline */
unsigned int jiffies_to_usecs(const unsigned long j) { return j * (USEC_PER_SEC / HZ); }
unsigned int jiffies_to_msecs(const unsigned long j) { return j * (MSEC_PER_SEC / HZ); }
#endif
unsigned long __msecs_to_jiffies(const unsigned int m) { return m / (MSEC_PER_SEC / HZ); }
unsigned long __usecs_to_jiffies(const unsigned int u) { return u / (USEC_PER_SEC / HZ); }
