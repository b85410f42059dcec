/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Around the tree's linux/mutex.h: mutex_init() passes its argument's spelling on
 * to the wait graph. The trees' own __mutex_init() drops it, in younger ones
 * before the environment could see it.
 */
#ifndef LAPICSIM_SHIM_LINUX_MUTEX_H
#define LAPICSIM_SHIM_LINUX_MUTEX_H

#include_next <linux/mutex.h>

void kw_mutex_init(struct mutex *lock, const char *name);

#undef mutex_init
#define mutex_init(lock) kw_mutex_init(lock, #lock)

#endif
