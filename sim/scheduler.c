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
#include "sim/table.h"

static uint64_t no_mirror;
struct sched_clock sched_clock = { .mirror = &no_mirror };
static void no_switch_hook(struct actor *next) { (void)next; }

static struct {
	struct actor *actors;
	void (*on_switch)(struct actor *next);
	void (*on_ahead)(uint32_t slot);
	struct coro main;
	uint32_t nr_actors;
	bool running;		/* inside sched_run() */
	bool stop;
	/* Per run. */
	uint64_t end_ns, event_limit;
	uint64_t seed;
	const struct policy *policy;
	struct policy_params params;
	uint32_t *used;		/* ids spawned in this run */
	uint32_t nr_used;
	void (*calls[SCHED_NR_CALLS])(void);
} sched = { .on_switch = no_switch_hook };

uint64_t sched_nr_events(void)
{
	return sched.event_limit - sched_clock.left;
}

static _Noreturn void sched_die(const char *what, uint32_t id)
{
	fprintf(stderr, "lapicsim: scheduler.c: %s (actor %u, %llu ns, event %llu)\n", what, id,
		(unsigned long long)sched_clock.now_ns, (unsigned long long)sched_nr_events());
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
	err = event_init(&sched_clock.queue, nr_actors + SCHED_NR_CALLS);
	if (err)
		return err;
	sched.used = malloc(nr_actors * sizeof(*sched.used));
	sched.actors = table_alloc(nr_actors, sizeof(*sched.actors));
	if (!sched.used || !sched.actors)
		return -ENOMEM;
	for (i = 0; i < nr_actors; i++)
		sched.actors[i].id = i;
	sched.nr_actors = nr_actors;
	return 0;
}

static void set_clock(uint64_t ns)
{
	sched_clock.now_ns = ns;
	*sched_clock.mirror = ns;
}

void sched_reset(uint64_t seed, const struct policy *policy)
{
	if (sched.running || sched_clock.current)
		sched_die("reset in the middle of a run", sched_clock.current ? sched_clock.current->id : 0);
	while (sched.nr_used) {
		struct actor *a = &sched.actors[sched.used[--sched.nr_used]];
		uint32_t id = a->id;

		memset(a, 0, sizeof(*a));
		a->id = id;
	}
	event_clear(&sched_clock.queue);
	memset(sched.calls, 0, sizeof(sched.calls));
	set_clock(0);
	sched.event_limit = sched_clock.left = 0;
	sched.seed = seed;
	sched.policy = policy;
	sched.params = *policy_params();
}

void sched_on_switch(void (*hook)(struct actor *next))
{
	sched.on_switch = hook ? hook : no_switch_hook;
}

void sched_on_ahead(void (*hook)(uint32_t slot))
{
	sched.on_ahead = hook;
}

void sched_clock_mirror(uint64_t *where)
{
	sched_clock.mirror = where ? where : &no_mirror;
	*sched_clock.mirror = sched_clock.now_ns;
}

struct actor *sched_actor(uint32_t id)
{
	if (id >= sched.nr_actors)
		sched_die("no such actor", id);
	return &sched.actors[id];
}

struct actor *sched_current(void)
{
	return sched_clock.current;
}


/* ---- Giving way. */

void sched_spent(void)
{
	sched.end_ns = sched_clock.end_ns = 0;
}

/* Queues @a for @at_ns; at EVENT_NEVER it stays without an event. */
static void queue_actor(struct actor *a, uint64_t at_ns)
{
	a->wake_ns = at_ns;
	event_set(&sched_clock.queue, a->id, at_ns);
}

/* May the first event be run, and is it an actor's? */
static bool first_is_actor(void)
{
	/* Without an event the time is EVENT_NEVER, which no end lies behind; without events left the end is 0. */
	return event_first_ns(&sched_clock.queue) < sched.end_ns &&
	       event_first_slot(&sched_clock.queue) < sched.nr_actors;
}

/* @next has been taken off the queue, and is due at @at_ns: it is the running one from here on. */
static void make_current(struct actor *next, uint64_t at_ns)
{
	set_clock(at_ns);
	sched_spend();
	next->state = ACTOR_RUNNING;
	sched_clock.current = next;
	sched.on_switch(next);
}

/* The caller has seen first_is_actor(). */
static struct actor *take_first_actor(void)
{
	struct actor *next = &sched.actors[event_first_slot(&sched_clock.queue)];
	uint64_t at_ns = event_first_ns(&sched_clock.queue);

	event_pop(&sched_clock.queue);
	make_current(next, at_ns);
	return next;
}

/* The running actor is queued, blocked or done: lets the first event happen. */
static struct coro *next_coro(void)
{
	if (first_is_actor())
		return &take_first_actor()->coro;
	sched_clock.current = NULL;
	return &sched.main;
}

static void give_way(struct actor *self)
{
	struct coro *next = next_coro();

	/* A block that times out now may come straight back. */
	if (next != &self->coro)
		coro_switch(&self->coro, next);
}

static struct actor *running_actor(void)
{
	if (!sched_clock.current)
		sched_die("called from the main stack, but for actors only", 0);
	return sched_clock.current;
}

struct coro *sched_queue_self(struct actor *self, uint64_t at_ns, bool interruptible)
{
	struct actor *next;
	uint64_t first_ns;

	if (unlikely(!self))
		running_actor();

