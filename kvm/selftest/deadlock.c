// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlocks, each a cycle in the wait graph, and locks let go by those who do not
 * hold them.  Every one must end the run, with the names of tasks and locks.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/completion.h>
#include <linux/smp.h>
#include "check.h"

static struct mutex first, second;
static DEFINE_MUTEX(fixed);
static spinlock_t spin;
static rwlock_t rw;
static struct rw_semaphore sem;
static u32 holding;

static void setup(void)
{
	mutex_init(&first);
	mutex_init(&second);
	spin_lock_init(&spin);
	rwlock_init(&rw);
	init_rwsem(&sem);
}

/* All have taken their first lock before any goes for its second. */
static void meet(u32 nr)
{
	holding++;
	while (holding < nr)
		st_busy(20);
	st_busy(st_below(100));
}

static void opposite_role(u32 role)
{
	mutex_lock(role ? &second : &first);
	meet(2);
	mutex_lock(role ? &first : &second);
}

/* Not in every order, but in all that interleave. */
static void three_role(u32 role)
{
	switch (role) {
	case 0:
		mutex_lock(&fixed);
		meet(3);
		spin_lock(&spin);
		break;
	case 1:
		spin_lock(&spin);
		meet(3);
		down_write(&sem);
		break;
	default:
		down_write(&sem);
		meet(3);
		mutex_lock(&fixed);
	}
}

static void twice_mutex_role(u32 role) { mutex_lock(&first); st_point(); mutex_lock(&first); }
static void twice_spin_role(u32 role) { spin_lock(&spin); st_point(); spin_lock(&spin); }
static void twice_write_role(u32 role) { write_lock(&rw); st_point(); write_lock(&rw); }
static void read_in_write_role(u32 role) { down_write(&sem); st_point(); down_read(&sem); }

/* A spinlock that an interrupt handler takes too, held with interrupts on. */
static void take_spin(void *info)
{
	spin_lock(&spin);
	spin_unlock(&spin);
}

static void in_handler_role(u32 role)
{
	if (role == 0) {
		spin_lock(&spin);
		st_wait_for(&holding, 1);
		st_busy(1000);
		spin_unlock(&spin);
	} else {
		st_busy(500);
		smp_call_function_single(st_cpu(0), take_spin, NULL, 0);
		holding = 1;
	}
}

/* Readers have no name each: no cycle to see, but a run that comes to a stop. */
static void upgrade_role(u32 role)
{
	down_read(&sem);
	meet(2);
	down_write(&sem);
}

static struct completion never;

static void never_role(u32 role)
{
	if (!role)
		init_completion(&never);
	wait_for_completion(&never);
}

/* --- Misuse. */
static void unlock_mutex_role(u32 role) { mutex_unlock(&first); }
static void unlock_spin_role(u32 role) { spin_unlock(&spin); }
static void unlock_read_role(u32 role) { read_unlock(&rw); }
static void unlock_write_role(u32 role) { write_unlock(&rw); }
static void up_read_role(u32 role) { up_read(&sem); }
static void up_write_role(u32 role) { up_write(&sem); }

#define OTHERS(name, lock, unlock)	\
static void name(u32 role)		\
{					\
	if (role == 0) {		\
		lock;			\
		holding = 1;		\
		st_busy(5000);		\
	} else {			\
		st_wait_for(&holding, 1); \
		unlock;			\
	}				\
}
OTHERS(others_mutex_role, mutex_lock(&first), mutex_unlock(&first))
OTHERS(others_spin_role, spin_lock(&spin), spin_unlock(&spin))
OTHERS(others_write_role, write_lock(&rw), write_unlock(&rw))
OTHERS(others_down_write_role, down_write(&sem), up_write(&sem))
OTHERS(read_for_write_role, read_lock(&rw), write_unlock(&rw))
OTHERS(write_for_read_role, down_write(&sem), up_read(&sem))

#define DEADLOCK(what, nr, how, words)	\
	{ "deadlock: " what, nr, KW_SELFTEST_DEADLOCK, .setup = setup, .role = how, .says = words }
#define MISUSE(what, nr, how, words)	\
	{ "misuse: " what, nr, KW_SELFTEST_FAULT, .setup = setup, .role = how, .says = words }

const struct kw_selftest st_deadlock_tests[] = {
	DEADLOCK("two mutexes in opposite order", 2, opposite_role, "task1 waits for|task2 waits for|&first|&second"),
	DEADLOCK("a mutex, a spinlock and a semaphore in a ring", 3, three_role,
		 "task1 waits for spinlock|task2 waits for rwsem|task3 waits for mutex|"
		 "held by task1|held by task2|held by task3"),
	DEADLOCK("a mutex taken twice", 1, twice_mutex_role, "task1 waits for mutex &first|held by task1"),
	DEADLOCK("a spinlock taken twice", 1, twice_spin_role, "task1 waits for spinlock|held by task1"),
	DEADLOCK("a rwlock written twice", 1, twice_write_role, "task1 waits for rwlock|held by task1"),
	DEADLOCK("a semaphore read by its writer", 1, read_in_write_role, "task1 waits for rwsem|held by task1"),
	DEADLOCK("a spinlock that a handler takes, too", 2, in_handler_role, "task1 waits for spinlock|held by task1"),
	{ "stuck: two readers that both want to write", 2, KW_SELFTEST_STUCK, .setup = setup, .role = upgrade_role,
	  .says = "task1 waits for rwsem|task2 waits for rwsem" },
	{ "stuck: a completion that never comes", 2, KW_SELFTEST_STUCK, .role = never_role,
	  .says = "task1 waits for completion|task2 waits for completion" },
	MISUSE("mutex_unlock() of a free mutex", 1, unlock_mutex_role, "mutex_unlock"),
	MISUSE("spin_unlock() of a free lock", 1, unlock_spin_role, "spin_unlock"),
	MISUSE("read_unlock() of a free lock", 1, unlock_read_role, "read_unlock"),
	MISUSE("write_unlock() of a free lock", 1, unlock_write_role, "write_unlock"),
	MISUSE("up_read() of a free semaphore", 1, up_read_role, "up_read"),
	MISUSE("up_write() of a free semaphore", 1, up_write_role, "up_write"),
	MISUSE("mutex_unlock() of another's mutex", 2, others_mutex_role, "mutex_unlock"),
	MISUSE("spin_unlock() of another's lock", 2, others_spin_role, "spin_unlock"),
	MISUSE("write_unlock() of another's lock", 2, others_write_role, "write_unlock"),
	MISUSE("up_write() of another's semaphore", 2, others_down_write_role, "up_write"),
	MISUSE("write_unlock() of a lock held for reading", 2, read_for_write_role, "write_unlock"),
	MISUSE("up_read() of a semaphore held for writing", 2, write_for_read_role, "up_read"),
	{ }
};
