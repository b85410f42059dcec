/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks for what the next events need before it is their turn, where a machine is so large
 * that it is in no cache by then.  Changes nothing that a run can see.
 */
#ifndef LAPICSIM_AHEAD_H
#define LAPICSIM_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scheduler.h"

extern bool ahead_on;		/* the machine is that large */

/* Once, after the VMs are built. 0, or -1: no memory. */
int ahead_build(void);
/* vCPU @index will soon get an interrupt. */
void ahead_vcpu(uint32_t index);
/* @a goes on after the next one: a hook of the scheduler. */
void ahead_actor(const struct actor *a);

#endif
