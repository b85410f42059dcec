/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How each of KVM's tracepoints reads, given its arguments as numbers.  Does not
 * write lines: sim/trace.c does, and lends trace_append().
 */
#ifndef LAPICSIM_TRACE_FORMAT_H
#define LAPICSIM_TRACE_FORMAT_H

#include <stdint.h>

#include "kvm/boundary.h"

const char *trace_format_name(enum kw_tracepoint id);
/* A tracepoint with fewer arguments than its format needs is printed as plain numbers. */
void trace_format(enum kw_tracepoint id, uint32_t nr, const uint64_t *args);

/* From trace.c: adds to the line. */
void trace_append(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
