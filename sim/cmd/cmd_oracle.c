// SPDX-License-Identifier: GPL-2.0-only
/* lapicsim deviations and lapicsim checks: the oracle's tables and the host's, for people and for scripts. */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/report.h"
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"

static void print_deviation(const struct deviation_row *row, bool json)
{
	if (!json) {
		printf("%s (%s)\n  %s\n  source: %s\n", row->name, row->on ? "on" : "off", row->what, row->source);
		return;
	}
	printf("{\"type\":\"deviation\"");
	json_member(stdout, "name", row->name);
	json_member(stdout, "allows", row->what);
	json_member(stdout, "source", row->source);
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

/* @type: "check" of the oracle's own, "host-check" of what the host and its userspace see. */
static void print_check(const char *type, const char *name, uint32_t kind, const char *source, bool json)
{
	if (!json) {
		printf("%-28s %-20s %s\n", name, divergence_key(kind), source);
		return;
	}
	printf("{\"type\":\"%s\"", type);
	json_member(stdout, "name", name);
	json_member(stdout, "kind", divergence_key(kind));
	json_member(stdout, "source", source);
	printf("}\n");
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
	for (uint32_t i = 0; (row = check_row(i)); i++)
		print_check("check", row->name, row->kind, row->source, cl.json);
	for (uint32_t i = 0; i < HOST_NR_CHECKS; i++)
		print_check("host-check", host_checks[i].name, host_checks[i].kind, host_checks[i].source, cl.json);
	return CMD_OK;
}
