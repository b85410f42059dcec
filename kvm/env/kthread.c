// SPDX-License-Identifier: GPL-2.0-only
/*
 * kthread workers, for the PIT.  Contract: kernel/kthread.c, comments at
 * kthread_queue_work(), kthread_flush_work(), kthread_destroy_worker().
 *
 * Same as the kernel: an item is queued at most once; a worker runs its items one
 * at a time, in order, in process context, each no longer pending when it runs;
 * flushing waits for a running one.
 * Different on purpose: all workers share the kworker task (work.c).
 */
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "env.h"

struct kw_worker {
	struct kthread_worker worker;
	struct work_struct turn;	/* of the kworker: run all that is queued */
};

static void kw_worker_turn(struct work_struct *turn)
{
	struct kthread_worker *worker = &container_of(turn, struct kw_worker, turn)->worker;

	while (!list_empty(&worker->work_list)) {
		struct kthread_work *work = list_first_entry(&worker->work_list, struct kthread_work, node);

		list_del_init(&work->node);
		worker->current_work = work;
		work->func(work);
		worker->current_work = NULL;
	}
}

static struct kthread_worker *kw_worker_new(unsigned int flags)
{
	struct kw_worker *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return ERR_PTR(-ENOMEM);
	w->worker.flags = flags;
	w->worker.task = current;
	INIT_LIST_HEAD(&w->worker.work_list);
	INIT_LIST_HEAD(&w->worker.delayed_work_list);
	INIT_WORK(&w->turn, kw_worker_turn);
	return &w->worker;
}

/* A function in some trees, a macro over the other one in the rest. */
struct kthread_worker *(kthread_create_worker)(unsigned int flags, const char namefmt[], ...)
{
	return kw_worker_new(flags);
}

struct kthread_worker *(kthread_create_worker_on_node)(unsigned int flags, int node, const char namefmt[], ...)
{
	return kw_worker_new(flags);
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	if (!list_empty(&work->node))
		return false;
	list_add_tail(&work->node, &worker->work_list);
	work->worker = worker;
	queue_work_on(0, system_wq, &container_of(worker, struct kw_worker, worker)->turn);
	return true;
}

void kthread_flush_work(struct kthread_work *work)
{
	struct kthread_worker *worker = work->worker;

	if (worker && (!list_empty(&work->node) || worker->current_work == work))
		flush_work(&container_of(worker, struct kw_worker, worker)->turn);
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	flush_work(&container_of(worker, struct kw_worker, worker)->turn);
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	kthread_flush_worker(worker);
	kfree(container_of(worker, struct kw_worker, worker));
}
