// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: current, schedule(), wake-ups, signals, preempt notifiers, rcuwait,
 * and the wait graph.
 *
 * Same as the kernel: a task that set its state and calls schedule() sleeps
 * until somebody makes it runnable; a wake-up between the two is not lost.
 * Different on purpose: each task has a CPU of its own, so it is taken off its
 * CPU only where schedule() is called.
 * Does not own stacks and does not choose who runs: hs_block(), hs_wake().
 */
#include <linux/sched/signal.h>
#include <linux/sched/mm.h>
#include <linux/rcuwait.h>
#include <linux/preempt.h>
#include <linux/pid.h>
#include <linux/swait.h>
#include <linux/entry-virt.h>
#ifndef KW_ENTRY_VIRT
#include <linux/entry-kvm.h>
#endif
#include <linux/kvm_host.h>
#include "env.h"

struct kw_config kw_config;
struct kw_shared kw_shared;
struct kw_task **kw_tasks;
struct kw_task *kw_self;
struct task_struct *kw_current;
unsigned int kw_cpu_number;
int kw_preempt_count;
struct kw_cpu_irq *kw_cpu_irq;
u32 kw_nr_waiting;
static LIST_HEAD(kw_waiting);

/* One mm per address space number, made when first used. */
#define KW_MAX_MM 64
static struct mm_struct *kw_mms[KW_MAX_MM];

struct mm_struct *kw_mm(u32 nr)
{
	if (nr >= KW_MAX_MM)
		return NULL;
	if (!kw_mms[nr]) {
		kw_mms[nr] = kw_alloc(sizeof(struct mm_struct));
		atomic_set(&kw_mms[nr]->mm_count, 1);
		atomic_set(&kw_mms[nr]->mm_users, 1);
		init_rwsem(&kw_mms[nr]->mmap_lock);
	}
	return kw_mms[nr];
}

void kw_tasks_init(void)
{
	kw_tasks = kw_alloc(kw_config.nr_cpus * sizeof(*kw_tasks));
}

/* Of all tasks: only the PIT asks for something in it, the PID for its worker's name, which is 0. */
static struct signal_struct kw_signal;

/* Without the floating point state at the end of struct thread_struct: nothing here has any. */
#ifdef KW_HAS_THREAD_FPU
#define KW_TASK_BYTES (offsetof(struct kw_task, ts.thread) + offsetof(struct thread_struct, fpu))
#else	/* it lies behind the task */
#define KW_TASK_BYTES sizeof(struct kw_task)
#endif

int kw_task_create(u32 tid, const char *comm, u32 mm)
{
	struct kw_task *t;

	if (tid >= kw_config.nr_cpus)
		return -EINVAL;
	if (kw_tasks[tid])
		return -EEXIST;
	t = kw_alloc(KW_TASK_BYTES);
	kw_tasks[tid] = t;
	t->tid = tid;
	t->wait_holder = KW_NO_TASK;
	INIT_LIST_HEAD(&t->calls);
	INIT_LIST_HEAD(&t->wait_entry);
	kw_timerq_init_head(&t->due);
#ifdef KW_HAS_CLOCK_GET_TIME
	t->clock_base.get_time = ktime_get;
#endif
	strscpy(t->ts.comm, comm, sizeof(t->ts.comm));
	t->ts.pid = t->ts.tgid = tid + 1;
	t->ts.flags = 0;
	t->ts.signal = &kw_signal;
	t->ts.mm = t->ts.active_mm = kw_mm(mm);
	refcount_set(&t->ts.usage, 2);
	INIT_HLIST_HEAD(&t->ts.preempt_notifiers);
	t->ts.on_rq = 1;
	return t->ts.mm ? 0 : -EINVAL;
}

void kw_task_switch(u32 tid)
{
	kw_self = kw_tasks[tid];
	kw_current = &kw_self->ts;
	kw_cpu_number = tid;
	kw_cpu_irq = &kw_self->irq;
	kw_cpu_offset = kw_percpu_delta + tid * kw_percpu_stride;
	kw_shared.current_tid = tid;
}

void kw_point_slow(enum kw_point_id id)
{
	hs_point(id);
	kw_take_pending();
}

/* --- Waiting for locks and grace periods. */
static int kw_wait_line(char *buf, u64 len, struct kw_task *t)
{
	struct kw_task *h = t->wait_holder < kw_config.nr_cpus ? kw_tasks[t->wait_holder] : NULL;

	return scnprintf(buf, len, "%s waits for %s%s%s%s%s; ", t->ts.comm, t->wait_kind, t->wait_name ? " " : "",
			 t->wait_name ?: "", h ? " held by " : "", h ? h->ts.comm : "");
}

