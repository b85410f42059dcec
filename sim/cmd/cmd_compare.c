/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim compare: the same seeds on a base and on other variants, and what is
 * different.  The campaign is an ordinary one that keeps single runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/compare.h"
#include "sim/cmd/log.h"
#include "sim/cmd/prepare.h"
#include "sim/cmd/report_compare.h"
#include "sim/cmd/store_compare.h"
#include "sim/cmd/supervisor.h"

/* Scenarios of more vCPUs are for other purposes, and take seconds a run. */
#define MOST_VCPUS 256

static bool is_variant(const char *word, uint32_t flavour)
{
	char path[CMD_PATH_MAX], error[1024];

	return !paths_runner(word, flavour, path, sizeof(path), error, sizeof(error));
}

/* Variants up to the first word that is none; then scenarios. */
static int sort_words(const struct command_line *cl, struct option_list *variants, struct option_list *scenarios)
{
	char path[CMD_PATH_MAX], error[1024];

	for (uint32_t i = 0; i < cl->args.nr; i++) {
		const char *word = cl->args.item[i];

		if (!scenarios->nr && is_variant(word, cl->flavour)) {
			option_list_add(variants, word);
			continue;
		}
		if (paths_scenario(word, path, sizeof(path), error, sizeof(error))) {
			if (i < 2)
				paths_runner(word, cl->flavour, path, sizeof(path), error, sizeof(error));
			return cmd_fail(CMD_BAD_INPUT, "%s", error);
		}
		option_list_add(scenarios, word);
	}
	if (variants->nr < 2)
		return cmd_fail(CMD_USAGE, "compare: needs a base and at least one more variant; "
				"lapicsim compare --help says more");
	return 0;
}

void compare_all_scenarios(struct option_list *scenarios)
{
	char folder[CMD_PATH_MAX + 16], path[512], error[1024];
	struct option_list all;
	struct scenario s;

	snprintf(folder, sizeof(folder), "%s/scenarios", paths_root());
	all = paths_list(folder, ".scn");
	for (uint32_t i = 0; i < all.nr; i++)
		if (!paths_scenario(all.item[i], path, sizeof(path), error, sizeof(error)) &&
		    !scenario_load(&s, path, "", error, sizeof(error)) && s.vms * s.vcpus <= MOST_VCPUS)
			option_list_add(scenarios, all.item[i]);
}

/* Exit code and last line: the harness's own troubles first, as for lapicsim run. */
static void judge(struct verdict *v, const struct comparison *x, int signal)
{
	const struct comparison_row *worst;
	uint32_t variant;

	verdict_make(v, x->c, signal);
	if (v->code >= CMD_SIGNAL || v->code == CMD_HARNESS)
		return;
	worst = comparison_worst(x, &variant);
	if (worst) {
		v->code = CMD_DIVERGENCE;
		verdict_replay_command(x->c, worst->side[variant].first,
				       worst->side[variant].bucket->first_seed, v->again, sizeof(v->again));
	} else if (v->nr_limits) {
		v->code = CMD_INCONCLUSIVE;
		verdict_show_limit(v, x->c);
	} else {
		v->code = CMD_OK;
		v->again[0] = '\0';
	}
}

/* What takes more runs: where pairs part, and which of the changed lines were executed. */
static void look_closer(const struct comparison *x, const struct command_line *cl, struct compared *after)
{
	for (uint32_t v = 1; v < x->c->nr_variants && !supervisor_stopped(); v++) {
		const struct comparison_behaviour *b = &x->behaviour[v];
		struct compared *a = &after[v];

		if (b->differs)
			a->parts = !first_event_find(x->c, campaign_cell(x->c, b->differs->scenario, 0), b->differs,
						     b->seed, &a->event, a->error, sizeof(a->error));
		if (cl->coverage_runs) {
			a->measured = true;
			touched_measure(&a->touched, x->c, v, cl->coverage_runs);
		}
	}
}

static int conclude(struct campaign *c, const struct command_line *cl, int signal)
{
	struct compared *after = alloc_array(c->nr_variants, sizeof(*after));
	struct comparison x;
	struct verdict v;

	campaign_sort(c);
	comparison_make(&x, c);
	if (!signal) {
		look_closer(&x, cl, after);
		signal = supervisor_stopped();
	}
	judge(&v, &x, signal);
	if (cl->json)
		report_compare_json(stdout, &x, after, &v);
	else
		report_compare(stdout, &x, after, &v);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_HARNESS, "the result could not be written");
	if (c->store && !signal)
		store_write_comparison(c->store, &x, after);
	if (c->store && prepare_close_store(c, signal))
		return CMD_HARNESS;
	return v.code;
}

int compare_run(const struct command_line *cl, const struct option_list *variants,
		const struct option_list *scenarios)
{
	struct campaign c = { 0 };
	int code, signal;

	code = prepare_campaign(&c, cl, scenarios, variants);
	if (code)
		return code;
	for (uint32_t i = 0; i < c.nr_cells; i++)
		c.cells[i].pairs = pairs_new();
	if (cl->store)
		code = prepare_store(&c, cl->store);
	if (code)
		return code;
	signal = supervisor_run(&c);
	return conclude(&c, cl, signal);
}

int cmd_compare(int argc, char **argv)
{
	struct option_list variants = { 0 }, scenarios = { 0 };
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "compare", argc, argv, &code))
		return code;
	code = sort_words(&cl, &variants, &scenarios);
	if (code)
		return code;
	if (!scenarios.nr)
		compare_all_scenarios(&scenarios);
	return compare_run(&cl, &variants, &scenarios);
}
