/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries for known/, as far as a store can write them: `lapicsim known STORE`
 * drafts one for each new bucket, with a write-up that says what was seen.  What
 * happens and why is left to whoever finds out.
 *
 * Does not touch a file that is there: somebody may have begun to complete it.
 */
#ifndef LAPICSIM_DRAFT_H
#define LAPICSIM_DRAFT_H

#include "sim/cmd/known.h"
#include "sim/cmd/store.h"

#define DRAFT_NAMES	256u

/* A bucket over all scenarios and variants that show it. */
struct draft {
	struct bucket bucket;		/* of the first row; runs are those of all */
	char name[96];			/* of its files, without .known and .md */
	char scenarios[DRAFT_NAMES], variants[DRAFT_NAMES]; /* apart by blanks; "" once there are too many */
	char scenario[64];		/* whose run is the cheapest */
	char first[TOKEN_MAX_BYTES], cheapest[TOKEN_MAX_BYTES];
	/* What it takes to replay @first. */
	int64_t id;
	char program[CMD_PATH_MAX], identity[17], overrides[CAMPAIGN_OVERRIDES];
	char *scenario_text;
};

struct draft_list {
	const struct known_list *known;	/* what matches one of these is left out */
	struct draft *item;
	uint32_t nr, nr_known;
};

/* Those of @s. False: see store_error(). */
bool draft_collect(struct draft_list *l, struct store *s);
/* Replays those that have not been, if their variant is still built as it was. False: see store_error(). */
bool draft_examine(struct draft_list *l, struct store *s, const char *folder, uint64_t timeout_ns);
/* Writes FOLDER/NAME.known and NAME.md unless they are there: 1, 0 if they are, or -1 with errno. */
int draft_write(const struct draft *d, const char *folder);

#endif
