/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A closer look at what is new: does the first token of a bucket show it again, in
 * processes that run nothing else, and what came before it?
 *
 * Once per bucket: a store keeps the answer.  Buckets of one cause on one variant
 * share it, whatever scenario they are of.
 */
#ifndef LAPICSIM_EXAMINE_H
#define LAPICSIM_EXAMINE_H

#include "sim/cmd/campaign.h"
#include "sim/cmd/runner_process.h"

#define EXAMINE_REPLAYS	20u
#define EXAMINE_HANGS	2u	/* of them, for a worker that does not answer: each costs --worker-timeout */
#define EXAMINE_MAX	64u	/* buckets at the end of one campaign: some seconds, unless their runs are slow */

/*
 * Runs @seed in EXAMINE_REPLAYS processes of @spec, and fills replays, replayed,
 * trail and stack of @b, whose name they are to show.  False: no runner can be had, or
 * it was told to stop; @b is as one that was not tried.
 */
bool examine_run(const struct runner_spec *spec, uint64_t seed, struct bucket *b);
/*
 * The new buckets of @c that have not been examined yet, at most @max, most serious
 * first, and their rows in the store, if there is one; until a signal comes.  How many are left.  After
 * campaign_sort().
 */
uint32_t examine_campaign(struct campaign *c, uint32_t max);

#endif
