// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event counters: eventfd and what of wait queues KVM's irqfds need of it.
 *
 * Same as the kernel: a signal adds to the counter and calls the waiters under the
 * queue's lock, with interrupts off; an exclusive waiter that takes the event ends
 * the walk; closing the last descriptor tells the waiters EPOLLHUP; the context
 * lives as long as anybody holds it; a signal from inside a signal is a WARN and
 * does nothing.
 * Different on purpose: userspace's read() and write() never block, and a
 * descriptor may not be closed while another task uses it, so fdget() takes no
 * reference.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/poll.h>
#include <linux/anon_inodes.h>
#include <linux/wait.h>
#include "env.h"

struct eventfd_ctx {
	struct kref kref;
	wait_queue_head_t wqh;
	u64 count;
};

/* --- Wait queues. */
void add_wait_queue_priority(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	unsigned long flags;

	entry->flags |= WQ_FLAG_EXCLUSIVE | WQ_FLAG_PRIORITY;
	spin_lock_irqsave(&head->lock, flags);
	__add_wait_queue(head, entry);
	spin_unlock_irqrestore(&head->lock, flags);
}

/* Fails where there is such a waiter already. */
int add_wait_queue_priority_exclusive(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	unsigned long flags;
	int r = 0;

	entry->flags |= WQ_FLAG_EXCLUSIVE | WQ_FLAG_PRIORITY;
	spin_lock_irqsave(&head->lock, flags);
	if (!list_empty(&head->head) &&
	    list_first_entry(&head->head, struct wait_queue_entry, entry)->flags & WQ_FLAG_PRIORITY)
		r = -EBUSY;
	else
		__add_wait_queue(head, entry);
	spin_unlock_irqrestore(&head->lock, flags);
	return r;
}

/* With the queue's lock held: like __wake_up_common() for one exclusive waiter. */
static void kw_wake_locked(struct wait_queue_head *head, __poll_t key)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &head->head, entry) {
		unsigned int flags = entry->flags;
		int ret = entry->func(entry, TASK_NORMAL, 0, poll_to_key(key));

		if (ret < 0 || (ret && (flags & WQ_FLAG_EXCLUSIVE)))
			break;
	}
}

/* --- The context. */
static void kw_eventfd_free(struct kref *kref)
{
	kw_free(container_of(kref, struct eventfd_ctx, kref));
}

void eventfd_ctx_put(struct eventfd_ctx *ctx) { kref_put(&ctx->kref, kw_eventfd_free); }

static void kw_eventfd_add(struct eventfd_ctx *ctx, u64 n, __poll_t mask)
{
	unsigned long flags;

	if (WARN_ON_ONCE(current->in_eventfd))
		return;
	spin_lock_irqsave(&ctx->wqh.lock, flags);
	current->in_eventfd = 1;
	ctx->count += min(n, ULLONG_MAX - ctx->count);
	kw_wake_locked(&ctx->wqh, EPOLLIN | mask);
	current->in_eventfd = 0;
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
}

#ifdef KW_HAS_EVENTFD_SIGNAL_COUNT
__u64 eventfd_signal(struct eventfd_ctx *ctx, __u64 n)
{
	kw_eventfd_add(ctx, n, 0);
	return n;
}
#else
void eventfd_signal_mask(struct eventfd_ctx *ctx, __poll_t mask) { kw_eventfd_add(ctx, 1, mask); }
#endif

/* With the queue's lock held. */
void eventfd_ctx_do_read(struct eventfd_ctx *ctx, __u64 *cnt)
{
	*cnt = ctx->count;
	ctx->count = 0;
}

int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, wait_queue_entry_t *wait, __u64 *cnt)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	eventfd_ctx_do_read(ctx, cnt);
	__remove_wait_queue(&ctx->wqh, wait);
	if (*cnt)
		kw_wake_locked(&ctx->wqh, EPOLLOUT);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return *cnt ? 0 : -EAGAIN;
}

/* --- The file. */
static __poll_t kw_eventfd_poll(struct file *file, poll_table *wait)
{
	struct eventfd_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->wqh, wait);
	return (ctx->count ? EPOLLIN : 0) | (ctx->count < ULLONG_MAX - 1 ? EPOLLOUT : 0);
}

static int kw_eventfd_release(struct inode *inode, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	kw_wake_locked(&ctx->wqh, EPOLLHUP);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	eventfd_ctx_put(ctx);
	return 0;
}

static const struct file_operations kw_eventfd_fops = {
	.poll = kw_eventfd_poll,
	.release = kw_eventfd_release,
};

struct eventfd_ctx *eventfd_ctx_fileget(struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	if (file->f_op != &kw_eventfd_fops)
		return ERR_PTR(-EINVAL);
	kref_get(&ctx->kref);
	return ctx;
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct file *file = kw_fd_file(fd);

	return file ? eventfd_ctx_fileget(file) : ERR_PTR(-EBADF);
}

#ifdef KW_HAS_FD_WORD
struct fd fdget(unsigned int fd)
{
	struct file *file = kw_fd_file(fd);

	return file ? BORROWED_FD(file) : EMPTY_FD;
}
#else
unsigned long __fdget(unsigned int fd) { return (unsigned long)kw_fd_file(fd); }
#endif

/* Nobody takes a reference: see above. */
void fput(struct file *file) { hs_fault("fput() of a file that nobody holds"); }

/* --- What userspace calls. */
int kw_eventfd(void)
{
	struct eventfd_ctx *ctx = kw_alloc(sizeof(*ctx));

	kref_init(&ctx->kref);
	spin_lock_init(&ctx->wqh.lock);
	INIT_LIST_HEAD(&ctx->wqh.head);
	return anon_inode_getfd("[eventfd]", &kw_eventfd_fops, ctx, O_RDWR);
}

int kw_eventfd_write(int fd, u64 n)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(fd);

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	kw_eventfd_add(ctx, n, 0);
	eventfd_ctx_put(ctx);
	return 0;
}

s64 kw_eventfd_read(int fd)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(fd);
	u64 n;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	spin_lock_irq(&ctx->wqh.lock);
	eventfd_ctx_do_read(ctx, &n);
	spin_unlock_irq(&ctx->wqh.lock);
	eventfd_ctx_put(ctx);
	return n;
}
