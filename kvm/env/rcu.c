// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCU and SRCU.
 *
 * Same as the kernel: a grace period ends when every read section that was open
 * at its start has been left; call_rcu() callbacks run after one, never at once;
 * SRCU sections may sleep and are counted per structure and index.
 * Different on purpose: no per-CPU trees.  A section is a counter in its task,
 * and grace periods are numbered.
 */
#include <linux/rcupdate.h>
#include <linux/rcutree.h>
#include <linux/srcu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "env.h"

#define KW_GRACE_NS 10000	/* a callback is run at least so much later */

static u64 kw_grace;		/* number of the newest grace period */
static u32 kw_readers;		/* tasks inside a read section */
static struct rcu_head *kw_rcu_first, **kw_rcu_last = &kw_rcu_first;
static u64 kw_rcu_grace;	/* that the newest callback waits for */
static u64 kw_rcu_due;		/* no callback runs before this time */
static u32 kw_rcu_busy;		/* who runs callbacks, tid + 1 */

void __rcu_read_lock(void)
{
	if (kw_current->rcu_read_lock_nesting++ == 0) {
		kw_self->rcu_start = kw_grace;
		kw_readers++;
	}
}

void __rcu_read_unlock(void)
{
	if (kw_current->rcu_read_lock_nesting <= 0)
		hs_fault("rcu_read_unlock outside a read section");
	if (--kw_current->rcu_read_lock_nesting == 0) {
		kw_readers--;
		kw_released(&kw_grace);
		if (unlikely(kw_rcu_first) && kw_shared.now_ns >= kw_rcu_due)
			hs_work_queued();
	}
}

/* Is a section open that began before grace period @nr? */
static struct kw_task *kw_reader_before(u64 nr)
{
	u32 i;

	if (!kw_readers)
		return NULL;
	for (i = 0; i < kw_config.nr_cpus; i++)
		if (kw_tasks[i] && kw_tasks[i]->ts.rcu_read_lock_nesting > 0 && kw_tasks[i]->rcu_start < nr)
			return kw_tasks[i];
	return NULL;
}

void synchronize_rcu(void)
{
	u64 nr = ++kw_grace;
	struct kw_task *reader;

	if (kw_current->rcu_read_lock_nesting)
		hs_fault("synchronize_rcu inside a read section");
	while ((reader = kw_reader_before(nr)))
		kw_wait(&kw_grace, "RCU grace period", reader->tid);
}

void synchronize_rcu_expedited(void) { synchronize_rcu(); }

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	head->next = NULL;
	*kw_rcu_last = head;
	kw_rcu_last = (struct rcu_head **)&head->next;
	kw_rcu_grace = ++kw_grace;
	kw_rcu_due = kw_shared.now_ns + KW_GRACE_NS;
	hs_work_queued();
}

#if defined(KW_HAS_KVFREE_CALL_RCU) || defined(KW_HAS_KVFREE_RCU_HEAD)
#ifdef KW_HAS_KVFREE_RCU_HEAD
typedef struct kvfree_rcu_head kw_free_head;
#else
typedef struct rcu_head kw_free_head;
#endif

/* What is to be freed, in the place of the callback, as the kernel marks it too: no code lies so low. */
void kvfree_call_rcu(kw_free_head *head, void *ptr)
{
	unsigned long offset = (void *)head - ptr;

	if (!head || offset >= PAGE_SIZE)
		hs_trap("kvfree_call_rcu without a head");
	call_rcu((struct rcu_head *)head, (rcu_callback_t)offset);
}
#endif

/* A list of callbacks, of RCU and of SRCU; each may free what its head lies in. */
static void kw_run_callbacks(struct rcu_head *head)
{
	while (head) {
		struct rcu_head *next = (struct rcu_head *)head->next;

		if ((unsigned long)head->func < PAGE_SIZE)
			kw_free((void *)head - (unsigned long)head->func);
		else
			head->func(head);
		head = next;
	}
}

static bool kw_call_rcu_ready(void)
{
	return kw_rcu_first && !kw_rcu_busy && (kw_shared.silent || kw_shared.now_ns >= kw_rcu_due) &&
	       !kw_reader_before(kw_rcu_grace);
}

static u64 kw_call_rcu_next(void)
{
	if (!kw_rcu_first)
		return U64_MAX;
	if (kw_shared.now_ns < kw_rcu_due)
		return kw_rcu_due;
	/* A reader is inside: its unlock will say when. */
	return kw_call_rcu_ready() ? kw_shared.now_ns : U64_MAX;
}

/* Runs what was queued before now; callbacks may queue more. */
static void kw_rcu_run_all(void)
{
	struct rcu_head *head = kw_rcu_first;

	kw_rcu_first = NULL;
	kw_rcu_last = &kw_rcu_first;
	kw_rcu_busy = kw_self->tid + 1;
	kw_run_callbacks(head);
	kw_rcu_busy = 0;
	kw_released(&kw_rcu_busy);
	if (kw_rcu_first)
		hs_work_queued();
}

/* Those that others queue meanwhile wait for readers of their own. */
void rcu_barrier(void)
{
	do {
		synchronize_rcu();
		while (kw_rcu_busy)
			kw_wait(&kw_rcu_busy, "RCU callbacks", kw_rcu_busy - 1);
	} while (kw_rcu_first && kw_reader_before(kw_rcu_grace));
	kw_rcu_run_all();
}

/* --- SRCU: the state hangs where the kernel has its per-CPU array. */
struct kw_srcu {
	u32 idx;
	u32 readers[2];
	u32 busy;		/* owner of the update side, tid + 1, or KW_SRCU_CALLBACKS */
	struct rcu_head *first, **last;	/* queued for the next grace period */
	struct rcu_head *waiting;	/* for the one that has begun */
	u64 due;		/* it begins no earlier */
	struct kw_srcu *next;	/* of those that have callbacks */
};

