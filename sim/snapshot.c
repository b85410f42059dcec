/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See snapshot.h.  The arena and the regions are areas, all treated alike.
 *
 * The snapshot is stored by lines of 64 bytes: a word a page says which lines are
 * not zero, and an index has the number of each of those (lines.h).  Most of what KVM
 * allocates for a vCPU is zero, or the same as for the next vCPU, so the store is a
 * fraction of the arena, and pages that are zero cost a word.  A restore walks the
 * pages, compares each line with the stored one or with zero, and writes only what
 * differs: no system call, no page fault, and a page that was never touched stays that
 * way; one that is zero when the snapshot is taken becomes one.  bench/snapshot.c has
 * figures, beside a plain copy and a private mapping of a memfd (which keeps each dirty
 * page twice).
 *
 * Behind the arena's used part, what kw_arena_used() says that a run allocated is
 * wiped, and a little more looked at, since that is where overruns land.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* MAP_FIXED_NOREPLACE */
#endif
#include "sim/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm/boundary.h"
#include "sim/coro.h"	/* CORO_ASAN */
#include "sim/lines.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25		/* since Linux 6.1 */
#endif

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define WIPE_BYTES	(256ull << 10)	/* up to here writing zeros costs less than new pages */
#define LOOK_BYTES	(8ull << 10)	/* looked at behind what was allocated */
#define HUGE_PAGES	512u		/* pages in a huge page; the arena's base is a multiple of it */
#define HUGE_MOST_ZERO	8u
#define MAX_AREAS	5		/* the arena and four regions */

struct area {
	uint8_t	 *start;
	uint64_t bytes;
	uint64_t *map;			/* a word a page: a bit for each line that is not zero */
	uint32_t *index;		/* the numbers of those lines, one after the other, and one more */
	uint8_t	 *odd;			/* the bytes of an odd end */
	uint64_t store_bytes;		/* of all three */
};

static struct {
	struct area area[MAX_AREAS];
	uint32_t nr_areas;
	uint8_t	 *arena;
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

static int take_shadow(void)
{
	return 0;
}

static void restore_shadow(void)
{
}
#endif

RAW static bool line_is_zero(const uint8_t *line)
{
	const raw_word *w = (const raw_word *)line;

	return !(w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]);
}

/* ---- Areas. */

static uint64_t map_bytes(const struct area *a)
{
	return page_up(a->bytes / PAGE_BYTES * sizeof(a->map[0]));
}

static uint64_t take_page(const uint8_t *page, uint32_t **index)
{
	uint64_t map = 0;
	uint32_t i;

	for (i = 0; i < PAGE_BYTES / LINE_BYTES; i++, page += LINE_BYTES) {
		if (line_is_zero(page))
			continue;
		map |= 1ull << i;
		*(*index)++ = lines_add(page);
	}
	return map;
}

/* Room is reserved for the worst; what is not needed is given back, and never was resident. */
static int take_area(struct area *a)
{
	uint64_t i, map, odd = a->bytes % PAGE_BYTES;
	uint64_t room = page_up(map_bytes(a) + (a->bytes / LINE_BYTES + 1) * sizeof(*a->index) + odd);
	uint32_t *end;
	uint8_t *store;

	store = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (store == MAP_FAILED)
		return -errno;
	madvise(store, room, MADV_NOHUGEPAGE);
	a->map = (uint64_t *)store;
	a->index = end = (uint32_t *)(store + map_bytes(a));
	for (i = 0; i < a->bytes / PAGE_BYTES; i++) {
		map = take_page(a->start + i * PAGE_BYTES, &end);
		/* A stretch of 2 MiB of which all is zero then takes no memory here, either. */
		if (map)
			a->map[i] = map;
	}
	*end++ = LINE_ZERO;
	a->odd = (uint8_t *)end;
	raw_copy(a->odd, a->start + a->bytes - odd, odd);
	a->store_bytes = page_up((uint64_t)(a->odd + odd - store));
	if (a->store_bytes < room)
		munmap(store + a->store_bytes, room - a->store_bytes);
	return 0;
}

static void restore_area(const struct area *a)
{
	uint64_t i, odd = a->bytes % PAGE_BYTES;
	const uint32_t *index = a->index;

	for (i = 0; i < a->bytes / PAGE_BYTES; i++)
		index = lines_put_page(a->start + i * PAGE_BYTES, a->map[i], index);
	if (raw_differs(a->start + a->bytes - odd, a->odd, odd))
		raw_copy(a->start + a->bytes - odd, a->odd, odd);
}

