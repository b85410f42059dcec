/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See crash.h.  Everything is recorded in signal handlers on an alternate stack,
 * where there is room for libunwind; crash_end() gets there by an instruction of
 * its own that faults.  The way out is siglongjmp() to crash_protect(): nothing
 * on the coroutine's stack is unwound, and nothing there is needed again.
 *
 * The handlers block no signal (SA_NODEFER, empty masks), so that none stays
 * blocked after the jump; what must not nest is told by @in_handler.
 *
 * A runaway loop that holds a lock of libc when it is interrupted leaves it held.
 * KVM never calls libc, so that takes a loop in the harness itself.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* REG_RIP, gettid() */
#endif
#include "sim/crash.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "kvm/boundary.h"
#include "sim/coro.h"
#include "sim/crash_san.h"
#include "sim/crash_stack.h"
#include "sim/crash_text.h"

#define SIGNAL_STACK_BYTES	(256u << 10)
#define WATCHDOG_SIGNAL		SIGVTALRM
#define WATCHDOG_MS		500u	/* of CPU time, from tick to tick */
#define WATCHDOG_TICKS		4u	/* without a heartbeat: runaway */

uint64_t crash_heartbeat;

static struct {
	void (*warn)(struct divergence *d);
	struct crash crash;
	sigjmp_buf exit;
	void *signal_stack;
	volatile bool protect;		/* crash_protect() is there to jump to */
	volatile bool in_handler;
	bool ending;			/* the next SIGILL is crash_end()'s */
	uint32_t watchdog_ms;
	uint32_t nr_silent;		/* ticks without a heartbeat */
	uint64_t last_heartbeat;
	uint32_t nr_ticks;		/* of the body in progress */
	uint64_t limit_ns;		/* of CPU time for it; 0: none */
} state;

/* ---- A record. */

void crash_record_here(struct crash *c, const char *text)
{
	ucontext_t uc;

	memset(c, 0, sizeof(*c));
	c->kind = CRASH_FAULT;
	c->tid = kw_shared.current_tid;
	snprintf(c->text, sizeof(c->text), "%s", text);
	if (!getcontext(&uc))
		c->nr_frames = crash_stack(&uc, false, c->frames, DIV_MAX_FRAMES);
	crash_drop_messengers(c);
	crash_fault_site(c);
}

bool crash_protected(void)
{
	return state.protect && !state.in_handler;
}

/* ---- Ways out of a handler. */

static _Noreturn void leave(void)
{
	siglongjmp(state.exit, 1);
}

/* Not the protected body died but we did: let it be seen, as what it is. */
static void die(int sig, bool nested)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	fprintf(stderr, "lapicsim: died outside of a run%s: %s%s%s\n", nested ? ", in the crash handler" : "",
		state.crash.site, state.crash.site[0] ? ": " : "", state.crash.text);
	if (state.ending)
		abort();
	/* The instruction happens again, with nobody to catch it. */
	sigaction(sig, &action, NULL);
	sigaction(SIGILL, &action, NULL);
}

static void record(struct crash *c, enum crash_kind kind, ucontext_t *uc)
{
	c->kind = kind;
	c->tid = kw_shared.current_tid;
	c->nr_frames = crash_stack(uc, true, c->frames, DIV_MAX_FRAMES);
}

/* ---- Handlers. */

static void on_warn(ucontext_t *uc, const struct kw_bug *bug)
{
	static struct divergence d;

	state.in_handler = true;
	memset(&d, 0, sizeof(d));
	d.kind = DIV_HOST_WARN;
	d.vm = d.vcpu = d.vector = DIV_NONE;
	d.time_ns = kw_shared.now_ns;
	snprintf(d.check, sizeof(d.check), "%s", host_checks[HOST_CHECK_WARN].name);
	crash_bug_site(d.site, sizeof(d.site), bug);
	snprintf(d.text, sizeof(d.text), "WARN in task %u", kw_shared.current_tid);
	d.nr_frames = crash_stack(uc, true, d.frames, DIV_MAX_FRAMES);
	state.warn(&d);
	/* The latch of WARN_ONCE() was set before the ud2: the next one counts, too. */
	kw_once_clear();
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	state.in_handler = false;
}

enum ud2 { UD2_RESUME, UD2_RECORDED, UD2_UNKNOWN };

static enum ud2 on_ud2(ucontext_t *uc, struct crash *c)
{
	uint64_t rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	struct kw_bug bug = { 0 };

	if (state.ending) {
		record(c, c->kind, uc);
		crash_drop_messengers(c);
		crash_fault_site(c);
		return UD2_RECORDED;
	}
	if (!kw_bug_find(rip, &bug))
		return UD2_UNKNOWN;
	if (bug.is_warn && !state.in_handler) {
		on_warn(uc, &bug);
		return UD2_RESUME;
	}
	record(c, CRASH_BUG, uc);
	crash_bug_site(c->site, sizeof(c->site), &bug);
	snprintf(c->text, sizeof(c->text), "kernel BUG at %s:%u", crash_base_name(bug.file), bug.line);
	return UD2_RECORDED;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	enum ud2 ud2 = UD2_UNKNOWN;
	int saved_errno = errno;
	bool nested = state.in_handler;
	struct crash *c = &state.crash;

