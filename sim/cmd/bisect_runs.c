/* SPDX-License-Identifier: GPL-2.0-only */
/* See bisect_runs.h. */
#include "sim/cmd/bisect_runs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/log.h"
#include "sim/cmd/prepare.h"
#include "sim/cmd/stats_wilson.h"
#include "sim/cmd/supervisor.h"

/* Hits after which the rate is known well enough, and runs after which one gives up. */
#define ENOUGH_HITS	10
#define FIRST_RUNS	100u
#define MOST_RUNS	409600u
/* They cost nothing, and an older revision may show it less often. */
#define LEAST_RUNS	30u

uint64_t bisect_runs_needed(double rate)
{
	return rate >= 1 ? 1 : (uint64_t)ceil(log(BISECT_MISS) / log1p(-rate));
}

int bisect_runs_open(struct bisect_runs *r, const struct command_line *cl, const char *token)
{
	char error[512];

	r->cl = *cl;
	r->nr_wanted = cl->runs;
	if (token_parse(token, &r->token, error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	if (r->token.overrides[0])
		option_list_add(&r->cl.set, r->token.overrides);
	option_list_add(&r->scenario, cl->scenario ? cl->scenario : r->token.scenario);
	return 0;
}

/* A campaign of one cell. The exit code if it could not be made or was stopped. */
static int run(struct bisect_runs *r, const char *variant, uint64_t first, uint64_t nr, struct campaign *c)
{
	struct option_list variants = { 0 };
	int code, signal;

	memset(c, 0, sizeof(*c));
	option_list_add(&variants, variant);
	r->cl.runs = 0;
	r->cl.seeds = (struct option_seeds){ first, first + (nr - 1), true };
	code = prepare_campaign(c, &r->cl, &r->scenario, &variants);
	if (code)
		return code;
	if (r->token.scenario_hash && r->token.scenario_hash != c->scenarios[0].hash)
		return cmd_fail(CMD_BAD_INPUT, "scenario %s has changed since the token was made; "
				"a token without @HASH behind its name takes it as it is", c->scenarios[0].name);
	signal = supervisor_run(c);
	return signal ? CMD_SIGNAL + signal : 0;
}

static void end(struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		free(c->cells[i].buckets);
		free(c->cells[i].failures);
	}
	free(c->cells);
	free(c->scenarios);
	free(c->variants);
}

static uint64_t hits(const struct bisect_runs *r, const struct campaign *c)
{
	uint64_t nr = 0;

	/* Known or not, and which slice, is a matter of the variant: a run may be in several of them. */
	for (uint32_t i = 0; i < c->cells[0].nr_buckets; i++)
		if (campaign_same_cause(&c->cells[0].buckets[i], &r->wanted))
			nr += c->cells[0].buckets[i].nr_runs;
	return nr < c->cells[0].nr_runs ? nr : c->cells[0].nr_runs;
}

/* The most serious bucket of the run, or the one that --check names. */
static bool choose(struct bisect_runs *r, const struct campaign *c)
{
	const struct bucket *best = NULL;

	for (uint32_t i = 0; i < c->cells[0].nr_buckets; i++) {
		const struct bucket *b = &c->cells[0].buckets[i];

		if (r->cl.check && strcmp(r->cl.check, b->first.check))
			continue;
		if (!best || b->kind < best->kind)
			best = b;
	}
	if (best)
		r->wanted = *best;
	return best;
}

static bool find_on(struct bisect_runs *r, const char *variant, int *code)
{
	struct campaign c;
	bool found = false;

	*code = run(r, variant, r->token.seed, 1, &c);
	if (*code)
		return false;
	if (!r->token.identity[0] || strcmp(variant, r->token.variant) ||
	    !strcmp(r->token.identity, c.variants[0].identity))
		found = choose(r, &c);
	end(&c);
	return found;
}

int bisect_runs_find(struct bisect_runs *r, const char *variant)
{
	char path[CMD_PATH_MAX], error[1024];
	bool found = false;
	int code = 0;

	if (!paths_runner(r->token.variant, FLAVOUR_PLAIN, path, sizeof(path), error, sizeof(error)))
		found = find_on(r, r->token.variant, &code);
	if (!found && !code)
		found = find_on(r, variant, &code);
	if (code)
		return code;
	if (!found)
		return cmd_fail(CMD_BAD_INPUT, "the token's run shows %s, neither on %s nor on the bad revision",
				r->cl.check ? r->cl.check : "nothing", r->token.variant);
	log_line("looking for: %s  [%s]  %s", divergence_name(r->wanted.kind), r->wanted.first.check, r->wanted.function);
	return 0;
}

/*
 * A harness that fails cannot say that something is not there, nor can runs that a limit or something else
 * ended first. With half of them the chance to miss it is that of BISECT_MISS's root, 10 %: no less will do.
 */
static bool says_good(const struct cell *cell)
{
	return !cell->nr_failures && cell->nr_runs && 2 * cell->nr_ends[RUN_COMPLETE] >= cell->nr_runs;
}

int bisect_runs_count(struct bisect_runs *r, const char *variant, uint64_t first, uint64_t nr_seeds,
		      struct bisect_entry *e)
{
	struct campaign c;
	int code = run(r, variant, first, nr_seeds, &c);

	if (code)
		return code;
	e->nr_runs = c.cells[0].nr_runs;
	e->nr_hits = hits(r, &c);
	e->verdict = e->nr_hits ? BISECT_BAD : says_good(&c.cells[0]) ? BISECT_GOOD : BISECT_SKIP;
	end(&c);
	return 0;
}

int bisect_runs_measure(struct bisect_runs *r, const char *variant, uint64_t *nr_seeds)
{
	/* The token's own run is not chance: the rate is measured on those after it. */
	uint64_t first = r->token.seed + 1, nr_hits = 0, nr_runs = 0;
	struct bisect_entry e;
	double low, high;

	if (r->nr_wanted) {
		*nr_seeds = r->nr_wanted;
		return 0;
	}
	for (uint64_t step = FIRST_RUNS; nr_hits < ENOUGH_HITS && nr_runs < MOST_RUNS; step *= 2) {
		int code = bisect_runs_count(r, variant, first + nr_runs, step, &e);

		if (code)
			return code;
		nr_runs += step;
		nr_hits += e.nr_hits;
	}
	if (nr_hits < ENOUGH_HITS / 2)
		return cmd_fail(CMD_INCONCLUSIVE, "the bad revision shows it in %" PRIu64 " of %" PRIu64
				" runs, too rarely to say of another one that it does not; --runs N decides by N runs",
				nr_hits, nr_runs);
	stats_wilson(nr_hits, nr_runs, &low, &high);
	*nr_seeds = bisect_runs_needed(low);
	if (*nr_seeds < LEAST_RUNS)
		*nr_seeds = LEAST_RUNS;
	log_line("the bad revision: %" PRIu64 " of %" PRIu64 " runs show it; %" PRIu64
		 " runs of each revision miss it with a probability below 1 %%", nr_hits, nr_runs, *nr_seeds);
	return 0;
}
