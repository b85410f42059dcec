// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deferred work: work queues, delayed work, and the moment when RCU callbacks
 * run, all on one kworker task.
 *
 * Same as the kernel: an item is queued at most once; its function runs in
 * process context with the item no longer pending; cancel_work_sync() and
 * flush_work() wait for a running item.
 * Different on purpose: one worker for all queues, items run in the order in
 * which they became due.
 */
#include <linux/workqueue.h>
#include <linux/jiffies.h>
#include <linux/timer.h>
#include "env.h"

static LIST_HEAD(kw_ready);		/* struct work_struct.entry */
static LIST_HEAD(kw_delayed);		/* the same entry; due at delayed_work.timer.expires ns */
static struct work_struct *kw_running;
static u64 kw_nr_ended;			/* items that have run */
static u32 kw_worker_tid;	/* the task that kw_boot() ran as, until kw_work_run() says */

static char kw_a_queue[64];		/* never looked into */
struct workqueue_struct *system_wq = (void *)kw_a_queue;
struct workqueue_struct *system_percpu_wq = (void *)kw_a_queue;
struct workqueue_struct *system_highpri_wq = (void *)kw_a_queue;
struct workqueue_struct *system_long_wq = (void *)kw_a_queue;
struct workqueue_struct *system_unbound_wq = (void *)kw_a_queue;

static bool kw_claim(struct work_struct *work)
{
	return !test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
}

static void kw_unqueue(struct work_struct *work)
{
	list_del_init(&work->entry);
	clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
}

/* Those whose time has come, in that order. */
static void kw_promote(void)
{
	struct work_struct *work, *next;

	list_for_each_entry_safe(work, next, &kw_delayed, entry) {
		if (to_delayed_work(work)->timer.expires > kw_shared.now_ns)
			break;
		list_move_tail(&work->entry, &kw_ready);
	}
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	if (!kw_claim(work))
		return false;
	kw_promote();
	list_add_tail(&work->entry, &kw_ready);
	hs_work_queued();
	return true;
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	struct work_struct *before;

	if (!delay)
		return queue_work_on(cpu, wq, &dwork->work);
	if (!kw_claim(&dwork->work))
		return false;
	dwork->timer.expires = kw_shared.now_ns + jiffies_to_nsecs(delay);
	/* Sorted: behind all that are due no later. */
	list_for_each_entry_reverse(before, &kw_delayed, entry)
		if (to_delayed_work(before)->timer.expires <= dwork->timer.expires)
			break;
	list_add(&dwork->work.entry, &before->entry);
	hs_work_queued();
	return true;
}

u32 kw_nr_delayed(void)
{
	struct work_struct *work;
	u32 n = 0;

	list_for_each_entry(work, &kw_delayed, entry)
		n++;
	return n;
}

bool kw_work_pending(void)
{
	kw_promote();
	return !list_empty(&kw_ready) || kw_rcu_ready();
}

u64 kw_work_next(void)
{
	struct work_struct *work;
	u64 next = kw_rcu_next();

	if (!list_empty(&kw_ready))
		return kw_shared.now_ns;
	list_for_each_entry(work, &kw_delayed, entry)
		next = min_t(u64, next, to_delayed_work(work)->timer.expires);
	return next;
}

static void kw_run_item(struct work_struct *work)
{
	struct work_struct *outer = kw_running;	/* on the worker, of an item that flushes another */

	kw_unqueue(work);
	kw_running = work;
	work->func(work);	/* which may free it */
	kw_running = outer;
	kw_nr_ended++;
	kw_released(&kw_running);
}

void kw_work_run(void)
{
	/* While the VMs are built there is no worker yet: whoever builds them runs it all. */
	if (!kw_shared.silent)
		kw_worker_tid = kw_self->tid;
	kw_promote();
	while (!list_empty(&kw_ready))
		kw_run_item(list_first_entry(&kw_ready, struct work_struct, entry));
	kw_rcu_run();
}

static bool kw_is_pending(struct work_struct *work)
{
	return test_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
}

static void kw_wait_worker(void)
{
	kw_wait(&kw_running, "work item", kw_worker_tid);
}

static bool kw_wait_running(struct work_struct *work)
{
	bool ran = false;

	while (kw_running == work && kw_self->tid != kw_worker_tid) {
		ran = true;
		kw_wait_worker();
	}
	return ran;
}

/* An item that is running may queue itself again: until it has ended, that is taken back, too. */
bool cancel_work_sync(struct work_struct *work)
{
	bool pending = kw_is_pending(work);

	do {
		if (kw_is_pending(work))
			kw_unqueue(work);
	} while (kw_wait_running(work));
	return pending;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork) { return cancel_work_sync(&dwork->work); }

/*
 * The worker runs it, as it is an item's right to be run by one task at a time.
 * Before there is a worker, or on it, it runs here: other kernels' workers would take over.
 */
bool flush_work(struct work_struct *work)
{
	bool ran = kw_wait_running(work);

	if (!kw_is_pending(work))
		return ran;
	if (kw_shared.silent || kw_self->tid == kw_worker_tid) {
		kw_run_item(work);
		return true;
	}
	while (kw_is_pending(work) && kw_running != work)
		kw_wait_worker();
	kw_wait_running(work);
	return true;
}

/* Does not wait for its time. */
bool flush_delayed_work(struct delayed_work *dwork)
{
	if (kw_is_pending(&dwork->work)) {
		list_move_tail(&dwork->work.entry, &kw_ready);
		hs_work_queued();
	}
	return flush_work(&dwork->work);
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	u64 target = kw_nr_ended + (kw_running != NULL);
	struct work_struct *work;

	if (kw_shared.silent || kw_self->tid == kw_worker_tid) {
		while (!list_empty(&kw_ready))
			kw_run_item(list_first_entry(&kw_ready, struct work_struct, entry));
		return;
	}
	list_for_each_entry(work, &kw_ready, entry)
		target++;
	/* Not by its items, which may free themselves; items that others take back make it wait for later ones. */
	while (kw_nr_ended < target && (kw_running || !list_empty(&kw_ready)))
		kw_wait_worker();
}

void delayed_work_timer_fn(struct timer_list *timer) { hs_trap("delayed_work_timer_fn"); }
/* Under its old and its new name. */
void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *), unsigned int flags,
		    const char *name, struct lock_class_key *key)
{
	timer->function = func;
	timer->flags = flags;
}

void timer_init_key(struct timer_list *timer, void (*func)(struct timer_list *), unsigned int flags,
		    const char *name, struct lock_class_key *key)
{
	init_timer_key(timer, func, flags, name, key);
}

struct workqueue_struct *(alloc_workqueue)(const char *fmt, unsigned int flags, int max_active, ...)
{
	return (void *)kw_a_queue;
}
struct workqueue_struct *(alloc_workqueue_noprof)(const char *fmt, unsigned int flags, int max_active, ...)
{
	return (void *)kw_a_queue;
}
void destroy_workqueue(struct workqueue_struct *wq) { }
