// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks: who may be inside with whom, who comes next, interrupt state.  Contract:
 * Documentation/locking/mutex-design.rst, spinlocks.rst; kernel/locking/rwsem.c.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include "check.h"

#define ROUNDS 20

static struct mutex mutex, outer;
static spinlock_t spin;
static raw_spinlock_t raw;
static rwlock_t rw;
static struct rw_semaphore sem;

static u32 readers, writers, nr_in, flag, shared;

static void setup(void)
{
	mutex_init(&mutex);
	mutex_init(&outer);
	spin_lock_init(&spin);
	raw_spin_lock_init(&raw);
	rwlock_init(&rw);
	init_rwsem(&sem);
}

/* --- What every exclusive section does. */
static void alone(void)
{
	u32 was = shared;

	writers++;
	ST_CHECK(writers == 1 && !readers, "%u writers, %u readers inside", writers, readers);
	if (st_below(2))
		st_point();
	else
		st_busy(st_below(60));
	ST_CHECK(writers == 1 && !readers, "%u writers, %u readers inside", writers, readers);
	ST_CHECK(shared == was, "somebody else wrote");
	shared++;
	writers--;
	nr_in++;
}

static void together(void)
{
	readers++;
	ST_CHECK(!writers, "%u writers among readers", writers);
	if (readers > 1)
		st_saw(1);
	st_busy(st_below(60));
	ST_CHECK(!writers, "%u writers among readers", writers);
	readers--;
	nr_in++;
}

/* --- Mutual exclusion: all ways in. */
static void mutex_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (mutex_is_locked(&mutex))
			st_saw(0);
		switch (st_below(3)) {
		case 0:
			while (!mutex_trylock(&mutex))
				st_busy(10);
			break;
		case 1:
			ST_CHECK(!mutex_lock_killable(&mutex), "no signal came");
			break;
		default:
			mutex_lock(&mutex);
		}
		ST_CHECK(mutex_is_locked(&mutex), "by this task");
		ST_CHECK(!mutex_trylock(&mutex), "it is held");
		alone();
		mutex_unlock(&mutex);
		st_busy(st_below(60));
	}
}

static void spin_role(u32 role)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		switch (st_below(4)) {
		case 0:
			while (!spin_trylock(&spin))
				st_busy(10);
			alone();
			spin_unlock(&spin);
			break;
		case 1:
			spin_lock_irq(&spin);
			alone();
			spin_unlock_irq(&spin);
			break;
		case 2:
			spin_lock_irqsave(&spin, flags);
			alone();
			spin_unlock_irqrestore(&spin, flags);
			break;
		default:
			if (spin_is_locked(&spin))
				st_saw(0);
			spin_lock(&spin);
			ST_CHECK(!spin_trylock(&spin), "it is held");
			alone();
			spin_unlock(&spin);
		}
		ST_CHECK(!irqs_disabled(), "interrupts were on before");
		st_busy(st_below(60));
	}
}

static void raw_spin_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		raw_spin_lock(&raw);
		alone();
		raw_spin_unlock(&raw);
	}
}

static void rwlock_role(u32 role)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		switch (st_below(6)) {
		case 0:
			write_lock(&rw);
			alone();
			write_unlock(&rw);
			break;
		case 1:
			write_lock_irq(&rw);
			alone();
			write_unlock_irq(&rw);
			break;
		case 2:
			read_lock_irqsave(&rw, flags);
			ST_CHECK(irqs_disabled(), "irqsave");
			together();
			read_unlock_irqrestore(&rw, flags);
			break;
		case 3:
			read_lock_irq(&rw);
			ST_CHECK(irqs_disabled(), "irq");
			together();
			read_unlock_irq(&rw);
			break;
		default:
			read_lock(&rw);
			together();
			read_unlock(&rw);
		}
		ST_CHECK(!irqs_disabled(), "interrupts were on before");
		st_busy(st_below(60));
	}
}

static void rwsem_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		switch (st_below(6)) {
		case 0:
			down_write(&sem);
			ST_CHECK(!down_read_trylock(&sem), "a writer holds it");
			alone();
			up_write(&sem);
			break;
		case 1:
			ST_CHECK(!down_write_killable(&sem), "no signal came");
			alone();
			up_write(&sem);
			break;
		case 2:
			while (!down_read_trylock(&sem))
				st_busy(10);
			together();
			up_read(&sem);
			break;
		default:
			down_read(&sem);
			together();
			up_read(&sem);
		}
		st_busy(st_below(60));
	}
}

