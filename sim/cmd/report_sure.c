/* SPDX-License-Identifier: GPL-2.0-only */
/* See report_sure.h. */
#include "sim/cmd/report_sure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/canary.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"
#include "sim/cmd/sure.h"

#define MAX_GONE_LISTED 20

static void print_pairs(FILE *f, const struct cell *cell, const struct sure *s)
{
	char states[32], sampled[32], hidden[32];

	if (!cell->nr_sampled)
		return;
	fprintf(f,
		"; of operations in pairs with the APIC's state %s were seen in %s runs, the next one seen is new "
		"with probability %.3g (Good-Turing), at least %s more exist (Chao)",
		progress_count(s->nr_states, states, sizeof(states)),
		progress_count(cell->nr_sampled, sampled, sizeof(sampled)), s->unseen,
		progress_count((uint64_t)(s->hidden + 0.5), hidden, sizeof(hidden)));
}

static void print_cell(FILE *f, const struct campaign *c, const struct cell *cell)
{
	struct sure s;
	char text[160];

	sure_of(&s, c, cell);
	sure_bound_text(s.nr_runs, text, sizeof(text));
	fprintf(f, "  %s on %s: %s", c->scenarios[cell->scenario].name, c->variants[cell->variant].name, text);
	print_pairs(f, cell, &s);
	fprintf(f, "\n");
}

/* The cell that says least about its variant. */
static const struct cell *least_sure(const struct campaign *c, uint32_t variant)
{
	const struct cell *least = campaign_cell(c, 0, variant);

	for (uint32_t i = 1; i < c->nr_scenarios; i++)
		if (campaign_cell(c, i, variant)->nr_ends[RUN_COMPLETE] < least->nr_ends[RUN_COMPLETE])
			least = campaign_cell(c, i, variant);
	return least;
}

static void print_gone(FILE *f, const struct campaign *c, const struct gone *g)
{
	char shown[32], of[32], clean[32], needed[32], more[32];

	fprintf(f, "  %s [%s] %s%s%s%s  %s on %s: in %s of %s runs of %s, in none of %s here; ",
		divergence_name(g->bucket->kind), g->bucket->first.check, g->bucket->function,
		g->bucket->function[0] ? "()" : "", g->bucket->function[0] && g->bucket->slice[0] ? " " : "",
		g->bucket->slice, c->scenarios[g->cell->scenario].name, c->variants[g->cell->variant].name,
		progress_count(g->other_shown, shown, sizeof(shown)), progress_count(g->other_runs, of, sizeof(of)),
		g->other, progress_count(g->clean, clean, sizeof(clean)));
	if (!g->more)
		fprintf(f, "fixed at 95 %% (%s clean runs are needed)\n",
			progress_count(g->needed, needed, sizeof(needed)));
	else
		fprintf(f, "%s more clean runs until it may be called fixed at 95 %%\n",
			progress_count(g->more, more, sizeof(more)));
}

static void print_gone_list(FILE *f, const struct campaign *c)
{
	struct gone_list l;

	sure_gone(&l, c);
	if (l.nr)
		fprintf(f, "\nnot seen here, but on another variant\n");
	for (uint32_t i = 0; i < l.nr && (i < MAX_GONE_LISTED || c->verbose); i++)
		print_gone(f, c, &l.item[i]);
	if (l.nr > MAX_GONE_LISTED && !c->verbose)
		fprintf(f, "  ... and %u more; --verbose lists all\n", l.nr - MAX_GONE_LISTED);
	free(l.item);
}

void report_sure_text(FILE *f, const struct campaign *c, bool per_scenario)
{
	fprintf(f,
		"\nhow sure: per scenario, for seeds drawn uniformly, which is what the scenario's weights, times and "
		"policy make of them; nothing follows for other scenarios\n");
	for (uint32_t v = 0; v < c->nr_variants; v++) {
		if (!per_scenario)
			print_cell(f, c, least_sure(c, v));
		for (uint32_t s = 0; per_scenario && s < c->nr_scenarios; s++)
			print_cell(f, c, campaign_cell(c, s, v));
	}
	if (!per_scenario && c->nr_scenarios > 1)
		fprintf(f, "  (of %u scenarios the one with the fewest runs; --table lists all)\n", c->nr_scenarios);
	print_gone_list(f, c);
	if (c->store) {
		struct canary y;

		canary_judge(&y, c);
		fprintf(f, "\n%s\n", y.text);
	}
}

/* Only where there is one: what a campaign prints does not depend on whether it is stored. */
static void print_canary_json(FILE *f, const struct campaign *c)
{
	const struct cell *cell = campaign_canary(c);
	struct canary y;

	if (!cell)
		return;
	canary_judge(&y, c);
	json_cell(f, "canary", c, cell);
	fprintf(f, ",\"state\":\"%s\",\"runs\":%" PRIu64 ",\"shown\":%" PRIu64 ",\"enough\":%" PRIu64
		",\"rate\":%.6g}\n", canary_key(y.state), y.nr_runs, y.nr_shown, y.enough, y.rate);
}

void report_sure_json(FILE *f, const struct campaign *c)
{
	struct gone_list l;
	struct sure s;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];

		sure_of(&s, c, cell);
		json_cell(f, "sure", c, cell);
		fprintf(f,
			",\"runs\":%" PRIu64 ",\"bound\":%.6g,\"clean\":%s,\"sampled\":%" PRIu64
			",\"pairs\":%" PRIu64 ",\"f1\":%" PRIu64 ",\"f2\":%" PRIu64
			",\"unseen\":%.6g,\"hidden\":%.6g}\n",
			s.nr_runs, s.bound, s.clean ? "true" : "false", cell->nr_sampled, s.nr_states, s.f1,
			s.f2, s.unseen, s.hidden);
	}
	print_canary_json(f, c);
	sure_gone(&l, c);
	for (uint32_t i = 0; i < l.nr; i++) {
		const struct gone *g = &l.item[i];

		json_cell(f, "gone", c, g->cell);
		json_member(f, "kind", divergence_key(g->bucket->kind));
		json_member(f, "check", g->bucket->first.check);
		json_member(f, "function", g->bucket->function);
		json_member(f, "slice", g->bucket->slice);
		json_member(f, "other", g->other);
		fprintf(f,
			",\"other_shown\":%" PRIu64 ",\"other_runs\":%" PRIu64
			",\"rate_low\":%.6g,\"clean\":%" PRIu64 ",\"needed\":%" PRIu64 ",\"more\":%" PRIu64
			"}\n",
			g->other_shown, g->other_runs, g->rate_low, g->clean, g->needed, g->more);
	}
	free(l.item);
}
