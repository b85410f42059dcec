/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines on x86-64: the switch, the stacks and their guard pages.
 *
 * All stacks lie in one mapping that is inaccessible at first; a stack becomes
 * readable and writable when it is used for the first time, and the page below it
 * never does.  So a process pays for the actors that it has, not for the largest
 * number that it could have.
 *
 * Does not know who runs, and does not free single stacks: coro_pool_trim() gives
 * back the memory of all of them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* pthread_getattr_np() */
#endif
#include "sim/coro.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define CORO_SWITCH_SYMBOL "coro_switch_registers"
#else
#define CORO_SWITCH_SYMBOL "coro_switch"
#endif

#define CORO_GUARD_BYTES 4096u
#define CORO_STRIDE	 ((uint64_t)CORO_GUARD_BYTES + CORO_STACK_BYTES)

/*
 * The frames of all actors are much alike.  If all stacks began at the same page
 * offset, the hot lines of all of them would share a few sets of the L1 cache.
 */
#define CORO_NR_COLOURS	  8u
#define CORO_COLOUR_BYTES 128u

static struct {
	uint8_t	*base;		/* guard page 0, stack 0, guard page 1, ... */
	uint8_t	*usable;	/* one a stack: coro_start() has made it accessible */
	uint32_t nr;
	void	*main_stack;	/* for ASan only */
	size_t	 main_stack_bytes;
} pool;

/*
 * The first instruction of a coroutine is coro_trampoline's, with what coro_start() has
 * put on its stack.  Its CFI says that there is no caller, which is where an unwinder
 * stops.
 */
asm(".pushsection .text\n"
    "	.p2align 4\n"
    "	.globl " CORO_SWITCH_SYMBOL "\n"
    "	.type " CORO_SWITCH_SYMBOL ", @function\n"
    CORO_SWITCH_SYMBOL ":\n"
    "	.cfi_startproc\n"
    "	pushq %rbx\n"
    "	.cfi_adjust_cfa_offset 8\n"
    "	.cfi_rel_offset %rbx, 0\n"
    "	pushq %r12\n"
    "	.cfi_adjust_cfa_offset 8\n"
    "	.cfi_rel_offset %r12, 0\n"
    "	pushq %r13\n"
    "	.cfi_adjust_cfa_offset 8\n"
    "	.cfi_rel_offset %r13, 0\n"
    "	pushq %r14\n"
    "	.cfi_adjust_cfa_offset 8\n"
    "	.cfi_rel_offset %r14, 0\n"
    "	pushq %r15\n"
    "	.cfi_adjust_cfa_offset 8\n"
    "	.cfi_rel_offset %r15, 0\n"
    "	leaq 1f(%rip), %rax\n"
    "	movq %rsp, (%rdi)\n"
    "	movq %rax, 8(%rdi)\n"
    "	movq %rbp, 16(%rdi)\n"
    "	movq (%rsi), %rsp\n"
    "	movq 16(%rsi), %rbp\n"
    "	jmp *8(%rsi)\n"
    "1:	popq %r15\n"
    "	.cfi_adjust_cfa_offset -8\n"
    "	.cfi_restore %r15\n"
    "	popq %r14\n"
    "	.cfi_adjust_cfa_offset -8\n"
    "	.cfi_restore %r14\n"
    "	popq %r13\n"
    "	.cfi_adjust_cfa_offset -8\n"
    "	.cfi_restore %r13\n"
    "	popq %r12\n"
    "	.cfi_adjust_cfa_offset -8\n"
    "	.cfi_restore %r12\n"
    "	popq %rbx\n"
    "	.cfi_adjust_cfa_offset -8\n"
    "	.cfi_restore %rbx\n"
    "	ret\n"
    "	.cfi_endproc\n"
    "	.size " CORO_SWITCH_SYMBOL ", . - " CORO_SWITCH_SYMBOL "\n"
    "	.p2align 4\n"
    "	.globl coro_trampoline\n"
    "	.type coro_trampoline, @function\n"
    "coro_trampoline:\n"
    "	.cfi_startproc\n"
    "	.cfi_undefined %rip\n"
    "	.cfi_undefined %rbp\n"
    "	popq %rdi\n"
    "	popq %rsi\n"
    "	call coro_main\n"
    "	ud2\n"
    "	.cfi_endproc\n"
    "	.size coro_trampoline, . - coro_trampoline\n"
    ".popsection\n");

/* What coro_trampoline pops off the stack. */
struct coro_frame {
	void (*entry)(void *);
	void *arg;
};

extern const char coro_trampoline[];
_Noreturn void coro_main(void (*entry)(void *), void *arg);

