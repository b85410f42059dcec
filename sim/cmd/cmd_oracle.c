// SPDX-License-Identifier: GPL-2.0-only
/* lapicsim deviations and lapicsim checks: the oracle's two tables, for people and for scripts. */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/report.h"
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"

static void member(const char *key, const char *value)
{
	printf(",\"%s\":", key);
	json_string(stdout, value);
}

static void print_deviation(const struct deviation_row *row, bool json)
{
	if (!json) {
		printf("%s (%s)\n  %s\n  source: %s\n", row->name, row->on ? "on" : "off", row->what, row->source);
		return;
	}
	printf("{\"type\":\"deviation\"");
	member("name", row->name);
	member("allows", row->what);
	member("source", row->source);
	printf(",\"on\":%s}\n", row->on ? "true" : "false");
}

int cmd_deviations(int argc, char **argv)
{
	const struct deviation_row *row;
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "deviations", argc, argv, &code))
		return code;
	if (cl.args.nr)
		return cmd_fail(CMD_USAGE, "deviations: takes no argument");
	for (uint32_t i = 0; (row = deviation_row(i)); i++)
		print_deviation(row, cl.json);
	return CMD_OK;
}

int cmd_checks(int argc, char **argv)
{
	const struct check_row *row;
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "checks", argc, argv, &code))
		return code;
	if (cl.args.nr)
		return cmd_fail(CMD_USAGE, "checks: takes no argument");
	for (uint32_t i = 0; (row = check_row(i)); i++) {
		if (!cl.json) {
			printf("%-28s %-20s %s\n", row->name, divergence_key(row->kind), row->source);
			continue;
		}
		printf("{\"type\":\"check\"");
		member("name", row->name);
		member("kind", divergence_key(row->kind));
		member("source", row->source);
		printf("}\n");
	}
	return CMD_OK;
}