static void all_in(void)
{
	ST_CHECK(nr_in == 4 * ROUNDS, "%u sections of %u", nr_in, 4 * ROUNDS);
	ST_CHECK(shared <= nr_in && !readers && !writers, "%u writes", shared);
}

/* --- Those who wait go on in the order in which they came. */
static u32 order[KW_SELFTEST_MAX_ROLES], nr_order;

static void in_order(u32 role)
{
	order[nr_order++] = role;
	st_busy(st_below(200));
}

/* Role 0 holds it first; role N comes at N * 1000 ns. */
#define FIFO_ROLE(name, lock, unlock)		\
static void name(u32 role)			\
{						\
	if (role)				\
		st_until(role * 1000);		\
	lock;					\
	if (role)				\
		in_order(role);			\
	else					\
		st_until(20000);		\
	unlock;					\
}
FIFO_ROLE(fifo_mutex_role, mutex_lock(&mutex), mutex_unlock(&mutex))
FIFO_ROLE(fifo_spin_role, spin_lock(&spin), spin_unlock(&spin))
FIFO_ROLE(fifo_write_lock_role, write_lock(&rw), write_unlock(&rw))
FIFO_ROLE(fifo_down_write_role, down_write(&sem), up_write(&sem))

static void fifo_finish(void)
{
	u32 i;

	ST_CHECK(nr_order == 4, "%u", nr_order);
	for (i = 0; i < nr_order; i++)
		ST_CHECK(order[i] == i + 1, "role %u was number %u", order[i], i + 1);
}

/* --- Readers that waited for one writer are inside at the same time. */
static void readers_role(u32 role)
{
	if (role == 0) {
		write_lock(&rw);
		down_write(&sem);
		st_until(3000);
		write_unlock(&rw);
		up_write(&sem);
		return;
	}
	st_until(1000);
	if (role < 3) {
		read_lock(&rw);
		flag++;
		st_wait_for(&flag, 4);
		read_unlock(&rw);
	} else {
		down_read(&sem);
		flag++;
		st_wait_for(&flag, 4);
		up_read(&sem);
	}
}

/* --- A signal ends mutex_lock_interruptible() and leaves the mutex alone. */
static void interruptible_role(u32 role)
{
	if (role == 0) {
		mutex_lock(&mutex);
		st_wait_for(&flag, 1);
		mutex_unlock(&mutex);
		ST_CHECK(!mutex_lock_interruptible(&mutex), "nobody else holds it");
		mutex_unlock(&mutex);
	} else if (role == 1) {
		st_until(1000);
		ST_CHECK(mutex_lock_interruptible(&mutex) == -EINTR, "the mutex is held, and a signal came");
		ST_CHECK(mutex_is_locked(&mutex), "by role 0");
		flag = 1;
	} else {
		st_until(1500 + st_below(1000));
		kw_task_signal(st_cpu(1));
	}
}

/* --- Interrupts: off exactly while the forms say so. */
static u32 ran;

static void on_call(void *info)
{
	ran++;
	ST_CHECK(!*(u32 *)info, "an interrupt inside an _irqsave section");
}

static void irq_state_role(u32 role)
{
	static u32 inside;
	unsigned long flags, outer;
	u32 i;

	if (role == 1) {
		for (i = 0; i < ROUNDS; i++) {
			st_busy(st_below(100));
			smp_call_function_single(st_cpu(0), on_call, &inside, i & 1);
		}
		return;
	}
	for (i = 0; i < ROUNDS; i++) {
		ST_CHECK(!irqs_disabled(), "to begin with");
		spin_lock_irqsave(&spin, flags);
		inside = 1;
		ST_CHECK(irqs_disabled(), "irqsave");
		raw_spin_lock_irqsave(&raw, outer);
		st_busy(st_below(100));
		raw_spin_unlock_irqrestore(&raw, outer);
		ST_CHECK(irqs_disabled(), "nested irqrestore keeps what was");
		if (kw_irq_pending(st_cpu(0)))
			st_saw(0);
		inside = 0;
		spin_unlock_irqrestore(&spin, flags);
		ST_CHECK(!irqs_disabled() && !kw_irq_pending(st_cpu(0)), "irqrestore");
		spin_lock_irq(&spin);
		ST_CHECK(irqs_disabled(), "irq");
		inside = 1;
		st_busy(st_below(100));
		inside = 0;
		spin_unlock_irq(&spin);
		ST_CHECK(!irqs_disabled(), "irq");
		if (spin_trylock_irqsave(&spin, flags)) {
			ST_CHECK(irqs_disabled(), "trylock_irqsave");
			spin_unlock_irqrestore(&spin, flags);
		}
		spin_lock(&spin);
		ST_CHECK(!irqs_disabled(), "plain spin_lock()");
		spin_unlock(&spin);
		st_busy(50);
	}
}

