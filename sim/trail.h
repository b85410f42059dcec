/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last operations of a run, and of them those before a divergence that
 * touched the same state: what it may come of.
 *
 * Filled only while a run is made once more to be explained (sim/explain.h);
 * other runs know nothing of it.  Does not know where operations come from.
 */
#ifndef LAPICSIM_TRAIL_H
#define LAPICSIM_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#define TRAIL_ANY	0xffffffffu	/* @vcpu: all of the VM; @vector: none in particular */
#define TRAIL_SHOWN	6u		/* operations in a trail */

void trail_reset(void);
/* @name: a literal, without vCPUs, vectors and times in it. */
void trail_add(const char *name, uint32_t vcpu, uint32_t vector);
/*
 * The operations on @vcpu's APIC, and if @vector is one, on that vector or on
 * all, oldest first, one after another only once: "set-lapic > eoi > inject".
 */
void trail_before(uint32_t vcpu, uint32_t vector, char *buf, size_t n);

#endif
