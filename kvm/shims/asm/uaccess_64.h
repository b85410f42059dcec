/* SPDX-License-Identifier: GPL-2.0-only */
/* Instead of the tree's: everything is in shims/asm/uaccess.h. */
#ifndef LAPICSIM_SHIM_ASM_UACCESS_64_H
#define LAPICSIM_SHIM_ASM_UACCESS_64_H
#include <asm/uaccess.h>
#endif
