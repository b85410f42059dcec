/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What putting a simulation's memory back costs, in us a run: the median of 21
 * measurements, and the lowest.  A run here writes one word into each of so many
 * pages, spread evenly; each time holds the restore *and* those writes, since page
 * faults are what some methods make the next run pay.
 *
 *	make -f tests/unit/unit.mk build/unit/bench-snapshot && build/unit/bench-snapshot
 *
 * The raw methods are tried beside snapshot_restore(), which picks one by size.
 * Does not run KVM.  The clock is the host's: this is no part of any run.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create() */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kvm/boundary.h"
#include "sim/snapshot.h"

#define NR_MEASUREMENTS	21
#define PAGE		4096u
#define BASE		0x200000000000ull

/* What snapshot.c asks of the kernel world. */
static uint64_t arena_used;

uint64_t kw_arena_used(void)
{
	return arena_used;
}

static uint8_t *memory, *copy;
static uint64_t nr_bytes, nr_dirty;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void write_pages(void)
{
	uint64_t i, nr_pages = nr_bytes / PAGE;

	for (i = 0; i < nr_dirty; i++)
		*(volatile uint64_t *)(memory + i * nr_pages / nr_dirty * PAGE + 8) = ~0ull;
}

static void restore_memcpy(void)
{
	memcpy(memory, copy, nr_bytes);
}

static void restore_compare(void)
{
	uint64_t i;

	for (i = 0; i < nr_bytes; i += PAGE)
		if (memcmp(memory + i, copy + i, PAGE))
			memcpy(memory + i, copy + i, PAGE);
}

/* Compares the whole page without leaving early: no call and no hard branch per page. */
static void restore_xor(void)
{
	typedef uint64_t v __attribute__((vector_size(32), may_alias));
	uint64_t i, k;

	for (i = 0; i < nr_bytes; i += PAGE) {
		const v *a = (const v *)(memory + i), *b = (const v *)(copy + i);
		v sum = { 0 };

		for (k = 0; k < PAGE / sizeof(v); k += 4)
			sum |= (a[k] ^ b[k]) | (a[k + 1] ^ b[k + 1]) | (a[k + 2] ^ b[k + 2]) | (a[k + 3] ^ b[k + 3]);
		if (sum[0] | sum[1] | sum[2] | sum[3])
			memcpy(memory + i, copy + i, PAGE);
	}
}

static void restore_dontneed(void)
{
	madvise(memory, nr_bytes, MADV_DONTNEED);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *what, void (*restore)(void))
{
	uint64_t rounds = 1 + (64ull << 20) / nr_bytes, r;
	double us[NR_MEASUREMENTS];
	int i;

	for (i = 0; i < NR_MEASUREMENTS; i++) {
		double begin = now_us();

		for (r = 0; r < rounds; r++) {
			write_pages();
			restore();
		}
		us[i] = (now_us() - begin) / rounds;
	}
	qsort(us, NR_MEASUREMENTS, sizeof(us[0]), compare);
	printf("  %-44s %10.2f us   (lowest %.2f)\n", what, us[NR_MEASUREMENTS / 2], us[0]);
}

static void fill(uint8_t *p)
{
	uint64_t i;

	/* Every third page is zero, as in a VM that has just been made. */
	for (i = 0; i < nr_bytes / PAGE; i++)
		if (i % 3)
			memset(p + i * PAGE, (int)(i | 1), PAGE);
}

static void measure_raw(void)
{
	int fd = memfd_create("bench", 0);

	if (fd < 0 || ftruncate(fd, (off_t)nr_bytes))
		exit(1);
	memory = mmap(NULL, nr_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	copy = mmap(NULL, nr_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || copy == MAP_FAILED)
		exit(1);
	fill(memory);
	fill(copy);
	measure("memcpy() of all", restore_memcpy);
	measure("memcmp(), and memcpy() of the dirty pages", restore_compare);
	measure("inline compare, and memcpy() of the dirty", restore_xor);
	mmap(memory, nr_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	measure("private memfd, MADV_DONTNEED, page faults", restore_dontneed);
	munmap(memory, nr_bytes);
	munmap(copy, nr_bytes);
	close(fd);
}

/* In a child: the snapshot is taken once per process. */
static void measure_chosen(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		memory = (uint8_t *)BASE;
		if (snapshot_map(BASE, 1ull << 30))
			_exit(1);
		fill(memory);
		arena_used = nr_bytes;
		if (snapshot_take(nr_bytes))
			_exit(1);
		measure("snapshot_restore()", snapshot_restore);
		printf("  %-44s %10.1f MiB\n", "snapshot_bytes()", (double)snapshot_bytes() / (1 << 20));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		exit(1);
}

int main(void)
{
	static const struct {
		uint64_t kib, dirty;
	} cases[] = {
		{ 8, 2 }, { 176, 12 }, { 300, 20 }, { 1024, 40 }, { 2048, 60 }, { 4096, 100 },
		{ 16 << 10, 400 }, { 110 << 10, 4000 },
	};
	uint32_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nr_bytes = cases[i].kib << 10;
		nr_dirty = cases[i].dirty;
		printf("%llu KiB, %llu pages dirty\n", (unsigned long long)cases[i].kib,
		       (unsigned long long)nr_dirty);
		measure_raw();
		measure_chosen();
	}
	return 0;
}
