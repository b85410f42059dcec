// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work items.  Contract: kernel/workqueue.c, comments at queue_work_on(),
 * cancel_work_sync(), flush_work(): queued at most once, never run by two at once.
 */
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "check.h"

#define ROUNDS 15

static struct work_struct item, second;
static struct delayed_work late, later;
static u32 queued, ran, running, again, second_ran, order[4], nr_order;
static u64 due_ns;
static struct mutex mutex;

static void on_item(struct work_struct *w)
{
	ST_CHECK(w == &item, "another item");
	ST_CHECK(!running, "an item is never run by two at once");
	ST_CHECK(!irqs_disabled(), "process context");
	running = 1;
	ran++;
	if (again && again--)
		ST_CHECK(schedule_work(w), "may be queued while it runs");
	st_busy(st_below(400));
	running = 0;
}

static void setup(void)
{
	INIT_WORK(&item, on_item);
	mutex_init(&mutex);
}

/* --- Once for each time that queueing it said so. */
static void once_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		bool was = work_pending(&item);

		if (schedule_work(&item)) {
			ST_CHECK(!was, "queued twice");
			queued++;
		} else {
			ST_CHECK(was, "not queued, and not pending");
			st_saw(0);
		}
		if (running)
			st_saw(1);
		st_busy(st_below(300));
	}
}

static void once_finish(void)
{
	ST_CHECK(ran == queued, "queued %u times, ran %u times", queued, ran);
	ST_CHECK(!work_pending(&item), "left over");
}

/* --- Delayed work: not early; in the order in which it becomes due. */
static void on_late(struct work_struct *w)
{
	ST_CHECK(kw_shared.now_ns >= due_ns, "early: due at %llu", due_ns);
	ST_CHECK(!delayed_work_pending(to_delayed_work(w)), "no longer pending when it runs");
	ran++;
}

static void delayed_role(u32 role)
{
	u32 i;

	INIT_DELAYED_WORK(&late, on_late);
	for (i = 0; i < 5; i++) {
		u32 ticks = st_below(5);

		due_ns = kw_shared.now_ns + jiffies_to_nsecs(ticks);
		ST_CHECK(schedule_delayed_work(&late, ticks), "queued");
		ST_CHECK(!schedule_delayed_work(&late, 1), "queued already");
		ST_CHECK(delayed_work_pending(&late), "pending");
		while (delayed_work_pending(&late) || ran <= i)
			st_busy(10000);
		ST_CHECK(ran == i + 1, "%u", ran);
	}
	/* Cancelled in time, it never runs. */
	schedule_delayed_work(&late, 2);
	st_busy(st_below(1500000));
	ST_CHECK(cancel_delayed_work_sync(&late), "it was pending");
	ST_CHECK(!cancel_delayed_work_sync(&late), "and is no more");
	st_busy(5000000);
	ST_CHECK(ran == 5, "%u", ran);
	/* Flushed, it runs at once. */
	due_ns = 0;
	schedule_delayed_work(&late, 1000);
	ST_CHECK(flush_delayed_work(&late) && ran == 6, "flushed");
}

static void on_ordered(struct work_struct *w)
{
	order[nr_order++] = w == &item ? 0 : w == &late.work ? 1 : 2;
	if (w == &item)
		st_busy(20000000);	/* the others become due meanwhile */
}

static void due_order_role(u32 role)
{
	INIT_WORK(&item, on_ordered);
	INIT_DELAYED_WORK(&late, on_ordered);
	INIT_DELAYED_WORK(&later, on_ordered);
	schedule_work(&item);
	schedule_delayed_work(&later, 9);
	schedule_delayed_work(&late, 4);
	st_busy(50000000);
	ST_CHECK(nr_order == 3 && order[0] == 0 && order[1] == 1 && order[2] == 2, "%u: %u %u %u", nr_order,
		 order[0], order[1], order[2]);
}

