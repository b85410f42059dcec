/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lapicsim command: finds the command that is meant and hands over to
 * sim/cmd/.  It links no code of KVM; runners do (sim/runner.c).
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "run", cmd_run },
	{ "compare", cmd_compare },
	{ "try", cmd_try },
	{ "bisect", cmd_bisect },
	{ "replay", cmd_replay },
	{ "live", cmd_live },
	{ "variant", cmd_variant },
	{ "merge", cmd_merge },
	{ "report", cmd_report },
	{ "help", cmd_help },
	{ "deviations", cmd_deviations },
	{ "checks", cmd_checks },
	{ "known", cmd_known },
	{ "version", cmd_version },
	{ "--help", cmd_help },
	{ "-h", cmd_help },
	{ "--version", cmd_version },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int unknown_command(const char *word)
{
	struct option_guess guess;
	char what[256];

	snprintf(what, sizeof(what), "%.60s: unknown command", word);
	option_guess_start(&guess, word);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		option_guess_offer(&guess, commands[i].name);
	option_guess_append(&guess, what, sizeof(what));
	return cmd_fail(CMD_USAGE, "%s%s", what, guess.best ? "" : "; lapicsim help lists them");
}

static bool reader_left(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* What could not be written is no result. A reader that has seen enough, as head, is no failure. */
static int end(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	return reader_left() ? code : cmd_fail(CMD_HARNESS, "standard output takes no more: the result is not whole");
}

int main(int argc, char **argv)
{
	/* A runner that died is noticed by reading from it. */
	signal(SIGPIPE, SIG_IGN);
	/* A file that may grow no more (ulimit -f) is a full disk: an error of write(). */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		cmd_overview(stderr);
		return CMD_USAGE;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return end(commands[i].main(argc - 1, argv + 1));
	return unknown_command(argv[1]);
}
