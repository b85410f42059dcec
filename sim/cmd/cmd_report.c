// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapicsim report STORE --output DIR: checks the words against the option table, then
 * becomes reports/report.py, which does the work and has the exit code.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"

static int become_report(int argc, char **argv)
{
	char script[CMD_PATH_MAX + 32];
	char **words = calloc(argc + 6, sizeof(*words));
	int n = 0;

	if (!words)
		abort();
	snprintf(script, sizeof(script), "%s/reports/report.py", paths_root());
	words[n++] = "python3";
	words[n++] = "-S"; /* the standard library is enough, and starts sooner without site packages */
	words[n++] = script;
	words[n++] = "--program"; /* replays are by this lapicsim */
	words[n++] = (char *)paths_program();
	for (int i = 1; i < argc; i++)
		words[n++] = argv[i];
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	free(words);
	return cmd_fail(CMD_HARNESS, "python3: %s", strerror(errno));
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
