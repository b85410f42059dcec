/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See snapshot.h.  The arena and the regions are areas, all treated alike.
 *
 * An area is put back in one of two ways, by its size (figures: bench/snapshot.c).
 *
 *  - Small: a plain copy; each page is compared with it and written if it differs.
 *    No system call and no page fault.
 *  - Large: the snapshot moves into a memfd of which the area becomes a private
 *    mapping, so that the host's page tables know what is dirty, and
 *    MADV_DONTNEED forgets it.  Clean pages exist once and not twice.
 *    Pages that are zero stay holes, and stretches that are zero stay out of the
 *    memfd: the host fills in a hole that is touched, for good.
 *
 * On a virtual machine, where a page fault takes 2.5 us, a restore and the run's
 * first writes take, in us (bench/snapshot.c, medians):
 *
 *	arena, dirty pages	memcpy	compare	memfd
 *	300 KiB, 20		9	9	60
 *	4 MiB, 100		135	130	330
 *	16 MiB, 400		1,480	1,260	1,360
 *	110 MiB, 4,000		15,000	11,000	15,000
 *
 * Behind the arena's used part, what kw_arena_used() says that a run allocated is
 * wiped, and a little more looked at, since that is where overruns land.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create(), MAP_FIXED_NOREPLACE */
#endif
#include "sim/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm/boundary.h"
#include "sim/coro.h"	/* CORO_ASAN */

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define PAGE_BYTES	4096u
#define SMALL_BYTES	(4ull << 20)
#define STRETCH_BYTES	(256ull << 10)	/* is mapped from the memfd, or not, as a whole */
#define WIPE_BYTES	(256ull << 10)	/* up to here writing zeros costs less than new pages */
#define LOOK_BYTES	(8ull << 10)	/* looked at behind what was allocated */
#define MAX_AREAS	5		/* the arena and four regions */

struct area {
	uint8_t *start;
	uint64_t bytes;
	uint8_t *copy;			/* NULL: large, and whole pages */
	int	 memfd;
};

static struct {
	struct area area[3 * MAX_AREAS];	/* a large region may have two odd ends */
	uint32_t nr_areas, nr_regions;
	uint8_t *arena;
	uint64_t used, reserved;	/* of the arena, in whole pages */
	bool	 taken, distrust;
} snap;

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* ---- Raw memory. */

#ifdef CORO_ASAN
/*
 * Freed memory and the gaps between globals are poisoned, and go back like all else:
 * copied without a look at the poison, which is then put back itself.
 */
static uint8_t *shadow_copy;

void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

static void raw_copy(void *to, const void *from, uint64_t n)
{
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

__attribute__((no_sanitize("address", "undefined")))
static bool raw_differs(const uint8_t *p, const uint8_t *q, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		if (p[i] != q[i])
			return true;
	return false;
}

static void raw_clear(void *p, uint64_t n)
{
	asm volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(0) : "memory");
}

static void *arena_shadow(void)
{
	size_t scale, offset;

	__asan_get_shadow_mapping(&scale, &offset);
	return (void *)(((uint64_t)snap.arena >> scale) + offset);
}

