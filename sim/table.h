/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables with a row for each vCPU or actor: zeroed, at a cache line's begin, and in huge
 * pages where they fill them, since in a large VM each row is in a page of its own for the TLB.
 *
 * Does not end the process where there is no memory, other than sim/alloc.h.
 */
#ifndef LAPICSIM_TABLE_H
#define LAPICSIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TABLE_ALIGN	512u		/* the largest that a row asks for */
#define TABLE_HUGE	(2ull << 20)
#define TABLE_MOST_LOST	(64ull << 10)	/* at the end of the last huge page */

/* For free(); NULL: no memory. */
static inline void *table_alloc(uint64_t nr, size_t bytes)
{
	uint64_t all = (nr * bytes + TABLE_ALIGN - 1) / TABLE_ALIGN * TABLE_ALIGN;
	uint64_t in_huge = (all + TABLE_HUGE - 1) / TABLE_HUGE * TABLE_HUGE;
	bool huge = in_huge - all <= TABLE_MOST_LOST;
	void *table = aligned_alloc(huge ? TABLE_HUGE : TABLE_ALIGN, huge ? in_huge : all);

	if (table && huge)
		madvise(table, in_huge, MADV_HUGEPAGE);
	return table ? memset(table, 0, nr * bytes) : NULL;
}

#endif