#define KW_SRCU_CALLBACKS 0xffffffffu
static struct kw_srcu *kw_srcu_queued;

static struct kw_srcu *kw_srcu_of(struct srcu_struct *s)
{
	return (struct kw_srcu *)s->sda;
}

#ifdef init_srcu_struct	/* a macro over it */
int init_srcu_struct_generic(struct srcu_struct *s)
#else
int init_srcu_struct(struct srcu_struct *s)
#endif
{
	struct kw_srcu *k = kw_alloc(sizeof(*k));

	k->last = &k->first;
	s->sda = (void *)k;
	return 0;
}

void cleanup_srcu_struct(struct srcu_struct *s)
{
	struct kw_srcu *k = kw_srcu_of(s);

	if (k->readers[0] || k->readers[1])
		hs_fault("cleanup_srcu_struct with readers inside");
	if (k->first || k->waiting)
		hs_fault("cleanup_srcu_struct with callbacks to run");
	kw_free(k);
	s->sda = NULL;
}

int __srcu_read_lock(struct srcu_struct *s)
{
	struct kw_srcu *k = kw_srcu_of(s);

	k->readers[k->idx]++;
	kw_self->srcu_sections++;
	return k->idx;
}

void __srcu_read_unlock(struct srcu_struct *s, int idx)
{
	struct kw_srcu *k = kw_srcu_of(s);

	if (idx < 0 || idx > 1 || !k->readers[idx])
		hs_fault("srcu_read_unlock without its lock");
	kw_self->srcu_sections--;
	if (!--k->readers[idx]) {
		kw_released(k);
		if (unlikely(k->waiting))
			hs_work_queued();
	}
}

/* One updater at a time; then turn the index and wait until the old one drains. */
void synchronize_srcu(struct srcu_struct *s)
{
	struct kw_srcu *k = kw_srcu_of(s);
	u32 old;

	while (k->busy)
		kw_wait(k, "SRCU update side", k->busy == KW_SRCU_CALLBACKS ? KW_NO_TASK : k->busy - 1);
	k->busy = kw_self->tid + 1;
	old = k->idx;
	k->idx = !old;
	while (k->readers[old])
		kw_wait(k, "SRCU grace period", KW_NO_TASK);
	k->busy = 0;
	kw_released(k);
	/* Callbacks that were queued meanwhile had to wait for the update side. */
	if (unlikely(k->first))
		hs_work_queued();
}

void synchronize_srcu_expedited(struct srcu_struct *s) { synchronize_srcu(s); }

void call_srcu(struct srcu_struct *s, struct rcu_head *head, rcu_callback_t func)
{
	struct kw_srcu *k = kw_srcu_of(s);

	head->func = func;
	head->next = NULL;
	if (!k->first && !k->waiting) {
		k->next = kw_srcu_queued;
		kw_srcu_queued = k;
	}
	*k->last = head;
	k->last = (struct rcu_head **)&head->next;
	k->due = kw_shared.now_ns + KW_GRACE_NS;
	hs_work_queued();
}

/* Can its grace period begin, or end, now? */
static bool kw_srcu_can_step(const struct kw_srcu *k, bool hurry)
{
	if (k->waiting)
		return !k->readers[!k->idx];
	return k->first && !k->busy && (hurry || kw_shared.silent || kw_shared.now_ns >= k->due);
}

static void kw_srcu_unlink(struct kw_srcu *k)
{
	struct kw_srcu **p = &kw_srcu_queued;

	while (*p != k)
		p = &(*p)->next;
	*p = k->next;
}

static void kw_srcu_end(struct kw_srcu *k)
{
	struct rcu_head *head = k->waiting;

	k->waiting = NULL;
	k->busy = 0;
	if (!k->first)
		kw_srcu_unlink(k);
	kw_released(k);
	kw_run_callbacks(head);
}

static void kw_srcu_step(struct kw_srcu *k)
{
	if (!k->waiting) {
		k->busy = KW_SRCU_CALLBACKS;
		k->idx = !k->idx;
		k->waiting = k->first;
		k->first = NULL;
		k->last = &k->first;
	}
	if (!k->readers[!k->idx])
		kw_srcu_end(k);
}

void srcu_barrier(struct srcu_struct *s)
{
	struct kw_srcu *k = kw_srcu_of(s);

	while (k->first || k->waiting) {
		if (kw_srcu_can_step(k, true))
			kw_srcu_step(k);
		else
			kw_wait(k, "SRCU callbacks", KW_NO_TASK);
	}
}

static struct kw_srcu *kw_srcu_ready(void)
{
	struct kw_srcu *k = kw_srcu_queued;

	while (k && !kw_srcu_can_step(k, false))
		k = k->next;
	return k;
}

/* --- Callbacks of both kinds, for the kworker. */
bool kw_rcu_ready(void) { return kw_call_rcu_ready() || (unlikely(kw_srcu_queued) && kw_srcu_ready()); }

u64 kw_rcu_next(void)
{
	u64 next = kw_call_rcu_next();

	for (struct kw_srcu *k = kw_srcu_queued; k; k = k->next) {
		if (kw_srcu_can_step(k, false))
			return kw_shared.now_ns;
		if (!k->waiting && !k->busy)
			next = min(next, k->due);
	}
	return next;
}

void kw_rcu_run(void)
{
	struct kw_srcu *k;

	if (kw_call_rcu_ready())
		kw_rcu_run_all();
	while (unlikely(kw_srcu_queued) && (k = kw_srcu_ready()))
		kw_srcu_step(k);
}
