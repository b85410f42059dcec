/* SPDX-License-Identifier: GPL-2.0-only */
/* See stats_unseen.h. */
#include "sim/cmd/stats_unseen.h"

double stats_good_turing(uint64_t f1, uint64_t all)
{
	return all ? (double)f1 / all : 1;
}

double stats_chao2(uint64_t f1, uint64_t f2, uint64_t runs)
{
	if (!runs)
		return 0;
	return (runs - 1.0) / runs * f1 * (f1 - (f1 ? 1.0 : 0)) / (2 * (f2 + 1.0));
}
