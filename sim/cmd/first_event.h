/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the runs of one seed on two variants part: both run once more, their
 * digests are compared checkpoint by checkpoint, then event by event.
 */
#ifndef LAPICSIM_FIRST_EVENT_H
#define LAPICSIM_FIRST_EVENT_H

#include "sim/cmd/campaign.h"
#include "sim/digest.h"

struct first_event {
	uint64_t event;			/* from 0; as in --mark */
	bool base_ends, other_ends;	/* it has no event there: the run was over */
	struct digest_record base, other;
};

/* 0, or -1 with @error. */
int first_event_find(const struct campaign *c, const struct cell *base, const struct cell *other, uint64_t seed,
		     struct first_event *out, char *error, size_t n);

#endif
