// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: schedule() and wake-ups, signals, rcuwait, preempt notifiers, completions.
 * Contract: kernel/sched/core.c, comments at try_to_wake_up() and set_current_state().
 */
#include <linux/sched/signal.h>
#include <linux/rcuwait.h>
#include <linux/completion.h>
#include <linux/preempt.h>
#include "check.h"

#define ROUNDS 20

static u32 flag, done;

/* --- A wake-up after set_current_state() and before schedule() counts. */
static void wake_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role == 0) {
			for (;;) {
				set_current_state(TASK_INTERRUPTIBLE);
				st_point();
				if (flag)
					break;
				st_point();
				schedule();
			}
			__set_current_state(TASK_RUNNING);
			flag = 0;
		} else {
			bool asleep;

			st_wait_for(&flag, 0);
			st_busy(st_below(100));
			flag = 1;
			st_point();
			asleep = kw_tasks[1]->blocked_in_schedule;
			if (wake_up_process(st_task(0)))
				st_saw(asleep ? 0 : 1);
			else
				st_saw(2);	/* it saw the flag first */
		}
	}
}

/* --- Nothing but a wake-up ends TASK_UNINTERRUPTIBLE: no interrupt, no signal. */
static void only_wake_role(u32 role)
{
	u32 i;

	if (role == 0) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
		ST_CHECK(flag, "schedule() returned without a wake-up");
		ST_CHECK(get_current_state() == TASK_RUNNING, "state %x", get_current_state());
		return;
	}
	while (!kw_tasks[1]->blocked_in_schedule)
		st_busy(10);
	for (i = 0; i < 5; i++) {
		st_busy(st_below(200));
		if (i & 1)
			kw_task_signal(st_cpu(0));
		else
			kw_send_reschedule(st_cpu(0));
	}
	st_busy(1000);
	flag = 1;
	ST_CHECK(wake_up_process(st_task(0)) == 1, "it slept");
	ST_CHECK(wake_up_process(st_task(0)) == 0, "it is awake already");
}

/* --- A signal ends TASK_INTERRUPTIBLE, also one that came first. */
static void signal_role(u32 role)
{
	if (role == 0) {
		st_busy(st_below(200));
		set_current_state(TASK_INTERRUPTIBLE);
		st_point();
		if (signal_pending(current))
			st_saw(0);
		schedule();
		ST_CHECK(signal_pending(current), "it was woken by nothing");
		ST_CHECK(get_current_state() == TASK_RUNNING, "state %x", get_current_state());
		return;
	}
	st_busy(st_below(300));
	if (kw_tasks[1]->blocked_in_schedule)
		st_saw(1);
	kw_task_signal(st_cpu(0));
}

/* --- schedule() of a running task is no sleep. */
static void yield_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		schedule();
		flag++;
	}
}

static void yield_finish(void) { ST_CHECK(flag == 2 * ROUNDS, "%u", flag); }

/* --- rcuwait: the waker sets the condition, then wakes whoever waits. */
static struct rcuwait rcuwait;

static void rcuwait_setup(void) { rcuwait_init(&rcuwait); }

static void rcuwait_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role == 0) {
			rcuwait_wait_event(&rcuwait, ({ st_point(); READ_ONCE(flag); }), TASK_UNINTERRUPTIBLE);
			ST_CHECK(flag, "rcuwait_wait_event() returned before its condition");
			ST_CHECK(!rcuwait_active(&rcuwait), "nobody waits any more");
			flag = 0;
			continue;
		}
		st_wait_for(&flag, 0);
		st_busy(st_below(100));
		if (rcuwait_active(&rcuwait))
			st_saw(0);
		flag = 1;
		st_point();
		rcuwait_wake_up(&rcuwait);
	}
}

/* A spurious wake-up must not end the wait. */
static void rcuwait_spurious_role(u32 role)
{
	u32 i;

	if (role == 0) {
		rcuwait_wait_event(&rcuwait, READ_ONCE(flag), TASK_UNINTERRUPTIBLE);
		ST_CHECK(flag, "rcuwait_wait_event() returned before its condition");
		return;
	}
	for (i = 0; i < 5; i++) {
		st_busy(st_below(100));
		if (rcuwait_wake_up(&rcuwait))
			st_saw(0);
	}
	flag = 1;
	rcuwait_wake_up(&rcuwait);
}

static void rcuwait_signal_role(u32 role)
{
	if (role == 0) {
		ST_CHECK(rcuwait_wait_event(&rcuwait, false, TASK_INTERRUPTIBLE) == -EINTR, "a signal came");
		return;
	}
	st_busy(st_below(200));
	kw_task_signal(st_cpu(0));
}

