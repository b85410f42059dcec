/* SPDX-License-Identifier: GPL-2.0-only */
/* See done.h. Few intervals: chunks come nearly in order, so those that touch soon are one. */
#include "sim/cmd/done.h"

#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"

/* Index of the first interval that ends after @seed. */
static uint32_t find(const struct done *d, uint64_t seed)
{
	uint32_t low = 0, high = d->nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (d->item[mid].first + (d->item[mid].count - 1) < seed)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void insert(struct done *d, uint32_t at, uint64_t first, uint64_t count)
{
	d->item = alloc_grow(d->item, d->nr, sizeof(*d->item));
	memmove(d->item + at + 1, d->item + at, (d->nr - at) * sizeof(*d->item));
	d->item[at] = (struct done_interval){ first, count };
	d->nr++;
}

bool done_add(struct done *d, uint64_t first, uint64_t count)
{
	uint32_t at = find(d, first);
	struct done_interval *next = at < d->nr ? &d->item[at] : NULL;
	struct done_interval *before = at ? &d->item[at - 1] : NULL;
	bool joins_before, joins_next;

	if (!count || (next && next->first - first < count) || (next && next->first <= first))
		return false;
	joins_before = before && before->first + before->count == first;
	joins_next = next && first + count == next->first;
	if (joins_before && joins_next) {
		before->count += count + next->count;
		memmove(next, next + 1, (d->nr - at - 1) * sizeof(*next));
		d->nr--;
	} else if (joins_before) {
		before->count += count;
	} else if (joins_next) {
		next->first = first;
		next->count += count;
	} else {
		insert(d, at, first, count);
	}
	return true;
}

uint64_t done_run_from(const struct done *d, uint64_t seed)
{
	uint32_t at = find(d, seed);

	if (at == d->nr || d->item[at].first > seed)
		return 0;
	return d->item[at].count - (seed - d->item[at].first);
}

uint64_t done_gap_from(const struct done *d, uint64_t seed)
{
	uint32_t at = find(d, seed);

	if (at == d->nr)
		return UINT64_MAX;
	return d->item[at].first > seed ? d->item[at].first - seed : 0;
}

void done_free(struct done *d)
{
	free(d->item);
	memset(d, 0, sizeof(*d));
}
