/* SPDX-License-Identifier: GPL-2.0-only */
/* See stats_wilson.h. */
#include "sim/cmd/stats_wilson.h"

#include <math.h>

#define Z 1.959963984540054	/* of the normal distribution, 95 % lie within that many standard deviations */

void stats_wilson(uint64_t hits, uint64_t n, double *low, double *high)
{
	double p, middle, half, scale;

	*low = 0;
	*high = 1;
	if (!n)
		return;
	p = (double)hits / n;
	scale = 1 + Z * Z / n;
	middle = (p + Z * Z / (2.0 * n)) / scale;
	half = Z / scale * sqrt(p * (1 - p) / n + Z * Z / (4.0 * n * n));
	/* At the ends the formula is exact, and floating point is not. */
	if (hits)
		*low = fmax(0, middle - half);
	if (hits < n)
		*high = fmin(1, middle + half);
}
