/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a simulation, saved once per process and put back after each run:
 * KVM's arena, and regions beside it such as KVM's .data.
 *
 * Does not know what lies in them, and does not restore while a coroutine is to
 * be continued that has pointers into what a run allocated.
 */
#ifndef LAPICSIM_SNAPSHOT_H
#define LAPICSIM_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/* Maps the arena at @base (fixed), @bytes reserved (MAP_NORESERVE). 0 or negative errno. */
int snapshot_map(uint64_t base, uint64_t bytes);
/* One of up to 4 regions beside the arena (kw_data, guest RAM, ...): before snapshot_take(). */
int snapshot_add_region(void *start, size_t bytes);
/*
 * Takes the snapshot: the regions, and the arena's [base, base + used).  What
 * lies behind that is zero now, and again after each snapshot_restore().
 */
int snapshot_take(uint64_t used);
/* Puts everything back; cost in proportion to what a run dirtied, as far as possible. */
void snapshot_restore(void);
/*
 * The next snapshot_restore() trusts nothing that the kernel world says, and clears
 * the arena to its very end, for 5 us more: for after a crash.
 */
void snapshot_distrust(void);
/* Resident memory that the snapshot and the arena take together. */
uint64_t snapshot_bytes(void);
/* Of the mappings that begin in [@at, @at + @bytes): pages of their own, not the zero page that reading maps. */
uint64_t snapshot_private_bytes(const void *at, uint64_t bytes);

#endif
