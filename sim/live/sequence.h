/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a KVM without guest code: a VM and a sequence of steps, drawn
 * from a seed.  The same for the running kernel, a variant, and whoever judges.
 *
 * Step n has a random stream of its own, so that it does not depend on how many
 * numbers the steps before it drew; it depends on the register pages that it
 * finds (a state load starts from one).
 */
#ifndef LAPICSIM_LIVE_SEQUENCE_H
#define LAPICSIM_LIVE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_MAX_VCPUS	4u
#define LIVE_MAX_ID	64u
#define LIVE_PAGE	1024u		/* struct kvm_lapic_state */

struct live_vm {
	uint64_t seed;
	uint32_t nr_vcpus;
	uint32_t id[LIVE_MAX_VCPUS];	/* rising: vcpu_id, which is the x2APIC ID */
	bool	 x2apic[LIVE_MAX_VCPUS];
	uint8_t	 vectors[6];		/* drawn often, so that messages meet */
};

enum live_kind { LIVE_MSI, LIVE_WRITE, LIVE_READ, LIVE_LOAD };

struct live_step {
	uint8_t	 kind;			/* enum live_kind */
	uint8_t	 vcpu;			/* not for LIVE_MSI */
	uint32_t msr;			/* LIVE_WRITE, LIVE_READ */
	uint64_t value;			/* LIVE_WRITE */
	uint64_t address;		/* LIVE_MSI */
	uint32_t data;
	const char *what;
	uint8_t	 page[LIVE_PAGE];	/* LIVE_LOAD */
};

/* Pages of all vCPUs after a step. */
typedef uint8_t live_pages[LIVE_MAX_VCPUS][LIVE_PAGE];

void live_vm_draw(struct live_vm *vm, uint64_t seed);
/* Step @nr, from 1. The first steps enable the APICs. */
void live_step_draw(const struct live_vm *vm, uint32_t nr, live_pages pages, struct live_step *out);
/* "vcpu 2: ICR 0x5000040b8: IPI". */
void live_step_text(const struct live_vm *vm, const struct live_step *step, char *buf, size_t n);

#endif