/* --- Preempt notifiers: out before, in after, in pairs, only on their own task. */
static u32 outs, ins;

static void notify_in(struct preempt_notifier *n, int cpu)
{
	ins++;
	ST_CHECK(ins == outs, "%u in, %u out", ins, outs);
	ST_CHECK(cpu == st_cpu(0), "cpu %d", cpu);
}

static void notify_out(struct preempt_notifier *n, struct task_struct *next)
{
	outs++;
	ST_CHECK(ins + 1 == outs, "%u in, %u out", ins, outs);
	ST_CHECK(kw_self->tid == st_cpu(0), "task %u", kw_self->tid);
	/* What tells a preempted task from one that sleeps. */
	ST_CHECK(current->on_rq == (READ_ONCE(current->__state) == TASK_RUNNING), "on_rq %d, state %u",
		 current->on_rq, READ_ONCE(current->__state));
}

static struct preempt_ops notify_ops = { .sched_in = notify_in, .sched_out = notify_out };

static void notifier_role(u32 role)
{
	struct preempt_notifier n;
	u32 i;

	if (role == 0) {
		preempt_notifier_init(&n, &notify_ops);
		preempt_notifier_register(&n);
		for (i = 0; i < ROUNDS; i++) {
			ST_SLEEP_UNTIL(flag);
			flag = 0;
		}
		schedule();
		preempt_notifier_unregister(&n);
		i = outs;
		schedule();
		ST_CHECK(outs == i, "notified after it unregistered");
		ST_CHECK(ins == outs && ins > 1, "%u in, %u out", ins, outs);
		done = 1;
		return;
	}
	while (!done) {
		schedule();
		flag = 1;
		wake_up_process(st_task(0));
		st_busy(st_below(100));
	}
}

/* --- A preempted task gives way where it is asked to, once, and takes interrupts while it is away. */
static void resched_role(u32 role)
{
	struct preempt_notifier n;
	u32 i;

	if (role == 0) {
		preempt_notifier_init(&n, &notify_ops);
		preempt_notifier_register(&n);
		ST_CHECK(!cond_resched(), "nobody wants the CPU");
		for (i = 1; i <= ROUNDS; i++) {
			flag = i;
			while (!test_tsk_thread_flag(current, TIF_NEED_RESCHED))
				st_busy(10);
			ST_CHECK(outs == i - 1, "%u preemptions before it was asked, not %u", outs, i - 1);
			ST_CHECK(cond_resched(), "the CPU is wanted");
			ST_CHECK(!test_tsk_thread_flag(current, TIF_NEED_RESCHED), "still wanted");
			ST_CHECK(outs == i && ins == i, "%u out, %u in, expected %u", outs, ins, i);
		}
		preempt_notifier_unregister(&n);
		return;
	}
	for (i = 1; i <= ROUNDS; i++) {
		st_wait_for(&flag, i);
		st_busy(st_below(100));
		kw_task_resched(st_cpu(0));
	}
}

/* --- Completions count. */
static struct completion completion;

static void completion_setup(void) { init_completion(&completion); }

static void completion_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role < 2) {
			wait_for_completion(&completion);
			ST_CHECK(flag >= ++done, "%u completed, %u waits over", flag, done);
		} else {
			st_busy(st_below(100));
			flag++;
			complete(&completion);
		}
	}
}

const struct kw_selftest st_task_tests[] = {
	{ "schedule: no wake-up is lost", 2, .role = wake_role, .must_see = 7 },
	{ "schedule: interrupts and signals do not end TASK_UNINTERRUPTIBLE", 2, .role = only_wake_role },
	{ "schedule: a signal ends TASK_INTERRUPTIBLE, before it or in it", 2, .role = signal_role, .must_see = 3 },
	{ "schedule: a running task comes back", 2, .role = yield_role, .finish = yield_finish },
	{ "rcuwait: no wake-up is lost", 2, .setup = rcuwait_setup, .role = rcuwait_role, .must_see = 1 },
	{ "rcuwait: a spurious wake-up does not end the wait", 2, .setup = rcuwait_setup,
	  .role = rcuwait_spurious_role, .must_see = 1 },
	{ "rcuwait: a signal ends TASK_INTERRUPTIBLE", 2, .setup = rcuwait_setup, .role = rcuwait_signal_role },
	{ "preempt notifiers: out and in, in pairs, around schedule()", 2, .role = notifier_role },
	{ "preemption: where it is asked, once, between the notifiers", 2, .role = resched_role },
	{ "completion: counts, and waits", 4, .setup = completion_setup, .role = completion_role },
	{ }
};