/* The tasks of the cycle and nobody else, from @t on. */
static void kw_deadlock(struct kw_task *t)
{
	static char graph[2048];
	u32 first = t->tid;
	int n = 0;

	do {
		n += kw_wait_line(graph + n, sizeof(graph) - n, t);
		t = kw_tasks[t->wait_holder];
	} while (t->tid != first);
	hs_deadlock(graph);
}

/* Follows only holders that are known: a cycle through readers is a run that comes to a stop. */
static void kw_check_cycle(void)
{
	u32 tid = kw_self->wait_holder, steps = 0;

	while (tid != KW_NO_TASK && steps++ < kw_config.nr_cpus) {
		if (tid == kw_self->tid)
			kw_deadlock(kw_self);
		if (tid >= kw_config.nr_cpus || !kw_tasks[tid] || !kw_tasks[tid]->wait_obj)
			return;
		tid = kw_tasks[tid]->wait_holder;
	}
}

void kw_wait(const void *obj, const char *kind, u32 holder)
{
	struct kw_task *t = kw_self;

	/* An interrupt that came before it blocks would not wake it any more. */
	if (t->irq.pending && !t->irq.disabled && !t->irq.in_irq) {
		t->wait_name = NULL;
		kw_irq_enabled();
		return;
	}
	t->wait_obj = obj;
	t->wait_kind = kind;
	t->wait_holder = holder;
	kw_check_cycle();
	list_add_tail(&t->wait_entry, &kw_waiting);
	kw_nr_waiting++;
	hs_block();
	kw_nr_waiting--;
	list_del_init(&t->wait_entry);
	t->wait_obj = NULL;
	t->wait_name = NULL;
	t->wait_holder = KW_NO_TASK;
	kw_take_pending();
}

void kw_wake_waiters(const void *obj)
{
	struct kw_task *t;

	list_for_each_entry(t, &kw_waiting, wait_entry)
		if (t->wait_obj == obj) {
			/* It looks again; until then it waits for nobody, and is in no cycle. */
			t->wait_holder = KW_NO_TASK;
			hs_wake(t->tid);
		}
}

int kw_wait_graph(char *buf, u64 len)
{
	struct kw_task *t;
	int n = 0;

	buf[0] = 0;
	list_for_each_entry(t, &kw_waiting, wait_entry)
		n += kw_wait_line(buf + n, len - n, t);
	return n;
}

/* --- schedule() and wake-ups. */
static void kw_preempt_out(void)
{
	struct preempt_notifier *n;

	hlist_for_each_entry(n, &kw_current->preempt_notifiers, link)
		n->ops->sched_out(n, kw_current);
}

static void kw_preempt_in(void)
{
	struct preempt_notifier *n;

	hlist_for_each_entry(n, &kw_current->preempt_notifiers, link)
		n->ops->sched_in(n, raw_smp_processor_id());
}

void schedule(void)
{
	struct kw_task *t = kw_self;

	kw_outside_rcu("schedule() inside an RCU read section");
	clear_tsk_thread_flag(&t->ts, TIF_NEED_RESCHED);
	if (signal_pending_state(READ_ONCE(t->ts.__state), &t->ts))
		WRITE_ONCE(t->ts.__state, TASK_RUNNING);
	if (READ_ONCE(t->ts.__state) == TASK_RUNNING) {
		kw_preempt_out();
		hs_preempted();
		kw_take_pending();
		kw_preempt_in();
		return;
	}
	/* Off the run queue: by this KVM tells a task that sleeps from one that was preempted. */
	t->ts.on_rq = 0;
	kw_preempt_out();
	t->blocked_in_schedule = true;
	for (;;) {
		/* Also one that came before it blocks; its handler may be what wakes the task. */
		kw_take_pending();
		if (READ_ONCE(t->ts.__state) == TASK_RUNNING)
			break;
		hs_block();
	}
	t->blocked_in_schedule = false;
	t->ts.on_rq = 1;
	kw_preempt_in();
}

int wake_up_process(struct task_struct *p)
{
	struct kw_task *t = kw_task_of(p);

	if (READ_ONCE(p->__state) == TASK_RUNNING)
		return 0;
	WRITE_ONCE(p->__state, TASK_RUNNING);
	if (t->blocked_in_schedule)
		hs_wake(t->tid);
	return 1;
}

/* cpu_relax() */
void kw_relax(void)
{
	if (kw_shared.silent)
		return;
	hs_relax();
	kw_take_pending();
}

