/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM that helps a guest with its TPR: see user_vapic.c. */
#ifndef LAPICSIM_USER_VAPIC_H
#define LAPICSIM_USER_VAPIC_H

#include "sim/machine.h"

/* The first word of @v, while its VM is built: 0 or a negative errno. */
int64_t user_vapic_build(const struct vcpu *v);
/* Before each run, after oracle_reset(). */
void user_vapic_reset(struct vcpu *v);
/* Between two KVM_RUNs: no word, or one of two; an address without memory; reports on or off. */
void user_vapic_addr(struct vcpu *v);
void user_vapic_bad(struct vcpu *v);
void user_tpr_reporting(struct vcpu *v);
/* KVM_RUN has returned. */
void user_vapic_exit(const struct vcpu *v);

#endif
