/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMM's side of the in-kernel PIT: see user_pit.c. */
#ifndef LAPICSIM_USER_PIT_H
#define LAPICSIM_USER_PIT_H

#include "sim/machine.h"

/* Once, after KVM_CREATE_IRQCHIP. 0 or a negative errno. */
int64_t user_pit_build(struct vm *vm);
/* A call by the thread of @v, between two KVM_RUNs. */
void user_pit(struct vcpu *v);

#endif
