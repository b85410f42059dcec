/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines: switches, stacks, guard pages, and where a stack trace ends.
 *
 * Does not measure: bench/coro.c does.
 */
#include "sim/coro.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include "tests/unit/test.h"

#define NR_STACKS 8192u

extern const char coro_trampoline[];

static struct coro main_coro;
static struct coro coros[NR_STACKS];
static uint64_t counts[NR_STACKS];

static void test_init(void)
{
	EXPECT_EQ(-coro_pool_init(0), EINVAL);
	EXPECT_EQ(coro_pool_init(NR_STACKS), 0);
	EXPECT_EQ(-coro_pool_init(NR_STACKS), EBUSY);
}

static void count_up(void *arg)
{
	uint64_t i = (uint64_t)arg;

	for (;;) {
		counts[i]++;
		coro_switch(&coros[i], &main_coro);
	}
}

static void test_first_entry_and_return(void)
{
	coro_start(&coros[3], 3, count_up, (void *)3);
	EXPECT_EQ(counts[3], 0);
	coro_switch(&main_coro, &coros[3]);
	EXPECT_EQ(counts[3], 1);
	coro_switch(&main_coro, &coros[3]);
	coro_switch(&main_coro, &coros[3]);
	EXPECT_EQ(counts[3], 3);
}

/* Compilers align vector temporaries by what the ABI promises at each function's start. */
static uint64_t misaligned;

static void look_at_alignment(void *arg)
{
	misaligned = ((uint64_t)__builtin_frame_address(0) + 16) % 16;
	coro_switch(arg, &main_coro);
}

static void test_alignment(void)
{
	uint32_t i;

	for (i = 0; i < 16; i++) {
		misaligned = 1;
		coro_start(&coros[i], i, look_at_alignment, &coros[i]);
		coro_switch(&main_coro, &coros[i]);
		EXPECT_EQ(misaligned, 0);
	}
}

/* Fills all callee-saved registers, switches, and returns how many came back changed. */
uint64_t switch_and_compare(struct coro *from, struct coro *to, uint64_t pattern);
asm(".text\n"
    "switch_and_compare:\n"
    "	pushq %rbp\n	pushq %rbx\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
    "	pushq %rdx\n"
    "	leaq 1(%rdx), %rbp\n	leaq 2(%rdx), %rbx\n	leaq 3(%rdx), %r12\n"
    "	leaq 4(%rdx), %r13\n	leaq 5(%rdx), %r14\n	leaq 6(%rdx), %r15\n"
    "	call coro_switch\n"
    "	popq %rdx\n"
    "	xorl %eax, %eax\n"
    "	leaq 1(%rdx), %rcx\n	cmpq %rcx, %rbp\n	setne %al\n"
    "	leaq 2(%rdx), %rcx\n	cmpq %rcx, %rbx\n	setne %cl\n	addb %cl, %al\n"
    "	leaq 3(%rdx), %rcx\n	cmpq %rcx, %r12\n	setne %cl\n	addb %cl, %al\n"
    "	leaq 4(%rdx), %rcx\n	cmpq %rcx, %r13\n	setne %cl\n	addb %cl, %al\n"
    "	leaq 5(%rdx), %rcx\n	cmpq %rcx, %r14\n	setne %cl\n	addb %cl, %al\n"
    "	leaq 6(%rdx), %rcx\n	cmpq %rcx, %r15\n	setne %cl\n	addb %cl, %al\n"
    "	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbx\n	popq %rbp\n"
    "	ret\n");

static uint64_t nr_changed;

static void keep_registers(void *arg)
{
	uint64_t pattern = 0x1000;

	for (;;) {
		nr_changed += switch_and_compare(arg, &main_coro, pattern);
		pattern += 0x1000;
	}
}

static void test_registers(void)
{
	uint32_t i;

	coro_start(&coros[0], 0, keep_registers, &coros[0]);
	coro_switch(&main_coro, &coros[0]);
	for (i = 0; i < 100; i++)
		EXPECT_EQ(switch_and_compare(&main_coro, &coros[0], 0xdead0000ull + i * 16), 0);
	EXPECT_EQ(nr_changed, 0);
}