/* --- cancel_work_sync(): afterwards neither pending nor running. */
static void cancel_role(u32 role)
{
	u32 n;
	bool was;

	again = st_below(2) ? 1000 : 0;		/* it may even requeue itself */
	schedule_work(&item);
	st_busy(st_below(600));
	was = work_pending(&item);
	if (running)
		st_saw(0);
	if (was)
		st_saw(1);
	if (!was && !running)
		st_saw(2);
	ST_CHECK(cancel_work_sync(&item) == was, "says whether it was pending");
	ST_CHECK(!running && !work_pending(&item), "%srunning", running ? "" : "not ");
	again = 0;
	n = ran;
	st_busy(2000);
	ST_CHECK(ran == n, "it ran after it was cancelled");
}

/* --- flush_work(): what was queued before has run, and no two run it at once. */
static void flush_role(u32 role)
{
	u32 i, n;

	for (i = 0; i < ROUNDS; i++) {
		st_busy(st_below(300));
		n = ran;
		if (running)
			st_saw(0);
		if (schedule_work(&item)) {
			st_busy(st_below(200));
			flush_work(&item);
			ST_CHECK(ran > n, "flush_work() returned before the item ran");
		} else {
			flush_work(&item);
		}
	}
	flush_work(&item);
}

/* --- An item that waits for what its flusher holds. */
static void on_locked(struct work_struct *w)
{
	running = 1;
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

static void deadlock_role(u32 role)
{
	INIT_WORK(&item, on_locked);
	mutex_lock(&mutex);
	schedule_work(&item);
	if (st_below(2))
		st_wait_for(&running, 1);
	flush_work(&item);
}

/* --- An item may flush another one. */
static void on_second(struct work_struct *w)
{
	second_ran++;
}

static void on_flusher(struct work_struct *w)
{
	schedule_work(&second);
	flush_work(&second);
	ST_CHECK(second_ran == 1, "flushed by another item");
	ran++;
}

static void flush_inside_role(u32 role)
{
	INIT_WORK(&item, on_flusher);
	INIT_WORK(&second, on_second);
	schedule_work(&item);
	flush_work(&item);
	ST_CHECK(ran == 1, "%u", ran);
}

/* --- flush_workqueue(): all that was queued before, though items free themselves; not what comes later. */
struct own_item {
	struct work_struct work;
	u32 nr;
};

static struct workqueue_struct *own_queue;

static void own_queue_setup(void) { own_queue = alloc_workqueue("selftest", 0, 0); }

static void on_own_item(struct work_struct *w)
{
	struct own_item *own = container_of(w, struct own_item, work);

	st_busy(st_below(300));
	ran++;
	memset(own, 0x5a, sizeof(*own));
	kfree(own);
}

static void queue_own_item(void)
{
	struct own_item *own = kzalloc(sizeof(*own), GFP_KERNEL);

	INIT_WORK(&own->work, on_own_item);
	queue_work(own_queue, &own->work);
	queued++;
}

static void flush_queue_role(u32 role)
{
	u32 i, k, before;

	for (i = 0; i < ROUNDS; i++) {
		if (role) {
			queue_own_item();
			st_busy(st_below(500));
			continue;
		}
		for (k = st_below(4); k; k--)
			queue_own_item();
		before = queued;
		flush_workqueue(own_queue);
		ST_CHECK(ran >= before, "%u of %u items that were queued before", ran, before);
		st_saw(ran < queued);
		st_busy(st_below(300));
	}
}

const struct kw_selftest st_work_tests[] = {
	{ "work: queued once, run as often as queued", 3, .setup = setup, .role = once_role, .finish = once_finish,
	  .must_see = 3 },
	{ "work: delayed work is not early, is cancelled, is flushed", 1, .role = delayed_role },
	{ "work: delayed work in the order of its time", 1, .role = due_order_role },
	{ "work: cancel_work_sync() leaves nothing queued or running", 1, .setup = setup, .role = cancel_role,
	  .must_see = 7 },
	{ "work: flush_work() waits, and no two run one item", 2, .setup = setup, .role = flush_role, .must_see = 1 },
	{ "work: an item flushes another", 1, .role = flush_inside_role },
	{ "work: flush_workqueue() waits for items that free themselves, and for none that come later", 3,
	  .setup = own_queue_setup, .role = flush_queue_role, .must_see = 3 },
	{ "deadlock: an item and its flusher", 1, KW_SELFTEST_DEADLOCK, .setup = setup, .role = deadlock_role,
	  .says = "kworker waits for mutex &mutex|task1 waits for work item" },
	{ }
};
