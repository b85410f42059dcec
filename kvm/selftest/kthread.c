// SPDX-License-Identifier: GPL-2.0-only
/*
 * kthread workers.  Contract: kernel/kthread.c, comments at kthread_queue_work(),
 * kthread_flush_work(): queued at most once, run one at a time and in order.
 */
#include <linux/kthread.h>
#include <linux/err.h>
#include "check.h"

#define ROUNDS 15

static struct kthread_worker *worker;
static struct kthread_work item, second;
static u32 queued, ran, running, second_ran;

static void on_item(struct kthread_work *w)
{
	ST_CHECK(w == &item, "another item");
	ST_CHECK(!running, "one at a time");
	ST_CHECK(!irqs_disabled(), "process context");
	ST_CHECK(list_empty(&w->node), "no longer queued when it runs");
	running = 1;
	ran++;
	st_busy(st_below(400));
	running = 0;
}

static void on_second(struct kthread_work *w)
{
	ST_CHECK(!running && ran, "behind the first");
	second_ran++;
}

static void setup(void)
{
	worker = kthread_create_worker(0, "st");
	ST_CHECK(!IS_ERR(worker), "created");
	kthread_init_work(&item, on_item);
	kthread_init_work(&second, on_second);
}

static void once_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		if (kthread_queue_work(worker, &item))
			queued++;
		else
			st_saw(0);
		if (running)
			st_saw(1);
		st_busy(st_below(300));
	}
}

static void once_finish(void)
{
	ST_CHECK(ran == queued, "queued %u times, ran %u times", queued, ran);
}

static void flush_role(u32 role)
{
	u32 i, n;

	for (i = 0; i < ROUNDS; i++) {
		n = ran;
		kthread_queue_work(worker, &item);
		st_busy(st_below(200));
		if (running)
			st_saw(0);
		kthread_flush_work(&item);
		ST_CHECK(ran > n && !running, "flushed before it ran");
	}
	kthread_queue_work(worker, &item);
	kthread_queue_work(worker, &second);
	kthread_destroy_worker(worker);
	ST_CHECK(second_ran == 1, "a worker ends with its work done");
}

const struct kw_selftest st_kthread_tests[] = {
	{ .name = "kthread work: once each time", .nr_roles = 3, .must_see = 3, .setup = setup, .role = once_role,
	  .finish = once_finish },
	{ .name = "kthread work: flush", .nr_roles = 1, .must_see = 1, .setup = setup, .role = flush_role },
	{ }
};
