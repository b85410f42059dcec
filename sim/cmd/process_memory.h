/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory another process has. */
#ifndef LAPICSIM_PROCESS_MEMORY_H
#define LAPICSIM_PROCESS_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Resident bytes; 0 if it cannot be told. */
uint64_t process_resident(pid_t pid);

#endif
