// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated host's interrupts: inter-processor interrupts, cross calls, and
 * the moment when a CPU that enables interrupts takes them.
 *
 * Same as the kernel: a reschedule IPI to a CPU in guest mode makes it exit; one
 * sent while the target has interrupts off waits; smp_call_function_many() with
 * wait returns after every target ran the function.
 * Different on purpose: handlers run on the stack of the CPU's task, and the
 * sender of a waiting cross call blocks instead of spinning.
 */
#include <linux/smp.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include "env.h"

struct kw_call {
	struct list_head entry;
	smp_call_func_t func;
	void *info;
	u32 *left;		/* of the waiting sender; NULL: nobody waits */
};

static void kw_raise(u32 cpu, u32 what)
{
	struct kw_task *t = cpu < kw_config.nr_cpus ? kw_tasks[cpu] : NULL;

	if (!t)
		return;		/* a CPU without a task has nothing to interrupt */
	t->irq.pending |= what;
	if (t != kw_self)
		hs_irq_raise(cpu);
}

void kw_send_reschedule(int cpu) { kw_raise(cpu, KW_IRQ_RESCHED); }
/* The notification IPI of posted interrupts; its handler in the host does nothing. */
void kw_send_posted(int cpu) { kw_raise(cpu, KW_IRQ_POSTED); }
void kw_send_wakeup(int cpu) { kw_raise(cpu, KW_IRQ_WAKEUP); }
void kw_irq_notify(u32 cpu, u32 what) { kw_raise(cpu, what); }
void kw_irq_posted_ack(u32 cpu) { kw_tasks[cpu]->irq.pending &= ~KW_IRQ_POSTED; }

struct smp_ops smp_ops = {
	.smp_send_reschedule = kw_send_reschedule,
};

static void kw_run_calls(struct kw_task *t)
{
	while (!list_empty(&t->calls)) {
		struct kw_call *c = list_first_entry(&t->calls, struct kw_call, entry);
		u32 *left = c->left;

		list_del(&c->entry);
		c->func(c->info);
		kw_free(c);
		if (left && !--*left)
			kw_released(left);
	}
}

/* The interrupt entry: everything that is pending, in a fixed order. */
static void kw_take(struct kw_task *t)
{
	u32 what = t->irq.pending;

	t->irq.pending = 0;
	t->irq.in_irq = 1;
	t->irq.disabled = 1;
	if (what & KW_IRQ_TIMER)
		kw_timer_interrupt(t);
	if (what & KW_IRQ_CALL)
		kw_run_calls(t);
	if (what & KW_IRQ_WAKEUP)
		kw_wakeup_interrupt();
	t->irq.disabled = 0;
	t->irq.in_irq = 0;
}

/* The interrupt that made a guest exit, handled before interrupts are enabled again. */
void kw_take_irqs_off(void)
{
	if (kw_self->irq.pending && !kw_self->irq.in_irq)
		kw_take(kw_self);
	kw_self->irq.disabled = 1;
}

void kw_irq_enabled(void)
{
	struct kw_task *t = kw_self;

	while (t->irq.pending && !t->irq.in_irq)
		kw_take(t);
	kw_point(KW_POINT_IRQ_ON);
}

u32 kw_irq_pending(u32 cpu) { return kw_tasks[cpu]->irq.pending; }
bool kw_irqs_enabled(u32 cpu) { return !kw_tasks[cpu]->irq.disabled; }

void kw_irq(u32 cpu)
{
	if (cpu != kw_self->tid || kw_self->irq.disabled)
		hs_fault("kw_irq() for another CPU or with interrupts off");
	kw_irq_enabled();
}

/* Comes from the clock and not from a CPU, so that kw_self is whoever ran last: maybe @cpu itself, asleep. */
void kw_timer_raise(u32 cpu)
{
	kw_tasks[cpu]->irq.pending |= KW_IRQ_TIMER;
	hs_irq_raise(cpu);
}

/* --- Cross calls. */
static void kw_call_one(u32 cpu, smp_call_func_t func, void *info, u32 *left)
{
	struct kw_task *t = kw_tasks[cpu];
	struct kw_call *c = kw_alloc(sizeof(*c));

	c->func = func;
	c->info = info;
	c->left = left;
	list_add_tail(&c->entry, &t->calls);
	kw_raise(cpu, KW_IRQ_CALL);
}