static void irq_state_finish(void) { ST_CHECK(ran == ROUNDS, "%u interrupts of %u", ran, ROUNDS); }

/* --- Interrupts come in while a task waits for a lock with interrupts on, and not with them off. */
static void waiting_irq_role(u32 role)
{
	static u32 nobody;

	if (role == 0) {
		spin_lock(&spin);
		mutex_lock(&mutex);
		st_until(3000);
		ST_CHECK(ran == 1, "%u", ran);
		spin_unlock(&spin);
		mutex_unlock(&mutex);
	} else if (role == 1) {
		st_until(1000);
		mutex_lock(&mutex);
		mutex_unlock(&mutex);
	} else if (role == 2) {
		st_until(1000);
		spin_lock_irq(&spin);
		ST_CHECK(ran == 1, "%u", ran);
		spin_unlock_irq(&spin);
		ST_CHECK(ran == 2, "%u", ran);
	} else {
		st_until(2000);
		smp_call_function_single(st_cpu(1), on_call, &nobody, 0);
		smp_call_function_single(st_cpu(2), on_call, &nobody, 0);
	}
}

/* --- Locks taken and left in ways that look like a deadlock and are none. */
static void no_deadlock_role(u32 role)
{
	u32 i;

	st_until(100);
	for (i = 0; i < ROUNDS; i++) {
		if (role & 1) {
			/* M and then L, but never both. */
			mutex_lock(&mutex);
			st_busy(st_below(40));
			mutex_unlock(&mutex);
			mutex_lock(&outer);
			st_busy(st_below(40));
			mutex_unlock(&outer);
		} else {
			mutex_lock(&outer);
			st_busy(st_below(40));
			mutex_lock(&mutex);
			st_busy(st_below(40));
			mutex_unlock(&mutex);
			mutex_unlock(&outer);
		}
	}
}

const struct kw_selftest st_lock_tests[] = {
	{ "mutex: excludes", 4, .setup = setup, .role = mutex_role, .finish = all_in, .must_see = 1 },
	{ "spinlock: excludes", 4, .setup = setup, .role = spin_role, .finish = all_in, .must_see = 1 },
	{ "raw spinlock: excludes", 4, .setup = setup, .role = raw_spin_role, .finish = all_in },
	{ "rwlock: readers together, writers alone", 4, .setup = setup, .role = rwlock_role, .finish = all_in,
	  .must_see = 2 },
	{ "rwsem: readers together, writers alone", 4, .setup = setup, .role = rwsem_role, .finish = all_in,
	  .must_see = 2 },
	{ "mutex: waiters in order", 5, .setup = setup, .role = fifo_mutex_role, .finish = fifo_finish },
	{ "spinlock: waiters in order", 5, .setup = setup, .role = fifo_spin_role, .finish = fifo_finish },
	{ "rwlock: writers in order", 5, .setup = setup, .role = fifo_write_lock_role, .finish = fifo_finish },
	{ "rwsem: writers in order", 5, .setup = setup, .role = fifo_down_write_role, .finish = fifo_finish },
	{ "rwlock, rwsem: all readers that waited come in", 5, .setup = setup, .role = readers_role },
	{ "mutex: a signal ends mutex_lock_interruptible()", 3, .setup = setup, .role = interruptible_role },
	{ "spinlock: _irq and _irqsave hold interrupts off, exactly", 2, .setup = setup, .role = irq_state_role,
	  .finish = irq_state_finish, .must_see = 1 },
	{ "locks: who waits takes interrupts if they are on", 4, .setup = setup, .role = waiting_irq_role },
	{ "locks: one after the other is no deadlock", 4, .setup = setup, .role = no_deadlock_role },
	{ }
};
