/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What AddressSanitizer and UBSan report becomes a crash of the run, in the
 * sanitized flavour; nothing in the others.
 *
 * ASan: the access ends the protected body, before it happens.  An access inside
 * memcpy() and the like, and whatever UBSan reports, is recorded, but the body goes
 * on: the report is made under the sanitizer's locks, which a jump would leave
 * held.  Either way the first report is the run's crash.  Does not silence what
 * they print on stderr.
 */
#ifndef LAPICSIM_CRASH_SAN_H
#define LAPICSIM_CRASH_SAN_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/crash.h"

void crash_san_init(void);
/* Around a protected body; crash_san_end() puts the first report into @c, if there was one. */
void crash_san_begin(void);
void crash_san_end(struct crash *c);
/* Between the begin and the end of a report: its symbols may take seconds, and locks are held. */
bool crash_san_reporting(void);
/* After the jump: frames of the abandoned stacks are not poisoned any more. */
void crash_san_escaped(void *signal_stack, size_t bytes);

/* From crash.c: a record of here and now, and whether there is a run to blame. */
void crash_record_here(struct crash *c, const char *text);
bool crash_protected(void);

#endif
