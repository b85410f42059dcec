/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of lapicsim, their exit codes, and where things lie.
 */
#ifndef LAPICSIM_CMD_H
#define LAPICSIM_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/command_line.h"

enum cmd_exit {
	CMD_OK = 0,
	CMD_USAGE = 1,
	CMD_BAD_INPUT = 2,
	CMD_INCONCLUSIVE = 5,	/* a limit was hit first */
	CMD_HARNESS = 6,	/* the harness itself failed */
	CMD_DIVERGENCE = 10,
	CMD_MISSING = 11,	/* an expected divergence did not appear */
	CMD_SKIPPED = 77,	/* what it would test is not here */
	CMD_SIGNAL = 128,	/* plus the signal: SIGINT, SIGTERM */
};

#define CMD_PATH_MAX 1024

/* @argv[0] is the command's own name. The exit code. */
int cmd_run(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_try(int argc, char **argv);
int cmd_bisect(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_live(int argc, char **argv);
int cmd_variant(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_deviations(int argc, char **argv);
int cmd_checks(int argc, char **argv);
int cmd_known(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* What commands there are, and how they end. */
void cmd_overview(FILE *f);
/* One line on stderr, "lapicsim: ..."; returns @code. */
int cmd_fail(enum cmd_exit code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Reads the options of @command; true if there is nothing left to do (--help was
 * printed, or an error), with the exit code in @code.
 */
bool cmd_parse(struct command_line *cl, const char *command, int argc, char **argv, int *code);

/* Places (paths.c): this program, what came with it, and the folder of variants. */
const char *paths_program(void);
const char *paths_root(void);
const char *paths_build(void);
/* Entries of @folder that end in @suffix, without it, in version order. */
struct option_list paths_list(const char *folder, const char *suffix);
/* Where known divergences lie: @given, or known/ of the repository; an empty folder for "none". 0, or -1 with @error. */
int paths_known(const char *given, char *path, size_t n, char *error, size_t error_bytes);
/* The scenario file that @name means: a path, or a name in scenarios/. 0, or -1 with @error. */
int paths_scenario(const char *name, char *path, size_t n, char *error, size_t error_n);
/* The program of @variant in @flavour. 0, or -1 with @error (did you mean, or how to build it). */
int paths_runner(const char *variant, uint32_t flavour, char *path, size_t n, char *error, size_t error_n);
/* Names of all variants that have a runner of @flavour, in version order. */
struct option_list paths_variants(uint32_t flavour);

#endif
