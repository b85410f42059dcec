// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCU and SRCU: what a grace period waits for, and what it does not.  Contract:
 * Documentation/RCU/Design/Requirements/Requirements.rst, "Grace-Period Guarantee".
 */
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "check.h"

#define ROUNDS 15

struct object {
	struct rcu_head rcu;
	u32 valid, freed;
};

static struct object objects[4 * ROUNDS], *published;
static u32 nr_objects, inside, flag, done;
static struct srcu_struct srcu, other;
static struct mutex update;

static void setup(void)
{
	published = &objects[nr_objects++];
	published->valid = 1;
	init_srcu_struct(&srcu);
	init_srcu_struct(&other);
	mutex_init(&update);
}

static struct object *replace(void)
{
	struct object *fresh, *old;

	mutex_lock(&update);
	fresh = &objects[nr_objects++];
	fresh->valid = 1;
	old = published;
	rcu_assign_pointer(published, fresh);
	mutex_unlock(&update);
	if (inside)
		st_saw(0);
	return old;
}

/* A reader uses what it found for as long as its section lasts. */
static void use(bool sleep)
{
	struct object *o = READ_ONCE(published);
	u32 i;

	inside++;
	for (i = st_below(4); i; i--) {
		if (sleep && st_below(2))
			schedule();
		else
			st_busy(st_below(60));
		ST_CHECK(o->valid, "an object that a reader uses is gone");
	}
	inside--;
	st_saw(1);
}

static void retire(struct object *o)
{
	ST_CHECK(o->valid && !o->freed, "retired twice");
	o->valid = 0;
	o->freed = 1;
}

static void synchronize_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role < 2) {
			struct object *old = replace();

			if (i & 1)
				synchronize_rcu();
			else
				synchronize_rcu_expedited();
			retire(old);
		} else {
			rcu_read_lock();
			if (st_below(2)) {
				rcu_read_lock();
				st_point();
				rcu_read_unlock();
			}
			use(false);
			rcu_read_unlock();
			st_busy(st_below(60));
		}
	}
}

/* A chain of readers that overlap must not hold up a grace period that began before them. */
static void later_rcu_role(u32 role)
{
	if (role == 0) {
		rcu_read_lock();
		st_until(5000);
		flag = 1;
		rcu_read_unlock();
	} else if (role == 1) {
		st_until(1000);
		synchronize_rcu();
		ST_CHECK(flag, "a reader was inside");
		ST_CHECK(!done, "it waited for a reader that came later");
	} else {
		st_until(2000);
		rcu_read_lock();
		st_until(50000);
		done = 1;
		rcu_read_unlock();
	}
}

/* A section ends with its outermost unlock. */
static void nested_role(u32 role)
{
	if (role == 0) {
		rcu_read_lock();
		rcu_read_lock();
		st_until(2000);
		rcu_read_unlock();
		st_until(4000);
		flag = 1;
		rcu_read_unlock();
	} else {
		st_until(1000);
		synchronize_rcu();
		ST_CHECK(flag, "the outer section was open");
	}
}

/* --- Callbacks. */
static u32 called;

static void retire_callback(struct rcu_head *head)
{
	called++;
	retire(container_of(head, struct object, rcu));
}

static void callback_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role < 2) {
			struct object *old = replace();

			call_rcu(&old->rcu, retire_callback);
			ST_CHECK(old->valid, "call_rcu() ran its callback at once");
			st_busy(st_below(2000));
		} else {
			rcu_read_lock();
			use(false);
			rcu_read_unlock();
			st_busy(st_below(1000));
		}
	}
}

static void callback_finish(void) { ST_CHECK(called == 2 * ROUNDS, "%u callbacks of %u", called, 2 * ROUNDS); }

/* No callback while a reader from before is inside, however long. */
static void long_reader_role(u32 role)
{
	if (role == 0) {
		struct object *old = READ_ONCE(published);

		rcu_read_lock();
		st_until(200000);
		ST_CHECK(old->valid, "the callback ran during a section that was open");
		rcu_read_unlock();
	} else if (role == 1) {
		st_until(1000);
		call_rcu(&published->rcu, retire_callback);
		rcu_barrier();
		ST_CHECK(called == 1, "rcu_barrier() did not wait");
		ST_CHECK(kw_shared.now_ns >= 200000, "grace period over too early");
	} else {
		/* Later readers hold nothing up. */
		st_until(2000);
		rcu_read_lock();
		st_until(400000);
		rcu_read_unlock();
		ST_CHECK(called == 1, "the callback waited for a later reader");
	}
}

