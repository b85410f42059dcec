/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Catching BUG, WARN, faults and runaway loops: what is recorded, and that the next
 * protected body is as good as the first.
 *
 * Does not run KVM: its table of BUGs is played by one of this file's, with real
 * ud2 instructions.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/crash.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "kvm/boundary.h"
#include "sim/coro.h"
#include "tests/unit/test.h"

#define NR_STACKS 16u

/* ---- The kernel world, as far as crash.c knows it. */

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

static void on_warn(struct divergence *d)
{
	if (fault_in_on_warn)
		fake_kvm_null();
	nr_warns++;
	last_warn = *d;
}

static struct coro main_coro, coro[NR_STACKS];
static void (*on_coroutine)(void);

static void coro_body(void *arg)
{
	on_coroutine();
	coro_switch(arg, &main_coro);
}

static void enter_coroutine(void)
{
	coro_start(&coro[5], 5, coro_body, &coro[5]);
	coro_switch(&main_coro, &coro[5]);
}

static const struct crash *protect_coroutine(void (*fn)(void))
{
	on_coroutine = fn;
	kw_shared.current_tid = 5;
	return crash_protect(enter_coroutine);
}

static bool signals_are_open(void)
{
	sigset_t set;
	int sig;

	sigprocmask(SIG_SETMASK, NULL, &set);
	for (sig = 1; sig < 32; sig++)
		if (sigismember(&set, sig) == 1)
			return false;
	return true;
}

static bool has_frame(const uint64_t *frames, uint32_t nr, void (*fn)(void))
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (frames[i] >= (uint64_t)fn && frames[i] < (uint64_t)fn + 400)
			return true;
	return false;
}

static uint32_t nr_bodies;

static void harmless(void)
{
	nr_bodies++;
}

/* After each crash: as if nothing had been. */
static void expect_sound(void)
{
	uint32_t before = nr_bodies;

	EXPECT(signals_are_open());
	EXPECT_EQ(protect_coroutine(harmless)->kind, CRASH_NONE);
	EXPECT_EQ(crash_protect(harmless)->kind, CRASH_NONE);
	EXPECT_EQ(nr_bodies, before + 2);
}

static void test_init(void)
{
	EXPECT_EQ(coro_pool_init(NR_STACKS), 0);
	setenv("LAPICSIM_WATCHDOG_MS", "20", 1);
	EXPECT_EQ(crash_init(on_warn), 0);
	EXPECT_EQ(-crash_init(on_warn), EBUSY);
	expect_sound();
}

static void test_bug(void)
{
	const struct crash *c;
	int i;

	for (i = 0; i < 3; i++) {
		c = protect_coroutine(fake_kvm_bug);
		EXPECT_EQ(c->kind, CRASH_BUG);
		EXPECT_EQ(c->tid, 5);
		EXPECT_STR(c->site, "lapic.c:2927 fake_kvm_bug");
		EXPECT_STR(c->text, "kernel BUG at lapic.c:2927");
		EXPECT(c->nr_frames >= 3 && c->nr_frames <= 6);
		EXPECT(c->frames[0] >= (uint64_t)fake_kvm_bug && c->frames[0] < (uint64_t)fake_kvm_bug + 100);
		EXPECT(has_frame(c->frames, c->nr_frames, (void (*)(void))coro_body));
		expect_sound();
	}
	c = crash_protect(fake_kvm_bug);
	EXPECT_EQ(c->kind, CRASH_BUG);
	EXPECT(has_frame(c->frames, c->nr_frames, (void (*)(void))crash_protect));
	expect_sound();
}

static void warn_often(void)
{
	fake_kvm_warn(100);
	nr_bodies++;
}

