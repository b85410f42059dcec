/* SPDX-License-Identifier: GPL-2.0-only */
/* See prepare.h.  Everything is checked before the first run. */
#define _GNU_SOURCE
#include "sim/cmd/prepare.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/child.h"
#include "sim/cmd/log.h"
#include "sim/cmd/shard.h"
#include "sim/cmd/store.h"

#define DEFAULT_RUNS 1000u

static uint32_t nr_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

static int choose_seeds(struct campaign *c, const struct command_line *cl)
{
	if (cl->seeds.given && cl->runs)
		return cmd_fail(CMD_USAGE, "--seeds and --runs exclude each other");
	c->first_seed = cl->seeds.first;
	c->last_seed = cl->seeds.last;
	if (cl->runs)
		c->last_seed = cl->runs - 1;
	else if (!cl->seeds.given)
		c->last_seed = cl->time_ns || cl->until_quiet ? INT64_MAX : DEFAULT_RUNS - 1;
	return 0;
}

static int choose_shard(struct campaign *c, const char *text)
{
	struct shard shard;
	char error[256];

	c->feed_first = c->first_seed;
	c->feed_last = c->last_seed;
	if (!text)
		return 0;
	if (c->time_ns || c->until_quiet)
		return cmd_fail(CMD_USAGE, "--shard: only seeds can be cut into parts, not --time or --until-quiet");
	if (shard_parse(text, &shard, error, sizeof(error)))
		return cmd_fail(CMD_USAGE, "--shard: %s", error);
	if (!shard_cut(&shard, &c->feed_first, &c->feed_last))
		return cmd_fail(CMD_USAGE, "--shard: fewer seeds than parts");
	return 0;
}

static int load_scenarios(struct campaign *c, const struct option_list *names)
{
	char path[512], error[1024];

	c->scenarios = alloc_array(names->nr + 1, sizeof(*c->scenarios));
	for (uint32_t i = 0; i < names->nr; i++) {
		struct scenario *s = &c->scenarios[i];

		if (paths_scenario(names->item[i], path, sizeof(path), error, sizeof(error)) ||
		    scenario_load(s, path, c->overrides, error, sizeof(error)))
			return cmd_fail(CMD_BAD_INPUT, "%s", error);
		/* A token names its scenario by name. */
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(c->scenarios[j].name, s->name))
				return cmd_fail(CMD_USAGE, "scenario %s is named twice", s->name);
		c->nr_scenarios++;
	}
	return 0;
}

static int choose_variants(struct campaign *c, const struct option_list *given)
{
	struct option_list names = *given;
	char error[1024];

	if (!names.nr)
		names = paths_variants(c->flavour);
	if (!names.nr)
		return cmd_fail(CMD_BAD_INPUT,
				"no variant is built as %s; for instance: lapicsim variant add 6.12 --deb linux-source-6.12",
				flavour_name(c->flavour));
	c->variants = alloc_array(names.nr + 1, sizeof(*c->variants));
	for (uint32_t i = 0; i < names.nr; i++) {
		struct variant *v = &c->variants[c->nr_variants++];

		v->name = names.item[i];
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(c->variants[j].name, v->name))
				return cmd_fail(CMD_USAGE, "variant %s is named twice", v->name);
		if (paths_runner(v->name, c->flavour, v->program, sizeof(v->program), error, sizeof(error)))
			return cmd_fail(CMD_BAD_INPUT, "%s", error);
	}
	return 0;
}

static void make_cells(struct campaign *c)
{
	c->nr_cells = c->nr_scenarios * c->nr_variants;
	c->cells = alloc_array(c->nr_cells + 1, sizeof(*c->cells));
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		c->cells[i].scenario = i / c->nr_variants;
		c->cells[i].variant = i % c->nr_variants;
	}
}

