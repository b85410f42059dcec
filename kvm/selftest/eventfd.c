// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event counters.  Contract: fs/eventfd.c, comments at eventfd_ctx_do_read(),
 * eventfd_ctx_remove_wait_queue(); kernel/sched/wait.c for exclusive waiters.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/wait.h>
#include "check.h"

#define ROUNDS 12

static int fd;
static struct eventfd_ctx *ctx;
static wait_queue_entry_t first, last;
static wait_queue_head_t *head;
static u64 written, seen;
static u32 calls, last_calls, hups, inside;
static bool takes;

/* Like an irqfd's: takes the event. */
static int on_event(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	u64 n;

	ST_CHECK(irqs_disabled(), "interrupts are off");
	ST_CHECK(!inside++, "the queue's lock is held");
	st_point();
	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(ctx, &n);
		seen += n;
		calls++;
	}
	hups += !!(key_to_poll(key) & EPOLLHUP);
	inside--;
	return takes;
}

static int on_last(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	last_calls++;
	return 0;
}

static void queue_first(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	head = wqh;
	add_wait_queue_priority(wqh, &first);
	add_wait_queue_priority(wqh, &last);
}

static void attach(void)
{
	struct poll_table_struct pt;
	struct fd f;

	fd = kw_eventfd();
	ctx = eventfd_ctx_fdget(fd);
	f = fdget(fd);
	init_waitqueue_func_entry(&first, on_event);
	init_waitqueue_func_entry(&last, on_last);
	init_poll_funcptr(&pt, queue_first);
	ST_CHECK(!(vfs_poll(kw_fd_file(fd), &pt) & EPOLLIN), "nothing yet");
	fdput(f);
	takes = true;
}

/* --- Whatever is written is seen once, by the waiter in front. */
static void write_role(u32 role)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		u32 n = 1 + st_below(3);

		written += n;
		kw_eventfd_write(fd, n);
		st_busy(st_below(200));
	}
}

static void write_finish(void)
{
	ST_CHECK(seen == written && kw_eventfd_read(fd) == 0, "written %llu, seen %llu", written, seen);
	ST_CHECK(calls == 3 * ROUNDS, "%u calls", calls);
	ST_CHECK(!last_calls, "the exclusive waiter in front took it");
}

/* --- Without a taker the walk goes on; without a waiter the counter stays. */
static void remove_role(u32 role)
{
	u64 n;

	attach();
	takes = false;
	kw_eventfd_write(fd, 2);
	ST_CHECK(last_calls == 1 && seen == 2, "both were called");
	ST_CHECK(eventfd_ctx_remove_wait_queue(ctx, &first, &n) == -EAGAIN && !n, "was empty");
	kw_eventfd_write(fd, 3);
	ST_CHECK(calls == 1 && last_calls == 2, "no longer called");
	ST_CHECK(eventfd_ctx_remove_wait_queue(ctx, &last, &n) == 0 && n == 3, "%llu left", n);
	ST_CHECK(!waitqueue_active(head), "nobody waits");
	kw_eventfd_write(fd, ULLONG_MAX);
	kw_eventfd_write(fd, 1);
	ST_CHECK(kw_eventfd_read(fd) == (s64)ULLONG_MAX, "the counter does not wrap");
}

/* --- The waiter hears of the close; the context outlives the file. */
static void close_role(u32 role)
{
	attach();
	kw_close(fd);
	ST_CHECK(hups == 1, "%u", hups);
	ST_CHECK(IS_ERR(eventfd_ctx_fdget(fd)), "no such descriptor");
	eventfd_ctx_put(ctx);
}

/* --- A signal from inside a signal would recurse. */
static int on_recursion(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	ST_CHECK(!eventfd_signal_allowed(), "not now");
	kw_eventfd_write(fd, 1);
	return 1;
}

static void recursion_role(u32 role)
{
	attach();
	init_waitqueue_func_entry(&first, on_recursion);
	first.flags = WQ_FLAG_EXCLUSIVE;
	kw_eventfd_write(fd, 1);
	ST_CHECK(eventfd_signal_allowed() && kw_eventfd_read(fd) == 1, "the outer one counts");
}

const struct kw_selftest st_eventfd_tests[] = {
	{ "eventfd: each signal is seen once, in front of others", 3, .setup = attach, .role = write_role,
	  .finish = write_finish },
	{ "eventfd: eventfd_ctx_remove_wait_queue() and the counter", 1, .role = remove_role },
	{ "eventfd: EPOLLHUP on close", 1, .role = close_role },
	{ "eventfd: no signal from inside a signal", 1, .role = recursion_role, .nr_warns = 1 },
	{ }
};
