/* SPDX-License-Identifier: GPL-2.0-only */
/* See canary.h. */
#define _GNU_SOURCE
#include "sim/cmd/canary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/child.h"
#include "sim/cmd/log.h"
#include "sim/cmd/progress.h"

#define CLASS		"canary"
#define LONG_TIME_NS	60000000000ull	/* a campaign of less does not build one */

/* The scenario's enough_runs are for 99.9 %. */
static double rate_of(const struct scenario *s)
{
	return log(1000) / s->enough_runs;
}

static uint64_t expected_in(const struct scenario *s)
{
	return (uint64_t)ceil(log(20) / rate_of(s));
}

static bool long_enough(const struct campaign *c, const struct scenario *s)
{
	uint64_t runs;

	if (c->until_quiet)
		return c->until_quiet / CANARY_SHARE >= expected_in(s);
	if (c->time_ns)
		return c->time_ns >= LONG_TIME_NS;
	return __builtin_mul_overflow(c->last_seed - c->first_seed + 1, c->nr_cells, &runs) ||
	       runs / CANARY_SHARE >= expected_in(s);
}

static int build(const struct campaign *c, const char *name)
{
	struct child builder;
	int code;

	child_python(&builder, "kvm/builder");
	child_add(&builder, "add", name, "--like", c->variants[0].name, "--rule", "canary", "--class", CLASS,
		  "--flavour", flavour_name(c->flavour), "--build", paths_build(), (char *)NULL);
	log_line("the canary of this campaign is %s", name);
	code = child_run(&builder);
	return code ? cmd_fail(code > 0 ? code : CMD_HARNESS, "the canary could not be built; --no-canary goes without")
		    : 0;
}

/* Behind what the user asked for, where only those look who are given its cell. */
static int install(struct campaign *c, const char *name)
{
	struct variant *v = &c->variants[c->nr_variants];
	char error[1024];

	v->name = name;
	if (paths_runner(name, c->flavour, v->program, sizeof(v->program), error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "canary: %s", error);
	c->cells[c->nr_cells] = (struct cell){ .scenario = c->nr_scenarios, .variant = c->nr_variants,
					       .canary = true };
	c->has_canary = true;
	return 0;
}

int canary_prepare(struct campaign *c, const struct command_line *cl)
{
	struct scenario *s = &c->scenarios[c->nr_scenarios];
	char path[512], error[1024], *name;
	int code = 0;

	c->canary = cl->no_canary ? CANARY_OFF : CANARY_SHORT;
	if (cl->no_canary)
		return cl->canary ? cmd_fail(CMD_USAGE, "--canary and --no-canary exclude each other") : 0;
	/* Without the overrides: its rate is known for the file as it is. */
	if (paths_scenario(CLASS, path, sizeof(path), error, sizeof(error)) ||
	    scenario_load(s, path, "", error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "canary: %s; --no-canary goes without", error);
	if (!long_enough(c, s))
		return 0;
	if (asprintf(&name, "canary-%s", c->variants[0].name) < 0)
		alloc_failed();
	if (cl->canary) {
		free(name);
		name = (char *)cl->canary;
	} else {
		code = build(c, name);
	}
	return code ? code : install(c, name);
}

/* --- Afterwards. */
static void count(struct canary *y, const struct campaign *c, const struct cell *cell)
{
	const struct scenario *s = &c->scenarios[cell->scenario];

	y->first_seed = UINT64_MAX;
	for (uint32_t i = 0; i < cell->nr_buckets; i++) {
		const struct bucket *b = &cell->buckets[i];

		if (scenario_expects(s, CLASS, b->kind) != EXPECT_ALWAYS)
			continue;
		y->nr_shown = cell->nr_kind[b->kind];
		if (b->first_seed < y->first_seed)
			y->first_seed = b->first_seed;
	}
	y->nr_runs = cell->nr_runs;
	y->enough = s->enough_runs;
	y->expected = expected_in(s);
	y->rate = rate_of(s);
	y->state = y->nr_shown ? CANARY_FOUND : y->nr_runs >= y->enough || cell->broken ? CANARY_MISSED :
		   y->nr_runs >= y->expected ? CANARY_LATE : CANARY_SHORT;
}

static void describe(struct canary *y, const struct campaign *c)
{
	const struct cell *cell = campaign_canary(c);
	const char *name = cell ? c->variants[cell->variant].name : "";
	char runs[32], shown[32], enough[32];

	progress_count(y->nr_runs, runs, sizeof(runs));
	progress_count(y->nr_shown, shown, sizeof(shown));
	progress_count(y->enough, enough, sizeof(enough));
	if (y->state == CANARY_OFF)
		snprintf(y->text, sizeof(y->text), "canary: off");
	else if (y->state == CANARY_SHORT)
		snprintf(y->text, sizeof(y->text), "canary: too short to tell%s%s%s%s", cell ? ": " : "",
			 cell ? runs : "", cell ? " runs of " : "", name);
	else if (y->state == CANARY_FOUND)
		snprintf(y->text, sizeof(y->text), "canary: found, %s shows itself in %s of %s runs", name, shown, runs);
	else if (y->state == CANARY_LATE)
		snprintf(y->text, sizeof(y->text), "canary: late, %s has not shown itself in %s runs; %s must do", name,
			 runs, enough);
	else
		snprintf(y->text, sizeof(y->text), "CANARY NOT FOUND: %s breaks KVM on purpose, and %s runs did not show it "
			 "(%s must do). What this campaign did not find means nothing", name, runs, enough);
}

void canary_judge(struct canary *y, const struct campaign *c)
{
	const struct cell *cell = campaign_canary(c);

	*y = (struct canary){ .state = (enum canary_state)c->canary };
	if (cell)
		count(y, c, cell);
	describe(y, c);
}

const char *canary_key(enum canary_state state)
{
	static const char *const keys[] = {
		[CANARY_OFF] = "off", [CANARY_SHORT] = "short", [CANARY_LATE] = "late",
		[CANARY_FOUND] = "found", [CANARY_MISSED] = "missed",
	};

	return keys[state];
}
