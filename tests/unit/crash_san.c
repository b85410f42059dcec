// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ASan and UBSan report inside a protected body is a crash of that body, and
 * outside of one it is a crash of the harness.
 *
 * Built with SAN=address only.
 */
#include "tests/unit/crash_fake.h"

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

TEST_MAIN(TEST(test_init), TEST(test_asan), TEST(test_ubsan))
