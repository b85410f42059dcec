/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the coverage flavour: gcov's counts of one run, apart from those of others
 * and of building the VMs.  Which lines they are of is gcov's business.
 */
#ifndef LAPICSIM_COVERAGE_H
#define LAPICSIM_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Is this runner of the coverage flavour? */
bool coverage_here(void);
/* Forgets what was counted so far. */
void coverage_clear(void);
/* Writes what was counted since to .gcda files in @folder/@seed, and forgets it. */
void coverage_write(const char *folder, uint64_t seed);

#endif
