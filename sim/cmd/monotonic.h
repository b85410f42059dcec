/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's time, for progress, limits and rates. No result of a run depends on it. */
#ifndef LAPICSIM_CMD_MONOTONIC_H
#define LAPICSIM_CMD_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some time before. */
static inline uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

#endif
