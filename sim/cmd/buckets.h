/* SPDX-License-Identifier: GPL-2.0-only */
/* What campaign.c leaves to buckets.c. Names, order and loading are in campaign.h. */
#ifndef LAPICSIM_BUCKETS_H
#define LAPICSIM_BUCKETS_H

#include "sim/cmd/campaign.h"

/* Counts the divergences of a run in its cell. With the campaign's lock. */
void buckets_record(const struct campaign *c, struct cell *cell, const struct run_result *r);

#endif
