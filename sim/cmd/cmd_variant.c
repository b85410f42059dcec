/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim variant: checks the words against the option table, then becomes the
 * builder (kvm/builder, Python), which does the work and has the exit code.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/child.h"
#include "sim/cmd/cmd.h"

static const char *const actions[] = { "add", "list", "show", "remove" };

#define NR_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static int unknown_action(const char *word)
{
	struct option_guess guess;
	char what[128];

	snprintf(what, sizeof(what), "variant %.60s: unknown; there are add, list, show and remove", word);
	option_guess_start(&guess, word);
	for (size_t i = 0; i < NR_ACTIONS; i++)
		option_guess_offer(&guess, actions[i]);
	option_guess_append(&guess, what, sizeof(what));
	return cmd_fail(CMD_USAGE, "%s", what);
}

static int check_add(const struct command_line *cl)
{
	if (!!cl->deb + !!cl->tree + !!cl->git + !!cl->like != 1)
		return cmd_fail(CMD_USAGE, "variant add: needs one of --deb, --tree, --git and --like");
	if (!cl->git != !cl->rev)
		return cmd_fail(CMD_USAGE, "variant add: --git and --rev go together");
	return 0;
}

static int check(const struct command_line *cl, const char *action)
{
	uint32_t wanted = strcmp(action, "list") != 0;

	if (cl->args.nr != wanted)
		return cmd_fail(CMD_USAGE, "variant %s: needs %s; lapicsim variant %s --help says more", action,
				wanted ? "one name" : "no name", action);
	return strcmp(action, "add") ? 0 : check_add(cl);
}

static int become_builder(const struct command_line *cl, int argc, char **argv)
{
	struct child p;

	child_python(&p, "kvm/builder");
	for (int i = 0; i < argc; i++)
		child_add(&p, argv[i], NULL);
	if (!cl->build)
		child_add(&p, "--build", paths_build(), NULL);
	return child_become(&p);
}

int cmd_variant(int argc, char **argv)
{
	struct command_line cl;
	char section[32];
	size_t i = 0;
	int code;

	if (argc < 2)
		return cmd_fail(CMD_USAGE, "variant: needs one of add, list, show and remove");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		for (i = 0; i < NR_ACTIONS; i++) {
			snprintf(section, sizeof(section), "variant-%s", actions[i]);
			printf("%s", i ? "\n" : "");
			option_print_command(stdout, section);
		}
		return CMD_OK;
	}
	while (i < NR_ACTIONS && strcmp(actions[i], argv[1]))
		i++;
	if (i == NR_ACTIONS)
		return unknown_action(argv[1]);
	snprintf(section, sizeof(section), "variant-%s", actions[i]);
	if (cmd_parse(&cl, section, argc - 1, argv + 1, &code))
		return code;
	code = check(&cl, actions[i]);
	return code ? code : become_builder(&cl, argc - 1, argv + 1);
}
