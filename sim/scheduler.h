/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual time and who goes next.
 *
 * The order of everything is (virtual time in ns, sequence number), a total
 * order; ties go to the event that was queued first.  Actors are coroutines;
 * each has at most one event queued, its own continuation.  Callbacks are
 * functions that run on the scheduler's stack at a point in time.
 *
 * Does not know KVM, guests or the oracle: sim/host.c joins it to the kernel
 * world.  One scheduler per process, reset for each run; nothing is allocated
 * after sched_init().
 */
#ifndef LAPICSIM_SCHEDULER_H
#define LAPICSIM_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/coro.h"
#include "sim/event.h"
#include "sim/rng.h"

struct policy;

enum actor_kind {
	ACTOR_VCPU, ACTOR_DEVICE, ACTOR_USER, ACTOR_MEMORY, ACTOR_KWORKER, ACTOR_NR_KINDS,
};

enum actor_state {
	ACTOR_NONE,		/* slot unused */
	ACTOR_QUEUED,		/* has an event; goes on when its time has come */
	ACTOR_RUNNING,
	ACTOR_BLOCKED,		/* until sched_wake(); an event only if there is a timeout */
	ACTOR_DONE,
};

/* What a switch touches comes first, in one cache line. */
struct actor {
	_Alignas(64) struct coro coro;
	uint64_t wake_ns;	/* when it last asked to go on; UINT64_MAX: never by itself */
	uint32_t id;		/* slot, and the kernel world's tid */
	uint8_t	 state;		/* enum actor_state */
	uint8_t	 kind;		/* enum actor_kind */
	bool	 interruptible;	/* sched_interrupt() may cut its sleep short */
	bool	 interrupted;	/* it was cut short */
	bool	 wake_pending;	/* sched_wake() came while it was not blocked */
	bool	 woken;		/* sched_wake(), not the timeout, ended the last sched_block() */
	uint32_t points_left;	/* to its next scheduling point; 0: never */
	struct rng policy_rng;	/* the second line begins here */
	void	(*body)(struct actor *self);
	void	*priv;
	char	 name[16];
};

enum sched_end {
	SCHED_RUNNING,
	SCHED_IDLE,		/* nothing left to do */
	SCHED_TIME,		/* sched_limits.end_ns reached */
	SCHED_EVENTS,		/* sched_limits.max_events reached */
	SCHED_STOPPED,		/* sched_stop() */
};

/*
 * Both are absolute, counted from sched_reset().  What is due before @end_ns runs,
 * what is due at @end_ns does not, and the clock then shows @end_ns.  An event is
 * one resumption of an actor, one sched_advance() that needed no switch, one
 * sched_block() that needed none, or one callback.
 */
struct sched_limits {
	uint64_t end_ns;	/* virtual time; UINT64_MAX: none */
	uint64_t max_events;	/* UINT64_MAX: none */
};

/* Once per process: room for @nr_actors. 0 or a negative errno. */
int sched_init(uint32_t nr_actors);
/*
 * Forgets everything of the last run but the hook and the clock mirror. @policy
 * stays the caller's; NULL never delays. Costs in proportion to the actors used.
 */
void sched_reset(uint64_t seed, const struct policy *policy);
/*
 * Called whenever an actor is about to go on after others (or a callback, or the
 * main stack) ran (kw_task_switch()). May be NULL.
 */
void sched_on_switch(void (*hook)(struct actor *next));
/* Called with whose event is the one after the next, as things are now: an actor, or a call. May be NULL. */
void sched_on_ahead(void (*hook)(uint32_t slot));

/* Keeps *@where equal to the virtual time, from now on (kw_shared.now_ns). May be NULL. */
void sched_clock_mirror(uint64_t *where);

struct actor *sched_actor(uint32_t id);
/*
 * Makes actor @id ready at @start_ns (or now, if that has passed) plus the policy's
 * delay. Its body may return: that is ACTOR_DONE, and the slot may be used again.
 */
struct actor *sched_spawn(uint32_t id, enum actor_kind kind, const char *name, uint64_t start_ns,
			  void (*body)(struct actor *), void *priv);