/*
 * A stretch of the arena that is in use all over becomes a huge page, where the host knows
 * how to: thousands of vCPUs are more pages than a TLB has entries.  What stays untouched in
 * it becomes memory, so there may be little of that.
 */
static void make_huge(const struct area *a)
{
	uint64_t i, at, zero, nr = a->bytes / PAGE_BYTES;

	for (at = 0; at + HUGE_PAGES <= nr; at += HUGE_PAGES) {
		for (zero = 0, i = at; i < at + HUGE_PAGES; i++)
			zero += !a->map[i];
		if (zero > HUGE_MOST_ZERO)
			continue;
		madvise(a->start + at * PAGE_BYTES, HUGE_PAGES * PAGE_BYTES, MADV_HUGEPAGE);
		madvise(a->start + at * PAGE_BYTES, HUGE_PAGES * PAGE_BYTES, MADV_COLLAPSE);
	}
}

/* What was written and is zero again: no memory until it is written anew. For the arena, others have a file. */
static void drop_zero_pages(const struct area *a)
{
	uint64_t i, from = 0, nr = a->bytes / PAGE_BYTES;

	for (i = 0; i <= nr; i++) {
		if (i < nr && !a->map[i])
			continue;
		if (from < i)
			madvise(a->start + from * PAGE_BYTES, (i - from) * PAGE_BYTES, MADV_DONTNEED);
		from = i + 1;
	}
}

/* ---- The interface. */

static void new_area(uint8_t *start, uint64_t bytes)
{
	snap.area[snap.nr_areas++] = (struct area){ .start = start, .bytes = bytes };
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

int snapshot_add_region(void *start, size_t bytes)
{
	if (snap.taken || !bytes)
		return snap.taken ? -EBUSY : -EINVAL;
	if (snap.nr_areas == MAX_AREAS - 1)
		return -ENOSPC;
	new_area(start, bytes);
	return 0;
}

int snapshot_take(uint64_t used)
{
	struct area *a;
	uint64_t bytes = 0;
	int err = 0;

	if (snap.taken)
		return -EBUSY;
	if (page_up(used) > snap.reserved)
		return -EINVAL;
	snap.used = page_up(used);
	if (snap.used) {
		new_area(snap.arena, snap.used);
		err = take_shadow();
	}
	for (a = snap.area; a < snap.area + snap.nr_areas; a++)
		bytes += a->bytes;
	if (!err)
		err = lines_begin(bytes / LINE_BYTES);
	for (a = snap.area; !err && a < snap.area + snap.nr_areas; a++)
		err = take_area(a);
	if (!err)
		lines_end();
	if (!err && snap.used) {
		drop_zero_pages(a - 1);
		make_huge(a - 1);
	}
	/* Half a snapshot is none: restoring it would be worse than failing here. */
	if (err)
		snap.nr_areas = 0;
	snap.taken = !err;
	return err;
}

static void wipe(uint64_t from, uint64_t to)
{
	static const uint32_t none = LINE_ZERO;

	for (; from < to; from += PAGE_BYTES)
		lines_put_page(snap.arena + from, 0, &none);
}

RAW static bool is_zero(const uint8_t *p, uint64_t bytes)
{
	uint64_t at;

	for (at = 0; at < bytes && line_is_zero(p + at); at += LINE_BYTES)
		;
	return at == bytes;
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
	wipe(snap.used, high);
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
	for (a = snap.area; a < snap.area + snap.nr_areas; a++)
		restore_area(a);
	restore_shadow();
	snap.distrust = false;
}

void snapshot_distrust(void)
{
	snap.distrust = true;
}

uint64_t snapshot_private_bytes(const void *at, uint64_t bytes)
{
	uint64_t begin, end, kib, start = 0, sum = 0, base = (uint64_t)at;
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		/* "Anonymous:" begins with a hexadecimal digit, too. */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2)
			start = begin;
		else if (start - base < bytes && sscanf(line, "Anonymous: %" SCNu64, &kib) == 1)
			/* The last one may go on behind it. */
			sum += kib << 10 < base + bytes - start ? kib << 10 : base + bytes - start;
	}
	if (f)
		fclose(f);
	return sum;
}

uint64_t snapshot_bytes(void)
{
	uint64_t sum = snapshot_private_bytes(snap.arena, snap.reserved) + lines_bytes();
	const struct area *a;

	for (a = snap.area; a < snap.area + snap.nr_areas; a++)
		sum += a->store_bytes;
	return sum;
}
