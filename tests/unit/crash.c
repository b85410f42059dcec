// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catching BUG, WARN, faults and panics: what is recorded, and that the next protected
 * body is as good as the first.
 *
 * Does not test the watchdog (crash_time.c), nor what sanitizers say (crash_san.c).
 */
#include "tests/unit/crash_fake.h"

#include <time.h>

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

TEST_MAIN(
	TEST(test_init),
	TEST(test_bug),
	TEST(test_warn),
	TEST(test_null),
	TEST(test_call_null),
	TEST(test_other_faults),
	TEST(test_destroyed_stack),
	TEST(test_overflow),
	TEST(test_end),
	TEST(test_unprotected),
	TEST(test_cost),
)
