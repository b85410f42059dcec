/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digest's slow paths: reset, checkpoints, and the comparison of two chains.
 *
 * Does not store events: to see the first one that differs, both runs are made
 * again with a trace from the last checkpoint that they share.
 */
#include "sim/digest.h"

/* The next checkpoint, or the next event of the watch's window if that is nearer. */
static void set_due(struct digest *d)
{
	const struct digest_watch *w = d->watch;
	uint64_t watched;

	d->due = (d->nr / DIGEST_CHECKPOINT_EVENTS + 1) * DIGEST_CHECKPOINT_EVENTS;
	if (!w || w->nr == w->room)
		return;
	watched = (d->nr > w->first ? d->nr : w->first) + 1;
	if (watched < d->due)
		d->due = watched;
}

/* The checkpoints beyond nr_checkpoints are not read, so 32 KB need not be cleared for each run. */
void digest_reset(struct digest *d)
{
	d->value = 0x6c61706963736d31ull;
	d->nr = 0;
	d->nr_checkpoints = 0;
	if (d->watch)
		d->watch->nr = 0;
	set_due(d);
}

static void checkpoint(struct digest *d)
{
	if (d->nr_checkpoints < DIGEST_MAX_CHECKPOINTS)
		d->nr_checkpoints++;
	d->checkpoint[d->nr_checkpoints - 1] = d->value;
}

void digest_due(struct digest *d, uint64_t what, uint64_t now_ns, uint64_t a, uint64_t b)
{
	struct digest_watch *w = d->watch;

	if (d->nr % DIGEST_CHECKPOINT_EVENTS == 0)
		checkpoint(d);
	if (w && d->nr > w->first && w->nr < w->room) {
		struct digest_record r = { what, now_ns, a, b };

		if (w->record)
			w->record[w->nr] = r;
		w->nr++;
		if (w->seen)
			w->seen(d->nr - 1, &r);
	}
	set_due(d);
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
