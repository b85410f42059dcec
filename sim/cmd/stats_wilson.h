/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wilson's score interval, 95 %: between which rates does the true one lie if
 * @hits of @n runs showed something?  Holds for few hits and for none, too.
 */
#ifndef LAPICSIM_STATS_WILSON_H
#define LAPICSIM_STATS_WILSON_H

#include <stdint.h>

/* 0 to 1 if @n is 0. */
void stats_wilson(uint64_t hits, uint64_t n, double *low, double *high);

#endif
