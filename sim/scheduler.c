/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: one clock, one queue, coroutines.
 *
 * Invariants: an actor runs only after its event was taken off the queue and the
 * clock set to it; the clock never goes back; every choice follows from the queue
 * alone, never from which way (directly, or by the main stack) a switch took.
 *
 * Does not decide how long things take: actors do, and the policy.  Does not bound
 * the time that an actor spends without giving way: the runner's watchdog does.
 *
 * Assertions here are about the harness and always on: they end the process.
 */
#include "sim/scheduler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/event.h"
#include "sim/policy/policy.h"

static uint64_t no_mirror;

static struct {
	/* Hot: what sched_advance() reads when nobody else is due. */
	struct event_queue queue;
	uint64_t now_ns;
	uint64_t nr_events;
	uint64_t event_limit;	/* 0 makes everybody give way to the main stack */
	uint64_t end_ns;
	uint64_t *mirror;
	struct actor *current;
	struct actor *actors;
	void (*on_switch)(uint32_t id);
	struct coro main;
	uint32_t nr_actors;
	bool running;		/* inside sched_run() */
	bool stop;
	/* Per run. */
	uint64_t seed;
	const struct policy *policy;
	struct policy_params params;
	uint32_t *used;		/* ids spawned in this run */
	uint32_t nr_used;
	void (*calls[SCHED_NR_CALLS])(void);
} sched = { .mirror = &no_mirror };

static _Noreturn void sched_die(const char *what, uint32_t id)
{
	fprintf(stderr, "lapicsim: scheduler.c: %s (actor %u, %llu ns, event %llu)\n", what, id,
		(unsigned long long)sched.now_ns, (unsigned long long)sched.nr_events);
	abort();
}

/* ---- Life of a run. */

int sched_init(uint32_t nr_actors)
{
	uint32_t i;
	int err;

	if (sched.actors)
		return -EBUSY;
	if (!nr_actors || nr_actors > EVENT_NR_SLOTS - SCHED_NR_CALLS)
		return -EINVAL;
	err = coro_pool_init(nr_actors);
	if (err)
		return err;
	err = event_init(&sched.queue, nr_actors + SCHED_NR_CALLS);
	if (err)
		return err;
	sched.used = malloc(nr_actors * sizeof(*sched.used));
	sched.actors = calloc(nr_actors, sizeof(*sched.actors));
	if (!sched.used || !sched.actors)
		return -ENOMEM;
	for (i = 0; i < nr_actors; i++)
		sched.actors[i].id = i;
	sched.nr_actors = nr_actors;
	return 0;
}

static void set_clock(uint64_t ns)
{
	sched.now_ns = ns;
	*sched.mirror = ns;
}

void sched_reset(uint64_t seed, const struct policy *policy)
{
	if (sched.running || sched.current)
		sched_die("reset in the middle of a run", sched.current ? sched.current->id : 0);
	while (sched.nr_used) {
		struct actor *a = &sched.actors[sched.used[--sched.nr_used]];
		uint32_t id = a->id;

		memset(a, 0, sizeof(*a));
		a->id = id;
	}
	event_clear(&sched.queue);
	memset(sched.calls, 0, sizeof(sched.calls));
	set_clock(0);
	sched.nr_events = 0;
	sched.seed = seed;
	sched.policy = policy;
	sched.params = *policy_params();
}

void sched_on_switch(void (*hook)(uint32_t id))
{
	sched.on_switch = hook;
}

void sched_clock_mirror(uint64_t *where)
{
	sched.mirror = where ? where : &no_mirror;
	*sched.mirror = sched.now_ns;
}

struct actor *sched_actor(uint32_t id)
{
	if (id >= sched.nr_actors)
		sched_die("no such actor", id);
	return &sched.actors[id];
}

uint64_t sched_now(void)
{
	return sched.now_ns;
}

uint64_t sched_nr_events(void)
{
	return sched.nr_events;
}

struct actor *sched_current(void)
{
	return sched.current;
}

static uint64_t add_ns(uint64_t a, uint64_t b)
{
	return a + b < a ? EVENT_NEVER : a + b;
}

/* ---- Giving way. */

/* Queues @a for @at_ns; at EVENT_NEVER it stays without an event. */
static void queue_actor(struct actor *a, uint64_t at_ns)
{
	a->wake_ns = at_ns;
	event_set(&sched.queue, a->id, at_ns);
}

