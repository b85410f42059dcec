// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks that exclude and wait: spinlocks, reader-writer spinlocks, mutexes,
 * reader-writer semaphores.
 *
 * Same as the kernel: who may hold what at the same time, interrupt state of
 * the _irq and _irqsave forms, release wakes those who wait.
 * Different on purpose: waiting is blocking in the simulator, also for
 * spinlocks; waiters go on in the order in which they came; the words hold the
 * owner, so that the wait graph can name it.  An unlock of what is not held ends
 * the run.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/bottom_half.h>
#include <linux/sched/signal.h>
#include "env.h"

#define KW_OWNER(task) ((task)->tid + 1)
#define KW_WRITER 0x80000000u

/* --- Spinlocks: the lock word is 0 or the owner's tid + 1. */
static __always_inline u32 *kw_spin_word(raw_spinlock_t *lock)
{
	return (u32 *)&lock->raw_lock;
}

static noinline void kw_spin_slow(u32 *word)
{
	while (*word)
		kw_wait(word, "spinlock", *word - 1);
	*word = KW_OWNER(kw_self);
}

static __always_inline void kw_spin_lock(raw_spinlock_t *lock)
{
	u32 *word = kw_spin_word(lock);

	if (unlikely(*word))
		kw_spin_slow(word);
	else
		*word = KW_OWNER(kw_self);
	if (unlikely(kw_nr_watched))
		kw_watch_lock(word, true);
}

static __always_inline void kw_spin_unlock(raw_spinlock_t *lock)
{
	u32 *word = kw_spin_word(lock);

	if (unlikely(*word != KW_OWNER(kw_self)))
		hs_fault("spin_unlock of a lock that this task does not hold");
	if (unlikely(kw_nr_watched))
		kw_watch_lock(word, false);
	*word = 0;
	kw_released(word);
}

void _raw_spin_lock(raw_spinlock_t *lock) { kw_spin_lock(lock); }
void _raw_spin_lock_bh(raw_spinlock_t *lock) { kw_spin_lock(lock); }
void _raw_spin_lock_irq(raw_spinlock_t *lock) { local_irq_disable(); kw_spin_lock(lock); }

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	kw_spin_lock(lock);
	return flags;
}

int _raw_spin_trylock(raw_spinlock_t *lock)
{
	if (*kw_spin_word(lock))
		return 0;
	*kw_spin_word(lock) = KW_OWNER(kw_self);
	return 1;
}

void _raw_spin_unlock(raw_spinlock_t *lock) { kw_spin_unlock(lock); }
void _raw_spin_unlock_bh(raw_spinlock_t *lock) { kw_spin_unlock(lock); }
void _raw_spin_unlock_irq(raw_spinlock_t *lock) { kw_spin_unlock(lock); local_irq_enable(); }
void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	kw_spin_unlock(lock);
	local_irq_restore(flags);
}

/* Softirqs are not modelled: nothing to hold off. */
void __local_bh_enable_ip(unsigned long ip, unsigned int cnt) { __preempt_count_sub(cnt); }

/* --- Reader-writer spinlocks: number of readers, or KW_WRITER | owner. */
static __always_inline u32 *kw_rw_word(rwlock_t *lock)
{
	return (u32 *)&lock->raw_lock;
}

static void kw_read_lock(rwlock_t *lock)
{
	u32 *word = kw_rw_word(lock);

	while (*word & KW_WRITER)
		kw_wait(word, "rwlock (writer)", (*word & ~KW_WRITER) - 1);
	++*word;
}

static void kw_read_unlock(rwlock_t *lock)
{
	u32 *word = kw_rw_word(lock);

	if (!*word || (*word & KW_WRITER))
		hs_fault("read_unlock of a lock that is not held for reading");
	if (!--*word)
		kw_released(word);
}

static void kw_write_lock(rwlock_t *lock)
{
	u32 *word = kw_rw_word(lock);

	while (*word)
		kw_wait(word, "rwlock", *word & KW_WRITER ? (*word & ~KW_WRITER) - 1 : KW_NO_TASK);
	*word = KW_WRITER | KW_OWNER(kw_self);
}

static void kw_write_unlock(rwlock_t *lock)
{
	u32 *word = kw_rw_word(lock);

	if (*word != (KW_WRITER | KW_OWNER(kw_self)))
		hs_fault("write_unlock of a lock that this task does not hold");
	*word = 0;
	kw_released(word);
}

int _raw_read_trylock(rwlock_t *lock)
{
	u32 *word = kw_rw_word(lock);

	if (*word & KW_WRITER)
		return 0;
	++*word;
	return 1;
}

