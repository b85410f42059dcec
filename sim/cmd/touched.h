/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coverage of the lines that a variant changes against the base: in how many runs
 * they were executed.  kvm/touched (Python) builds, runs and counts; this starts
 * it and reads what it says.
 */
#ifndef LAPICSIM_TOUCHED_H
#define LAPICSIM_TOUCHED_H

#include "sim/cmd/campaign.h"

struct touched_line {
	bool in_base;			/* as it was, where the variant changes or removes it */
	char file[160];
	uint32_t line;
	uint64_t nr_runs;
	char text[200];
};

struct touched {
	bool known;			/* false: it could not be measured, and stderr says why */
	/* [0]: as they were in the base; [1]: as they are in the variant. */
	uint64_t nr_changed[2], nr_sampled[2];
	struct touched_line *line;	/* those that are compiled to code */
	uint32_t nr_lines, nr_reached;
};

/* @variant of @c against variant 0; @nr_runs of each, over all scenarios. */
void touched_measure(struct touched *t, const struct campaign *c, uint32_t variant, uint64_t nr_runs);

#endif
