/* SPDX-License-Identifier: GPL-2.0-only */
/* The buckets of a store that nothing explains, for `lapicsim known STORE`. */
#include <string.h>

#include "sim/cmd/store_sql.h"

struct taking {
	store_new_row *fn;
	void *arg;
};

static void take(sqlite3_stmt *q, void *arg)
{
	const struct taking *t = arg;
	int kind = divergence_from_key(store_text(q, 0));
	struct store_new row = {
		.id = sqlite3_column_int64(q, 6), .scenario_hash = (uint32_t)sqlite3_column_int64(q, 8),
		.scenario = store_text(q, 7), .scenario_text = store_text(q, 9), .variant = store_text(q, 10), .identity = store_text(q, 11),
		.class = store_text(q, 12), .overrides = store_text(q, 13), .flavour = store_text(q, 14),
	};
	struct bucket *b = &row.bucket;

	if (kind < 0)
		return;
	b->kind = b->first.kind = (uint32_t)kind;
	snprintf(b->first.check, sizeof(b->first.check), "%s", store_text(q, 1));
	snprintf(b->function, sizeof(b->function), "%s", store_text(q, 2));
	snprintf(b->slice, sizeof(b->slice), "%s", store_text(q, 3));
	snprintf(b->first.site, sizeof(b->first.site), "%s", store_text(q, 4));
	snprintf(b->first.text, sizeof(b->first.text), "%s", store_text(q, 5));
	b->nr_runs = (uint64_t)sqlite3_column_int64(q, 15);
	b->first_seed = (uint64_t)sqlite3_column_int64(q, 16);
	b->cheap_seed = (uint64_t)sqlite3_column_int64(q, 17);
	b->cheap_event = (uint64_t)sqlite3_column_int64(q, 18);
	b->replays = (uint32_t)sqlite3_column_int64(q, 19);
	b->replayed = (uint32_t)sqlite3_column_int64(q, 20);
	snprintf(b->trail, sizeof(b->trail), "%s", store_text(q, 21));
	snprintf(b->stack, sizeof(b->stack), "%s", store_text(q, 22));
	t->fn(&row, t->arg);
}

bool store_each_new(struct store *s, store_new_row *fn, void *arg)
{
	struct taking t = { fn, arg };

	return store_sql(s, "SELECT bucket.kind, check_name, function, slice, site, divergence.text, bucket.id,"
			 " scenario.name, hash, scenario.text, variant.name, identity, class, overrides, flavour,"
			 " runs, bucket.first_seed, cheap_seed, cheap_event, replays, replayed, trail, stack FROM bucket"
			 " JOIN divergence ON divergence.bucket = bucket.id AND divergence.seed = bucket.first_seed"
			 " JOIN cell ON cell.id = bucket.cell JOIN campaign ON campaign.id = cell.campaign"
			 " JOIN scenario ON scenario.id = cell.scenario JOIN variant ON variant.id = cell.variant"
			 " WHERE known = '' AND NOT follows AND NOT expected AND NOT cell.canary"
			 " ORDER BY bucket.kind, check_name, function, slice, scenario.name, variant.name, bucket.id", take,
			 &t, "");
}

bool store_new_examined(struct store *s, int64_t id, const struct bucket *b)
{
	return store_sql(s, "UPDATE bucket SET replays = ?, replayed = ?, trail = ?, stack = ? WHERE id = ?", NULL, NULL,
			 "iissi", (int64_t)b->replays, (int64_t)b->replayed, b->trail, b->stack, id);
}