static void pass_on(void *arg)
{
	uint64_t i = (uint64_t)arg;
	/* Something on the stack that must survive what the others do. */
	volatile uint64_t local[64];
	uint32_t k;

	for (k = 0; k < 64; k++)
		local[k] = i * 64 + k;
	for (;;) {
		for (k = 0; k < 64; k++)
			counts[i] += local[k] == i * 64 + k;
		coro_switch(&coros[i], i + 1 < NR_STACKS ? &coros[i + 1] : &main_coro);
	}
}

/* From one to the next through all 8,192, without the main stack between. */
static void test_all_stacks(void)
{
	uint64_t i;
	int round;

	for (i = 0; i < NR_STACKS; i++) {
		counts[i] = 0;
		coro_start(&coros[i], i, pass_on, (void *)i);
	}
	for (round = 0; round < 3; round++)
		coro_switch(&main_coro, &coros[0]);
	for (i = 0; i < NR_STACKS; i++)
		EXPECT_EQ(counts[i], 3 * 64);
}

/* A stack that was left in the middle of something is as good as new. */
static void test_start_again(void)
{
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		counts[5] = 0;
		coro_start(&coros[5], 5, i % 2 ? count_up : pass_on, (void *)5);
		if (i % 2) {
			coro_switch(&main_coro, &coros[5]);
			EXPECT_EQ(counts[5], 1);
		}
	}
}

static void test_trim(void)
{
	unsigned char resident[CORO_STACK_BYTES / 4096];
	uint32_t i, nr = 0;

	coro_start(&coros[7], 7, count_up, (void *)7);
	coro_switch(&main_coro, &coros[7]);
	EXPECT_EQ(mincore(coros[7].stack, CORO_STACK_BYTES, resident), 0);
	EXPECT(resident[CORO_STACK_BYTES / 4096 - 1] & 1);
	coro_pool_trim();
	EXPECT_EQ(mincore(coros[7].stack, CORO_STACK_BYTES, resident), 0);
	for (i = 0; i < CORO_STACK_BYTES / 4096; i++)
		nr += resident[i] & 1;
	EXPECT_EQ(nr, 0);
	counts[7] = 0;
	coro_start(&coros[7], 7, count_up, (void *)7);
	coro_switch(&main_coro, &coros[7]);
	EXPECT_EQ(counts[7], 1);
}

static void test_guard_hit(void)
{
	uint64_t stack;
	uint32_t i;

	for (i = 0; i < NR_STACKS; i += 1023) {
		coro_start(&coros[i], i, count_up, NULL);
		stack = (uint64_t)coros[i].stack;
		EXPECT(coro_guard_hit(stack - 1));
		EXPECT(coro_guard_hit(stack - 4096));
		EXPECT(!coro_guard_hit(stack));
		EXPECT(!coro_guard_hit(stack + CORO_STACK_BYTES - 1));
	}
	/* Below the first, above the last, and elsewhere. */
	coro_start(&coros[0], 0, count_up, NULL);
	EXPECT(!coro_guard_hit((uint64_t)coros[0].stack - 4097));
	coro_start(&coros[NR_STACKS - 1], NR_STACKS - 1, count_up, NULL);
	EXPECT(!coro_guard_hit((uint64_t)coros[NR_STACKS - 1].stack + CORO_STACK_BYTES));
	EXPECT(!coro_guard_hit(0));
	EXPECT(!coro_guard_hit((uint64_t)&stack));
	EXPECT(!coro_guard_hit(UINT64_MAX));
}

/* ---- Overflow, in a child. */

enum { OVERFLOW_SEEN = 42, OVERFLOW_ELSEWHERE = 43, OVERFLOW_MISSED = 44 };

