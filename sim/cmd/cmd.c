/* SPDX-License-Identifier: GPL-2.0-only */
/* What all commands share: errors and options. */
#include "sim/cmd/cmd.h"

#include <stdarg.h>
#include <stdio.h>

int cmd_fail(enum cmd_exit code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("lapicsim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

bool cmd_parse(struct command_line *cl, const char *command, int argc, char **argv, int *code)
{
	char error[512];

	*code = CMD_OK;
	if (command_line_parse(cl, command, argc - 1, argv + 1, error, sizeof(error))) {
		*code = cmd_fail(CMD_USAGE, "%s", error);
		return true;
	}
	if (cl->help)
		option_print_command(stdout, command);
	return cl->help;
}
