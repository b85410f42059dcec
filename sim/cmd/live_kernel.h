/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's KVM, behind sim/live/guard.c, in processes of its own. */
#ifndef LAPICSIM_LIVE_KERNEL_H
#define LAPICSIM_LIVE_KERNEL_H

#include <stdint.h>
#include <sys/types.h>

/* 0, or a negative errno: the device is missing or may not be opened. */
int live_kernel_probe(void);
const char *live_kernel_device(void);
/*
 * Plays the sequence of @seed in a child process, which writes its records to
 * @fd and dies after some seconds whatever happens. The child, or a negative errno.
 */
pid_t live_kernel_play(uint64_t seed, uint32_t nr_steps, int fd);

#endif
