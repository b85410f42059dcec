/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim try: two revisions of a git repository, built and compared in one step.
 * The variants stay, since the tokens that are printed name them.
 */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/compare.h"
#include "sim/cmd/log.h"
#include "sim/cmd/revision.h"

static int build(const struct command_line *cl, const char *rev, char *name, size_t n)
{
	char commit[REVISION_BYTES];
	int code = revision_resolve(cl->git, rev, commit);

	if (code)
		return code;
	revision_name("rev", commit, name, n);
	log_line("%s is %s", name, rev);
	return revision_build(cl->git, commit, name, cl->class);
}

int cmd_try(int argc, char **argv)
{
	struct option_list variants = { 0 }, scenarios;
	char base[64], name[64], parent[512];
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "try", argc, argv, &code))
		return code;
	cl.git = revision_top(cl.git ? cl.git : ".");
	scenarios = cl.args;
	if (!scenarios.nr)
		compare_all_scenarios(&scenarios);
	snprintf(parent, sizeof(parent), "%s~1", cl.rev);
	code = build(&cl, cl.base ? cl.base : parent, base, sizeof(base));
	if (!code)
		code = build(&cl, cl.rev, name, sizeof(name));
	if (code)
		return code;
	option_list_add(&variants, base);
	option_list_add(&variants, name);
	code = compare_run(&cl, &variants, &scenarios);
	log_line("when they are not needed any more: lapicsim variant remove %s; lapicsim variant remove %s",
		 base, name);
	return code;
}
