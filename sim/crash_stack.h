/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stack of a crash, by libunwind, and the names of functions.  Safe in signal
 * handlers of a single-threaded process once crash_stack_init() has run, and only
 * with room: libunwind takes some 8 KB of stack, half of a coroutine's.
 *
 * Does not symbolise a whole stack: that is the reports' work.
 */
#ifndef LAPICSIM_CRASH_STACK_H
#define LAPICSIM_CRASH_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* Makes libunwind do now what it does only once: its locks, caches, and memory. */
void crash_stack_init(void);
/*
 * Fills @frames from a ucontext_t, which @interrupted says to be a signal's, and
 * returns how many.  Addresses of callers lie within the call instruction.
 */
uint32_t crash_stack(void *context, bool interrupted, uint64_t *frames, uint32_t max);
/* A fault while crash_stack() was at work, on a stack that KVM destroyed? Then does not return. */
void crash_stack_faulted(void);
/* The function around @rip, without the compiler's suffixes; "?" if not known. Cached. */
const char *crash_function(uint64_t rip);
bool crash_in_program(uint64_t rip);

#endif
