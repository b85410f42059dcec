/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim merge OUT IN...: the stores of a campaign's shards become one.  Tells
 * what is missing: seeds that nobody ran, ranges that overlap, variants of one
 * name with several identities.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/store.h"

/* SQLite would wait for itself. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !strcmp(a, b) || (!stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* A full disk is no bad input: once there is room the same command does it. */
static int fails(const char *error)
{
	return cmd_fail(store_disk_fails() ? CMD_HARNESS : CMD_BAD_INPUT, "%s", error);
}

/* Before there is an output: of what cannot be merged nothing is left behind. */
static int look_at_inputs(const struct command_line *cl)
{
	char error[640];

	for (uint32_t i = 1; i < cl->args.nr; i++) {
		struct store *input;

		if (same_file(cl->args.item[0], cl->args.item[i]))
			return cmd_fail(CMD_USAGE, "merge: %s is to be written and to be read", cl->args.item[i]);
		input = store_open_existing(cl->args.item[i], error, sizeof(error));
		if (!input)
			return fails(error);
		store_close(input);
	}
	return CMD_OK;
}

static int merge(struct store *out, const struct command_line *cl)
{
	uint64_t nr_wrong;

	for (uint32_t i = 1; i < cl->args.nr; i++)
		if (!store_merge(out, cl->args.item[i]))
			return fails(store_error(out));
	if (!store_check(out, stdout, &nr_wrong))
		return cmd_fail(CMD_HARNESS, "%s", store_error(out));
	printf("%s: %u merged, %" PRIu64 " gaps, overlaps or mixed variants\n", cl->args.item[0], cl->args.nr - 1,
	       nr_wrong);
	return nr_wrong ? CMD_INCONCLUSIVE : CMD_OK;
}

int cmd_merge(int argc, char **argv)
{
	struct command_line cl;
	struct store *out;
	char error[640];
	int code;

	if (cmd_parse(&cl, "merge", argc, argv, &code))
		return code;
	if (cl.args.nr < 2)
		return cmd_fail(CMD_USAGE, "merge: needs the store to write and those to read; lapicsim merge --help says more");
	code = look_at_inputs(&cl);
	if (code)
		return code;
	out = store_open(cl.args.item[0], error, sizeof(error));
	if (!out)
		return fails(error);
	code = merge(out, &cl);
	store_close(out);
	return code;
}
