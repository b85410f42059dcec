/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * argv, read through the option table into one struct.
 *
 * Knows no command: what the options mean is up to sim/cmd/ and sim/runner.c.
 */
#ifndef LAPICSIM_COMMAND_LINE_H
#define LAPICSIM_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/options.h"

enum flavour { FLAVOUR_PLAIN, FLAVOUR_SANITIZED, FLAVOUR_COVERAGE };
enum trace_format { TRACE_NONE, TRACE_TEXT, TRACE_STATES };

struct command_line {
	struct option_list args;	/* positional */
	bool help, json, verbose;
	uint32_t flavour;		/* enum flavour */
	struct option_list set;
	uint64_t worker_timeout_ns;

	/* run */
	struct option_list variants;
	struct option_seeds seeds;
	uint64_t runs;			/* 0: not given */
	uint64_t time_ns;		/* 0: not given */
	uint32_t jobs;			/* 0: one per CPU */
	uint32_t replay_share;		/* percent */
	bool table, deviations;
	const char *store, *shard;
	uint64_t until_quiet;		/* 0: not given */
	uint64_t run_time_ns, run_memory; /* limits; run_time_ns 0: not given */
	const char *canary;		/* a variant; NULL: built when needed */
	bool no_canary;
	const char *known;		/* folder; NULL: the repository's */

	/* compare, try, bisect */
	uint64_t coverage_runs;
	const char *base, *good, *bad, *check;
	bool restart, files;

	/* replay, runner */
	uint32_t trace;			/* enum trace_format */
	bool trace_flag;
	struct option_seeds mark;	/* an event of the digest */
	bool gdb, force;
	const char *scenario;
	struct option_seeds seed;
	const char *coverage;		/* folder */

	/* report */
	const char *output;
	uint32_t campaign;		/* 0: the latest */
	uint32_t replays;
	uint64_t replay_timeout_ns;

	/* live */
	uint32_t steps;
	const char *variant;
	bool no_kernel;

	/* variant */
	const char *deb, *tree, *git, *rev, *like, *class, *build;
	struct option_list patches, rules, mutate;
	uint32_t optimize;
};

/*
 * Reads @argv[0..@argc-1], the words after the command, over the defaults of
 * @command. 0, or -1 with one line in @error. --help sets @cl->help and stops.
 */
int command_line_parse(struct command_line *cl, const char *command, int argc, char **argv, char *error,
		       size_t n);
const char *flavour_name(uint32_t flavour);
/* All --set values as one "section.key=value,..." of at most @n bytes; -1 if longer. */
int command_line_overrides(const struct command_line *cl, char *buf, size_t n);

#endif