static _Noreturn void coro_die(const char *what, uint64_t n)
{
	fprintf(stderr, "lapicsim: coro.c: %s (%llu)\n", what, (unsigned long long)n);
	abort();
}

#ifdef CORO_ASAN
void coro_switch_registers(struct coro *from, struct coro *to);

/* ASan keeps the bounds of the stack that is running, and must be told of each switch. */
void coro_switch(struct coro *from, struct coro *to)
{
	const void *bottom = to->stack ? to->stack : pool.main_stack;
	size_t bytes = to->stack ? CORO_STACK_BYTES : pool.main_stack_bytes;

	__sanitizer_start_switch_fiber(&from->fake_stack, bottom, bytes);
	coro_switch_registers(from, to);
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
}

void coro_escaped(void)
{
	__sanitizer_start_switch_fiber(NULL, pool.main_stack, pool.main_stack_bytes);
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

static int coro_find_main_stack(void)
{
	pthread_attr_t attr;
	int err = pthread_getattr_np(pthread_self(), &attr);

	if (err)
		return -err;
	err = pthread_attr_getstack(&attr, &pool.main_stack, &pool.main_stack_bytes);
	pthread_attr_destroy(&attr);
	return -err;
}

/* The last user of a stack may have left it in the middle of any function. */
static void coro_forget_frames(void *stack)
{
	ASAN_UNPOISON_MEMORY_REGION(stack, CORO_STACK_BYTES);
}

static void coro_arrived(void)
{
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}
#else
void coro_escaped(void)
{
}

static int coro_find_main_stack(void)
{
	return 0;
}

static void coro_forget_frames(void *stack)
{
	(void)stack;
}

static void coro_arrived(void)
{
}
#endif

/* First C function on every stack. */
__attribute__((used)) _Noreturn void coro_main(void (*entry)(void *), void *arg)
{
	coro_arrived();
	entry(arg);
	coro_die("the entry function of a coroutine returned", 0);
}

int coro_pool_init(uint32_t nr)
{
	void *base;
	int err;

	if (pool.base)
		return -EBUSY;
	if (!nr)
		return -EINVAL;
	err = coro_find_main_stack();
	if (err)
		return err;
	pool.usable = calloc(nr, 1);
	if (!pool.usable)
		return -ENOMEM;
	base = mmap(NULL, nr * CORO_STRIDE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED) {
		err = -errno;
		free(pool.usable);
		pool.usable = NULL;
		return err;
	}
	pool.base = base;
	pool.nr = nr;
	return 0;
}

static uint8_t *coro_stack(uint32_t index)
{
	uint8_t *stack;

	if (index >= pool.nr)
		coro_die("no such stack", index);
	stack = pool.base + index * CORO_STRIDE + CORO_GUARD_BYTES;
	if (!pool.usable[index]) {
		/* Each stack is a mapping of its own to the host; vm.max_map_count is 65,530. */
		if (mprotect(stack, CORO_STACK_BYTES, PROT_READ | PROT_WRITE))
			coro_die("mprotect() of a stack failed: see vm.max_map_count", errno);
		pool.usable[index] = 1;
	}
	return stack;
}

void coro_start(struct coro *c, uint32_t index, void (*entry)(void *), void *arg)
{
	uint8_t *stack = coro_stack(index);
	uint8_t *top = stack + CORO_STACK_BYTES - (index % CORO_NR_COLOURS) * CORO_COLOUR_BYTES;
	struct coro_frame *frame;

	coro_forget_frames(stack);
	/* Leaves rsp a multiple of 16 where coro_trampoline calls; the words above end a frame-pointer chain. */
	frame = (struct coro_frame *)(top - 16) - 1;
	memset(frame, 0, sizeof(*frame) + 16);
	*frame = (struct coro_frame){ entry, arg };
	c->sp = frame;
	c->ip = (void *)coro_trampoline;
	c->bp = NULL;
	c->stack = stack;
	c->fake_stack = NULL;
}

bool coro_guard_hit(uint64_t addr)
{
	uint64_t offset = addr - (uint64_t)pool.base;

	return pool.base && offset < pool.nr * CORO_STRIDE && offset % CORO_STRIDE < CORO_GUARD_BYTES;
}

void coro_pool_range(const void **start, uint64_t *bytes)
{
	*start = pool.base;
	*bytes = pool.nr * CORO_STRIDE;
}

void coro_pool_trim(void)
{
	if (pool.base)
		madvise(pool.base, pool.nr * CORO_STRIDE, MADV_DONTNEED);
}
