// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapicsim report STORE --output DIR: checks the words against the option table, then
 * becomes reports/report.py, which does the work and has the exit code.
 */
#include "sim/cmd/child.h"
#include "sim/cmd/cmd.h"

static int become_report(int argc, char **argv)
{
	struct child p;

	child_python(&p, "reports/report.py");
	child_add(&p, "--program", paths_program(), NULL);	/* replays are by this lapicsim */
	for (int i = 1; i < argc; i++)
		child_add(&p, argv[i], NULL);
	return child_become(&p);
}

int cmd_report(int argc, char **argv)
{
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "report", argc, argv, &code))
		return code;
	if (cl.args.nr != 1)
		return cmd_fail(CMD_USAGE, "report: needs one store; lapicsim report --help says more");
	if (!cl.output)
		return cmd_fail(CMD_USAGE, "report: needs --output DIR, the folder to write into");
	return become_report(argc, argv);
}
