/* SPDX-License-Identifier: GPL-2.0-only */
/* See stats_mcnemar.h. */
#include "sim/cmd/stats_mcnemar.h"

#include <math.h>

/* P(X <= k) of a binomial distribution with n trials and probability 1/2, for k < n / 2. */
static double lower_tail(uint64_t k, uint64_t n)
{
	double term = exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - n * M_LN2), sum = 0;

	/* From the largest term down: what comes later is smaller still. */
	for (uint64_t i = k; term > sum * 1e-17; i--) {
		sum += term;
		if (!i)
			break;
		term *= (double)i / (n - i + 1);
	}
	return sum;
}

double stats_mcnemar(uint64_t only_a, uint64_t only_b)
{
	uint64_t less = only_a < only_b ? only_a : only_b;

	return only_a == only_b ? 1 : fmin(1, 2 * lower_tail(less, only_a + only_b));
}
