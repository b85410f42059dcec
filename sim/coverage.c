/* SPDX-License-Identifier: GPL-2.0-only */
/* See coverage.h. */
#include "sim/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* libgcov's; the other flavours do not link it. */
void __gcov_dump(void) __attribute__((weak));
void __gcov_reset(void) __attribute__((weak));

/* More than any path has: only the files' names are kept. */
#define ALL_FOLDERS "100"

bool coverage_here(void)
{
	return __gcov_dump && __gcov_reset;
}

void coverage_clear(void)
{
	__gcov_reset();
}

void coverage_write(const char *folder, uint64_t seed)
{
	char place[4096];

	snprintf(place, sizeof(place), "%s/%" PRIu64, folder, seed);
	setenv("GCOV_PREFIX", place, 1);
	setenv("GCOV_PREFIX_STRIP", ALL_FOLDERS, 1);
	__gcov_dump();
	__gcov_reset();
}
