/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs that did not show something say about how often it happens, for runs
 * that are independent and of one distribution.
 */
#ifndef LAPICSIM_STATS_ZERO_H
#define LAPICSIM_STATS_ZERO_H

#include <stdint.h>

/* The highest rate at which @n runs would all have been without it with a probability of 5 %: 1 - 0.05^(1/n). */
double stats_zero_bound(uint64_t n);
/* How many runs without it are needed until (1 - @rate)^n <= @alpha; UINT64_MAX: no number is. */
uint64_t stats_zero_needed(double rate, double alpha);
/*
 * Clopper and Pearson's lower limit: the rate at which @hits or more of @n runs would
 * show it with probability @alpha. 0 for no hits.
 */
double stats_clopper_low(uint64_t hits, uint64_t n, double alpha);

#endif
