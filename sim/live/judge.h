/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between a sequence's records and the oracle: draws each step again, tells the
 * oracle what it does, and shows it the pages. One sequence at a time.
 */
#ifndef LAPICSIM_LIVE_JUDGE_H
#define LAPICSIM_LIVE_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/divergence.h"
#include "sim/live/play.h"

#define JUDGE_MAX 8u			/* divergences of one record that are kept */

struct judge {
	struct live_vm vm;
	struct live_step step;		/* of the last record */
	live_pages page;		/* as the last record showed them */
	uint32_t nr_divergences;	/* of the last record, all that happened */
	struct divergence divergence[JUDGE_MAX];
};

/* True if the oracle agrees. Records of one seed in order, from step 0. */
bool judge_record(struct judge *j, const struct live_record *r);

/*
 * The first difference between what two KVMs showed after the same step, as
 * text: result, value read, or registers. False: none.
 */
bool judge_compare(const struct judge *j, const struct live_record *a, const struct live_record *b, char *buf,
		   size_t n);

#endif