static int take_shadow(void)
{
	void *copy = mmap(NULL, page_up(snap.used / 8 + 1), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -errno;
	shadow_copy = copy;
	raw_copy(shadow_copy, arena_shadow(), snap.used / 8);
	return 0;
}

static void restore_shadow(void)
{
	if (!snap.reserved)
		return;
	__asan_unpoison_memory_region(snap.arena + snap.used, snap.reserved - snap.used);
	raw_copy(arena_shadow(), shadow_copy, snap.used / 8);
}
#else
static void raw_copy(void *to, const void *from, uint64_t n)
{
	memcpy(to, from, n);
}

static bool raw_differs(const uint8_t *p, const uint8_t *q, uint64_t n)
{
	return memcmp(p, q, n) != 0;
}

static void raw_clear(void *p, uint64_t n)
{
	memset(p, 0, n);
}

static int take_shadow(void)
{
	return 0;
}

static void restore_shadow(void)
{
}
#endif

/* Compares with itself, shifted: as fast as memcmp() is. */
static bool is_zero(const uint8_t *p, uint64_t bytes)
{
	return !bytes || (!raw_differs(p, p + 1, bytes - 1) && !raw_differs(p, (const uint8_t[1]){ 0 }, 1));
}

/* ---- Small areas. */

static int take_copy(struct area *a)
{
	void *copy = mmap(NULL, page_up(a->bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -errno;
	raw_copy(copy, a->start, a->bytes);
	a->copy = copy;
	return 0;
}

static void restore_copy(const struct area *a)
{
	uint64_t at, n;

	for (at = 0; at < a->bytes; at += n) {
		n = a->bytes - at < PAGE_BYTES ? a->bytes - at : PAGE_BYTES;
		if (raw_differs(a->start + at, a->copy + at, n))
			raw_copy(a->start + at, a->copy + at, n);
	}
}

/* ---- Large areas. */

static int write_page(int fd, const uint8_t *page, uint64_t at)
{
	static uint8_t buffer[PAGE_BYTES];

	if (is_zero(page, PAGE_BYTES))
		return 0;
	raw_copy(buffer, page, PAGE_BYTES);
	/* Memory to memory: a short write can only mean that there is no more of it. */
	return pwrite(fd, buffer, PAGE_BYTES, (off_t)at) == PAGE_BYTES ? 0 : -ENOMEM;
}

/* Stretch by stretch, so that the memory of each is free again before the next takes some. */
static int take_stretch(struct area *a, uint64_t at, uint64_t bytes)
{
	int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
	bool zero = is_zero(a->start + at, bytes);
	uint64_t i;
	int err;

	for (i = 0; !zero && i < bytes; i += PAGE_BYTES) {
		err = write_page(a->memfd, a->start + at + i, at + i);
		if (err)
			return err;
	}
	if (zero)
		flags |= MAP_ANONYMOUS;
	if (mmap(a->start + at, bytes, PROT_READ | PROT_WRITE, flags, zero ? -1 : a->memfd,
		 zero ? 0 : (off_t)at) == MAP_FAILED)
		return -errno;
	return madvise(a->start + at, bytes, MADV_NOHUGEPAGE) && errno != EINVAL ? -errno : 0;
}

static int take_memfd(struct area *a)
{
	uint64_t at, n;
	int err = 0;

	a->memfd = memfd_create("lapicsim-snapshot", MFD_CLOEXEC);
	if (a->memfd < 0 || ftruncate(a->memfd, (off_t)a->bytes))
		return -errno;
	for (at = 0; !err && at < a->bytes; at += n) {
		n = a->bytes - at < STRETCH_BYTES ? a->bytes - at : STRETCH_BYTES;
		err = take_stretch(a, at, n);
	}
	return err;
}

/* ---- The interface. */

static struct area *new_area(uint8_t *start, uint64_t bytes)
{
	struct area *a = &snap.area[snap.nr_areas];

	if (!bytes)
		return NULL;
	snap.nr_areas++;
	*a = (struct area){ .start = start, .bytes = bytes, .memfd = -1 };
	return a;
}

int snapshot_map(uint64_t base, uint64_t bytes)
{
	void *want = (void *)base, *p;

	if (snap.reserved)
		return -EBUSY;
	if (!bytes || base % PAGE_BYTES)
		return -EINVAL;
	p = mmap(want, page_up(bytes), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (p != want) {
		/* A host from before MAP_FIXED_NOREPLACE takes it for a hint. */
		munmap(p, page_up(bytes));
		return -EEXIST;
	}
	/* A huge page would be resident for the sake of one word. Not all hosts know them. */
	madvise(p, page_up(bytes), MADV_NOHUGEPAGE);
	snap.arena = p;
	snap.reserved = page_up(bytes);
	return 0;
}

/* Whole pages in the middle can be mapped; the odd bytes before and behind are copied. */
int snapshot_add_region(void *start, size_t bytes)
{
	uint64_t head, inner;

	if (snap.taken || !bytes)
		return snap.taken ? -EBUSY : -EINVAL;
	if (snap.nr_regions == MAX_AREAS - 1)
		return -ENOSPC;
	snap.nr_regions++;
	if (bytes <= SMALL_BYTES) {
		new_area(start, bytes);
		return 0;
	}
	head = page_up((uint64_t)start) - (uint64_t)start;
	inner = (bytes - head) & ~(uint64_t)(PAGE_BYTES - 1);
	new_area(start, head);
	new_area((uint8_t *)start + head, inner);
	new_area((uint8_t *)start + head + inner, bytes - head - inner);
	return 0;
}

int snapshot_take(uint64_t used)
{
	struct area *a;
	int err = 0;

	if (snap.taken)
		return -EBUSY;
	if (page_up(used) > snap.reserved)
		return -EINVAL;
	snap.used = page_up(used);
	new_area(snap.arena, snap.used);
	if (snap.used)
		err = take_shadow();
	for (a = snap.area; !err && a < snap.area + snap.nr_areas; a++)
		err = a->bytes > SMALL_BYTES ? take_memfd(a) : take_copy(a);
	/* Half a snapshot is none: restoring it would be worse than failing here. */
	if (err)
		snap.nr_areas = 0;
	snap.taken = !err;
	return err;
}

/* What was allocated beyond the snapshot is zero again; @high is what the kernel world says. */
static void restore_tail(uint64_t high)
{
	uint64_t look;

	high = page_up(high < snap.used ? snap.used : high);
	if (snap.distrust || high - snap.used > WIPE_BYTES || high > snap.reserved) {
		madvise(snap.arena + snap.used, snap.reserved - snap.used, MADV_DONTNEED);
		return;
	}
	raw_clear(snap.arena + snap.used, high - snap.used);
	look = snap.reserved - high < LOOK_BYTES ? snap.reserved - high : LOOK_BYTES;
	if (!is_zero(snap.arena + high, look))
		madvise(snap.arena + high, snap.reserved - high, MADV_DONTNEED);
}

void snapshot_restore(void)
{
	const struct area *a;

	if (!snap.taken)
		return;
	/* Before the areas: the kernel world's own count goes back with them. */
	if (snap.reserved)
		restore_tail(kw_arena_used());
	for (a = snap.area; a < snap.area + snap.nr_areas; a++) {
		if (a->copy)
			restore_copy(a);
		else
			madvise(a->start, a->bytes, MADV_DONTNEED);
	}
	restore_shadow();
	snap.distrust = false;
}

void snapshot_distrust(void)
{
	snap.distrust = true;
}

/* Pages of the arena that are its own: neither untouched, nor the memfd's. */
static uint64_t arena_private_bytes(void)
{
	uint64_t begin, end, kib, start = 0, sum = 0, base = (uint64_t)snap.arena;
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		/* "Anonymous:" begins with a hexadecimal digit, too. */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2)
			start = begin;
		else if (start - base < snap.reserved && sscanf(line, "Anonymous: %" SCNu64, &kib) == 1)
			sum += kib << 10;
	}
	if (f)
		fclose(f);
	return sum;
}

uint64_t snapshot_bytes(void)
{
	uint64_t sum = arena_private_bytes();
	const struct area *a;
	struct stat st;

	for (a = snap.area; a < snap.area + snap.nr_areas; a++) {
		if (a->copy)
			sum += page_up(a->bytes);
		else if (!fstat(a->memfd, &st))
			sum += (uint64_t)st.st_blocks * 512;
	}
	return sum;
}