/* rcu_barrier(): all callbacks queued before it have run, none before its time. */
static void barrier_role(u32 role)
{
	u32 i, k;

	for (i = 0; i < 4; i++) {
		if (role < 2) {
			struct object *old[2] = { replace(), replace() };

			for (k = 0; k < 2; k++)
				call_rcu(&old[k]->rcu, retire_callback);
			rcu_barrier();
			ST_CHECK(old[0]->freed && old[1]->freed, "not called by rcu_barrier()");
		} else {
			rcu_read_lock();
			use(false);
			rcu_read_unlock();
			st_busy(st_below(200));
		}
	}
}

/* --- SRCU: readers may sleep. */
static void srcu_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role < 2) {
			struct object *old = replace();

			if (i & 1)
				synchronize_srcu(&srcu);
			else
				synchronize_srcu_expedited(&srcu);
			retire(old);
		} else {
			int idx = srcu_read_lock(&srcu), inner = srcu_read_lock(&srcu);

			ST_CHECK(idx == 0 || idx == 1, "index %d", idx);
			st_saw(2 + idx);
			st_point();
			srcu_read_unlock(&srcu, inner);
			use(true);
			srcu_read_unlock(&srcu, idx);
			st_busy(st_below(60));
		}
	}
}

/* Neither later readers nor those of another structure count. */
static void later_srcu_role(u32 role)
{
	int idx;

	if (role == 0) {
		idx = srcu_read_lock(&srcu);
		st_until(5000);
		flag = 1;
		srcu_read_unlock(&srcu, idx);
	} else if (role == 1) {
		st_until(1000);
		synchronize_srcu(&srcu);
		ST_CHECK(flag, "a reader was inside");
		ST_CHECK(!done, "it waited for a reader that does not count");
	} else {
		struct srcu_struct *s = role == 2 ? &srcu : &other;

		st_until(role == 2 ? 2000 : 500);
		idx = srcu_read_lock(s);
		st_until(50000);
		done = 1;
		srcu_read_unlock(s, idx);
	}
}

/* Callbacks run after a grace period, also when others synchronize at the same time. */
static void call_srcu_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (role == 0) {
			struct object *old = replace();

			call_srcu(&srcu, &old->rcu, retire_callback);
			ST_CHECK(old->valid, "call_srcu() ran its callback at once");
			st_busy(st_below(4000));
		} else if (role == 1) {
			struct object *old = replace();

			synchronize_srcu(&srcu);
			retire(old);
			st_busy(st_below(1000));
		} else {
			int idx = srcu_read_lock(&srcu);

			use(true);
			srcu_read_unlock(&srcu, idx);
			st_busy(st_below(1000));
		}
	}
	if (role == 0)
		srcu_barrier(&srcu);
}

static void call_srcu_finish(void) { ST_CHECK(called == ROUNDS, "%u callbacks of %u", called, ROUNDS); }

/* No callback while a reader from before is inside, however long; a later one holds nothing up. */
static void long_srcu_role(u32 role)
{
	int idx;

	if (role == 0) {
		struct object *old = READ_ONCE(published);

		idx = srcu_read_lock(&srcu);
		st_until(200000);
		ST_CHECK(old->valid, "the callback ran during a section that was open");
		srcu_read_unlock(&srcu, idx);
	} else if (role == 1) {
		st_until(1000);
		call_srcu(&srcu, &published->rcu, retire_callback);
	} else {
		st_until(50000);
		idx = srcu_read_lock(&srcu);
		st_until(400000);
		ST_CHECK(called == 1, "the callback waited for a later reader");
		srcu_read_unlock(&srcu, idx);
	}
}

/* One that is queued while another task synchronizes runs once that is over, though nobody asks for it. */
static void queued_while_busy_role(u32 role)
{
	int idx;

	if (role == 0) {
		idx = srcu_read_lock(&srcu);
		st_until(50000);
		srcu_read_unlock(&srcu, idx);
	} else if (role == 1) {
		st_until(1000);
		synchronize_srcu(&srcu);
	} else {
		st_until(2000);
		call_srcu(&srcu, &published->rcu, retire_callback);
		st_until(200000);
		ST_CHECK(called == 1, "the callback did not run");
	}
}

