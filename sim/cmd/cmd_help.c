/* SPDX-License-Identifier: GPL-2.0-only */
/* lapicsim help and version: all of it out of tables. */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/exits.h"
#include "sim/cmd/known.h"
#include "sim/cmd/man.h"
#include "sim/divergence.h"
#include "sim/policy/policy.h"
#include "sim/wire.h"

#ifndef LAPICSIM_VERSION
#define LAPICSIM_VERSION "unreleased"
#endif

static void print_policies(FILE *f)
{
	const struct policy *p;

	for (uint32_t i = 0; (p = policy_nth(i)); i++)
		fprintf(f, "%-12s %s\n", p->name, p->help);
}

static void print_divergences(FILE *f)
{
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		fprintf(f, "%-20s %s\n", divergence_key(i), divergence_name(i));
}

static void print_list(FILE *f, struct option_list l)
{
	for (uint32_t i = 0; i < l.nr; i++)
		fprintf(f, "%s\n", l.item[i]);
}

static void print_scenarios(FILE *f)
{
	char folder[CMD_PATH_MAX + 16];

	snprintf(folder, sizeof(folder), "%s/scenarios", paths_root());
	print_list(f, paths_list(folder, ".scn"));
}

static void print_variants(FILE *f) { print_list(f, paths_variants(FLAVOUR_PLAIN)); }
static void print_topics(FILE *f);

static const struct {
	const char *name;
	void (*print)(FILE *f);
} topics[] = {
	{ "topics", print_topics },
	{ "scenarios", print_scenarios },
	{ "variants", print_variants },
	{ "man", man_print_pages },
	{ "completion", completion_print },
	{ "scenario-keys", option_print_scenario_reference },
	{ "options", option_print_command_reference },
	{ "known-keys", known_print_reference },
	{ "exit-codes", exits_print_reference },
	{ "policies", print_policies },
	{ "divergences", print_divergences },
};

#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

static void print_topics(FILE *f)
{
	for (size_t i = 0; i < NR_TOPICS; i++)
		fprintf(f, "%s\n", topics[i].name);
	for (const struct option_section *s = command_sections; s->name; s++)
		fprintf(f, "%s\n", s->name);
}

static int unknown_topic(const char *word)
{
	struct option_guess guess;
	char what[256];

	snprintf(what, sizeof(what), "help %.60s: unknown topic", word);
	option_guess_start(&guess, word);
	for (size_t i = 0; i < NR_TOPICS; i++)
		option_guess_offer(&guess, topics[i].name);
	for (const struct option_section *s = command_sections; s->name; s++)
		option_guess_offer(&guess, s->name);
	option_guess_append(&guess, what, sizeof(what));
	return cmd_fail(CMD_USAGE, "%s", what);
}

void cmd_overview(FILE *f)
{
	option_print_overview(f);
	exits_print_short(f);
}

int cmd_help(int argc, char **argv)
{
	char name[64];
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "help", argc, argv, &code))
		return code;
	if (!cl.args.nr) {
		cmd_overview(stdout);
		return CMD_OK;
	}
	/* "help variant add" is the section "variant-add". */
	snprintf(name, sizeof(name), "%.30s%s%.30s", cl.args.item[0], cl.args.nr > 1 ? "-" : "",
		 cl.args.nr > 1 ? cl.args.item[1] : "");
	for (size_t i = 0; i < NR_TOPICS; i++) {
		if (!strcmp(topics[i].name, name)) {
			topics[i].print(stdout);
			return CMD_OK;
		}
	}
	if (cl.args.nr > 1 && !strcmp(cl.args.item[0], "man"))
		return man_print(stdout, cl.args.item[1]) ? CMD_OK : unknown_topic(name);
	if (!strcmp(name, "variant"))
		return cmd_variant(2, (char *[]){ "variant", "--help", NULL });
	if (!option_section_find(command_sections, name))
		return unknown_topic(name);
	option_print_command(stdout, name);
	return CMD_OK;
}

int cmd_version(int argc, char **argv)
{
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "version", argc, argv, &code))
		return code;
	printf("lapicsim %s (wire version %u)\n", LAPICSIM_VERSION, WIRE_VERSION);
	return CMD_OK;
}
