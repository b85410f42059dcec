/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Userspace: vCPUs that are added while others run; see user_add.c.
 */
#ifndef LAPICSIM_USER_ADD_H
#define LAPICSIM_USER_ADD_H

#include "sim/machine.h"

/* Before each run: it is not there. */
void user_add_reset(struct vcpu *v);
/* From its own thread. False: KVM refuses it, which has been told. */
bool user_add(struct vcpu *v);

#endif
