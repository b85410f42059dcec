/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * McNemar's test in its exact form: pairs of runs, of which some show something
 * on one side only.  Were there no difference, each of those would be on either
 * side with probability 1/2.
 *
 * Also the sign test: of the pairs that differ, so many are below and so many above.
 */
#ifndef LAPICSIM_STATS_MCNEMAR_H
#define LAPICSIM_STATS_MCNEMAR_H

#include <stdint.h>

/* Two-sided p-value; 1 if no pair differs. */
double stats_mcnemar(uint64_t only_a, uint64_t only_b);

#endif
