/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim try: two revisions of a git repository, built and compared in one step.
 * The variants stay, since the tokens that are printed name them.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/compare.h"
#include "sim/cmd/log.h"
#include "sim/cmd/revision.h"
#include "sim/scenario.h"

struct side {
	const char *rev;
	char commit[REVISION_BYTES], name[64];
};

static int build(const struct command_line *cl, struct side *s)
{
	revision_name("rev", s->commit, s->name, sizeof(s->name));
	log_line("%s is %s", s->name, s->rev);
	return revision_build(cl->git, s->commit, s->name, cl->class);
}

/* Both are looked for before either is built. */
static int resolve(const struct command_line *cl, struct side *base, struct side *tried)
{
	int code = revision_resolve(cl->git, base->rev, base->commit);

	if (!code)
		code = revision_resolve(cl->git, tried->rev, tried->commit);
	if (!code && !strcmp(base->commit, tried->commit))
		code = cmd_fail(CMD_BAD_INPUT, "%s and %s are the same commit, %.12s", base->rev, tried->rev, base->commit);
	return code;
}

/* As they are read after the minute that building takes. */
static int look_at_scenarios(const struct option_list *scenarios)
{
	char path[CMD_PATH_MAX], error[1024];
	struct scenario s;

	for (uint32_t i = 0; i < scenarios->nr; i++)
		if (paths_scenario(scenarios->item[i], path, sizeof(path), error, sizeof(error)) ||
		    scenario_load(&s, path, NULL, error, sizeof(error)))
			return cmd_fail(CMD_BAD_INPUT, "%s", error);
	return 0;
}

int cmd_try(int argc, char **argv)
{
	struct option_list variants = { 0 }, scenarios;
	struct side base = { 0 }, tried = { 0 };
	char parent[512];
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "try", argc, argv, &code))
		return code;
	cl.git = revision_top(cl.git ? cl.git : ".");
	scenarios = cl.args;
	if (!scenarios.nr)
		compare_all_scenarios(&scenarios);
	snprintf(parent, sizeof(parent), "%s~1", cl.rev);
	base.rev = cl.base ? cl.base : parent;
	tried.rev = cl.rev;
	code = look_at_scenarios(&scenarios);
	if (!code)
		code = resolve(&cl, &base, &tried);
	if (!code)
		code = build(&cl, &base);
	if (!code)
		code = build(&cl, &tried);
	if (code)
		return code;
	option_list_add(&variants, base.name);
	option_list_add(&variants, tried.name);
	code = compare_run(&cl, &variants, &scenarios);
	log_line("when they are not needed any more: lapicsim variant remove %s; lapicsim variant remove %s",
		 base.name, tried.name);
	return code;
}
