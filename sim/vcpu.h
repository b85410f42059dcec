/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: the hardware's VM-Entry and VM-Exit, and the guest's program between
 * them.  hs_vm_enter() is the whole interface; the program is drawn from the
 * scenario's mix.
 *
 * Does not know how userspace runs it: user.c does.
 */
#ifndef LAPICSIM_VCPU_H
#define LAPICSIM_VCPU_H

#include "sim/machine.h"

/* Once per process: sums of weights. */
void vcpu_init(void);
/* Dispatched interrupts of all guests in this run. */
extern uint64_t vcpu_nr_interrupts;

/* For the benchmark: the next hs_vm_enter()s only do this. NULL: the real thing. */
extern void (*vcpu_bare_entry)(struct kw_hw *hw);

#endif