static void test_warn(void)
{
	uint32_t before = nr_bodies;

	nr_warns = nr_once_clear = nr_after_warn = 0;
	EXPECT_EQ(protect_coroutine(warn_often)->kind, CRASH_NONE);
	EXPECT_EQ(nr_warns, 100);
	EXPECT_EQ(nr_after_warn, 100);
	EXPECT_EQ(nr_once_clear, 100);
	EXPECT_EQ(nr_bodies, before + 1);
	EXPECT_EQ(last_warn.kind, DIV_HOST_WARN);
	EXPECT_EQ(last_warn.vcpu, DIV_NONE);
	EXPECT_STR(last_warn.site, "lapic.c:77 fake_kvm_warn");
	EXPECT(last_warn.nr_frames >= 4);
	EXPECT(has_frame(last_warn.frames, last_warn.nr_frames, warn_often));
	/* While the VMs are built, nothing is protected yet. */
	fake_kvm_warn(1);
	EXPECT_EQ(nr_warns, 101);
	expect_sound();
}

static void test_null(void)
{
	const struct crash *c = protect_coroutine(fake_kvm_null);

	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT_STR(c->site, "fake_kvm_null");
	EXPECT_STR(c->text, "write fault at a NULL pointer + 0x18");
	EXPECT(has_frame(c->frames, c->nr_frames, fake_kvm_null));
	expect_sound();
}

static void (*volatile no_function)(void);

static void call_null(void)
{
	no_function();
	nr_bodies++;
}

static void test_call_null(void)
{
	const struct crash *c = protect_coroutine(call_null);

	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT_STR(c->site, "call_null");
	EXPECT_STR(c->text, "call fault at a NULL pointer + 0x0");
	expect_sound();
}

static void non_canonical(void)
{
	asm volatile("movabsq $0x0123456789abcdef, %%rax; movq (%%rax), %%rax" : : : "rax", "memory");
}

static void divide(void)
{
	asm volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" : : : "rax", "rcx", "rdx");
}

static void unknown_ud2(void)
{
	asm volatile("ud2");
}

static void error_pointer(void)
{
	asm volatile("movq $-22, %%rax; movb (%%rax), %%al" : : : "rax", "memory");
}

static void test_other_faults(void)
{
	EXPECT_STR(protect_coroutine(non_canonical)->text, "fault at a non-canonical address");
	EXPECT_STR(protect_coroutine(divide)->text, "divide error");
	EXPECT_STR(protect_coroutine(unknown_ud2)->text,
		   "ud2 that is no BUG: code that the compiler holds for unreachable");
	EXPECT_STR(protect_coroutine(unknown_ud2)->site, "unknown_ud2");
	EXPECT_STR(protect_coroutine(error_pointer)->text, "read fault at error pointer -22");
	expect_sound();
}

/* The unwinder itself falls off: what it had found is kept. */
static void destroy_stack(void)
{
	asm volatile("movq $16, %%rsp; ud2" : : : "memory");
}

static void test_destroyed_stack(void)
{
	const struct crash *c = protect_coroutine(destroy_stack);

	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT_STR(c->site, "destroy_stack");
	EXPECT(c->nr_frames >= 1);
	expect_sound();
	EXPECT(protect_coroutine(fake_kvm_bug)->nr_frames >= 3);
}

static void overflow(void)
{
	nr_bodies += (uint32_t)fake_kvm_recurse(0);
}

static void test_overflow(void)
{
	const struct crash *c = protect_coroutine(overflow);

	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT_STR(c->site, "fake_kvm_recurse");
	EXPECT_STR(c->text, "stack overflow of task 5");
	EXPECT_EQ(c->nr_frames, DIV_MAX_FRAMES);
	expect_sound();
}

static void test_runaway(void)
{
	const struct crash *c = protect_coroutine(fake_kvm_loop);

	EXPECT_EQ(c->kind, CRASH_RUNAWAY);
	EXPECT_STR(c->site, "fake_kvm_loop");
	EXPECT_STR(c->text, "no scheduling point in 80 ms of CPU time");
	EXPECT(has_frame(c->frames, c->nr_frames, fake_kvm_loop));
	expect_sound();
}

