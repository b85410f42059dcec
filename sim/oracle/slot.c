// SPDX-License-Identifier: GPL-2.0-only
/*
 * See slot.h.
 *
 * Verifies: memory that no memory slot of the VM has at the guest's addresses any more is not
 * written, from the end of the call that took the slot away to the beginning of the one that
 * brings it back.
 *
 * Does not verify: who reads it; memory that was never in a slot; a write that leaves what was there.
 */
#include "sim/oracle/slot.h"

#include <string.h>

#include "sim/oracle/check.h"

/* FNV-1a, by words. */
static uint64_t sum(const void *memory, uint64_t bytes)
{
	uint64_t hash = 0xcbf29ce484222325ull, word;

	for (uint64_t i = 0; i + sizeof(word) <= bytes; i += sizeof(word)) {
		memcpy(&word, (const char *)memory + i, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ull;
	}
	return hash;
}

void oracle_slot_gone(uint32_t vm, const void *memory, uint64_t bytes)
{
	oracle.vm[vm].slot_sum = sum(memory, bytes);
}

void oracle_slot_returns(uint32_t vm, const void *memory, uint64_t bytes)
{
	if (sum(memory, bytes) != oracle.vm[vm].slot_sum)
		check_fire(CHECK_SLOT_WRITTEN, NULL, vm, DIV_NONE,
			   "memory was written to for the guest while no memory slot had it at the guest's address");
}
