/* SPDX-License-Identifier: GPL-2.0-only */
/* Around the tree's linux/entry-kvm.h: see ../kw_round.h. */
#ifndef LAPICSIM_SHIM_LINUX_ENTRY_KVM_H
#define LAPICSIM_SHIM_LINUX_ENTRY_KVM_H

#include_next <linux/entry-kvm.h>
#include "../kw_round.h"

#endif
