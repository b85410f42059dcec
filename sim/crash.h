/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Catches what ends a host: BUG, faults, panics, runaway loops; and WARN, which
 * does not.  A crash inside crash_protect() ends the body there, wherever it was,
 * with a record: kind, place, stack.  What the body left half done is not undone
 * here: sim/snapshot.h does that.
 *
 * Does not decide what a crash means and does not print, except when what died is
 * not the protected body but the harness itself.
 */
#ifndef LAPICSIM_CRASH_H
#define LAPICSIM_CRASH_H

#include <stdint.h>

#include "sim/divergence.h"

enum crash_kind {
	CRASH_NONE,
	CRASH_BUG,		/* KVM's own BUG */
	CRASH_FAULT,		/* SIGSEGV and the like, sanitizer reports, hs_fault() */
	CRASH_PANIC,		/* hs_panic() */
	CRASH_RUNAWAY,		/* seconds of CPU time without crash_heartbeat */
	CRASH_DEADLOCK,		/* hs_deadlock() */
	CRASH_TIME,		/* crash_limit_cpu() */
	CRASH_MEMORY,		/* hs_no_memory() */
	CRASH_TRAP,		/* hs_trap(): the harness lacks something */
};

struct crash {
	enum crash_kind kind;
	uint32_t tid;			/* the task that ran */
	char	 site[96];		/* "lapic.c:2927 apic_sync_pv_eoi_from_guest", or a function */
	char	 text[160];
	char	 trap[64];		/* CRASH_TRAP: the symbol */
	uint32_t nr_frames;
	/* The faulting instruction, and then, of each caller, the last byte of its call. */
	uint64_t frames[DIV_MAX_FRAMES];
};

/*
 * Once per process, on the main stack: alternate stack, SIGILL, SIGSEGV, SIGBUS and SIGFPE
 * handlers, watchdog.  @warn is called for each WARN, from the handler, with a
 * filled divergence (kind DIV_HOST_WARN, site, text, frames).  0 or a negative errno.
 */
int crash_init(void (*warn)(struct divergence *d));

/*
 * Calls @body() so that a crash inside ends it: returns the crash (kind CRASH_NONE
 * if it returned), valid until the next call.  On the main stack; does not nest.
 */
const struct crash *crash_protect(void (*body)(void));

/*
 * Ends the protected body from anywhere below it (hs_panic, hs_trap, hs_deadlock,
 * hs_fault).  CRASH_TRAP: @text is the symbol.
 */
_Noreturn void crash_end(enum crash_kind kind, const char *text);

/*
 * Ends a body that takes more than @ns of CPU time, whatever it does: CRASH_TIME.  The
 * watchdog's ticks count, so it may take one more.  0: none, as without a watchdog.
 */
void crash_limit_cpu(uint64_t ns);

/*
 * The run made progress; for the watchdog: four ticks of 500 ms of CPU time without are
 * CRASH_RUNAWAY.  LAPICSIM_WATCHDOG_MS in the environment changes the 500; 0 is "never",
 * for gdb.  Hot: one store.
 */
extern uint64_t crash_heartbeat;

#endif
