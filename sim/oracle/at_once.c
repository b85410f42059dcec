// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message that is over before the oracle hears of it, with nothing between its begin and its
 * end: what message.c would leave behind, without an interval.
 *
 * Decides only what is plain, an interrupt of the fixed kind for an APIC to which nothing is
 * under way; the rest begins and ends in message.c.
 */
#include "sim/oracle/box.h"
#include "sim/oracle/oracle.h"

/* The vector is not in v->taken either, which is part of v->inflight. */
static inline __attribute__((always_inline)) bool plain_at_once(uint32_t vm, uint32_t dest, uint8_t vector)
{
	struct oracle_vcpu *v = destination_one(dest, &oracle.vm[vm]);
	uint32_t w = vector >> 5, bit = 1u << (vector & 31);

	if (unlikely(!v || box.dest) || v->messages != NONE || (box.nr_many | oracle.vm[vm].any_leaked | v->tmr_loose) ||
	    ((v->apic.irr[w] | v->may[w]) & bit))
		return false;
	v->apic.tmr[w] &= ~bit;
	v->apic.irr[w] |= bit;
	v->fresh[w] |= bit;
	v->touched |= (uint8_t)(1u << w);
	return true;
}

static __attribute__((noinline)) void msi_in_two_steps(uint32_t vm, uint64_t address, uint32_t data, bool accepted)
{
	int32_t message = oracle_msi_begin(vm, address, data);

	if (message >= 0)
		oracle_message_end(message, accepted);
}

void oracle_msi_at_once(uint32_t vm, uint64_t address, uint32_t data, bool accepted)
{
	if (unlikely(!accepted || !msi_plain(address, data)) ||
	    unlikely(!plain_at_once(vm, msi_destination(address), data & 0xff)))
		msi_in_two_steps(vm, address, data, accepted);
}
