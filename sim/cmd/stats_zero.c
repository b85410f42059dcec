/* SPDX-License-Identifier: GPL-2.0-only */
/* See stats_zero.h. */
#include "sim/cmd/stats_zero.h"

#include <math.h>

double stats_zero_bound(uint64_t n)
{
	return n ? -expm1(log(0.05) / n) : 1;
}

uint64_t stats_zero_needed(double rate, double alpha)
{
	double runs = rate >= 1 ? 1 : ceil(log(alpha) / log1p(-rate));

	return rate > 0 && runs < 1e18 ? (uint64_t)runs : UINT64_MAX;
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), f = d;

	for (int m = 1; m < 100000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		f *= d * c;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		step = d * c;
		f *= step;
		if (fabs(step - 1) < 1e-14)
			break;
	}
	return f;
}

/* P(X >= k) of n trials at @rate: the regularised incomplete beta function I_rate(k, n - k + 1). */
static double upper_tail(uint64_t k, uint64_t n, double rate)
{
	double a = k, b = n - k + 1.0;
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(rate) + b * log1p(-rate));

	if (rate < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, rate) / a;
	return 1 - front * beta_fraction(b, a, 1 - rate) / b;
}

double stats_clopper_low(uint64_t hits, uint64_t n, double alpha)
{
	double low = 0, high = n ? (double)hits / n : 0;

	if (!hits)
		return 0;
	if (hits == n)
		return pow(alpha, 1.0 / n);
	while (high - low > 1e-13 * high) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		if (upper_tail(hits, n, middle) < alpha)
			low = middle;
		else
			high = middle;
	}
	return low;
}
