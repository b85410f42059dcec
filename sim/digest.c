/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digest's slow paths: reset, checkpoints, and the comparison of two chains.
 *
 * Does not store events: to see the first one that differs, both runs are made
 * again with a trace from the last checkpoint that they share.
 */
#include "sim/digest.h"

/* The checkpoints beyond nr_checkpoints are not read, so 32 KB need not be cleared for each run. */
void digest_reset(struct digest *d)
{
	d->value = 0x6c61706963736d31ull;
	d->nr = 0;
	d->nr_checkpoints = 0;
}

void digest_checkpoint(struct digest *d)
{
	if (d->nr_checkpoints < DIGEST_MAX_CHECKPOINTS)
		d->nr_checkpoints++;
	d->checkpoint[d->nr_checkpoints - 1] = d->value;
}

uint64_t digest_nr_common(const struct digest *a, const struct digest *b)
{
	uint32_t nr = a->nr_checkpoints < b->nr_checkpoints ? a->nr_checkpoints : b->nr_checkpoints;
	uint32_t i;

	if (a->nr == b->nr && a->value == b->value)
		return a->nr;
	/* The last slot may stand for a later event than its number says: then less is known than is true. */
	for (i = 0; i < nr; i++) {
		if (a->checkpoint[i] != b->checkpoint[i])
			break;
	}
	return (uint64_t)i * DIGEST_CHECKPOINT_EVENTS;
}