/* Before there are tasks to interrupt: run it as that CPU, here. */
static void kw_call_direct(u32 cpu, smp_call_func_t func, void *info)
{
	u32 self = kw_self->tid;
	unsigned long flags;

	if (kw_tasks[cpu])
		kw_task_switch(cpu);
	else
		kw_cpu_number = cpu, kw_cpu_offset = kw_percpu_delta + cpu * kw_percpu_stride;
	local_irq_save(flags);
	func(info);
	local_irq_restore(flags);
	kw_task_switch(self);
}

static void kw_call_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait, bool self)
{
	u32 *left = NULL;
	u32 cpu;

	if (wait)
		left = kw_alloc(sizeof(*left));
	for_each_cpu(cpu, mask) {
		if (cpu == kw_self->tid)
			continue;
		if (kw_shared.silent || !kw_tasks[cpu]) {
			kw_call_direct(cpu, func, info);
			continue;
		}
		if (left)
			++*left;
		kw_call_one(cpu, func, info, left);
	}
	if (self && cpumask_test_cpu(kw_self->tid, mask))
		kw_call_direct(kw_self->tid, func, info);
	while (left && *left)
		kw_wait(left, "cross call", KW_NO_TASK);
	kw_free(left);
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	kw_call_mask(mask, func, info, wait, false);
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const struct cpumask *mask)
{
	if (cond)
		hs_trap("on_each_cpu_cond_mask() with a condition");
	kw_call_mask(mask, func, info, wait, true);
}

#ifdef KW_HAS_SMP_CALL_INT
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
#else
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, bool wait)
#endif
{
	kw_call_mask(cpumask_of(cpu), func, info, wait, true);
	return 0;
}

/* cpumask_of() points into this table of single bits, one row a bit position. */
const unsigned long cpu_bit_bitmap[BITS_PER_LONG + 1][BITS_TO_LONGS(NR_CPUS)] = {
#define KW_BIT(n) [(n) + 1][0] = 1UL << (n)
#define KW_BIT8(n) KW_BIT(n), KW_BIT(n + 1), KW_BIT(n + 2), KW_BIT(n + 3), \
		   KW_BIT(n + 4), KW_BIT(n + 5), KW_BIT(n + 6), KW_BIT(n + 7)
	KW_BIT8(0), KW_BIT8(8), KW_BIT8(16), KW_BIT8(24), KW_BIT8(32), KW_BIT8(40), KW_BIT8(48), KW_BIT8(56),
};

/* --- irq_work: an interrupt to this CPU itself. */
static void kw_irq_work_run(void *info)
{
	struct irq_work *work = info;

	/* It may be queued again from here on. */
	atomic_andnot(IRQ_WORK_PENDING, &work->node.a_flags);
	work->func(work);
}

bool irq_work_queue(struct irq_work *work)
{
	if (atomic_fetch_or(IRQ_WORK_PENDING, &work->node.a_flags) & IRQ_WORK_PENDING)
		return false;
	kw_call_one(kw_self->tid, kw_irq_work_run, work, NULL);
	kw_take_pending();
	return true;
}

void irq_work_sync(struct irq_work *work) { }

struct kw_hotplug {
	int (*fn)(unsigned int cpu);
	u32 cpu;
	int ret;
};

static int (*kw_teardown[CPUHP_AP_ONLINE_DYN_END])(unsigned int);

static void kw_hotplug_call(void *info)
{
	struct kw_hotplug *h = info;

	h->ret = h->fn(h->cpu);
}

/* --- CPU hot-plug: all CPUs are there from the start; a new state starts up on each, in order. */
int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke, int (*startup)(unsigned int),
			int (*teardown)(unsigned int), bool multi)
{
	u32 cpu;
	int ret;

	for (cpu = 0; invoke && startup && cpu < kw_config.nr_cpus; cpu++) {
		struct kw_hotplug h = { .fn = startup, .cpu = cpu };

		kw_call_direct(cpu, kw_hotplug_call, &h);
		ret = h.ret;
		if (ret)
			return ret;
	}
	if (state < CPUHP_AP_ONLINE_DYN_END)
		kw_teardown[state] = teardown;
	return 0;
}

void __cpuhp_remove_state(enum cpuhp_state state, bool invoke)
{
	int (*teardown)(unsigned int) = state < CPUHP_AP_ONLINE_DYN_END ? kw_teardown[state] : NULL;
	u32 cpu;

	for (cpu = 0; invoke && teardown && cpu < kw_config.nr_cpus; cpu++) {
		struct kw_hotplug h = { .fn = teardown, .cpu = cpu };

		kw_call_direct(cpu, kw_hotplug_call, &h);
	}
}
