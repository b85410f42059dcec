/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots: whatever is written, everything is back afterwards; and how much
 * memory that takes.  A process has one snapshot, so each test is a child.
 *
 * Does not measure time: bench/snapshot.c does.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kvm/boundary.h"
#include "sim/coro.h"
#include "tests/unit/test.h"

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define BASE		0x200000000000ull
#define RESERVED	(1ull << 30)
#define PAGE		4096u

static uint64_t arena_used;

uint64_t kw_arena_used(void)
{
	return arena_used;
}

static uint8_t *const arena = (uint8_t *)BASE;
static uint64_t state_of_random = 88172645463325252ull;

static uint64_t random64(void)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return state_of_random;
}

/* In a child, whose complaints count here. */
static void in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fn();
		fflush(stdout);
		_exit(test_nr_complaints != 0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* Pages of all kinds: zero ones, ones that begin or end with zeros, full ones. */
static void fill(uint8_t *p, uint64_t bytes)
{
	uint64_t i;

	for (i = 0; i + PAGE <= bytes; i += PAGE) {
		if (i >> 20 & 1)
			continue;	/* every other MiB stays untouched */
		switch (random64() % 4) {
		case 0:
			break;
		case 1:
			p[i + PAGE - 1] = 1;
			break;
		default:
			memset(p + i + 8, (int)(random64() | 1), 2000);
		}
	}
}

static void scribble(uint8_t *p, uint64_t bytes, uint32_t nr)
{
	while (nr--)
		p[random64() % bytes] = (uint8_t)random64();
}

static bool all_zero(const uint8_t *p, uint64_t bytes)
{
	return !p[0] && !memcmp(p, p + 1, bytes - 1);
}

static uint8_t small_region[5000], large_region[(9u << 20) + 777];

static void check(uint64_t used, uint64_t max_beyond)
{
	uint8_t *want = malloc(used), *want_small = malloc(sizeof(small_region)),
		*want_large = malloc(sizeof(large_region));
	uint8_t *large = large_region + 3;	/* odd at both ends */
	uint64_t large_bytes = sizeof(large_region) - 5;
	int i;

	EXPECT_EQ(snapshot_map(BASE, RESERVED), 0);
	fill(arena, used);
	fill(small_region, sizeof(small_region));
	fill(large_region, sizeof(large_region));
	large[0] = large[large_bytes - 1] = 7;
	memcpy(want, arena, used);
	memcpy(want_small, small_region, sizeof(small_region));
	memcpy(want_large, large_region, sizeof(large_region));
	EXPECT_EQ(snapshot_add_region(small_region, sizeof(small_region)), 0);
	EXPECT_EQ(snapshot_add_region(large, large_bytes), 0);
	arena_used = used;
	EXPECT_EQ(snapshot_take(used), 0);
	EXPECT(!memcmp(arena, want, used));
	EXPECT(!memcmp(large_region, want_large, sizeof(large_region)));
	for (i = 0; i < 8; i++) {
		uint64_t beyond = 1 + random64() % max_beyond;

		arena_used = used + beyond;
		scribble(arena, used, 200);
		scribble(arena + used, beyond, 50);
		arena[used + beyond + 100] = 1;	/* an overrun */
		scribble(small_region, sizeof(small_region), 20);
		scribble(large, large_bytes, 200);
		large[0] = large[large_bytes - 1] = 9;
		snapshot_restore();
		EXPECT(!memcmp(arena, want, used));
		EXPECT(all_zero(arena + used, max_beyond + PAGE));
		EXPECT(!memcmp(small_region, want_small, sizeof(small_region)));
		EXPECT(!memcmp(large_region, want_large, sizeof(large_region)));
		arena_used = used;
	}
	free(want);
	free(want_small);
	free(want_large);
}

static void small_arena(void)
{
	check(300 * 1024 + 123, 60 * 1024);
}

static void small_arena_grows(void)
{
	check(300 * 1024, 8 << 20);
}

static void large_arena(void)
{
	check((21 << 20) + 5 * PAGE + 1, 60 * 1024);
}

static void large_arena_grows(void)
{
	check(21 << 20, 30 << 20);
}

static void test_small(void)
{
	in_child(small_arena);
	in_child(small_arena_grows);
}

static void test_large(void)
{
	in_child(large_arena);
	in_child(large_arena_grows);
}

static void distrust(void)
{
	EXPECT_EQ(snapshot_map(BASE, RESERVED), 0);
	arena[10] = 1;
	arena_used = PAGE;
	EXPECT_EQ(snapshot_take(PAGE), 0);
	/* A wild write, far off, by one who then said that nothing was allocated. */
	arena[RESERVED - 1] = arena[RESERVED / 2] = 1;
	arena_used = 0;
	snapshot_distrust();
	snapshot_restore();
	EXPECT(!arena[RESERVED - 1]);
	EXPECT(!arena[RESERVED / 2]);
	EXPECT_EQ(arena[10], 1);
	/* And one who says nonsense. */
	arena[RESERVED / 2] = 1;
	arena_used = UINT64_MAX - 5;
	snapshot_restore();
	EXPECT(!arena[RESERVED / 2]);
	EXPECT_EQ(arena[10], 1);
}

static void test_distrust(void)
{
	in_child(distrust);
}

static void errors(void)
{
	static uint8_t region[5][16];
	int i;

	snapshot_restore();	/* of nothing */
	EXPECT_EQ(-snapshot_map(BASE + 1, RESERVED), EINVAL);
	EXPECT_EQ(-snapshot_map(BASE, 0), EINVAL);
	EXPECT_EQ(-snapshot_map((uint64_t)&errors & ~(uint64_t)(PAGE - 1), PAGE), EEXIST);
	EXPECT_EQ(snapshot_map(BASE, RESERVED), 0);
	EXPECT_EQ(-snapshot_map(BASE, RESERVED), EBUSY);
	EXPECT_EQ(-snapshot_take(RESERVED + 1), EINVAL);
	EXPECT_EQ(-snapshot_add_region(region[0], 0), EINVAL);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(snapshot_add_region(region[i], 16), 0);
	EXPECT_EQ(-snapshot_add_region(region[4], 16), ENOSPC);
	EXPECT_EQ(snapshot_take(PAGE), 0);
	EXPECT_EQ(-snapshot_take(PAGE), EBUSY);
	EXPECT_EQ(-snapshot_add_region(region[0], 16), EBUSY);
}

static void test_errors(void)
{
	in_child(errors);
}

/*
 * 4,096 vCPUs of seven pages each, two of them zero, the others with a value in every
 * fourth line, the same for all vCPUs; a run writes to five.  What counts is the pages
 * that are not zero or that a run wrote to, a word a page and a number a line.
 */
static void memory_of_4096(void)
{
	const uint64_t nr = 4096, pages = 7, bytes = nr * pages * PAGE;
	const uint64_t store = 5 * PAGE / 256 * sizeof(uint32_t) + pages * sizeof(uint64_t);
	uint64_t i, j, after_take, after_runs;
	int run;

	EXPECT_EQ(snapshot_map(BASE, RESERVED), 0);
	for (i = 0; i < nr * pages; i++)
		for (j = 0; j < PAGE; j += 256)
			arena[i * PAGE + j] = i % pages >= 2;
	arena_used = bytes;
	EXPECT_EQ(snapshot_take(bytes), 0);
	after_take = snapshot_bytes();
	EXPECT(after_take <= nr * (5 * PAGE + store) + (1 << 20));
	for (run = 0; run < 3; run++) {
		for (i = 0; i < nr * pages; i++)
			if (i % pages < 5)
				arena[i * PAGE] = 2;
		after_runs = snapshot_bytes();
		snapshot_restore();
	}
	printf("# 4,096 vCPUs, KiB each: %llu after the snapshot, at most %llu in a run, %llu after it\n",
	       (unsigned long long)(after_take / nr >> 10), (unsigned long long)(after_runs / nr >> 10),
	       (unsigned long long)(snapshot_bytes() / nr >> 10));
	EXPECT(after_runs <= after_take + nr * 2 * PAGE + (1 << 20));
	EXPECT(snapshot_bytes() <= after_runs);
}

static void test_memory(void)
{
	in_child(memory_of_4096);
}

#ifdef CORO_ASAN
static int globals[3];

static void poison(void)
{
	uint8_t *region = (uint8_t *)globals;

	EXPECT_EQ(snapshot_map(BASE, RESERVED), 0);
	memset(arena, 3, 2 * PAGE);
	ASAN_POISON_MEMORY_REGION(arena + 64, 64);
	arena_used = 2 * PAGE;
	/* Over the gap behind a global, by an address of which gcc knows nothing. */
	asm("" : "+r"(region));
	EXPECT_EQ(snapshot_add_region(region, sizeof(globals) + 32), 0);
	EXPECT_EQ(snapshot_take(2 * PAGE), 0);
	EXPECT(__asan_address_is_poisoned(arena + 64));
	ASAN_UNPOISON_MEMORY_REGION(arena + 64, 64);
	arena[64] = 9;
	ASAN_POISON_MEMORY_REGION(arena + 256, 64);
	ASAN_POISON_MEMORY_REGION(arena + 3 * PAGE, PAGE);
	globals[1] = 5;
	snapshot_restore();
	EXPECT_EQ(globals[1], 0);
	EXPECT(__asan_address_is_poisoned(arena + 64));
	EXPECT(!__asan_address_is_poisoned(arena + 256));
	EXPECT(!__asan_address_is_poisoned(arena + 3 * PAGE));
	ASAN_UNPOISON_MEMORY_REGION(arena + 64, 64);
	EXPECT_EQ(arena[64], 3);
}
#else
static void poison(void)
{
}
#endif

static void test_poison(void)
{
	in_child(poison);
}

TEST_MAIN(
	TEST(test_errors),
	TEST(test_small),
	TEST(test_large),
	TEST(test_distrust),
	TEST(test_memory),
	TEST(test_poison),
)
