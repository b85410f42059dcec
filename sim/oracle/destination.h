/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPUs a message is for, by brute force over all that could match.
 */
#ifndef LAPICSIM_ORACLE_DESTINATION_H
#define LAPICSIM_ORACLE_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/state.h"

enum shorthand { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };

struct destination {
	uint32_t dest;
	uint32_t sender;		/* vCPU index, DIV_NONE: a device */
	uint8_t  shorthand;		/* enum shorthand */
	bool	 logical;
	bool	 wide;			/* 32-bit destinations: x2APIC ICR, MSI with 32-bit IDs */
	bool	 listed;		/* by the 128 IDs from dest on that are in list */
	uint64_t list[2];
	bool	 doubtful;		/* even a sure match is only a perhaps */
};

enum match { MATCH_NO, MATCH_MAY, MATCH_MUST };

/* Does @v's APIC take the message, its enables included? */
enum match destination_match(const struct destination *d, const struct oracle_vcpu *v);
/* The same for NMI, INIT and SIPI, which a software-disabled APIC takes too. */
enum match destination_match_event(const struct destination *d, const struct oracle_vcpu *v);
/* Is this a destination with which lowest priority may not be used? Slow for logical ones: bit by bit. */
bool destination_lowest_open(const struct destination *d, const struct oracle_vm *vm);
/* The one APIC whose ID is @dest for sure, in a VM where every ID is its vCPU's place; else NULL. */
static inline struct oracle_vcpu *destination_one(uint32_t dest, const struct oracle_vm *vm)
{
	struct oracle_vcpu *v;

	if (vm->nr_irregular || vm->nr_changing || dest >= vm->nr || dest == 0xff ||
	    unlikely(dest > 0xff && vm->nr_xapic))
		return NULL;
	v = oracle_vcpu(vm->first + dest);
	return likely(identity_enabled(&v->now)) ? v : NULL;
}

/* To one APIC for sure, by an ID that can only be its own? That one; else NULL. */
static inline struct oracle_vcpu *destination_plain(const struct destination *d, const struct oracle_vm *vm)
{
	return (d->shorthand | d->logical | d->listed | d->doubtful) ? NULL : destination_one(d->dest, vm);
}

/* The vCPUs [*first, *end) of @vm hold every match. */
void destination_window(const struct destination *d, const struct oracle_vm *vm, uint32_t *first, uint32_t *end);
/* Does any of @vm's APICs take it? @lowest: one of those that match, by lowest priority. */
enum taker destination_taker(const struct destination *d, uint32_t vm, bool lowest);

#endif
