/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that KVM has to refuse: see user_bad.c. */
#ifndef LAPICSIM_USER_BAD_H
#define LAPICSIM_USER_BAD_H

#include "sim/machine.h"

/* Once for each VM, after it was made. 0 or a negative errno. */
int user_bad_build(struct vm *vm);
/* One of them, by the thread of @v. */
void user_bad_call(struct vcpu *v);

#endif
