/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GSIs 24 and up: MSI routes, which userspace changes with KVM_SET_GSI_ROUTING
 * while devices use them, as a guest that moves an MSI-X vector makes it do.
 */
#ifndef LAPICSIM_ROUTES_H
#define LAPICSIM_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine.h"

#define ROUTES_FIRST_GSI	24u
#define ROUTES_MAX		16u

struct kvm_irq_routing_entry;
#define ROUTES_MAX_DEFAULT	40u	/* 24 pins of the I/O APIC, 16 of the 8259s */
/* The routes that a VM begins with: how many they are. */
uint32_t routes_default(struct kvm_irq_routing_entry *entry);
/* Once, after the VMs are built. 0, or -1 with a message. */
int routes_build(char *error, uint64_t n);
/* Before each run. */
void routes_reset(void);

#endif
