/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a crash is called: the function where it happened rather than the one that
 * noticed, and a text that is the same in every build.  Does not catch anything:
 * crash.c does, and calls this in its handlers.
 */
#ifndef LAPICSIM_CRASH_TEXT_H
#define LAPICSIM_CRASH_TEXT_H

#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "kvm/boundary.h"
#include "sim/crash.h"

/* "lapic.c" of a path; "?" of NULL. */
const char *crash_base_name(const char *path);
/* "lapic.c:2927 apic_sync_pv_eoi_from_guest" */
void crash_bug_site(char *site, size_t n, const struct kw_bug *bug);
/* @c->site, from its frames. */
void crash_fault_site(struct crash *c);
/* Takes the frames away that only report the crash. */
void crash_drop_messengers(struct crash *c);
/* "read fault at a NULL pointer + 0x18", "divide error" */
void crash_signal_text(char *text, size_t n, int sig, const siginfo_t *info, const ucontext_t *uc);

#endif