	crash_stack_faulted();
	if (sig == SIGILL)
		ud2 = on_ud2(context, c);
	if (ud2 == UD2_RESUME) {
		errno = saved_errno;
		return;
	}
	state.in_handler = true;
	if (ud2 == UD2_UNKNOWN) {
		crash_signal_text(c->text, sizeof(c->text), sig, info, context);
		record(c, CRASH_FAULT, context);
		crash_fault_site(c);
	}
	if (nested || !state.protect) {
		die(sig, nested);
		return;
	}
	leave();
}

/* The body has had its time. */
static void end_by_time(ucontext_t *uc)
{
	struct crash *c = &state.crash;

	state.in_handler = true;
	record(c, CRASH_TIME, uc);
	snprintf(c->text, sizeof(c->text), "more than %u ms of CPU time", (uint32_t)(state.limit_ns / 1000000));
	leave();
}

static void on_watchdog(int sig, siginfo_t *info, void *context)
{
	struct crash *c = &state.crash;

	(void)sig;
	(void)info;
	if (state.protect && !state.in_handler && !crash_san_reporting() && state.limit_ns &&
	    state.nr_ticks++ * (uint64_t)state.watchdog_ms * 1000000 >= state.limit_ns)
		end_by_time(context);
	if (!state.protect || state.in_handler || crash_san_reporting() ||
	    state.last_heartbeat != crash_heartbeat) {
		state.last_heartbeat = crash_heartbeat;
		state.nr_silent = 0;
		return;
	}
	if (++state.nr_silent < WATCHDOG_TICKS)
		return;
	state.in_handler = true;
	record(c, CRASH_RUNAWAY, context);
	crash_fault_site(c);
	snprintf(c->text, sizeof(c->text), "no scheduling point in %u ms of CPU time",
		 WATCHDOG_TICKS * state.watchdog_ms);
	leave();
}

/* ---- Setting up. */

static int init_signal_stack(void)
{
	stack_t alt = { .ss_size = SIGNAL_STACK_BYTES };

	/* Above a page that nobody may touch, since nobody notices an overflow of this one. */
	alt.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (alt.ss_sp == MAP_FAILED)
		return -errno;
	alt.ss_sp = (uint8_t *)alt.ss_sp + 4096;
	if (mprotect(alt.ss_sp, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE) || sigaltstack(&alt, NULL))
		return -errno;
	state.signal_stack = alt.ss_sp;
	return 0;
}

static int init_handlers(void)
{
	static const int faults[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE };
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART };
	uint32_t i;

	sigemptyset(&action.sa_mask);
	action.sa_sigaction = on_signal;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (sigaction(faults[i], &action, NULL))
			return -errno;
	action.sa_sigaction = on_watchdog;
	return sigaction(WATCHDOG_SIGNAL, &action, NULL) ? -errno : 0;
}

/* LAPICSIM_WATCHDOG_MS: the time from tick to tick, 0 for no watchdog (under gdb). */
static int init_watchdog(void)
{
	const char *env = getenv("LAPICSIM_WATCHDOG_MS");
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WATCHDOG_SIGNAL };
	struct itimerspec every = { 0 };
	timer_t timer;

	state.watchdog_ms = env ? (uint32_t)strtoul(env, NULL, 10) : WATCHDOG_MS;
	if (!state.watchdog_ms)
		return 0;
	event._sigev_un._tid = gettid();
	every.it_interval.tv_sec = state.watchdog_ms / 1000;
	every.it_interval.tv_nsec = state.watchdog_ms % 1000 * 1000000l;
	every.it_value = every.it_interval;
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) || timer_settime(timer, 0, &every, NULL))
		return -errno;
	return 0;
}

int crash_init(void (*warn)(struct divergence *d))
{
	int err;

	if (state.warn)
		return -EBUSY;
	err = init_signal_stack();
	if (err)
		return err;
	crash_stack_init();
	crash_san_init();
	state.warn = warn;
	err = init_handlers();
	return err ? err : init_watchdog();
}

void crash_limit_cpu(uint64_t ns)
{
	state.limit_ns = ns;
}

const struct crash *crash_protect(void (*body)(void))
{
	memset(&state.crash, 0, sizeof(state.crash));
	crash_san_begin();
	crash_heartbeat++;
	state.nr_ticks = 0;
	if (!sigsetjmp(state.exit, 0)) {
		state.protect = true;
		body();
	} else {
		coro_escaped();
		crash_san_escaped(state.signal_stack, SIGNAL_STACK_BYTES);
	}
	state.protect = false;
	state.in_handler = false;
	state.ending = false;
	/* A sanitizer's report came before anything that followed from it. */
	crash_san_end(&state.crash);
	return &state.crash;
}

__attribute__((noinline)) _Noreturn void crash_end(enum crash_kind kind, const char *text)
{
	struct crash *c = &state.crash;

	/* No printf(): this may be a coroutine's stack. */
	strncpy(c->text, text, sizeof(c->text) - 1);
	if (kind == CRASH_TRAP)
		strncpy(c->trap, text, sizeof(c->trap) - 1);
	c->kind = kind;
	state.ending = true;
	__builtin_trap();
}
