/* SPDX-License-Identifier: GPL-2.0-only */
/* See verdict.h. */
#include "sim/cmd/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/canary.h"
#include "sim/cmd/store.h"

static const struct scenario *scenario_of(const struct campaign *c, const struct cell *cell)
{
	return &c->scenarios[cell->scenario];
}

static const char *class_of(const struct campaign *c, const struct cell *cell)
{
	return c->variants[cell->variant].class;
}

bool verdict_expected(const struct campaign *c, const struct cell *cell, const struct bucket *b)
{
	return !campaign_is_new(c, cell, b);
}

/* " --scenario PATH" for a file that its name alone does not find. */
static void scenario_option(const struct scenario *s, char *buf, size_t n)
{
	char usual[CMD_PATH_MAX + 128];

	snprintf(usual, sizeof(usual), "%s/scenarios/%s.scn", paths_root(), s->name);
	buf[0] = '\0';
	if (strcmp(usual, s->path))
		snprintf(buf, n, " --scenario %s", s->path);
}

static void flavour_option(const struct campaign *c, char *buf, size_t n)
{
	buf[0] = '\0';
	if (c->flavour != FLAVOUR_PLAIN)
		snprintf(buf, n, " --flavour %s", flavour_name(c->flavour));
}

void verdict_replay_command(const struct campaign *c, const struct cell *cell, uint64_t seed, char *buf,
			    size_t n)
{
	char token[TOKEN_MAX_BYTES], scenario[600], flavour[32];

	campaign_token(c, cell, seed, token, sizeof(token));
	scenario_option(scenario_of(c, cell), scenario, sizeof(scenario));
	flavour_option(c, flavour, sizeof(flavour));
	snprintf(buf, n, "lapicsim replay %s%s%s", token, scenario, flavour);
}

static void run_command(const struct campaign *c, const struct cell *cell, uint64_t last, char *buf, size_t n)
{
	const struct scenario *s = scenario_of(c, cell);
	const char *overrides = campaign_overrides(c, cell);
	char scenario[600], flavour[32];

	scenario_option(s, scenario, sizeof(scenario));
	flavour_option(c, flavour, sizeof(flavour));
	snprintf(buf, n, "lapicsim run %s --variant %s --seeds %llu-%llu%s%s%s", *scenario ? s->path : s->name,
		 c->variants[cell->variant].name, (unsigned long long)c->first_seed, (unsigned long long)last,
		 *overrides ? " --set " : "", overrides, flavour);
}

static void look_for_missing(struct verdict *v, const struct campaign *c, const struct cell *cell)
{
	const struct scenario *s = scenario_of(c, cell);

	if (cell->broken || !cell->nr_runs)
		return;
	for (uint32_t kind = 0; kind < DIV_NR_KINDS; kind++) {
		struct verdict_missing *m;

		if (!scenario_mentions(s, class_of(c, cell), kind) ||
		    scenario_expects(s, class_of(c, cell), kind) != EXPECT_ALWAYS || cell->nr_kind[kind])
			continue;
		v->missing = alloc_grow(v->missing, v->nr_listed, sizeof(*m));
		m = &v->missing[v->nr_listed++];
		m->cell = cell;
		m->kind = kind;
		m->decided = cell->nr_runs >= s->enough_runs;
		v->nr_missing += m->decided;
	}
}

static void count(struct verdict *v, const struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];

		for (uint32_t b = 0; b < cell->nr_buckets; b++) {
			if (cell->buckets[b].known)
				v->nr_known++;
			else if (verdict_expected(c, cell, &cell->buckets[b]))
				v->nr_expected++;
			else if (cell->buckets[b].follows)
				v->nr_following++;
			else
				v->nr_unexpected++;
		}
		v->nr_failures += cell->nr_failures;
		v->nr_limits += campaign_nr_inconclusive(cell);
		look_for_missing(v, c, cell);
	}
}

/* The most serious kind; of that the first cell. */
static void show_unexpected(struct verdict *v, const struct campaign *c)
{
	const struct cell *worst_cell = NULL;
	const struct bucket *worst = NULL;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		for (uint32_t b = 0; b < c->cells[i].nr_buckets; b++) {
			const struct bucket *bucket = &c->cells[i].buckets[b];

			if (verdict_expected(c, &c->cells[i], bucket) || bucket->follows ||
			    (worst && worst->kind <= bucket->kind))
				continue;
			worst = bucket;
			worst_cell = &c->cells[i];
		}
	}
	if (worst)
		verdict_replay_command(c, worst_cell, worst->first_seed, v->again, sizeof(v->again));
}

static void show_failure(struct verdict *v, const struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		const struct cell *cell = &c->cells[i];

		if (!cell->nr_failures)
			continue;
		if (cell->failures[0].kind == FAILURE_SETUP)
			run_command(c, cell, c->first_seed, v->again, sizeof(v->again));
		else
			verdict_replay_command(c, cell, cell->failures[0].seed, v->again, sizeof(v->again));
		return;
	}
}

static void show_missing(struct verdict *v, const struct campaign *c)
{
	for (uint32_t i = 0; i < v->nr_listed; i++) {
		const struct cell *cell = v->missing[i].cell;

		if (!v->missing[i].decided)
			continue;
		run_command(c, cell, c->first_seed + cell->nr_runs - 1, v->again, sizeof(v->again));
		return;
	}
}

void verdict_show_limit(struct verdict *v, const struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		if (campaign_nr_inconclusive(&c->cells[i])) {
			verdict_replay_command(c, &c->cells[i], c->cells[i].first_limit, v->again,
					       sizeof(v->again));
			return;
		}
	}
}

void verdict_make(struct verdict *v, const struct campaign *c, int signal)
{
	struct canary canary;

	memset(v, 0, sizeof(*v));
	count(v, c);
	canary_judge(&canary, c);
	/* The worst comes first: what a harness that failed says about KVM cannot be relied on. */
	if (canary.state == CANARY_MISSED) {
		v->code = CMD_HARNESS;
		run_command(c, campaign_canary(c), c->first_seed + canary.nr_runs - 1, v->again, sizeof(v->again));
	} else if (v->nr_failures) {
		v->code = CMD_HARNESS;
		show_failure(v, c);
	} else if (v->nr_unexpected) {
		v->code = CMD_DIVERGENCE;
		show_unexpected(v, c);
	} else if (v->nr_missing) {
		v->code = CMD_MISSING;
		show_missing(v, c);
	} else if (v->nr_limits) {
		v->code = CMD_INCONCLUSIVE;
		verdict_show_limit(v, c);
	}
	if (c->store && store_error(c->store))
		v->code = CMD_HARNESS;
	if (signal)
		v->code = CMD_SIGNAL + signal;
}
