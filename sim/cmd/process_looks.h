/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be seen of another process from outside: its memory, its CPU time, what it waits for. */
#ifndef LAPICSIM_PROCESS_LOOKS_H
#define LAPICSIM_PROCESS_LOOKS_H

#include <stdint.h>
#include <sys/types.h>

/* Resident bytes; 0 if it cannot be told. */
uint64_t process_resident(pid_t pid);
/* CPU time that it has used, in ns; 0 if it cannot be told. */
uint64_t process_cpu_ns(pid_t pid);
/* The state that proc(5) names: 'R' runs, or would if there were a CPU; '?' if it cannot be told. */
char process_state(pid_t pid);

#endif
