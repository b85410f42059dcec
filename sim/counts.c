/* SPDX-License-Identifier: GPL-2.0-only */
/* See counts.h. */
#include "sim/counts.h"

#include <string.h>

struct run_counts counts;

void counts_reset(void)
{
	memset(&counts, 0, sizeof(counts));
}

void counts_collect(uint32_t row[RUN_NR_COUNTERS])
{
	memcpy(row, counts.plain, sizeof(counts.plain));
	row[RUN_COUNT_EXITS] = 0;
	for (uint32_t i = 0; i < KW_NR_EXIT_REASONS; i++)
		row[RUN_COUNT_EXITS] += counts.exit[i];
#define X(name, key) row[RUN_COUNT_EXIT_##name] = counts.exit[KW_EXIT_##name];
	RUN_EXIT_COUNTERS(X)
#undef X
}
