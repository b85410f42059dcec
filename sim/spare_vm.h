/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LAPICSIM_SPARE_VM_H
#define LAPICSIM_SPARE_VM_H

#include <stdint.h>

/* Once, after the VMs that run were built: makes one more, and closes it. 0, or a negative errno and why in @why. */
int64_t spare_vm(char *why, uint64_t n);

/* At a run's end: reports what that one left. */
void spare_vm_judge(void);

#endif
