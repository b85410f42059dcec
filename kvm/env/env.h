/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the environment share.  Kernel world only.
 *
 * The environment is the host that KVM runs on: tasks, locks, RCU, interrupts,
 * time, memory, files.  Each file names the kernel functions that it stands for
 * and where it differs on purpose.
 */
#ifndef LAPICSIM_ENV_H
#define LAPICSIM_ENV_H

#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/list.h>
#include <linux/hrtimer.h>
#include "timerq.h"
#include "kvm/boundary.h"
#include "probes.h"

#define KW_NO_TASK 0xffffffffu

/* A task and the simulated CPU that is its own. */
struct kw_task {
	u32 tid;
	struct kw_cpu_irq irq;
	/* What it waits for, for the wait graph. NULL: nothing. */
	const void *wait_obj;
	const char *wait_kind;
	const char *wait_name;		/* as its initialiser wrote it, or NULL */
	u32 wait_holder;		/* tid or KW_NO_TASK */
	struct list_head wait_entry;
	/* RCU: the grace period number at the start of its outermost section. */
	u64 rcu_start;
	u32 srcu_sections;		/* that it is inside of, of any SRCU structure */
	/* Cross calls that wait for this CPU. */
	struct list_head calls;
	/* Its CPU's timers. */
	kw_clock_base clock_base;
	kw_timerq due;
	struct hrtimer *timer_running;
	bool blocked_in_schedule;
	/* Last: its thread state at the end is never touched, and so costs no memory. */
	struct task_struct ts;
};

extern struct kw_config kw_config;
extern struct kw_task **kw_tasks;	/* kw_config.nr_cpus of them */
extern struct kw_task *kw_self;

static inline struct kw_task *kw_task_of(struct task_struct *p)
{
	return container_of(p, struct kw_task, ts);
}

/* memory.c: zeroed memory out of the arena. */
void *kw_alloc(size_t bytes);
void *kw_alloc_pages(u32 nr);
void kw_free(const void *p);
void kw_memory_init(void);
extern u64 kw_nr_objects;		/* allocations that were not freed */
void kw_percpu_init(void);

/* task.c */
void kw_tasks_init(void);
/* The current task waits for @obj, held by @holder. Returns after a wake-up; the caller looks again. */
void kw_wait(const void *obj, const char *kind, u32 holder);
void kw_wake_waiters(const void *obj);
extern u32 kw_nr_waiting;

static inline void kw_released(const void *obj)
{
	if (unlikely(kw_nr_waiting))
		kw_wake_waiters(obj);
}

/* rcu.c: userspace, the guest and schedule() are reached outside of read sections. */
static inline void kw_outside_rcu(const char *what)
{
	if (unlikely(kw_current->rcu_read_lock_nesting))
		hs_fault(what);
}

void kw_point_slow(enum kw_point_id id);

/* What came for this CPU while others ran: taken now, if interrupts are on. */
static inline void kw_take_pending(void)
{
	if (kw_cpu_irq->pending && !kw_cpu_irq->disabled && !kw_cpu_irq->in_irq)
		kw_irq_enabled();
}

/* A scheduling point: see enum kw_point_id. */
static __always_inline void kw_point(enum kw_point_id id)
{
	kw_shared.nr_points++;
	if (kw_shared.point_countdown && !--kw_shared.point_countdown)
		kw_point_slow(id);
}

/* timer.c */
extern u32 kw_nr_timers;		/* that are queued */
u32 kw_nr_delayed(void);		/* works that are due later */

/* The rest of the start-up, in order: see boot.c. */
void kw_cpu_init(void);
/* param.c: what insmod's command line does. 0, -ENOENT, or what the parameter says to @val. */
int kw_param_set(const char *name, const char *val);
void kw_timer_init(void);
int kw_vendor_load(void);
void kw_rcu_run(void);
bool kw_rcu_ready(void);
u64 kw_rcu_next(void);
void kw_send_reschedule(int cpu);
void kw_send_posted(int cpu);
void kw_send_wakeup(int cpu);
/* posting.c of the vendor module */
void kw_wakeup_interrupt(void);
void kw_take_irqs_off(void);
void kw_timer_interrupt(struct kw_task *cpu);

/* ../chips.c: locks whose order the libc world wants to know. */
extern u32 kw_nr_watched;
void kw_watch_lock(const void *word, bool taken);

/* file.c: the fops of /dev/kvm once KVM has registered it. */
struct file_operations;
struct file *kw_fd_file(int fd);	/* NULL: no such descriptor */

#endif
