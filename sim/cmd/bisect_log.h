/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bisection has found so far, in a text file of the build folder, so that
 * the same command goes on where another one was interrupted:
 *
 *	seeds NR			runs that decide about a revision
 *	good|bad|skip COMMIT RUNS HITS
 */
#ifndef LAPICSIM_BISECT_LOG_H
#define LAPICSIM_BISECT_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/revision.h"

enum bisect_verdict { BISECT_GOOD, BISECT_BAD, BISECT_SKIP };

struct bisect_entry {
	enum bisect_verdict verdict;
	char commit[REVISION_BYTES];
	uint64_t nr_runs, nr_hits;
};

struct bisect_log {
	char path[CMD_PATH_MAX + 64];
	FILE *file;
	uint64_t nr_seeds;		/* 0: not measured yet */
	struct bisect_entry *entry;
	uint32_t nr;
};

const char *bisect_verdict_name(enum bisect_verdict verdict);
/* The log of what @key says: which repository, revisions, token. @restart: without what is in it. 0, or an exit code. */
int bisect_log_open(struct bisect_log *l, const char *key, bool restart);
/* NULL: nothing is known of @commit. */
const struct bisect_entry *bisect_log_find(const struct bisect_log *l, const char *commit);
void bisect_log_seeds(struct bisect_log *l, uint64_t nr_seeds);
void bisect_log_add(struct bisect_log *l, const struct bisect_entry *e);
void bisect_log_close(struct bisect_log *l);

#endif
