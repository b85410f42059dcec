/* SPDX-License-Identifier: GPL-2.0-only */
/* See crash_text.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* REG_RIP */
#endif
#include "sim/crash_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/coro.h"
#include "sim/crash_stack.h"

#define NULL_BYTES		65536u	/* a NULL pointer to no more than this */
#define MAX_ERRNO		4095u
#define TRAP_GENERAL_PROTECTION	13	/* vector, in REG_TRAPNO */
#define PAGE_FAULT_WRITE	2u	/* in REG_ERR */
#define PAGE_FAULT_FETCH	16u

/* ---- Where it happened. */

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* What reports a crash is not where it happened: host services, the environment. */
static bool is_messenger(uint64_t rip, bool with_kernel_world)
{
	const char *name = crash_function(rip);

	return !crash_in_program(rip) || starts_with(name, "hs_") || starts_with(name, "crash_") ||
	       starts_with(name, "__asan") || starts_with(name, "__ubsan") ||
	       (with_kernel_world && starts_with(name, "kw_"));
}

const char *crash_base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "?";
}

void crash_bug_site(char *site, size_t n, const struct kw_bug *bug)
{
	snprintf(site, n, "%s:%u %s", crash_base_name(bug->file), bug->line, crash_function(bug->addr));
}

void crash_fault_site(struct crash *c)
{
	uint32_t i = 0;

	/* At worst a messenger is better than nothing. */
	while (i + 1 < c->nr_frames && is_messenger(c->frames[i], true))
		i++;
	if (c->nr_frames)
		snprintf(c->site, sizeof(c->site), "%s", crash_function(c->frames[i]));
}

void crash_drop_messengers(struct crash *c)
{
	uint32_t nr = 0;

	while (nr + 1 < c->nr_frames && is_messenger(c->frames[nr], false))
		nr++;
	c->nr_frames -= nr;
	memmove(c->frames, c->frames + nr, c->nr_frames * sizeof(c->frames[0]));
}

/* ---- What happened. */

static void fault_text(char *text, size_t n, const siginfo_t *info, const greg_t *reg)
{
	uint64_t addr = (uint64_t)info->si_addr, err = (uint64_t)reg[REG_ERR];
	const char *what = err & PAGE_FAULT_FETCH ? "call" : err & PAGE_FAULT_WRITE ? "write" : "read";

	/* No addresses but small ones: the others differ from build to build. */
	if (reg[REG_TRAPNO] == TRAP_GENERAL_PROTECTION)
		snprintf(text, n, "fault at a non-canonical address");
	else if (coro_guard_hit(addr))
		snprintf(text, n, "stack overflow of task %u", kw_shared.current_tid);
	else if (addr < NULL_BYTES)
		snprintf(text, n, "%s fault at a NULL pointer + 0x%" PRIx64, what, addr);
	else if (-addr <= MAX_ERRNO)
		snprintf(text, n, "%s fault at error pointer -%" PRIu64, what, -addr);
	else if (info->si_code == SEGV_ACCERR)
		snprintf(text, n, "%s fault at an address that does not allow it", what);
	else
		snprintf(text, n, "%s fault at a wild address", what);
}

void crash_signal_text(char *text, size_t n, int sig, const siginfo_t *info, const ucontext_t *uc)
{
	const greg_t *reg = uc->uc_mcontext.gregs;
	const uint8_t *insn = (const uint8_t *)reg[REG_RIP];

	if (sig == SIGSEGV || sig == SIGBUS)
		fault_text(text, n, info, reg);
	else if (sig == SIGFPE)
		snprintf(text, n, "divide error");
	else if (insn[0] == 0x0f && insn[1] == 0x0b)
		snprintf(text, n, "ud2 that is no BUG: code that the compiler holds for unreachable");
	else
		snprintf(text, n, "illegal instruction");
}
