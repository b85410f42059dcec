/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Around the tree's linux/entry-virt.h, as entry-kvm.h is called in younger trees:
 * see ../kw_round.h. Empty where the tree has none.
 */
#ifndef LAPICSIM_SHIM_LINUX_ENTRY_VIRT_H
#define LAPICSIM_SHIM_LINUX_ENTRY_VIRT_H

#if __has_include_next(<linux/entry-virt.h>)
#include_next <linux/entry-virt.h>
#include "../kw_round.h"
#define KW_ENTRY_VIRT
#endif

#endif