/* From the main stack: runs actors and callbacks until one of the ends. May be called again. */
enum sched_end sched_run(const struct sched_limits *limits);
/* Ends sched_run() as soon as the running actor or callback gives way. */
void sched_stop(void);
/* From a crash handler, after siglongjmp() to the main stack: the running actor is dead. */
void sched_abandon(void);

/* What the inline functions below look at; only scheduler.c and they write. */
extern struct sched_clock {
	struct event_queue queue;
	uint64_t now_ns;
	uint64_t left;		/* events to the limit */
	uint64_t end_ns;	/* while an actor runs and events are left, else 0: all give way to the main stack */
	uint64_t *mirror;
	struct actor *current;
} sched_clock;

static inline uint64_t sched_now(void) { return sched_clock.now_ns; }
uint64_t sched_nr_events(void);
struct actor *sched_current(void);	/* NULL on the main stack */

/*
 * From an actor: go on at now + @delta_ns; whoever is earlier, or was queued before
 * for the same time, goes first. A time past the end of the clock never comes.
 */
static inline void sched_advance(uint64_t delta_ns);
/* The same, but sched_interrupt() may end it early: true if it did. */
static inline bool sched_advance_interruptible(uint64_t delta_ns);
/* The same, until @at_ns, which has not passed. */
static inline bool sched_advance_to(uint64_t at_ns);
/*
 * From an actor: wait for sched_wake(), at most until @timeout_ns (absolute). True:
 * woken, at once and without a switch if a wake-up was remembered.
 */
bool sched_block(uint64_t timeout_ns);

/*
 * From anywhere: @id, blocked, goes on now; not blocked, or woken but not yet
 * running again: remembered once. No effect on an actor that is done or unused.
 */
void sched_wake(uint32_t id);
/* From anywhere: an interruptible sleep of @id ends now. No effect otherwise. */
void sched_interrupt(uint32_t id);

/*
 * Callback slots 0..SCHED_NR_CALLS-1, each with at most one event. Setting one
 * again moves it; UINT64_MAX removes it. Callbacks run on the main stack.
 */
#define SCHED_NR_CALLS 4
void sched_call_at(uint32_t slot, uint64_t at_ns, void (*fn)(void));

/*
 * Scheduling point of the running actor: asks the policy for a delay, lets
 * others go first for that long, and returns the number of points until the
 * next one (0: never again).
 */
uint32_t sched_point(uint32_t point_id);

/* ---- The ways of sched_advance(): inline where nobody else is due, and for coro_switch_here(). */

/* Queues @self, the running actor, for @at_ns: who goes on in its place? Perhaps itself. */
struct coro *sched_queue_self(struct actor *self, uint64_t at_ns, bool interruptible);
void sched_advance_slowly(uint64_t at_ns);

/* No event is left: see end_ns. */
void sched_spent(void);
static inline void sched_spend(void)
{
	if (unlikely(!--sched_clock.left))
		sched_spent();
}

/* Nobody is due until @at_ns: then the clock goes there, and the running actor goes on. */
static inline bool sched_goes_first(uint64_t at_ns)
{
	/* An event at the very same time was queued before, and goes first. */
	if (at_ns >= event_first_ns(&sched_clock.queue) || at_ns >= sched_clock.end_ns)
		return false;
	sched_spend();
	sched_clock.now_ns = at_ns;
	*sched_clock.mirror = at_ns;
	return true;
}

static inline void sched_advance(uint64_t delta_ns)
{
	uint64_t at_ns = event_add_ns(sched_clock.now_ns, delta_ns);

	if (!sched_goes_first(at_ns))
		sched_advance_slowly(at_ns);
}

static inline bool sched_advance_to(uint64_t at_ns)
{
	struct actor *self = sched_clock.current;
	struct coro *next;

	if (sched_goes_first(at_ns))
		return false;
	next = sched_queue_self(self, at_ns, true);
	/* A sleep that was cut short may come straight back. */
	if (next != &self->coro)
		coro_switch_here(&self->coro, next);
	self->interruptible = false;
	return self->interrupted;
}

static inline bool sched_advance_interruptible(uint64_t delta_ns)
{
	return sched_advance_to(event_add_ns(sched_clock.now_ns, delta_ns));
}

#endif
