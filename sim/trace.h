/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text trace of `replay --trace=text`, in ftrace's form: what KVM's own
 * tracepoints say, and what the simulator adds, one line an event.
 *
 * Off unless trace_start() was called; then kw_shared.trace_on is set, which is
 * what callers test on their hot paths.  Does not change a run: nothing in here
 * draws, schedules or touches the digest.
 */
#ifndef LAPICSIM_TRACE_H
#define LAPICSIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kvm/boundary.h"

/* From here on to @out, beginning with ftrace's header. NULL: off. Sets kw_shared.trace_on. */
void trace_start(FILE *out);
static inline bool trace_on(void) { return __builtin_expect(kw_shared.trace_on, 0); }
/*
 * Calls @fn when an actor's step is over: before the first line of another actor or
 * of another moment. Its lines still belong to the step. NULL: nobody.
 */
void trace_after_steps(void (*fn)(void));
/* The step is over here, whatever comes next. */
void trace_end_step(void);
/* From here on @fn is called for each of KVM's tracepoints, with a text or without. NULL: no more. */
typedef void trace_listener(enum kw_tracepoint id, uint32_t nr, const uint64_t *args);
void trace_listen(trace_listener *fn);
/* The name of @tid for the task column; copied. */
void trace_task(uint32_t tid, const char *comm);
/* An event of ours, e.g. trace_event("guest_op", "vcpu %u hlt", ...). Integers and strings only. */
void trace_event(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
