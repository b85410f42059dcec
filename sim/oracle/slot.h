/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots that come and go: KVM api.rst, KVM_SET_USER_MEMORY_REGION.  Once a slot is
 * deleted, or has moved to another guest address, what the guest had at the old one is
 * userspace's alone: KVM's cached translations of it are stale.
 */
#ifndef LAPICSIM_ORACLE_SLOT_H
#define LAPICSIM_ORACLE_SLOT_H

#include <stdint.h>

/* The call that deleted or moved the slot over @memory is over; the one that brings it back begins. */
void oracle_slot_gone(uint32_t vm, const void *memory, uint64_t bytes);
void oracle_slot_returns(uint32_t vm, const void *memory, uint64_t bytes);

#endif
