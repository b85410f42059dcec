/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree's own queue of hrtimers, under one name: younger trees link the nodes
 * of an hrtimer's queue, and say in a flag what others say in a state.
 *
 * Knows nothing of when a timer fires; timer.c does.
 */
#ifndef LAPICSIM_TIMERQ_H
#define LAPICSIM_TIMERQ_H

#include <linux/hrtimer.h>
#include <linux/timerqueue.h>
#include "probes.h"

#ifdef KW_HAS_HRTIMER_LINKED
typedef struct timerqueue_linked_head kw_timerq;
typedef struct timerqueue_linked_node kw_timerq_node;
#define kw_timerq_init_head timerqueue_linked_init_head
#define kw_timerq_init timerqueue_linked_init
#define kw_timerq_add timerqueue_linked_add
#define kw_timerq_del timerqueue_linked_del
#define kw_timerq_first timerqueue_linked_first
#else
typedef struct timerqueue_head kw_timerq;
typedef struct timerqueue_node kw_timerq_node;
#define kw_timerq_init_head timerqueue_init_head
#define kw_timerq_init timerqueue_init
#define kw_timerq_add timerqueue_add
#define kw_timerq_del timerqueue_del
#define kw_timerq_first timerqueue_getnext
#endif

#ifdef KW_HAS_HRTIMER_IS_QUEUED
static inline bool kw_timer_is_queued(const struct hrtimer *t) { return t->is_queued; }
static inline void kw_timer_set_queued(struct hrtimer *t, bool queued) { t->is_queued = queued; }
#else
static inline bool kw_timer_is_queued(const struct hrtimer *t) { return t->state != HRTIMER_STATE_INACTIVE; }
static inline void kw_timer_set_queued(struct hrtimer *t, bool queued)
{
	t->state = queued ? HRTIMER_STATE_ENQUEUED : HRTIMER_STATE_INACTIVE;
}
#endif

/* What a timer's base points to; younger trees hide what is in it. */
#ifdef KW_HAS_CLOCK_GET_TIME
typedef struct hrtimer_clock_base kw_clock_base;
#else
typedef long kw_clock_base;
#endif

/* Some trees keep others than hrtimer.c from naming the callback. */
#ifdef ACCESS_PRIVATE
#define kw_timer_function(t) ACCESS_PRIVATE(t, function)
#else
#define kw_timer_function(t) ((t)->function)
#endif

#endif