void _raw_read_lock(rwlock_t *lock) { kw_read_lock(lock); }
void _raw_read_lock_irq(rwlock_t *lock) { local_irq_disable(); kw_read_lock(lock); }
void _raw_read_unlock(rwlock_t *lock) { kw_read_unlock(lock); }
void _raw_read_unlock_irq(rwlock_t *lock) { kw_read_unlock(lock); local_irq_enable(); }
void _raw_write_lock(rwlock_t *lock) { kw_write_lock(lock); }
void _raw_write_lock_irq(rwlock_t *lock) { local_irq_disable(); kw_write_lock(lock); }
void _raw_write_unlock(rwlock_t *lock) { kw_write_unlock(lock); }
void _raw_write_unlock_irq(rwlock_t *lock) { kw_write_unlock(lock); local_irq_enable(); }

unsigned long _raw_read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	kw_read_lock(lock);
	return flags;
}

void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	kw_read_unlock(lock);
	local_irq_restore(flags);
}

/*
 * --- Mutexes.  The owner word holds tid + 1, and above it the name that mutex_init()
 * was given, for the wait graph: constants lie below 4 GiB (-mcmodel=small).
 */
#define KW_NAME_SHIFT 32

void kw_mutex_init(struct mutex *lock, const char *name)
{
	atomic_long_set(&lock->owner, (u64)name << KW_NAME_SHIFT);
}

#ifdef KW_HAS_MUTEX_INIT_NAMED
void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key) { kw_mutex_init(lock, name); }
#else
void mutex_init_generic(struct mutex *lock) { kw_mutex_init(lock, NULL); }
#endif

static __always_inline u32 kw_mutex_owner(struct mutex *lock)
{
	return atomic_long_read(&lock->owner);
}

static __always_inline void kw_mutex_set_owner(struct mutex *lock, u32 owner)
{
	atomic_long_set(&lock->owner, (atomic_long_read(&lock->owner) & ~(u64)U32_MAX) | owner);
}

static void kw_mutex_wait(struct mutex *lock)
{
	kw_self->wait_name = (const char *)(atomic_long_read(&lock->owner) >> KW_NAME_SHIFT);
	kw_wait(lock, "mutex", kw_mutex_owner(lock) - 1);
}

void mutex_lock(struct mutex *lock)
{
	kw_point(KW_POINT_LOCK);
	while (kw_mutex_owner(lock))
		kw_mutex_wait(lock);
	kw_mutex_set_owner(lock, KW_OWNER(kw_self));
}

int mutex_trylock(struct mutex *lock)
{
	if (kw_mutex_owner(lock))
		return 0;
	kw_mutex_set_owner(lock, KW_OWNER(kw_self));
	return 1;
}

int mutex_lock_killable(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

int mutex_lock_interruptible(struct mutex *lock)
{
	kw_point(KW_POINT_LOCK);
	while (kw_mutex_owner(lock)) {
		if (signal_pending(kw_current))
			return -EINTR;
		kw_mutex_wait(lock);
	}
	kw_mutex_set_owner(lock, KW_OWNER(kw_self));
	return 0;
}

void mutex_unlock(struct mutex *lock)
{
	if (kw_mutex_owner(lock) != KW_OWNER(kw_self))
		hs_fault("mutex_unlock of a mutex that this task does not hold");
	kw_mutex_set_owner(lock, 0);
	kw_released(lock);
}

bool mutex_is_locked(struct mutex *lock) { return kw_mutex_owner(lock) != 0; }

/* --- Semaphores for readers and writers: count is readers, or -1 - owner. */
void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	atomic_long_set(&sem->count, 0);
}

void down_read(struct rw_semaphore *sem)
{
	kw_point(KW_POINT_LOCK);
	while (atomic_long_read(&sem->count) < 0)
		kw_wait(sem, "rwsem (writer)", -1 - atomic_long_read(&sem->count));
	atomic_long_inc(&sem->count);
}

int down_read_killable(struct rw_semaphore *sem) { down_read(sem); return 0; }

int down_read_trylock(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) < 0)
		return 0;
	atomic_long_inc(&sem->count);
	return 1;
}

void up_read(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) <= 0)
		hs_fault("up_read of a semaphore that is not held for reading");
	if (atomic_long_dec_return(&sem->count) == 0)
		kw_released(sem);
}

void down_write(struct rw_semaphore *sem)
{
	long c;

	kw_point(KW_POINT_LOCK);
	while ((c = atomic_long_read(&sem->count)) != 0)
		kw_wait(sem, "rwsem", c < 0 ? -1 - c : KW_NO_TASK);
	atomic_long_set(&sem->count, -1 - (long)kw_self->tid);
}

int down_write_killable(struct rw_semaphore *sem) { down_write(sem); return 0; }

void up_write(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) != -1 - (long)kw_self->tid)
		hs_fault("up_write of a semaphore that this task does not hold");
	atomic_long_set(&sem->count, 0);
	kw_released(sem);
}