static void on_segv(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	_exit(coro_guard_hit((uint64_t)info->si_addr) ? OVERFLOW_SEEN : OVERFLOW_ELSEWHERE);
}

/* Each frame is smaller than the guard page, and is written to from its top down. */
__attribute__((noinline)) static uint64_t recurse(uint64_t depth)
{
	volatile uint8_t frame[256];
	uint32_t i;

	for (i = sizeof(frame); i--; )
		frame[i] = (uint8_t)depth;
	return depth > 1000000 ? 0 : recurse(depth + 1) + frame[depth % sizeof(frame)];
}

static void overflow(void *arg)
{
	counts[0] = recurse(0);
	coro_switch(arg, &main_coro);
}

static void test_overflow(void)
{
	static uint8_t signal_stack[65536];
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	EXPECT(pid >= 0);
	if (!pid) {
		stack_t alt = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
		struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };

		sigaltstack(&alt, NULL);
		sigaction(SIGSEGV, &action, NULL);
		/* The neighbour below is in use: without a guard it would be overwritten in silence. */
		coro_start(&coros[100], 100, count_up, (void *)100);
		coro_start(&coros[101], 101, overflow, &coros[101]);
		coro_switch(&main_coro, &coros[101]);
		_exit(OVERFLOW_MISSED);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), OVERFLOW_SEEN);
}

/* ---- Leaving by siglongjmp(), as the crash handler does. */

static sigjmp_buf crash_exit;

__attribute__((noinline)) static void crash(void)
{
	siglongjmp(crash_exit, 1);
}

static void crash_soon(void *arg)
{
	coro_switch(arg, &main_coro);
	crash();
}

static void test_escape(void)
{
	volatile uint32_t i;

	for (i = 0; i < 100; i++) {
		coro_start(&coros[9], 9, crash_soon, &coros[9]);
		coro_switch(&main_coro, &coros[9]);
		if (!sigsetjmp(crash_exit, 0)) {
			coro_switch(&main_coro, &coros[9]);
			EXPECT(!"reached");
		}
		coro_escaped();
		counts[10] = 0;
		coro_start(&coros[10], 10, count_up, (void *)10);
		coro_switch(&main_coro, &coros[10]);
		EXPECT_EQ(counts[10], 1);
	}
}

/* ---- Stack traces end at the trampoline, neither before nor behind it. */

static uint64_t frames[64];
static uint32_t nr_frames;

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *arg)
{
	(void)arg;
	if (nr_frames < 64)
		frames[nr_frames++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

__attribute__((noinline)) static void trace_inner(void)
{
	nr_frames = 0;
	EXPECT_EQ(_Unwind_Backtrace(add_frame, NULL), _URC_END_OF_STACK);
}

static void trace(void *arg)
{
	trace_inner();
	coro_switch(arg, &main_coro);
}

static void test_trace(void)
{
	uint64_t last;

	coro_start(&coros[1], 1, trace, &coros[1]);
	/* Where a caller's return address would be: the unwinder must not even look. */
	((uint64_t *)coros[1].sp)[7] = (uint64_t)trace_inner + 4;
	coro_switch(&main_coro, &coros[1]);
	/* trace_inner(), trace(), coro_main(), coro_trampoline(); sanitizers may add one. */
	EXPECT(nr_frames >= 3 && nr_frames <= 5);
	last = frames[nr_frames ? nr_frames - 1 : 0];
	/* libgcc shows the caller that there is not, as address 0. */
	if (!last && nr_frames > 1)
		last = frames[nr_frames - 2];
	EXPECT(last > (uint64_t)coro_trampoline && last < (uint64_t)coro_trampoline + 16);
}

TEST_MAIN(
	TEST(test_init),
	TEST(test_first_entry_and_return),
	TEST(test_alignment),
	TEST(test_registers),
	TEST(test_all_stacks),
	TEST(test_start_again),
	TEST(test_trim),
	TEST(test_guard_hit),
	TEST(test_overflow),
	TEST(test_escape),
	TEST(test_trace),
)