/* May the first event be run, and is it an actor's? */
static bool first_is_actor(void)
{
	/* Without an event the time is EVENT_NEVER, which no end lies behind. */
	return event_first_ns(&sched.queue) < sched.end_ns && sched.nr_events < sched.event_limit &&
	       event_first_slot(&sched.queue) < sched.nr_actors;
}

/* @next has been taken off the queue, and is due at @at_ns: it is the running one from here on. */
static void make_current(struct actor *next, uint64_t at_ns)
{
	set_clock(at_ns);
	sched.nr_events++;
	next->state = ACTOR_RUNNING;
	sched.current = next;
	if (sched.on_switch)
		sched.on_switch(next->id);
}

/* The caller has seen first_is_actor(). */
static struct actor *take_first_actor(void)
{
	struct actor *next = &sched.actors[event_first_slot(&sched.queue)];
	uint64_t at_ns = event_first_ns(&sched.queue);

	event_pop(&sched.queue);
	make_current(next, at_ns);
	return next;
}

/* From @self, which is queued, blocked or done: lets the first event happen. */
static void give_way(struct actor *self)
{
	struct actor *next;

	if (!first_is_actor()) {
		sched.current = NULL;
		coro_switch(&self->coro, &sched.main);
		return;
	}
	next = take_first_actor();
	/* A sleep that was cut short, or a block that times out now, may come straight back. */
	if (next != self)
		coro_switch(&self->coro, &next->coro);
}

static struct actor *running_actor(void)
{
	if (!sched.current)
		sched_die("called from the main stack, but for actors only", 0);
	return sched.current;
}

static void advance_slowly(struct actor *self, uint64_t at_ns)
{
	struct actor *next;
	uint64_t first_ns;

	self->state = ACTOR_QUEUED;
	if (at_ns == EVENT_NEVER || !first_is_actor() || event_first_ns(&sched.queue) > at_ns) {
		queue_actor(self, at_ns);
		give_way(self);
		return;
	}
	/* The common case: another actor goes first, and takes this one's place in the heap. */
	self->wake_ns = at_ns;
	first_ns = event_first_ns(&sched.queue);
	next = &sched.actors[event_first_slot(&sched.queue)];
	/* With thousands of actors its stack is not in the cache; the heap's work hides some of that. */
	__builtin_prefetch(next->coro.sp);
	event_exchange(&sched.queue, self->id, at_ns);
	make_current(next, first_ns);
	coro_switch(&self->coro, &next->coro);
}

void sched_advance(uint64_t delta_ns)
{
	struct actor *self = running_actor();
	uint64_t at_ns = add_ns(sched.now_ns, delta_ns);

	/* An event at the very same time was queued before, and goes first. */
	if (at_ns < event_first_ns(&sched.queue) && at_ns < sched.end_ns &&
	    sched.nr_events < sched.event_limit) {
		sched.nr_events++;
		set_clock(at_ns);
		return;
	}
	advance_slowly(self, at_ns);
}

bool sched_advance_interruptible(uint64_t delta_ns)
{
	struct actor *self = running_actor();

	self->interrupted = false;
	self->interruptible = true;
	sched_advance(delta_ns);
	self->interruptible = false;
	return self->interrupted;
}

bool sched_block(uint64_t timeout_ns)
{
	struct actor *self = running_actor();

	if (self->wake_pending) {
		self->wake_pending = false;
		sched.nr_events++;
		return true;
	}
	self->woken = false;
	self->state = ACTOR_BLOCKED;
	queue_actor(self, timeout_ns < sched.now_ns ? sched.now_ns : timeout_ns);
	give_way(self);
	return self->woken;
}

void sched_wake(uint32_t id)
{
	struct actor *a = sched_actor(id);

	if (a->state == ACTOR_NONE || a->state == ACTOR_DONE)
		return;
	if (a->state != ACTOR_BLOCKED) {
		a->wake_pending = true;
		return;
	}
	a->state = ACTOR_QUEUED;
	a->woken = true;
	queue_actor(a, sched.now_ns);
}

void sched_interrupt(uint32_t id)
{
	struct actor *a = sched_actor(id);

	if (a->state != ACTOR_QUEUED || !a->interruptible)
		return;
	/* Once: a second interrupt must not send it behind those that were queued meanwhile. */
	a->interruptible = false;
	a->interrupted = true;
	queue_actor(a, sched.now_ns);
}

