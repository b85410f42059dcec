/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a campaign says at its end about its own certainty, into the store; and
 * what other campaigns of the store showed, for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/canary.h"
#include "sim/cmd/store_sql.h"
#include "sim/cmd/sure.h"

#define OF_CELL "(SELECT scenario FROM cell WHERE id = ?2), (SELECT variant FROM cell WHERE id = ?2)"

static bool write_sure(struct store *s, const struct campaign *c, const struct cell *cell)
{
	struct sure x;
	char bound[160], text[320];

	sure_of(&x, c, cell);
	sure_bound_text(x.nr_runs, bound, sizeof(bound));
	snprintf(text, sizeof(text), "%s, for seeds of %s drawn uniformly; nothing follows for other scenarios", bound,
		 c->scenarios[cell->scenario].name);
	return store_sql(s, "INSERT INTO sure (campaign, scenario, variant, runs, clean, bound, sampled, pairs, f1, f2,"
			 " unseen, hidden, text) VALUES (?1, " OF_CELL ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
			 NULL, NULL, "iiiidiiiidds", s->campaign, store_cell(s, c, cell), (int64_t)x.nr_runs,
			 (int64_t)x.clean, x.bound, (int64_t)cell->nr_sampled, (int64_t)x.nr_states, (int64_t)x.f1,
			 (int64_t)x.f2, x.unseen, x.hidden, text);
}

static bool write_gone(struct store *s, const struct campaign *c, const struct gone *g)
{
	return store_sql(s, "INSERT INTO gone (campaign, scenario, variant, kind, check_name, function, slice, other,"
			 " other_identity, other_shown, other_runs, rate_low, clean, needed, more) VALUES (?1, "
			 OF_CELL ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)", NULL, NULL, "iissssssiidiii",
			 s->campaign, store_cell(s, c, g->cell), divergence_key(g->bucket->kind),
			 g->bucket->first.check, g->bucket->function, g->bucket->slice, g->other, g->other_identity,
			 (int64_t)g->other_shown, (int64_t)g->other_runs, g->rate_low, (int64_t)g->clean,
			 (int64_t)g->needed, (int64_t)g->more);
}

static bool write_canary(struct store *s, const struct campaign *c)
{
	const struct cell *cell = campaign_canary(c);
	struct canary y;

	canary_judge(&y, c);
	return store_sql(s, "INSERT OR REPLACE INTO canary (campaign, state, variant, identity, scenario, rate, enough, runs,"
			 " shown, first_seed, text) VALUES (?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?9,"
			 " CASE ?9 WHEN 0 THEN NULL ELSE ?10 END, ?11)", NULL, NULL, "issssdiiiis", s->campaign,
			 canary_key(y.state), cell ? c->variants[cell->variant].name : "",
			 cell ? c->variants[cell->variant].identity : "", cell ? c->scenarios[cell->scenario].name : "",
			 y.rate, (int64_t)y.enough, (int64_t)y.nr_runs, (int64_t)y.nr_shown, (int64_t)y.first_seed,
			 y.text);
}

bool store_write_sure(struct store *s, const struct campaign *c)
{
	struct gone_list l;
	bool ok;

	sure_gone(&l, c);
	ok = store_still_there(s) && store_exec(s, "BEGIN IMMEDIATE") &&
	     store_sql(s, "DELETE FROM sure WHERE campaign = ?", NULL, NULL, "i", s->campaign) &&
	     store_sql(s, "DELETE FROM gone WHERE campaign = ?", NULL, NULL, "i", s->campaign);
	for (uint32_t i = 0; ok && i < c->nr_cells; i++)
		ok = write_sure(s, c, &c->cells[i]);
	for (uint32_t i = 0; ok && i < l.nr; i++)
		ok = write_gone(s, c, &l.item[i]);
	free(l.item);
	return ok && write_canary(s, c) && store_exec(s, "COMMIT");
}

/* --- Other campaigns. */
struct taking {
	struct campaign *c;
	uint32_t scenario;
};

static void take_elsewhere(sqlite3_stmt *q, void *arg)
{
	struct taking *t = arg;
	struct campaign *c = t->c;
	struct elsewhere *e;
	int kind = divergence_from_key(store_text(q, 0));

	if (kind < 0)
		return;
	c->elsewhere = alloc_grow(c->elsewhere, c->nr_elsewhere, sizeof(*e));
	e = &c->elsewhere[c->nr_elsewhere++];
	memset(e, 0, sizeof(*e));
	e->scenario = t->scenario;
	e->bucket.kind = (uint32_t)kind;
	snprintf(e->bucket.first.check, sizeof(e->bucket.first.check), "%s", store_text(q, 1));
	snprintf(e->bucket.function, sizeof(e->bucket.function), "%s", store_text(q, 2));
	snprintf(e->variant, sizeof(e->variant), "%s", store_text(q, 3));
	snprintf(e->identity, sizeof(e->identity), "%s", store_text(q, 4));
	e->bucket.nr_runs = (uint64_t)sqlite3_column_int64(q, 5);
	e->nr_runs = (uint64_t)sqlite3_column_int64(q, 6);
	snprintf(e->bucket.slice, sizeof(e->bucket.slice), "%s", store_text(q, 7));
	e->bucket.follows = sqlite3_column_int(q, 8);
}

bool store_load_elsewhere(struct store *s, struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_scenarios; i++) {
		struct taking t = { c, i };

		if (!store_sql(s, "SELECT bucket.kind, bucket.check_name, bucket.function, variant.name,"
			       " variant.identity, sum(bucket.runs), (SELECT sum(count) FROM range JOIN cell x"
			       " ON x.id = range.cell WHERE x.campaign = cell.campaign AND x.scenario = cell.scenario"
			       " AND x.variant = cell.variant AND NOT x.canary), bucket.slice, bucket.follows FROM bucket"
			       " JOIN cell ON cell.id = bucket.cell JOIN campaign ON campaign.id = cell.campaign"
			       " JOIN scenario ON scenario.id = cell.scenario JOIN variant ON variant.id = cell.variant"
			       " WHERE NOT cell.canary AND campaign.id <> ? AND scenario.name = ?"
			       " AND scenario.hash = ? AND campaign.overrides = ? AND campaign.flavour = ?"
			       " GROUP BY cell.campaign, cell.scenario, cell.variant, bucket.kind, bucket.check_name,"
			       " bucket.function, bucket.slice, bucket.follows ORDER BY 1, 2, 3, 8, 4, 5, cell.campaign", take_elsewhere, &t, "isiss",
			       s->campaign, c->scenarios[i].name, (int64_t)c->scenarios[i].hash, c->overrides,
			       flavour_name(c->flavour)))
			return false;
	}
	return true;
}
