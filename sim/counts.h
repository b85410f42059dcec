/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the run in progress: plain increments on the paths that they count,
 * and nothing in the simulation reads them.  See sim/run_counters.h.
 */
#ifndef LAPICSIM_COUNTS_H
#define LAPICSIM_COUNTS_H

#include <stdint.h>

#include "kvm/boundary.h"
#include "sim/run_counters.h"

struct run_counts {
	uint32_t plain[RUN_COUNT_EXITS];	/* those that are no exits */
	uint32_t exit[KW_NR_EXIT_REASONS];
	uint64_t order;				/* chain over (vCPU, vector) of the interrupts that guests took */
	uint64_t set;				/* their sum: the same in every order */
};
extern struct run_counts counts;

#define COUNT(name) (counts.plain[RUN_COUNT_##name]++)

static inline void count_taken(uint32_t vcpu, uint8_t vector)
{
	uint64_t x = ((uint64_t)vcpu << 8 | vector) * 0x9e3779b97f4a7c15ull;

	counts.order = ((counts.order << 7 | counts.order >> 57) ^ x) * 0xd6e8feb86659fd93ull;
	counts.set += (x ^ x >> 29) * 0x9fb21c651e98df25ull;
}

void counts_reset(void);
/* Into the rows of enum run_counter. */
void counts_collect(uint32_t row[RUN_NR_COUNTERS]);

#endif