static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* It makes progress, as far as the watchdog can tell, and never ends. */
static void busy(void)
{
	for (;;)
		(*(volatile uint64_t *)&crash_heartbeat)++;
}

static void short_work(void)
{
	for (uint64_t end = cpu_ms() + 60; cpu_ms() < end; )
		crash_heartbeat++;
}

static void test_time_is_over(void)
{
	uint64_t start = cpu_ms();
	const struct crash *c;

	crash_limit_cpu(200000000);
	c = protect_coroutine(busy);
	EXPECT_EQ(c->kind, CRASH_TIME);
	EXPECT_STR(c->text, "more than 200 ms of CPU time");
	EXPECT(cpu_ms() - start >= 170 && cpu_ms() - start < 400);
	/* Each body has its own time. */
	for (uint32_t i = 0; i < 8; i++)
		EXPECT_EQ(protect_coroutine(short_work)->kind, CRASH_NONE);
	crash_limit_cpu(0);
	expect_sound();
}

static void long_but_alive(void)
{
	uint64_t end = cpu_ms() + 300;

	while (cpu_ms() < end)
		crash_heartbeat++;
	nr_bodies++;
}

static void test_heartbeat(void)
{
	uint64_t end = cpu_ms() + 200;
	uint32_t before = nr_bodies;

	EXPECT_EQ(protect_coroutine(long_but_alive)->kind, CRASH_NONE);
	EXPECT_EQ(nr_bodies, before + 1);
	/* Outside of a body nobody watches. */
	while (cpu_ms() < end)
		;
	expect_sound();
}

static void hs_panic_like(void)
{
	crash_end(CRASH_PANIC, "KVM calls the TSC unstable");
}

__attribute__((noinline, noclone)) static void fake_kvm_trap(void)
{
	crash_end(CRASH_TRAP, "kvm_mmu_load");
}

static void test_end(void)
{
	const struct crash *c = protect_coroutine(hs_panic_like);

	EXPECT_EQ(c->kind, CRASH_PANIC);
	EXPECT_STR(c->text, "KVM calls the TSC unstable");
	EXPECT_STR(c->trap, "");
	expect_sound();
	c = protect_coroutine(fake_kvm_trap);
	EXPECT_EQ(c->kind, CRASH_TRAP);
	EXPECT_STR(c->trap, "kvm_mmu_load");
	EXPECT_STR(c->site, "fake_kvm_trap");
	EXPECT(c->nr_frames >= 2);
	EXPECT(has_frame(c->frames, 1, fake_kvm_trap));
	expect_sound();
	EXPECT_EQ(crash_protect(fake_kvm_trap)->kind, CRASH_TRAP);
	expect_sound();
}

/* ---- What the harness does wrong itself must not be taken for KVM's. */

static int child_signal(void (*fn)(void))
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

static void die_in_handler(void)
{
	fault_in_on_warn = true;
	protect_coroutine(warn_often);
}

static void test_unprotected(void)
{
	EXPECT_EQ(child_signal(fake_kvm_null), SIGSEGV);
	EXPECT_EQ(child_signal(die_in_handler), SIGSEGV);
	EXPECT_EQ(child_signal(fake_kvm_bug), SIGILL);
	EXPECT_EQ(child_signal(hs_panic_like), SIGABRT);
}

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>

static uint8_t *volatile freed;
static uint8_t *volatile lent;
static volatile uint64_t sink;
static volatile uint32_t went_on;

__attribute__((noinline, noclone)) static void fake_kvm_use_after_free(void)
{
	freed = malloc(64);
	free(freed);
	sink = *(volatile uint64_t *)(freed + 8);
	went_on++;
}

__attribute__((noinline, noclone)) static void fake_kvm_poisoned(void)
{
	*(volatile uint32_t *)(lent + 16) = 1;
	went_on++;
}

static void in_memset(void)
{
	memset(lent, 1, 64);
	went_on++;
}