	self->state = ACTOR_QUEUED;
	self->interrupted = false;
	self->interruptible = interruptible;
	if (at_ns == EVENT_NEVER || !first_is_actor() || event_first_ns(&sched_clock.queue) > at_ns) {
		queue_actor(self, at_ns);
		return next_coro();
	}
	/* The common case: another actor goes first, and takes this one's place in the heap. */
	self->wake_ns = at_ns;
	first_ns = event_first_ns(&sched_clock.queue);
	next = &sched.actors[event_first_slot(&sched_clock.queue)];
	/* With thousands of actors its stack is not in the cache; the heap's work hides some of that. */
	__builtin_prefetch(next->coro.sp);
	event_exchange(&sched_clock.queue, self->id, at_ns);
	if (unlikely(sched.on_ahead))
		sched.on_ahead(event_first_slot(&sched_clock.queue));
	make_current(next, first_ns);
	return &next->coro;
}

void sched_advance_slowly(uint64_t at_ns)
{
	struct actor *self = running_actor();
	struct coro *next = sched_queue_self(self, at_ns, false);

	if (next != &self->coro)
		coro_switch(&self->coro, next);
}

bool sched_block(uint64_t timeout_ns)
{
	struct actor *self = running_actor();

	if (self->wake_pending) {
		self->wake_pending = false;
		/* An event, even where no more may follow. */
		if (sched_clock.left)
			sched_spend();
		else
			sched.event_limit++;
		return true;
	}
	self->woken = false;
	self->state = ACTOR_BLOCKED;
	queue_actor(self, timeout_ns < sched_clock.now_ns ? sched_clock.now_ns : timeout_ns);
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
	queue_actor(a, sched_clock.now_ns);
}

void sched_interrupt(uint32_t id)
{
	struct actor *a = sched_actor(id);

	if (a->state != ACTOR_QUEUED || !a->interruptible)
		return;
	/* Once: a second interrupt must not send it behind those that were queued meanwhile. */
	a->interruptible = false;
	a->interrupted = true;
	queue_actor(a, sched_clock.now_ns);
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
	} else if (a->state != ACTOR_DONE || a == sched_clock.current) {
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
	if (start_ns < sched_clock.now_ns)
		start_ns = sched_clock.now_ns;
	queue_actor(a, event_add_ns(start_ns, delay_ns));
	return a;
}

uint32_t sched_point(uint32_t point_id)
{
	struct actor *self = running_actor();
	uint64_t delay_ns;

	if (!sched.policy)
		return 0;
	delay_ns = sched.policy->delay(&sched.params, &self->policy_rng, self->id, point_id);
	if (delay_ns)
		sched_advance(delay_ns);
	/* Not before: who is switched to leaves here what was left, nothing. */
	next_point(self);
	return self->points_left;
}

/* ---- The main stack. */

void sched_call_at(uint32_t slot, uint64_t at_ns, void (*fn)(void))
{
	if (slot >= SCHED_NR_CALLS)
		sched_die("no such callback slot", slot);
	if (at_ns < sched_clock.now_ns)
		at_ns = sched_clock.now_ns;
	sched.calls[slot] = fn;
	event_set(&sched_clock.queue, sched.nr_actors + slot, at_ns);
}

static void run_call(void)
{
	uint32_t slot = event_first_slot(&sched_clock.queue) - sched.nr_actors;

	set_clock(event_first_ns(&sched_clock.queue));
	event_pop(&sched_clock.queue);
	sched_spend();
	sched.calls[slot]();
}

/* Why nothing may run now, or SCHED_RUNNING. */
static enum sched_end find_end(const struct sched_limits *limits)
{
	if (sched.stop)
		return SCHED_STOPPED;
	if (!sched_clock.queue.nr)
		return SCHED_IDLE;
	if (event_first_ns(&sched_clock.queue) >= limits->end_ns) {
		if (sched_clock.now_ns < limits->end_ns)
			set_clock(limits->end_ns);
		return SCHED_TIME;
	}
	return sched_clock.left ? SCHED_RUNNING : SCHED_EVENTS;
}

/* What was spent stays spent. */
static void set_event_limit(uint64_t max)
{
	uint64_t nr = sched_nr_events();

	sched.event_limit = max > nr ? max : nr;
	sched_clock.left = sched.event_limit - nr;
}

static void run_first_actor(void)
{
	struct actor *first = take_first_actor();

	sched_clock.end_ns = sched.end_ns;
	coro_switch(&sched.main, &first->coro);
	sched_clock.end_ns = 0;
}

enum sched_end sched_run(const struct sched_limits *limits)
{
	enum sched_end end;

	if (sched_clock.current || sched.running)
		sched_die("sched_run() inside sched_run()", sched_clock.current ? sched_clock.current->id : 0);
	sched.running = true;
	sched.stop = false;
	sched.end_ns = limits->end_ns;
	set_event_limit(limits->max_events);
	for (;;) {
		end = find_end(limits);
		if (end != SCHED_RUNNING)
			break;
		if (first_is_actor())
			run_first_actor();
		else
			run_call();
	}
	sched.running = false;
	return end;
}

void sched_stop(void)
{
	sched.stop = true;
	sched.event_limit = sched_nr_events();
	sched_clock.left = 0;
	sched_spent();
}

void sched_abandon(void)
{
	if (sched_clock.current) {
		coro_escaped();
		sched_clock.current->state = ACTOR_DONE;
		sched_clock.current = NULL;
		sched_clock.end_ns = 0;
	}
	sched.running = false;
}
