// SPDX-License-Identifier: GPL-2.0-only
/*
 * See ahead.h.  A message's target is asked for when the device is the next but one to go
 * on.  Earlier is worse: asked for when the device drew it, 64 devices push it out again;
 * a few events earlier and in parts, it took a quarter longer.  So is another order than
 * structure by structure, line by line.
 */
#include "sim/ahead.h"

#include <stdlib.h>

#include "kvm/boundary.h"
#include "sim/machine.h"
#include "sim/oracle/oracle.h"
#include "sim/scheduler.h"

#define LARGE		256u	/* vCPUs: what they need is some 2 MB, more than a cache of level 2 */
/* Of a vCPU thread's stack, what an interrupt uses: below where it waits, and in all. */
#define STACK_BELOW	320u
#define STACK_BYTES	576u
#define LINE		64u
#define NOBODY		UINT32_MAX

struct place {
	struct kw_ahead kvm;
	uint32_t pv_word;		/* offset in user memory */
	uint32_t reserved;		/* two places a line */
};

bool ahead_on;
static struct place *places;		/* one per vCPU */
static uint32_t *target;		/* vCPU of each device's next message, by the device's number */
static uint32_t nr_devices;

static uint64_t place_bytes(void)
{
	return (machine.nr_vcpus * sizeof(*places) + LINE - 1) / LINE * LINE;
}

static struct place place_of(const struct vcpu *v)
{
	uint64_t word = machine.vm[v->vm].hva + (v->pv_gpa[0] - MACHINE_PV_GPA);
	struct place p = { .pv_word = (uint32_t)(word - MACHINE_USER_BASE) };

	kw_ahead_of(v->hw, v->tid, &p.kvm);
	return p;
}

int ahead_build(void)
{
	if (machine.nr_vcpus < LARGE)
		return 0;
	nr_devices = machine.memory_tid - machine.devices_tid;
	places = aligned_alloc(LINE, place_bytes());
	target = malloc((nr_devices + 1) * sizeof(*target));
	if (!places || !target)
		return -1;
	for (uint32_t i = 0; i < machine.nr_vcpus; i++)
		places[i] = place_of(&machine.vcpu[i]);
	for (uint32_t i = 0; i < nr_devices; i++)
		target[i] = NOBODY;
	ahead_on = true;
	return 0;
}

uint64_t ahead_bytes(void)
{
	return ahead_on ? place_bytes() + nr_devices * sizeof(*target) : 0;
}

static void lines(const void *p, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += LINE)
		__builtin_prefetch((const char *)p + at);
}

static void stack(uint32_t tid)
{
	lines((const void *)((uint64_t)sched_actor(tid)->coro.sp - STACK_BELOW), STACK_BYTES);
}

static void interrupt(uint32_t index)
{
	const struct vcpu *v = &machine.vcpu[index];
	const struct place *p = &places[index];

	kw_ahead(&p->kvm);
	oracle_ahead(index);
	lines(v, VCPU_HOT_BYTES);
	__builtin_prefetch((const void *)(MACHINE_USER_BASE + p->pv_word));
	stack(index + 1);
}

void ahead_message(uint32_t tid, uint32_t index)
{
	target[tid - machine.devices_tid] = index;
	/* What interrupt() itself needs. */
	__builtin_prefetch(&places[index]);
	__builtin_prefetch(sched_actor(index + 1));
}

void ahead_actor(uint32_t tid)
{
	uint32_t device = tid - machine.devices_tid;

	if (tid - 1 < machine.nr_vcpus) {
		stack(tid);
	} else if (device < nr_devices && target[device] != NOBODY) {
		interrupt(target[device]);
		target[device] = NOBODY;
	}
}
