/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The option table: one row per key of a scenario file and per option of the
 * command line.  A row names, types, bounds, defaults and documents its value;
 * the parsers, --help, "did you mean" and docs/scenario-keys.md all read it, so
 * that they cannot disagree.
 *
 * The rows are in option_table.c.  Reading files is scenario.c, reading argv is
 * command_line.c.  Uses neither SQLite nor threads: runners link this too.
 */
#ifndef LAPICSIM_OPTIONS_H
#define LAPICSIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPT_UINT,		/* decimal, or hexadecimal with 0x */
	OPT_PERCENT,		/* 0..100, a % sign may follow */
	OPT_DURATION,		/* an integer and ns, us, ms, s, m or h; stored in ns */
	OPT_BYTES,		/* an integer and K, M or G */
	OPT_COUNT,		/* command line: as OPT_UINT, only with "="; without a value, the default */
	OPT_BOOL,		/* yes or no */
	OPT_ENUM,		/* one of @names */
	OPT_STRING,
	OPT_FLAG,		/* command line: no value, sets a bool */
	OPT_LIST,		/* command line: may be repeated; a struct option_list */
	OPT_SEEDS,		/* command line: A or A-B; a struct option_seeds */
};

struct option_list {
	const char **item;
	uint32_t nr;
};

struct option_seeds {
	uint64_t first, last;
	bool given;
};

struct option {
	const char *section;	/* of the file; for the command line, the commands that take it */
	const char *key;	/* without leading dashes */
	enum option_type type;
	uint32_t offset, bytes;	/* of the field in its struct */
	uint64_t min, max;
	const char *def;	/* as the user would write it; NULL: none */
	const char *names;	/* OPT_ENUM: "kernel|split"; otherwise what --help calls the value */
	const char *help;
};

/* A section of a scenario file, or a command. */
struct option_section {
	const char *name;
	const char *arguments;	/* commands: positional arguments; NULL in files */
	bool required;		/* files: must be there */
	const char *help;
};

/* Tables; each ends with a row whose first member is NULL. */
extern const struct option scenario_options[];
extern const struct option_section scenario_sections[];
extern const struct option command_options[];
extern const struct option_section command_sections[];

/* Is @o an option of @section? A row's section may be a list: "run replay". */
bool option_in(const struct option *o, const char *section);
const struct option *option_find(const struct option *table, const char *section, const char *key);
const struct option_section *option_section_find(const struct option_section *table, const char *name);

/*
 * Stores @text as @o in the struct at @base. 0, or -1 with what is wrong in
 * @error ("not a number", "at most 64", ...) and nothing stored.
 */
int option_set(const struct option *o, void *base, const char *text, char *error, size_t n);
/* Sets every row of @section (NULL: of all) that has a default. */
void option_defaults(const struct option *table, const char *section, void *base);
/* Canonical text of the value at @base: the same value always gives the same text. */
void option_format(const struct option *o, const void *base, char *buf, size_t n);
/* A message quotes what somebody typed: control characters become '?', so that it stays one line. */
void option_one_line(char *text);
void option_list_add(struct option_list *l, const char *item);

/*
 * Collects candidates for "did you mean" (option_guess.c): offer words, then read
 * @best, which is NULL if none is near enough.
 */
struct option_guess {
	const char *word;
	const char *best;
	uint32_t limit, distance;	/* what a near miss is below; of the best */
};

void option_guess_start(struct option_guess *g, const char *word);
void option_guess_offer(struct option_guess *g, const char *candidate);
/* Appends `; did you mean "X"?` to @error, if there is an X. */
void option_guess_append(const struct option_guess *g, char *error, size_t n);
uint32_t option_distance(const char *a, const char *b);

/* Help texts (option_help.c). */
/* What one types for the section @command: "variant add" for "variant-add". */
void option_spoken(const char *command, char *buf, size_t n);
void option_print_command(FILE *f, const char *command);	/* `lapicsim run --help` */
void option_print_overview(FILE *f);				/* `lapicsim help` */
void option_print_scenario_reference(FILE *f);			/* Markdown */
void option_print_command_reference(FILE *f);			/* Markdown */

#endif
