/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines: a stack, and where to go on.  coro_switch() saves the callee-saved
 * registers and nothing else (both worlds are compiled without floating point state
 * that outlives a call; MXCSR and x87 control never change).
 *
 * Does not schedule and does not allocate after coro_pool_init(): the stacks lie
 * in one mapping with a guard page below each.
 */
#ifndef LAPICSIM_CORO_H
#define LAPICSIM_CORO_H

#include <stdbool.h>
#include <stdint.h>

/* gcc says it in one way, clang in another. */
#if defined(__SANITIZE_ADDRESS__)
#define CORO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CORO_ASAN 1
#endif
#endif

/* KVM needs at most 2.3 KB, see docs/environment.md; ASan's red zones several times that. */
#ifdef CORO_ASAN
#define CORO_STACK_BYTES 65536u
#else
#define CORO_STACK_BYTES 16384u
#endif

/* One that is all zero stands for the stack that main() runs on. */
struct coro {
	void	*sp, *ip, *bp;		/* valid while not running; the order is known to assembly */
	uint8_t *stack;			/* lowest usable byte; NULL: the main stack */
	void	*fake_stack;		/* ASan's, where it is in use */
};

/* Reserves @nr stacks once per process, from the main stack. 0 or a negative errno. */
int coro_pool_init(uint32_t nr);
/* Gives @c stack @index and makes its first switch call entry(arg); entry must not return. */
void coro_start(struct coro *c, uint32_t index, void (*entry)(void *), void *arg);
/* Saves the running context into @from, continues @to. */
void coro_switch(struct coro *from, struct coro *to);

/*
 * The same in place, for the few switches that most of the time of a run goes through.
 * A processor predicts where a function returns to by the calls that it saw, whichever
 * stack they were on: with no call around the switch, and none before it that is yet to
 * return, nobody else's returns are predicted wrong.
 */
static inline __attribute__((always_inline)) void coro_switch_here(struct coro *from, struct coro *to)
{
#ifdef CORO_ASAN
	coro_switch(from, to);
#else
	asm volatile("leaq 1f(%%rip), %%rax\n\t"
		     "movq %%rsp, (%%rdi)\n\t"
		     "movq %%rax, 8(%%rdi)\n\t"
		     "movq %%rbp, 16(%%rdi)\n\t"
		     "movq (%%rsi), %%rsp\n\t"
		     "movq 16(%%rsi), %%rbp\n\t"
		     "jmp *8(%%rsi)\n"
		     "1:"
		     : "+D"(from), "+S"(to)
		     :
		     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
		       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
#endif
}

/* After siglongjmp() from a coroutine to the main stack, which cannot tell ASan itself. */
void coro_escaped(void);
/* Is @addr in the guard page of some stack? Then this is a stack overflow. */
bool coro_guard_hit(uint64_t addr);
/* Where they lie, guard pages and all, for who wants to know how much of it is resident. */
void coro_pool_range(const void **start, uint64_t *bytes);
/* Gives the memory of all stacks back to the host: only while no coroutine is to be continued. */
void coro_pool_trim(void);

#endif
