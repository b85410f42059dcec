/* SPDX-License-Identifier: GPL-2.0-only */
/* See stats_survival.h. */
#include "sim/cmd/stats_survival.h"

#include <stdlib.h>

/* At the same number of runs, what was seen counts before what ended. */
static int by_runs(const void *a, const void *b)
{
	const struct stats_time *x = a, *y = b;

	if (x->runs != y->runs)
		return x->runs < y->runs ? -1 : 1;
	return x->censored - y->censored;
}

void stats_survival_sort(struct stats_time *t, uint64_t nr)
{
	if (nr)
		qsort(t, nr, sizeof(*t), by_runs);
}

double stats_survival_at(const struct stats_time *t, uint64_t nr, uint64_t runs)
{
	double survive = 1;

	for (uint64_t i = 0; i < nr && t[i].runs <= runs; i++)
		if (!t[i].censored)
			survive *= 1 - 1.0 / (nr - i);
	return survive;
}

bool stats_survival_median(const struct stats_time *t, uint64_t nr, uint64_t *median)
{
	double survive = 1;

	for (uint64_t i = 0; i < nr; i++) {
		if (!t[i].censored)
			survive *= 1 - 1.0 / (nr - i);
		/* The product of fractions that is exactly 1/2 may come out a little above. */
		if (!t[i].censored && survive <= 0.5 + 1e-12) {
			*median = t[i].runs;
			return true;
		}
	}
	return false;
}