/* ---- Actors. */

static void actor_entry(void *arg)
{
	struct actor *self = arg;

	self->body(self);
	self->state = ACTOR_DONE;
	give_way(self);
	sched_die("an actor that is done was continued", self->id);
}

static void next_point(struct actor *a)
{
	if (sched.policy)
		a->points_left = sched.policy->skip(&sched.params, &a->policy_rng);
}

struct actor *sched_spawn(uint32_t id, enum actor_kind kind, const char *name, uint64_t start_ns,
			  void (*body)(struct actor *), void *priv)
{
	struct actor *a = sched_actor(id);
	struct rng policy_rng = a->policy_rng;
	uint64_t delay_ns = 0;

	if (a->state == ACTOR_NONE) {
		rng_init(&policy_rng, sched.seed, id, RNG_POLICY);
		sched.used[sched.nr_used++] = id;
	} else if (a->state != ACTOR_DONE || a == sched.current) {
		sched_die("spawned while it is alive", id);
	}
	/* A slot that is used again goes on with its stream: no second life repeats the first. */
	*a = (struct actor){ .id = id, .state = ACTOR_QUEUED, .kind = kind, .policy_rng = policy_rng,
			     .body = body, .priv = priv };
	snprintf(a->name, sizeof(a->name), "%s", name);
	if (sched.policy)
		delay_ns = sched.policy->start(&sched.params, &a->policy_rng, id);
	next_point(a);
	coro_start(&a->coro, id, actor_entry, a);
	if (start_ns < sched.now_ns)
		start_ns = sched.now_ns;
	queue_actor(a, add_ns(start_ns, delay_ns));
	return a;
}

uint32_t sched_point(uint32_t point_id)
{
	struct actor *self = running_actor();
	uint64_t delay_ns;

	if (!sched.policy)
		return 0;
	delay_ns = sched.policy->delay(&sched.params, &self->policy_rng, self->id, point_id);
	next_point(self);
	if (delay_ns)
		sched_advance(delay_ns);
	return self->points_left;
}

/* ---- The main stack. */

void sched_call_at(uint32_t slot, uint64_t at_ns, void (*fn)(void))
{
	if (slot >= SCHED_NR_CALLS)
		sched_die("no such callback slot", slot);
	if (at_ns < sched.now_ns)
		at_ns = sched.now_ns;
	sched.calls[slot] = fn;
	event_set(&sched.queue, sched.nr_actors + slot, at_ns);
}

static void run_call(void)
{
	uint32_t slot = event_first_slot(&sched.queue) - sched.nr_actors;

	set_clock(event_first_ns(&sched.queue));
	event_pop(&sched.queue);
	sched.nr_events++;
	sched.calls[slot]();
}

/* Why nothing may run now, or SCHED_RUNNING. */
static enum sched_end find_end(const struct sched_limits *limits)
{
	if (sched.stop)
		return SCHED_STOPPED;
	if (!sched.queue.nr)
		return SCHED_IDLE;
	if (event_first_ns(&sched.queue) >= limits->end_ns) {
		if (sched.now_ns < limits->end_ns)
			set_clock(limits->end_ns);
		return SCHED_TIME;
	}
	return sched.nr_events >= limits->max_events ? SCHED_EVENTS : SCHED_RUNNING;
}

enum sched_end sched_run(const struct sched_limits *limits)
{
	enum sched_end end;

	if (sched.current || sched.running)
		sched_die("sched_run() inside sched_run()", sched.current ? sched.current->id : 0);
	sched.running = true;
	sched.stop = false;
	sched.end_ns = limits->end_ns;
	sched.event_limit = limits->max_events;
	for (;;) {
		end = find_end(limits);
		if (end != SCHED_RUNNING)
			break;
		if (first_is_actor())
			coro_switch(&sched.main, &take_first_actor()->coro);
		else
			run_call();
	}
	sched.running = false;
	return end;
}

void sched_stop(void)
{
	sched.stop = true;
	sched.event_limit = 0;
}

void sched_abandon(void)
{
	if (sched.current) {
		coro_escaped();
		sched.current->state = ACTOR_DONE;
		sched.current = NULL;
	}
	sched.running = false;
}
