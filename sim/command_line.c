/* SPDX-License-Identifier: GPL-2.0-only */
/* See command_line.h.  --key VALUE and --key=VALUE are the same; "--" ends the options. */
#include "sim/command_line.h"

#include <stdio.h>
#include <string.h>

const char *flavour_name(uint32_t flavour)
{
	static const char *const names[] = { "plain", "sanitized", "coverage" };

	return flavour < sizeof(names) / sizeof(names[0]) ? names[flavour] : "?";
}

static int unknown_option(const char *command, const char *key, char *error, size_t n)
{
	struct option_guess guess;
	char near[80];

	option_guess_start(&guess, key);
	for (const struct option *o = command_options; o->section; o++)
		if (option_in(o, command))
			option_guess_offer(&guess, o->key);
	snprintf(error, n, "--%s: unknown option", key);
	if (guess.best) {
		snprintf(near, sizeof(near), "--%s", guess.best);
		guess.best = near;
		option_guess_append(&guess, error, n);
	}
	return -1;
}

/* One option at @argv[0]; the number of words used, or -1. */
static int parse_option(struct command_line *cl, const char *command, int argc, char **argv, char *error,
			size_t n)
{
	const char *equals = strchr(argv[0], '=');
	const char *value = equals ? equals + 1 : NULL;
	const struct option *o;
	char key[64], what[256];
	int used = 1;

	snprintf(key, sizeof(key), "%.*s", equals ? (int)(equals - argv[0] - 2) : 60, argv[0] + 2);
	o = option_find(command_options, command, key);
	if (!o)
		return unknown_option(command, key, error, n);

	if (o->type == OPT_FLAG) {
		if (value) {
			snprintf(error, n, "--%s: takes no value", key);
			return -1;
		}
		value = "yes";
	} else if (o->type == OPT_COUNT) {
		value = value ? value : o->def;
	} else if (!value) {
		if (argc < 2) {
			snprintf(error, n, "--%s: needs a value: %s", key, o->names);
			return -1;
		}
		value = argv[1];
		used = 2;
	}
	if (option_set(o, cl, value, what, sizeof(what))) {
		snprintf(error, n, "--%s: %s", key, what);
		return -1;
	}
	return used;
}

int command_line_parse(struct command_line *cl, const char *command, int argc, char **argv, char *error,
		       size_t n)
{
	bool options = true;
	int used;

	memset(cl, 0, sizeof(*cl));
	option_defaults(command_options, command, cl);
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (options && !strcmp(argv[i], "--")) {
			options = false;
		} else if (options && !strcmp(argv[i], "-h")) {
			cl->help = true;
		} else if (options && !strncmp(argv[i], "--", 2)) {
			used = parse_option(cl, command, argc - i, argv + i, error, n);
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			snprintf(error, n, "%s: unknown option; long options start with --", argv[i]);
			used = -1;
		} else {
			option_list_add(&cl->args, argv[i]);
		}
		if (used < 0)
			return -1;
		if (cl->help)
			return 0;
	}
	return 0;
}

int command_line_overrides(const struct command_line *cl, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < cl->set.nr; i++) {
		int w = snprintf(buf + len, n - len, "%s%s", i ? "," : "", cl->set.item[i]);

		if (w < 0 || (size_t)w >= n - len)
			return -1;
		len += w;
	}
	return 0;
}
