// SPDX-License-Identifier: GPL-2.0-only
/* See ahead.h. */
#include "sim/ahead.h"

#include <stdlib.h>

#include "kvm/boundary.h"
#include "sim/machine.h"
#include "sim/oracle/oracle.h"

#define LARGE		256u	/* vCPUs: what they need is some 2 MB, more than a cache of level 2 */
#define STACK_BYTES	1536u	/* of a vCPU thread: what it has used when it waits, and what it will */
#define LINE		64u

bool ahead_on;
static struct kw_ahead *places;		/* one per vCPU */

int ahead_build(void)
{
	if (machine.nr_vcpus < LARGE)
		return 0;
	places = malloc(machine.nr_vcpus * sizeof(*places));
	if (!places)
		return -1;
	for (uint32_t i = 0; i < machine.nr_vcpus; i++)
		kw_ahead_of(machine.vcpu[i].hw, &places[i]);
	ahead_on = true;
	return 0;
}

static void lines(const void *p, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += LINE)
		__builtin_prefetch((const char *)p + at);
}

void ahead_vcpu(uint32_t index)
{
	const struct vcpu *v = &machine.vcpu[index];

	oracle_ahead(index);
	kw_ahead(&places[index], index + 1);
	lines(v, sizeof(*v));
	lines(sched_actor(index + 1), sizeof(struct actor));
}

void ahead_actor(const struct actor *a)
{
	/* Its stack, from a little below on: there its next calls go. */
	lines((const char *)a->coro.sp - STACK_BYTES / 2, STACK_BYTES);
}