static void test_asan(void)
{
	const struct crash *c;
	int i;

	went_on = 0;
	for (i = 0; i < 3; i++) {
		c = protect_coroutine(fake_kvm_use_after_free);
		EXPECT_EQ(c->kind, CRASH_FAULT);
		EXPECT_STR(c->text, "ASan: heap-use-after-free");
		EXPECT_STR(c->site, "fake_kvm_use_after_free");
		EXPECT(has_frame(c->frames, 1, fake_kvm_use_after_free));
		expect_sound();
	}
	lent = malloc(64);
	ASAN_POISON_MEMORY_REGION(lent, 64);
	c = protect_coroutine(fake_kvm_poisoned);
	EXPECT_STR(c->text, "ASan: use-after-poison");
	EXPECT_STR(c->site, "fake_kvm_poisoned");
	expect_sound();
	EXPECT_EQ(went_on, 0);
	c = protect_coroutine(in_memset);
	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT_STR(c->text, "ASan: use-after-poison");
	EXPECT_STR(c->site, "in_memset");
	EXPECT_EQ(went_on, 1);
	expect_sound();
	ASAN_UNPOISON_MEMORY_REGION(lent, 64);
	free(lent);
	EXPECT_EQ(child_signal(fake_kvm_use_after_free), SIGABRT);
}

/* The call that gcc makes for a - b, in the form that returns. */
void __ubsan_handle_sub_overflow(void *data, void *a, void *b);

static void fake_kvm_overflows(void)
{
	static struct {
		uint16_t kind, info;
		char name[8];
	} type = { 0, 5 << 1 | 1, "'int'" };
	static struct {
		const char *file;
		uint32_t line, column;
		void *type;
	} data;

	data.file = "/src/arch/x86/kvm/lapic.c";
	data.line = 123;
	data.column = 4;
	data.type = &type;
	__ubsan_handle_sub_overflow(&data, (void *)0x80000000ul, (void *)1ul);
	went_on++;
}

static void test_ubsan(void)
{
	const struct crash *c;

	went_on = 0;
	c = protect_coroutine(fake_kvm_overflows);
	EXPECT_EQ(c->kind, CRASH_FAULT);
	EXPECT(!strncmp(c->text, "UBSan: signed-integer-overflow: ", 32));
	EXPECT_STR(c->site, "lapic.c:123 fake_kvm_overflows");
	EXPECT_EQ(went_on, 1);
	expect_sound();
}
#else
static void test_asan(void)
{
}

static void test_ubsan(void)
{
}
#endif

/* ---- What it costs. */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void warn_1000(void)
{
	fake_kvm_warn(1000);
}

static void test_cost(void)
{
	uint64_t begin = now_ns(), warns;
	int i;

	protect_coroutine(warn_1000);
	warns = now_ns() - begin;
	begin = now_ns();
	for (i = 0; i < 1000; i++)
		protect_coroutine(fake_kvm_bug);
	printf("# a WARN takes %llu ns, a BUG %llu ns\n", (unsigned long long)warns / 1000,
	       (unsigned long long)(now_ns() - begin) / 1000);
	begin = now_ns();
	for (i = 0; i < 1000000; i++)
		crash_protect(harmless);
	printf("# crash_protect() takes %llu ns\n", (unsigned long long)(now_ns() - begin) / 1000000);
}

asm(".pushsection .fakebugs, \"aw\"\n.subsection 1\n.globl fake_bugs_end\nfake_bugs_end:\n.popsection\n");

TEST_MAIN(
	TEST(test_init),
	TEST(test_bug),
	TEST(test_warn),
	TEST(test_null),
	TEST(test_call_null),
	TEST(test_other_faults),
	TEST(test_destroyed_stack),
	TEST(test_overflow),
	TEST(test_runaway), TEST(test_time_is_over),
	TEST(test_heartbeat),
	TEST(test_end),
	TEST(test_unprotected),
	TEST(test_asan),
	TEST(test_ubsan),
	TEST(test_cost),
)
