/* SPDX-License-Identifier: GPL-2.0-only */
/* Machine-check errors that userspace reports to a vCPU: see user_mce.c. */
#ifndef LAPICSIM_USER_MCE_H
#define LAPICSIM_USER_MCE_H

#include "sim/machine.h"

/* While its VM is built, before anything else is done to it: 0 or a negative errno. */
int64_t user_mce_build(const struct vcpu *v);
/* Between two KVM_RUNs. */
void user_mce(struct vcpu *v);

#endif
