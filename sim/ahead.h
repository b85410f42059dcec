/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks for what the next events need before it is their turn, where a machine is so large
 * that it is in no cache by then.  Changes nothing that a run can see.
 */
#ifndef LAPICSIM_AHEAD_H
#define LAPICSIM_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

extern bool ahead_on;		/* the machine is that large */

/* Once, after the VMs are built. 0, or -1: no memory. */
int ahead_build(void);
/* Memory that it takes. */
uint64_t ahead_bytes(void);
/* The next message of device @tid will most likely be for vCPU @index. */
void ahead_message(uint32_t tid, uint32_t index);
/* @tid goes on after the next one: a hook of the scheduler, whose calls have numbers, too. */
void ahead_actor(uint32_t tid);

#endif