/* A token that cannot be written, say for an odd override, must not come up after a night's work. */
static int check_tokens(const struct campaign *c)
{
	char token[TOKEN_MAX_BYTES], error[256];
	struct token t;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		campaign_token(c, &c->cells[i], c->last_seed, token, sizeof(token));
		if (token_parse(token, &t, error, sizeof(error)))
			return cmd_fail(CMD_USAGE, "runs of %s on %s could not be named by a token: %s",
					c->scenarios[c->cells[i].scenario].name,
					c->variants[c->cells[i].variant].name, error);
	}
	return 0;
}

static int load_known(struct campaign *c, const struct command_line *cl)
{
	char folder[CMD_PATH_MAX], error[1024];

	if (paths_known(cl->known, folder, sizeof(folder), error, sizeof(error)) ||
	    known_load(&c->known, folder, error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	return 0;
}

int prepare_campaign(struct campaign *c, const struct command_line *cl, const struct option_list *scenarios,
		     const struct option_list *variants)
{
	int code;

	if (command_line_overrides(cl, c->overrides, sizeof(c->overrides)))
		return cmd_fail(CMD_USAGE, "--set: together longer than %zu characters",
				sizeof(c->overrides) - 1);
	c->flavour = cl->flavour;
	c->time_ns = cl->time_ns;
	c->until_quiet = cl->until_quiet;
	c->nr_jobs = cl->jobs ? cl->jobs : nr_cpus();
	c->replay_share = cl->replay_share;
	c->worker_timeout_ns = cl->worker_timeout_ns;
	c->run_time_ns = cl->run_time_ns ? cl->run_time_ns : cl->worker_timeout_ns / 3 * 2;
	c->run_memory = cl->run_memory;
	c->verbose = cl->verbose;
	pthread_mutex_init(&c->lock, NULL);
	code = load_known(c, cl);
	if (!code)
		code = choose_seeds(c, cl);
	if (!code)
		code = choose_shard(c, cl->shard);
	if (!code)
		code = load_scenarios(c, scenarios);
	if (!code)
		code = choose_variants(c, variants);
	if (code)
		return code;
	make_cells(c);
	return check_tokens(c);
}

/* What a runner says of itself when nothing is built yet: a store goes by it. */
static int ask_identity(struct variant *v)
{
	struct child p = { 0 };
	char flavour[16];
	int n = 0;
	FILE *f;

	child_add(&p, v->program, "--identity", NULL);
	f = child_start(&p);
	if (f)
		n = fscanf(f, "%16s %31s %15s", v->identity, v->class, flavour);
	if (!child_end(&p, f) && n == 3)
		return 0;
	return cmd_fail(CMD_HARNESS, "%s: does not say what it is; lapicsim variant add builds it again",
			v->program);
}

#define GOES_ON "%s; what was written before is safe, and the same command goes on"

/* A full disk is no bad input: once there is room the same command goes on. */
static int no_store(const char *error)
{
	return store_disk_fails() ? cmd_fail(CMD_HARNESS, GOES_ON, error) : cmd_fail(CMD_BAD_INPUT, "%s", error);
}

int prepare_store(struct campaign *c, const char *path)
{
	char error[640];

	for (uint32_t i = 0; i < c->nr_variants + c->has_canary; i++)
		if (ask_identity(&c->variants[i]))
			return CMD_HARNESS;
	c->store = store_open(path, error, sizeof(error));
	if (!c->store)
		return no_store(error);
	if (store_begin(c->store, c, &c->spent_ns, error, sizeof(error)))
		return no_store(error);
	if (c->nr_runs)
		log_line("%s has %llu runs of this campaign", path, (unsigned long long)c->nr_runs);
	return 0;
}

/* A campaign that was stopped, or could not be written down, goes on with the same command. */
int prepare_close_store(struct campaign *c, int signal)
{
	int code = 0;

	if (!store_error(c->store) && store_write_sure(c->store, c))
		store_end(c->store, !signal);
	if (store_error(c->store))
		code = cmd_fail(CMD_HARNESS, store_lost(c->store) ? "%s" : GOES_ON, store_error(c->store));
	store_close(c->store);
	return code;
}