/* --- Misuse. */
static void srcu_callback_role(u32 role)
{
	call_srcu(&srcu, &published->rcu, retire_callback);
	cleanup_srcu_struct(&srcu);
}

static void srcu_twice_role(u32 role)
{
	int idx = srcu_read_lock(&srcu);

	srcu_read_unlock(&srcu, idx);
	srcu_read_unlock(&srcu, idx);
}

static void srcu_index_role(u32 role)
{
	int idx = srcu_read_lock(&srcu);

	srcu_read_unlock(&srcu, !idx);
}

static void srcu_cleanup_role(u32 role)
{
	srcu_read_lock(&srcu);
	cleanup_srcu_struct(&srcu);
}

static void rcu_twice_role(u32 role)
{
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
}

static void rcu_inside_role(u32 role)
{
	rcu_read_lock();
	synchronize_rcu();
}

static void rcu_sleep_role(u32 role)
{
	rcu_read_lock();
	schedule();
}

/* A reader that waits for the updater that waits for it. */
static void rcu_deadlock_role(u32 role)
{
	if (role == 0) {
		rcu_read_lock();
		st_until(2000);
		mutex_lock(&update);
	} else {
		mutex_lock(&update);
		st_until(1000);
		synchronize_rcu();
	}
}

static void srcu_inside_role(u32 role)
{
	srcu_read_lock(&srcu);
	synchronize_srcu(&srcu);
}

#define MISUSE(what, how, words) \
	{ "misuse: " what, 1, KW_SELFTEST_FAULT, .setup = setup, .role = how, .says = words }

const struct kw_selftest st_rcu_tests[] = {
	{ "rcu: synchronize_rcu() waits for readers", 4, .setup = setup, .role = synchronize_role, .must_see = 3 },
	{ "rcu: synchronize_rcu() does not wait for later readers", 3, .role = later_rcu_role },
	{ "rcu: the outermost unlock ends a section", 2, .role = nested_role },
	{ "rcu: callbacks run after a grace period, all of them", 4, .setup = setup, .role = callback_role,
	  .finish = callback_finish, .must_see = 3 },
	{ "rcu: a callback waits for a long reader, and not for later ones", 3, .setup = setup,
	  .role = long_reader_role },
	{ "rcu: rcu_barrier() waits for all callbacks before it", 4, .setup = setup, .role = barrier_role,
	  .must_see = 3 },
	{ "srcu: synchronize_srcu() waits for readers that sleep", 4, .setup = setup, .role = srcu_role,
	  .must_see = 15 },
	{ "srcu: synchronize_srcu() waits neither for later readers nor for another's", 4, .setup = setup,
	  .role = later_srcu_role },
	{ "srcu: callbacks run after a grace period, all of them", 4, .setup = setup, .role = call_srcu_role,
	  .finish = call_srcu_finish, .must_see = 3 },
	{ "srcu: a callback waits for a long reader, and not for later ones", 3, .setup = setup,
	  .role = long_srcu_role },
	{ "srcu: a callback that is queued while others synchronize runs afterwards", 3, .setup = setup,
	  .role = queued_while_busy_role },
	{ "deadlock: a reader and a grace period", 2, KW_SELFTEST_DEADLOCK, .setup = setup,
	  .role = rcu_deadlock_role, .says = "task1 waits for mutex &update|task2 waits for RCU grace period" },
	{ "stuck: synchronize_srcu() in its own section", 1, KW_SELFTEST_STUCK, .setup = setup,
	  .role = srcu_inside_role, .says = "task1 waits for SRCU grace period" },
	MISUSE("srcu_read_unlock() twice", srcu_twice_role, "srcu_read_unlock"),
	MISUSE("srcu_read_unlock() of the other index", srcu_index_role, "srcu_read_unlock"),
	MISUSE("cleanup_srcu_struct() with a reader", srcu_cleanup_role, "cleanup_srcu_struct"),
	MISUSE("cleanup_srcu_struct() with a callback", srcu_callback_role, "cleanup_srcu_struct"),
	MISUSE("rcu_read_unlock() twice", rcu_twice_role, "rcu_read_unlock"),
	MISUSE("schedule() in a section", rcu_sleep_role, "schedule() inside an RCU read section"),
	MISUSE("synchronize_rcu() in a section", rcu_inside_role, "synchronize_rcu"),
	{ }
};
