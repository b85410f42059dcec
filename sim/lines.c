// SPDX-License-Identifier: GPL-2.0-only
/*
 * See lines.h.  A hash table with open addressing finds the line that is there
 * already; at most half of it is in use, so a search ends soon.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* MAP_ANONYMOUS */
#endif
#include "sim/lines.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define BLOCK_LINES	8u
#define PREFETCH_BYTES	2048u	/* ahead, into the next page: the host's CPU stops at a page's end */
#define LINE_WORDS	(LINE_BYTES / 8)

static const uint8_t *base;		/* lines.store: line n lies at n * LINE_BYTES */

static struct {
	uint64_t *store;
	uint64_t room, nr;		/* in lines */
	uint32_t *table;		/* numbers; LINE_ZERO is never searched for, and stands for a free place */
	uint64_t mask;
} lines;

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

static void *map_zeroed(uint64_t bytes)
{
	void *p = mmap(NULL, page_up(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, page_up(bytes), MADV_NOHUGEPAGE);
	return p;
}

typedef uint64_t raw_16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t raw_32 __attribute__((vector_size(32), aligned(1), may_alias));

/*
 * Puts a page back.  Whether a line is zero is no branch, since that is as hard to
 * foresee as whether a run dirtied it; a block of lines of which one differs is written
 * as a whole.  What does not differ is only read, or an untouched page would get memory
 * of its own.
 */
#define DEFINE_RESTORE_PAGE(name, vector, attributes)					\
RAW attributes static const uint32_t *name(uint8_t *page, uint64_t map, const uint32_t *index) \
{											\
	const uint32_t n = LINE_BYTES / sizeof(vector);					\
	const uint8_t *from[BLOCK_LINES];						\
	uint32_t at, i, k;								\
											\
	for (at = 0; at < PAGE_BYTES; at += BLOCK_LINES * LINE_BYTES) {			\
		vector *to = (vector *)(page + at), differs = { 0 };			\
											\
		_Pragma("GCC unroll 8")							\
		for (i = 0; i < BLOCK_LINES; i++, map >>= 1) {				\
			from[i] = base + (uint64_t)(*index & -(uint32_t)(map & 1)) * LINE_BYTES; \
			index += map & 1;						\
			__builtin_prefetch((uint8_t *)(to + i * n) + PREFETCH_BYTES);	\
			_Pragma("GCC unroll 4")						\
			for (k = 0; k < n; k++)						\
				differs |= to[i * n + k] ^ ((const vector *)from[i])[k]; \
		}									\
		if (!VECTOR_IS_SET(differs))						\
			continue;							\
		for (i = 0; i < BLOCK_LINES; i++)					\
			for (k = 0; k < n; k++)						\
				to[i * n + k] = ((const vector *)from[i])[k];		\
	}										\
	return index;									\
}

#define VECTOR_IS_SET(v)	((v)[0] | (v)[1] | (v)[sizeof(v) / 8 - 2] | (v)[sizeof(v) / 8 - 1])
DEFINE_RESTORE_PAGE(restore_page_sse2, raw_16, )
DEFINE_RESTORE_PAGE(restore_page_avx2, raw_32, __attribute__((target("avx2"))))

const uint32_t *(*lines_put_page)(uint8_t *page, uint64_t map, const uint32_t *index) = restore_page_sse2;

int lines_begin(uint64_t most)
{
	uint64_t places = 2;

	if (lines.store)
		return -EBUSY;
	if (most >= UINT32_MAX)
		return -EINVAL;
	while (places < 2 * (most + 1))
		places *= 2;
	lines.room = most + 1;
	lines.mask = places - 1;
	lines.store = map_zeroed(lines.room * LINE_BYTES);
	lines.table = map_zeroed(places * sizeof(*lines.table));
	if (!lines.store || !lines.table)
		return -ENOMEM;
	lines.nr = 1;
	base = (const uint8_t *)lines.store;
	if (__builtin_cpu_supports("avx2"))
		lines_put_page = restore_page_avx2;
	return 0;
}

RAW static uint64_t hash_of(const raw_word *w)
{
	uint64_t h = 0;

	for (uint32_t i = 0; i < LINE_WORDS; i++)
		h = (h ^ w[i]) * 0x9fb21c651e98df25ull ^ h >> 29;
	return h ^ h >> 32;
}

RAW static uint64_t differs(const raw_word *a, const uint64_t *b)
{
	uint64_t diff = 0;

	for (uint32_t i = 0; i < LINE_WORDS; i++)
		diff |= a[i] ^ b[i];
	return diff;
}

RAW uint32_t lines_add(const uint8_t *line)
{
	const raw_word *w = (const raw_word *)line;
	uint64_t at = hash_of(w) & lines.mask, *to;

	if (!differs(w, lines.store))
		return LINE_ZERO;
	for (; lines.table[at]; at = (at + 1) & lines.mask)
		if (!differs(w, lines.store + (uint64_t)lines.table[at] * LINE_WORDS))
			return lines.table[at];
	to = lines.store + lines.nr * LINE_WORDS;
	for (uint32_t i = 0; i < LINE_WORDS; i++)
		to[i] = w[i];
	lines.table[at] = (uint32_t)lines.nr;
	return (uint32_t)lines.nr++;
}

void lines_end(void)
{
	uint64_t used = page_up(lines.nr * LINE_BYTES), room = page_up(lines.room * LINE_BYTES);

	munmap(lines.table, page_up((lines.mask + 1) * sizeof(*lines.table)));
	lines.table = NULL;
	if (used < room)
		munmap((uint8_t *)lines.store + used, room - used);
}

uint64_t lines_bytes(void)
{
	return page_up(lines.nr * LINE_BYTES);
}
