/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: the hardware's VM-Entry and VM-Exit.  hs_vm_enter() is the whole
 * interface; what the guest does in between is guest.c's.
 *
 * Does not know how userspace runs it: user.c does.
 */
#ifndef LAPICSIM_VCPU_H
#define LAPICSIM_VCPU_H

#include "sim/machine.h"

/* For the benchmark: the next hs_vm_enter()s only do this. NULL: the real thing. */
extern void (*vcpu_bare_entry)(struct kw_hw *hw);

#endif
