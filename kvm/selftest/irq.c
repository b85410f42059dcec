// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host interrupts: reschedule IPIs, cross calls, irq_work.  Contract: kernel/smp.c,
 * comments at smp_call_function_many(); kernel/irq_work.c.
 */
#include <linux/smp.h>
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include "check.h"

static u32 ran[KW_SELFTEST_MAX_ROLES + 1], nr_ran, flag, done, held;
static struct mutex mutex;

static void setup(void) { mutex_init(&mutex); }

static void on_call(void *info)
{
	ST_CHECK(irqs_disabled(), "a handler runs with interrupts off");
	ST_CHECK(kw_self->tid == smp_processor_id(), "task %u on CPU %u", kw_self->tid, smp_processor_id());
	ST_CHECK(!held, "an interrupt while they are off");
	ran[smp_processor_id()]++;
	nr_ran++;
	if (info)
		*(u32 *)info = 1;
}

/* --- Held off, pending, taken at the enable and not later. */
static void resched_role(u32 role)
{
	if (role == 1) {
		st_until(1000 + st_below(1000));
		kw_send_reschedule(st_cpu(0));
		flag = 1;
		return;
	}
	st_until(500);
	local_irq_disable();
	st_wait_for(&flag, 1);
	ST_CHECK(kw_irq_pending(st_cpu(0)) & KW_IRQ_RESCHED, "not pending");
	st_busy(500);
	st_point();
	ST_CHECK(kw_irq_pending(st_cpu(0)) & KW_IRQ_RESCHED, "taken with interrupts off");
	local_irq_enable();
	ST_CHECK(!kw_irq_pending(st_cpu(0)), "still pending");
}

static void off_role(u32 role)
{
	unsigned long flags;

	if (role == 1) {
		st_until(1000);
		smp_call_function_single(st_cpu(0), on_call, NULL, 0);
		ST_CHECK(!nr_ran, "ran before its CPU enabled interrupts");
		flag = 1;
		return;
	}
	local_irq_save(flags);
	held = 1;
	st_wait_for(&flag, 1);
	st_busy(1000);
	ST_CHECK(!nr_ran, "with interrupts off");
	held = 0;
	local_irq_restore(flags);
	ST_CHECK(nr_ran == 1, "%u", nr_ran);
}

/* --- With wait: not before all ran it, each once, on its own CPU; whatever they do. */
static void call_many(void)
{
	static struct cpumask mask;
	u32 i, round;

	for (round = 0; round < 4; round++) {
		cpumask_clear(&mask);
		for (i = 0; i < 5; i++)
			cpumask_set_cpu(st_cpu(i), &mask);	/* itself too: left out */
		memset(ran, 0, sizeof(ran));
		st_busy(st_below(500));
		smp_call_function_many(&mask, on_call, NULL, true);
		ST_CHECK(!ran[st_cpu(0)], "it never calls its own CPU");
		for (i = 1; i < 5; i++)
			ST_CHECK(ran[st_cpu(i)] == 1, "CPU %u ran it %u times", st_cpu(i), ran[st_cpu(i)]);
		ST_CHECK(!irqs_disabled(), "interrupts were on");
	}
	done = 1;
	wake_up_process(st_task(3));
}

static void many_role(u32 role)
{
	switch (role) {
	case 0:
		mutex_lock(&mutex);
		call_many();
		mutex_unlock(&mutex);
		break;
	case 1:				/* in and out of interrupts off */
		while (!done) {
			local_irq_disable();
			st_busy(st_below(500));
			local_irq_enable();
			st_busy(1 + st_below(100));
		}
		break;
	case 2:				/* waits for a mutex */
		st_busy(100);
		mutex_lock(&mutex);
		mutex_unlock(&mutex);
		break;
	case 3:				/* sleeps */
		ST_SLEEP_UNTIL(done);
		break;
	default:			/* ends */
		st_busy(300);
	}
}

/* Two CPUs that call each other wait with their interrupts on: no deadlock. */
static void cross_role(u32 role)
{
	u32 i, there;

	for (i = 0; i < 10; i++) {
		there = 0;
		smp_call_function_single(st_cpu(!role), on_call, &there, 1);
		ST_CHECK(there == 1, "returned before the call was done");
		st_busy(st_below(50));
	}
}

static void cross_finish(void) { ST_CHECK(nr_ran == 20, "%u calls of 20", nr_ran); }

static void self_role(u32 role)
{
	u32 here = 0;

	smp_call_function_single(smp_processor_id(), on_call, &here, 1);
	ST_CHECK(here, "its own CPU");
	ST_CHECK(!irqs_disabled(), "as before");
	on_each_cpu(on_call, NULL, 1);
	ST_CHECK(nr_ran == 1 + kw_config.nr_cpus, "%u", nr_ran);
}

/* --- cpu_relax(): a loop on what an interrupt handler writes comes to an end. */
static void relax_role(u32 role)
{
	if (role == 1) {
		st_busy(st_below(1000));
		smp_call_function_single(st_cpu(0), on_call, &flag, 0);
		return;
	}
	while (!READ_ONCE(flag))
		cpu_relax();
}

static void yield_role(u32 role)
{
	if (role == 1) {
		st_busy(st_below(1000));
		smp_call_function_single(st_cpu(0), on_call, &flag, 0);
		return;
	}
	while (!READ_ONCE(flag))
		schedule();
}

/* --- irq_work: once for each time it is queued, on this CPU, when interrupts allow. */
static u32 worked;
static struct irq_work work;

static void on_work(struct irq_work *w)
{
	ST_CHECK(w == &work, "another item");
	ST_CHECK(irqs_disabled(), "interrupt context");
	ST_CHECK(!irq_work_is_pending(w), "no longer pending when it runs");
	ST_CHECK(smp_processor_id() == st_cpu(0), "CPU %u", smp_processor_id());
	worked++;
}

static void irq_work_role(u32 role)
{
	init_irq_work(&work, on_work);
	ST_CHECK(irq_work_queue(&work), "queued");
	ST_CHECK(worked == 1, "interrupts are on: at once");
	local_irq_disable();
	ST_CHECK(irq_work_queue(&work), "queued");
	ST_CHECK(!irq_work_queue(&work), "queued already");
	ST_CHECK(irq_work_is_pending(&work), "pending");
	st_busy(200);
	ST_CHECK(worked == 1, "with interrupts off");
	local_irq_enable();
	ST_CHECK(worked == 2, "%u", worked);
	irq_work_sync(&work);
}

const struct kw_selftest st_irq_tests[] = {
	{ "ipi: taken when interrupts are enabled, not before", 2, .role = resched_role },
	{ "cross call: waits for interrupts of its target", 2, .role = off_role },
	{ "cross call: with wait, returns after all ran it once", 5, .setup = setup, .role = many_role },
	{ "cross call: two CPUs at each other", 2, .role = cross_role, .finish = cross_finish },
	{ "cross call: own CPU, every CPU", 1, .role = self_role },
	{ "interrupts: come in during cpu_relax()", 2, .role = relax_role },
	{ "interrupts: come in during schedule() of a running task", 2, .role = yield_role },
	{ "irq_work: once, on this CPU, in interrupt context", 1, .role = irq_work_role },
	{ }
};
