/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digest's slow paths: reset, checkpoints, and the comparison of two chains.
 *
 * Does not store events: to see the first one that differs, both runs are made
 * again with a trace from the last checkpoint that they share.
 */
#include "sim/digest.h"

/* After event @nr: the next checkpoint, or the next event that somebody else wants if that is nearer. */
static void set_due(struct digest *d, uint64_t nr)
{
	const struct digest_watch *w = d->watch;
	uint64_t watched;

	d->due = (nr / DIGEST_CHECKPOINT_EVENTS + 1) * DIGEST_CHECKPOINT_EVENTS;
	if (w && w->nr < w->room) {
		watched = (nr > w->first ? nr : w->first) + 1;
		if (watched < d->due)
			d->due = watched;
	}
	if (d->each)
		d->due = nr + 1;
	d->left = d->due - nr;
}

/* The checkpoints beyond nr_checkpoints are not read, so 32 KB need not be cleared for each run. */
void digest_reset(struct digest *d)
{
	d->unfolded = digest_fold(0x6c61706963736d31ull);
	d->nr_checkpoints = 0;
	if (d->watch)
		d->watch->nr = 0;
	set_due(d, 0);
}

static void checkpoint(struct digest *d)
{
	if (d->nr_checkpoints < DIGEST_MAX_CHECKPOINTS)
		d->nr_checkpoints++;
	d->checkpoint[d->nr_checkpoints - 1] = digest_value(d);
}

void digest_due(struct digest *d, uint64_t what, uint64_t now_ns, uint64_t a, uint64_t b)
{
	struct digest_watch *w = d->watch;
	uint64_t nr = d->due;

	/* In some runs somebody wants each event, and mostly that is all that is due. */
	if (!w && nr % DIGEST_CHECKPOINT_EVENTS) {
		d->due = nr + 1;
		d->left = 1;
		d->each((enum digest_event)what, a, b);
		return;
	}
	if (nr % DIGEST_CHECKPOINT_EVENTS == 0)
		checkpoint(d);
	if (w && nr > w->first && w->nr < w->room) {
		struct digest_record r = { what, now_ns, a, b };

		if (w->record)
			w->record[w->nr] = r;
		w->nr++;
		if (w->seen)
			w->seen(nr - 1, &r);
	}
	if (d->each)
		d->each((enum digest_event)what, a, b);
	set_due(d, nr);
}

uint64_t digest_nr_common(const struct digest *a, const struct digest *b)
{
	uint32_t nr = a->nr_checkpoints < b->nr_checkpoints ? a->nr_checkpoints : b->nr_checkpoints;
	uint32_t i;

	if (digest_nr(a) == digest_nr(b) && digest_value(a) == digest_value(b))
		return digest_nr(a);
	/* The last slot may stand for a later event than its number says: then less is known than is true. */
	for (i = 0; i < nr; i++) {
		if (a->checkpoint[i] != b->checkpoint[i])
			break;
	}
	return (uint64_t)i * DIGEST_CHECKPOINT_EVENTS;
}
