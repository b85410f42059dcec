/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration of a VM, in the middle of the race, to other VMs that userspace
 * made beside it.  The actor is in actors.h.
 *
 * Everybody of the VM's process stops in between: vCPU threads call
 * migrate_park(), others wrap what they do in migrate_enter() and migrate_leave().
 */
#ifndef LAPICSIM_MIGRATE_H
#define LAPICSIM_MIGRATE_H

#include "sim/machine.h"

/* A thread of @v between two KVM_RUNs: waits while the VM is stopped. */
void migrate_park(struct vcpu *v);
/* Anybody else of @vm: waits, then keeps the VM from being stopped. False: the race is over. */
static inline bool migrate_enter(struct vm *vm);
static inline void migrate_leave(struct vm *vm) { vm->nr_busy--; }
/* Stops all of @vm that knows the above, until vm->stopped is false again. False: the race ended first. */
bool migrate_stop(struct vm *vm);

/* The wait in migrate_enter(). */
bool migrate_wait(const struct vm *vm);

static inline bool migrate_enter(struct vm *vm)
{
	if (unlikely(vm->stopped) && !migrate_wait(vm))
		return false;
	vm->nr_busy++;
	return true;
}

#endif