/* --- Rounds of KVM_RUN's loop that take no time: see shims/kw_round.h. */
#define KW_ROUNDS_ARE_A_SPIN	64
u64 kw_last_round_ns;

void kw_round_without_time(void)
{
	static u64 since_ns;
	static u32 nr, tid;

	if (since_ns != kw_shared.now_ns || tid != kw_shared.current_tid)
		nr = 0;
	since_ns = kw_shared.now_ns;
	tid = kw_shared.current_tid;
	if (++nr < KW_ROUNDS_ARE_A_SPIN)
		return;
	nr = 0;
	hs_run_spins();
	kw_relax();
}

int __cond_resched(void)
{
	if (!test_tsk_thread_flag(kw_current, TIF_NEED_RESCHED))
		return 0;
	schedule();
	return 1;
}

/* More tasks than CPUs: a vCPU that halts looks once for work and then blocks, it does not poll. */
bool single_task_running(void) { return false; }
int yield_to(struct task_struct *p, bool preempt) { return 0; }

int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *p = rcu_dereference_raw(w->task);

	return p ? wake_up_process(p) : 0;
}

void finish_rcuwait(struct rcuwait *w)
{
	rcu_assign_pointer(w->task, NULL);
	__set_current_state(TASK_RUNNING);
}

/* --- Completions: a counter and the wait graph. */
void complete(struct completion *x)
{
	x->done++;
	kw_released(x);
}

void wait_for_completion(struct completion *x)
{
	while (!x->done)
		kw_wait(x, "completion", KW_NO_TASK);
	x->done--;
}

void __init_swait_queue_head(struct swait_queue_head *q, const char *name, struct lock_class_key *key)
{
	INIT_LIST_HEAD(&q->task_list);
}

/* --- Signals. */
void kw_task_signal(u32 tid)
{
	struct kw_task *t = kw_tasks[tid];

	set_tsk_thread_flag(&t->ts, TIF_SIGPENDING);
	if (READ_ONCE(t->ts.__state) & TASK_INTERRUPTIBLE)
		wake_up_process(&t->ts);
	kw_send_reschedule(tid);
}

void kw_task_signal_clear(u32 tid)
{
	clear_tsk_thread_flag(&kw_tasks[tid]->ts, TIF_SIGPENDING);
}

void kw_task_resched(u32 tid)
{
	set_tsk_thread_flag(&kw_tasks[tid]->ts, TIF_NEED_RESCHED);
	kw_send_reschedule(tid);
}

int sigprocmask(int how, sigset_t *set, sigset_t *oldset)
{
	if (oldset)
		*oldset = kw_current->blocked;
	if (how == SIG_SETMASK && set)
		kw_current->blocked = *set;
	return 0;
}

/*
 * kernel/entry/kvm.c: what must be done before the guest goes on. The same
 * order; no task work and no live patching exist here.
 */
static int kw_handle_work(void)
{
	do {
		if (signal_pending(kw_current))
			return -EINTR;
		if (test_tsk_thread_flag(kw_current, TIF_NEED_RESCHED))
			schedule();
	} while (read_thread_flags() & XFER_TO_GUEST_MODE_WORK);
	return 0;
}

#ifdef KW_ENTRY_VIRT	/* the caller tells of the signal */
int xfer_to_guest_mode_handle_work(void) { return kw_handle_work(); }
#else
int xfer_to_guest_mode_handle_work(struct kvm_vcpu *vcpu)
{
	int r = kw_handle_work();

	if (r)
		kvm_handle_signal_exit(vcpu);
	return r;
}
#endif

/* --- Preempt notifiers. */
void preempt_notifier_inc(void) { }
void preempt_notifier_dec(void) { }
void preempt_notifier_register(struct preempt_notifier *n)
{
	hlist_add_head(&n->link, &kw_current->preempt_notifiers);
}
void preempt_notifier_unregister(struct preempt_notifier *n) { hlist_del(&n->link); }

/* --- Process identities: one struct pid a task, only compared. */
struct pid *get_task_pid(struct task_struct *p, enum pid_type type) { return (struct pid *)p; }
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type) { return (struct task_struct *)pid; }
void put_pid(struct pid *pid) { }
pid_t pid_vnr(struct pid *pid) { return pid ? ((struct task_struct *)pid)->pid : 0; }
void __put_task_struct(struct task_struct *p) { }
void __mmdrop(struct mm_struct *mm) { }
void mmput(struct mm_struct *mm) { atomic_dec(&mm->mm_users); }
