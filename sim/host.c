// SPDX-License-Identifier: GPL-2.0-only
/* See host.h. */
#include "sim/host.h"

#include <stddef.h>

#include "sim/ahead.h"
#include "sim/counts.h"
#include "sim/crash.h"
#include "sim/held.h"
#include "sim/machine.h"
#include "sim/pair_states.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/watchdog.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

#define unlikely(x)	__builtin_expect(!!(x), 0)

enum call_slot { CALL_TIMER, CALL_WORK, CALL_PHASE };

enum host_phase host_phase;
struct digest host_digest;
uint64_t host_seed;
static struct actor *last_actor;	/* whose countdown is in kw_shared */

void host_event(enum digest_event what, uint64_t a, uint64_t b)
{
	digest_add(&host_digest, what, kw_shared.now_ns, a, b);
}

/* --- Tasks and the scheduler. */
static void on_switch(struct actor *next)
{
	if (unlikely(kw_shared.trace_on))
		trace_end_step();
	last_actor->points_left = kw_shared.point_countdown;
	last_actor = next;
	kw_task_switch(next->id);
	kw_shared.point_countdown = next->points_left;
}

void hs_point(enum kw_point_id id)
{
	uint64_t before = sched_now();
	uint32_t next;

	crash_heartbeat++;
	if (!sched_current())
		return;		/* a callback's interrupt handler: nobody else may go first */
	held_release();
	next = sched_point(id);
	kw_shared.point_countdown = next;
	if (sched_now() != before)
		host_event(DIGEST_POINT, sched_current()->id, id);
}

void hs_block(void)
{
	crash_heartbeat++;
	if (!sched_current())
		crash_end(CRASH_PANIC, "something blocks where nothing may block");
	held_release();
	sched_block(UINT64_MAX);
}

void hs_wake(uint32_t tid)
{
	COUNT(WAKES);
	sched_wake(tid);
}

void hs_relax(void)
{
	struct actor *self = sched_current();

	held_release();
	sched_advance(rng_gap(&self->policy_rng, 4 * (uint64_t)machine.scenario.delay_ns + 1));
}

void hs_delay(uint64_t ns)
{
	uint32_t tid = kw_shared.current_tid;

	/* In a callback's interrupt handler nobody can wait, and nobody would see it. */
	if (!ns || !sched_current())
		return;
	held_release();
	if (machine.timers && tid >= 1 && tid <= machine.nr_vcpus)
		oracle_timer_waits(tid - 1, ns);
	sched_advance(ns);
}

/* --- Interrupts. */
/* Somebody else has this CPU for a while, and the CPU goes on taking interrupts. */
void hs_preempted(void)
{
	const struct scenario *s = &machine.scenario;
	uint64_t mean = s->preempt_hold_ns ? s->preempt_hold_ns : 4 * (uint64_t)s->delay_ns + 1;
	uint64_t end = sched_now() + rng_gap(&sched_current()->policy_rng, mean);

	held_release();
	while (sched_now() < end) {
		if (!sched_advance_interruptible(end - sched_now()))
			break;
		if (kw_irqs_enabled(kw_shared.current_tid))
			host_take_pending();
	}
}

static void take_for(uint32_t cpu)
{
	uint32_t self = kw_shared.current_tid, countdown = kw_shared.point_countdown;

	/* On the stack of another actor, that may not give way while the kernel world is @cpu. */
	held_release();
	kw_shared.point_countdown = 0;
	kw_task_switch(cpu);
	kw_irq(cpu);
	kw_task_switch(self);
	kw_shared.point_countdown = countdown;
}

void hs_irq_raise(uint32_t cpu)
{
	struct actor *a = sched_actor(cpu);
	uint32_t pending = kw_irq_pending(cpu);

	host_event(DIGEST_IRQ, cpu, pending);
	if (pending == KW_IRQ_TIMER)
		COUNT(TIMERS);
	else
		COUNT(KICKS);
	switch (a->state) {
	case ACTOR_BLOCKED:
		sched_wake(cpu);
		break;
	case ACTOR_NONE:
	case ACTOR_DONE:
		if (kw_irqs_enabled(cpu))
			take_for(cpu);
		break;
	default:
		sched_interrupt(cpu);
	}
}

/* --- Time and deferred work. */
static void timers_due(void)
{
	kw_timer_expire();
	hs_timer_changed();
}

void hs_timer_changed(void)
{
	if (host_phase != HOST_BUILD)
		sched_call_at(CALL_TIMER, kw_timer_next(), timers_due);
}

static void work_due(void)
{
	sched_wake(MACHINE_KWORKER_TID);
}

static void rearm_work(void)
{
	sched_call_at(CALL_WORK, kw_work_next(), work_due);
}

void hs_work_queued(void)
{
	if (host_phase != HOST_BUILD)
		rearm_work();
}

static void kworker(struct actor *self)
{
	(void)self;
	for (;;) {
		host_take_pending();
		if (kw_work_pending()) {
			kw_work_run();
			oracle_pit_pulse_over();
			continue;
		}
		rearm_work();
		sched_block(UINT64_MAX);
	}
}

/* --- Phases. */
static void end_race(void)
{
	host_phase = HOST_QUIET;
	for (uint32_t id = machine.devices_tid; id < machine.nr_tasks; id++)
		sched_interrupt(id);
}

void host_init(void)
{
	sched_on_switch(on_switch);
	if (ahead_on)
		sched_on_ahead(ahead_actor);
	sched_clock_mirror(&kw_shared.now_ns);
}

void host_start(uint64_t seed, uint64_t race_ns)
{
	host_seed = seed;
	held_message = NULL;	/* the last run may have crashed */
	host_digest.each = pair_states_on ? pair_states_note : NULL;
	digest_reset(&host_digest);
	host_phase = HOST_RACE;
	last_actor = sched_actor(MACHINE_KWORKER_TID);
	kw_shared.silent = false;
	kw_shared.point_countdown = 0;
	kw_task_switch(MACHINE_KWORKER_TID);
	sched_spawn(MACHINE_KWORKER_TID, ACTOR_KWORKER, "kworker", 0, kworker, NULL);
	sched_call_at(CALL_PHASE, race_ns, end_race);
	hs_timer_changed();
}

/* --- Userspace. */
bool host_sleep(uint64_t ns) { return host_sleep_here(ns); }

int64_t host_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	int64_t ret;

	crash_heartbeat++;
	host_take_pending();
	ret = kw_ioctl(fd, cmd, arg);
	host_event(DIGEST_IOCTL, (uint64_t)kw_shared.current_tid << 32 | cmd, (uint64_t)ret);
	return ret;
}

/* --- The ends of a run from inside. */
void hs_trap(const char *symbol) { crash_end(CRASH_TRAP, symbol); }
void hs_no_memory(void) { crash_end(CRASH_MEMORY, "the arena is full: see ARENA_FIXED_BYTES"); }
void hs_panic(const char *what) { crash_end(CRASH_PANIC, what); }
void hs_deadlock(const char *graph) { crash_end(CRASH_DEADLOCK, graph); }
void hs_fault(const char *what) { crash_end(CRASH_FAULT, what); }
