/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of sim/crash.c: a table of BUGs with real ud2 instructions, code that
 * crashes, and bodies on a coroutine to run it in.  Included by one .c file per program.
 *
 * Does not run KVM.
 */
#ifndef LAPICSIM_TESTS_UNIT_CRASH_FAKE_H
#define LAPICSIM_TESTS_UNIT_CRASH_FAKE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/crash.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "kvm/boundary.h"
#include "sim/coro.h"
#include "tests/unit/test.h"

#define NR_STACKS 16u

/* ---- The kernel world, as far as sim/crash.c knows it. */

struct kw_shared kw_shared;

struct fake_bug {
	uint64_t rip, line, is_warn;
};

extern const struct fake_bug fake_bugs[], fake_bugs_end[];
static uint32_t nr_once_clear;

bool kw_bug_find(uint64_t rip, struct kw_bug *out)
{
	const struct fake_bug *b;

	for (b = fake_bugs; b < fake_bugs_end; b++) {
		if (b->rip != rip)
			continue;
		*out = (struct kw_bug){ rip, "arch/x86/kvm/lapic.c", (uint32_t)b->line, b->is_warn };
		return true;
	}
	return false;
}

void kw_once_clear(void)
{
	nr_once_clear++;
}

asm(".pushsection .fakebugs, \"aw\"\n.globl fake_bugs\nfake_bugs:\n.popsection\n");

#define FAKE_UD2(line, is_warn)					\
	asm volatile("1: ud2\n"					\
		     ".pushsection .fakebugs, \"aw\"\n"		\
		     ".quad 1b, " #line ", " #is_warn "\n"	\
		     ".popsection\n" : : : "memory")

/* Not static and not inlined: their names are expected. */
void fake_kvm_bug(void), fake_kvm_warn(uint32_t nr), fake_kvm_null(void), fake_kvm_loop(void);
uint64_t fake_kvm_recurse(uint64_t depth);

__attribute__((noinline, noclone)) void fake_kvm_bug(void)
{
	FAKE_UD2(2927, 0);
}

static volatile uint32_t nr_after_warn;

__attribute__((noinline, noclone)) void fake_kvm_warn(uint32_t nr)
{
	while (nr--) {
		FAKE_UD2(77, 1);
		nr_after_warn++;
	}
}

struct fake_vcpu {
	uint64_t pad[3];
	uint64_t word;
};

static struct fake_vcpu *volatile no_vcpu;

__attribute__((noinline, noclone, no_sanitize("undefined", "address"))) void fake_kvm_null(void)
{
	no_vcpu->word = 1;
}

__attribute__((noinline, noclone)) void fake_kvm_loop(void)
{
	for (;;)
		asm volatile("" : : : "memory");
}

__attribute__((noinline, noclone)) uint64_t fake_kvm_recurse(uint64_t depth)
{
	volatile uint8_t frame[256];
	uint32_t i;

	for (i = sizeof(frame); i--; )
		frame[i] = (uint8_t)depth;
	return depth > 1000000 ? 0 : fake_kvm_recurse(depth + 1) + frame[depth % sizeof(frame)];
}

/* ---- Around them. */

static uint32_t nr_warns;
static struct divergence last_warn;

static bool fault_in_on_warn;

static inline void on_warn(struct divergence *d)
{
	if (fault_in_on_warn)
		fake_kvm_null();
	nr_warns++;
	last_warn = *d;
}

static struct coro main_coro, coro[NR_STACKS];
static void (*on_coroutine)(void);

static inline void coro_body(void *arg)
{
	on_coroutine();
	coro_switch(arg, &main_coro);
}

static inline void enter_coroutine(void)
{
	coro_start(&coro[5], 5, coro_body, &coro[5]);
	coro_switch(&main_coro, &coro[5]);
}

static inline const struct crash *protect_coroutine(void (*fn)(void))
{
	on_coroutine = fn;
	kw_shared.current_tid = 5;
	return crash_protect(enter_coroutine);
}

static inline bool signals_are_open(void)
{
	sigset_t set;
	int sig;

	sigprocmask(SIG_SETMASK, NULL, &set);
	for (sig = 1; sig < 32; sig++)
		if (sigismember(&set, sig) == 1)
			return false;
	return true;
}

static inline bool has_frame(const uint64_t *frames, uint32_t nr, void (*fn)(void))
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (frames[i] >= (uint64_t)fn && frames[i] < (uint64_t)fn + 400)
			return true;
	return false;
}

static uint32_t nr_bodies;

static inline void harmless(void)
{
	nr_bodies++;
}

/* After each crash: as if nothing had been. */
static inline void expect_sound(void)
{
	uint32_t before = nr_bodies;

	EXPECT(signals_are_open());
	EXPECT_EQ(protect_coroutine(harmless)->kind, CRASH_NONE);
	EXPECT_EQ(crash_protect(harmless)->kind, CRASH_NONE);
	EXPECT_EQ(nr_bodies, before + 2);
}

static inline void test_init(void)
{
	EXPECT_EQ(coro_pool_init(NR_STACKS), 0);
	setenv("LAPICSIM_WATCHDOG_MS", "20", 1);
	EXPECT_EQ(crash_init(on_warn), 0);
	EXPECT_EQ(-crash_init(on_warn), EBUSY);
	expect_sound();
}

/* The signal that @fn ends a child of its own with, or 0. */
static inline int child_signal(void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

asm(".pushsection .fakebugs, \"aw\"\n.subsection 1\n.globl fake_bugs_end\nfake_bugs_end:\n.popsection\n");

#endif
