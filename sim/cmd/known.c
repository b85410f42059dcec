// SPDX-License-Identifier: GPL-2.0-only
/* See known.h. The keys are rows of an option table, as those of scenarios are. */
#define _GNU_SOURCE
#include "sim/cmd/known.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/cmd.h"
#include "sim/options.h"
#include "sim/oracle/check.h"

#define ROW(k, field, names, help) \
	{ "known", k, OPT_STRING, offsetof(struct known, field), sizeof(((struct known *)0)->field), 0, 0, NULL, \
	  names, help }

static const struct option keys[] = {
	ROW("title", title, "text", "What it is, in a few words. Required."),
	ROW("kind", kind_key, "kind", "Kind of divergence. Required."),
	ROW("check", check, "name", "The check that fires. This or function is required."),
	ROW("function", function, "name", "The function of the kernel that it names."),
	ROW("text", text, "text", "A part of the divergence's text."),
	ROW("slice", slice, "text", "A part of the bucket's slice, such as register lvt0 (docs/buckets.md)."),
	ROW("variants", variants, "patterns", "Names of variants that have it, such as 6.1-*; without it: all."),
	ROW("classes", classes, "patterns", "Classes of variants that have it; without it: all."),
	ROW("scenarios", scenarios, "patterns", "Scenarios that may show it; without it: all."),
	ROW("explanation", explanation, "text",
	    "What happens, and in which functions. Required; continues on indented lines."),
	ROW("finding", finding, "path", "The write-up, from the repository's root, or an absolute path. Required."),
	ROW("scenario", scenario, "name", "The smallest scenario of the library that shows it. Required."),
	{ NULL, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]) - 1)

struct reader {
	struct known *k;
	const char *path;
	uint32_t line;
	uint32_t key_line[NR_KEYS];
	const struct option *last;
	bool in_section;
	char *error;
	size_t n;
};

__attribute__((format(printf, 4, 5))) static int complain(struct reader *r, uint32_t line, const char *key,
							  const char *fmt, ...)
{
	char what[512], where[24] = "";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line)
		snprintf(where, sizeof(where), "%u:", line);
	snprintf(r->error, r->n, "%s:%s %s%s%s", r->path, where, key ? key : "", key ? ": " : "", what);
	option_one_line(r->error);
	return -1;
}

static int unknown_key(struct reader *r, const char *key)
{
	struct option_guess guess;
	char what[256] = "unknown key in [known]";

	option_guess_start(&guess, key);
	for (const struct option *o = keys; o->section; o++)
		option_guess_offer(&guess, o->key);
	option_guess_append(&guess, what, sizeof(what));
	return complain(r, r->line, key, "%s", what);
}

static int set(struct reader *r, const char *key, const char *value)
{
	const struct option *o = option_find(keys, "known", key);
	char what[256];

	if (!o)
		return unknown_key(r, key);
	if (r->key_line[o - keys])
		return complain(r, r->line, key, "was set in line %u already", r->key_line[o - keys]);
	r->key_line[o - keys] = r->line;
	r->last = o;
	if (option_set(o, r->k, value, what, sizeof(what)))
		return complain(r, r->line, key, "%s", what);
	return 0;
}

static int append(struct reader *r, const char *text)
{
	const struct option *o = r->last;
	char *field;
	size_t len;

	if (!o || strcmp(o->key, "explanation"))
		return complain(r, r->line, o ? o->key : NULL, "only explanation may continue on an indented line");
	field = (char *)r->k + o->offset;
	len = strlen(field);
	if ((size_t)snprintf(field + len, o->bytes - len, " %s", text) >= o->bytes - len)
		return complain(r, r->line, o->key, "is longer than %u characters", o->bytes - 1);
	return 0;
}

static char *strip(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static int read_line(struct reader *r, char *line)
{
	bool indented = line[0] == ' ' || line[0] == '\t';
	char *text = strip(line), *equals;

	if (!*text || *text == '#' || *text == ';')
		return 0;
	if (*text == '[') {
		if (strcmp(text, "[known]"))
			return complain(r, r->line, text, "unknown section; did you mean \"[known]\"?");
		r->in_section = true;
		return 0;
	}
	if (indented)
		return append(r, text);
	equals = strchr(text, '=');
	if (!equals)
		return complain(r, r->line, NULL, "neither [known] nor key = value");
	*equals = '\0';
	text = strip(text);
	if (!r->in_section)
		return complain(r, r->line, text, "comes before [known]");
	return set(r, text, strip(equals + 1));
}

static uint32_t line_of(const struct reader *r, const char *key)
{
	return r->key_line[option_find(keys, "known", key) - keys];
}

static int check_kind(struct reader *r)
{
	int kind = divergence_from_key(r->k->kind_key);
	struct option_guess guess;
	char what[256];

	if (kind >= 0) {
		r->k->kind = kind;
		return 0;
	}
	snprintf(what, sizeof(what), "\"%s\" is no kind of divergence", r->k->kind_key);
	option_guess_start(&guess, r->k->kind_key);
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		option_guess_offer(&guess, divergence_key(i));
	option_guess_append(&guess, what, sizeof(what));
	return complain(r, line_of(r, "kind"), "kind", "%s", what);
}

/* Of the oracle's checks and the host's. */
static bool check_nth(uint32_t i, const char **name, uint32_t *kind)
{
	const struct check_row *row;

	if (i < HOST_NR_CHECKS) {
		*name = host_checks[i].name;
		*kind = host_checks[i].kind;
		return true;
	}
	row = check_row(i - HOST_NR_CHECKS);
	if (row) {
		*name = row->name;
		*kind = row->kind;
	}
	return row;
}

int known_check_exists(const char *check, uint32_t kind, char *error, size_t n)
{
	struct option_guess guess;
	uint32_t its_kind;
	const char *name;

	option_guess_start(&guess, check);
	for (uint32_t i = 0; check_nth(i, &name, &its_kind); i++) {
		if (!strcmp(name, check) && its_kind == kind)
			return 0;
		if (!strcmp(name, check)) {
			snprintf(error, n, "%s finds %s, not %s", name, divergence_key(its_kind),
				 divergence_key(kind));
			return -1;
		}
		option_guess_offer(&guess, name);
	}
	snprintf(error, n, "there is no check \"%s\"", check);
	option_guess_append(&guess, error, n);
	return -1;
}

static int check_check(struct reader *r)
{
	char what[256];

	if (!r->k->check[0] || !known_check_exists(r->k->check, r->k->kind, what, sizeof(what)))
		return 0;
	return complain(r, line_of(r, "check"), "check", "%s", what);
}

static int check_file(struct reader *r, const char *key, const char *value, const char *before, const char *after)
{
	char path[3 * CMD_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s%s%s", *value == '/' ? "" : paths_root(), before, value, after);
	if (!access(path, R_OK))
		return 0;
	return complain(r, line_of(r, key), key, "%s%s%s: %s", before, value, after, strerror(errno));
}

static int check_whole(struct reader *r)
{
	static const char *const required[] = { "title", "kind", "explanation", "finding", "scenario" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!line_of(r, required[i]))
			return complain(r, 0, required[i], "is missing from [known]");
	if (!r->k->check[0] && !r->k->function[0])
		return complain(r, 0, "check", "is missing from [known], and function too");
	if (check_kind(r) || check_check(r))
		return -1;
	if (check_file(r, "finding", r->k->finding, "", ""))
		return -1;
	return check_file(r, "scenario", r->k->scenario, "scenarios/", ".scn");
}

static int read_file(struct known *k, char *error, size_t n)
{
	struct reader r = { .k = k, .path = k->path, .error = error, .n = n };
	char line[1024];
	int err = 0;
	FILE *f;

	f = fopen(k->path, "re");
	if (!f)
		return complain(&r, 0, NULL, "%s", strerror(errno));
	while (!err && fgets(line, sizeof(line), f)) {
		r.line++;
		if (!strchr(line, '\n') && !feof(f))
			err = complain(&r, r.line, NULL, "line is too long; continue it on an indented line");
		else
			err = read_line(&r, line);
	}
	fclose(f);
	return err ? err : check_whole(&r);
}

int known_load(struct known_list *l, const char *folder, char *error, size_t n)
{
	struct option_list names = paths_list(folder, ".known");

	l->nr = 0;
	l->item = alloc_array(names.nr + 1, sizeof(*l->item));
	for (uint32_t i = 0; i < names.nr; i++) {
		struct known *k = &l->item[l->nr++];

		snprintf(k->name, sizeof(k->name), "%s", names.item[i]);
		snprintf(k->path, sizeof(k->path), "%s/%s.known", folder, names.item[i]);
		if (read_file(k, error, n))
			return -1;
	}
	return 0;
}

/* Is @word one of the blank-separated @patterns? None: yes. */
static bool fits(const char *patterns, const char *word)
{
	char copy[256], *save = NULL, *p;

	if (!*patterns)
		return true;
	snprintf(copy, sizeof(copy), "%s", patterns);
	for (p = strtok_r(copy, " \t", &save); p; p = strtok_r(NULL, " \t", &save))
		if (!fnmatch(p, word, 0))
			return true;
	return false;
}

const struct known *known_match(const struct known_list *l, const struct divergence *d, const char *function,
				const char *slice, const char *variant, const char *class, const char *scenario)
{
	for (uint32_t i = 0; i < l->nr; i++) {
		const struct known *k = &l->item[i];

		if (k->kind == d->kind && (!k->check[0] || !strcmp(k->check, d->check)) &&
		    (!k->function[0] || !strcmp(k->function, function)) && strstr(d->text, k->text) &&
		    strstr(slice, k->slice) &&
		    fits(k->variants, variant) && fits(k->classes, class) && fits(k->scenarios, scenario))
			return k;
	}
	return NULL;
}

const struct option *known_keys(void) { return keys; }

void known_print_reference(FILE *f)
{
	fprintf(f, "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n# Keys of known/*.known\n\n"
		   "Generated by `lapicsim help known-keys`; do not edit. One section, `[known]`; `#` and `;` start\n"
		   "comments.\n\n| key | value | meaning |\n|---|---|---|\n");
	for (const struct option *o = keys; o->section; o++)
		fprintf(f, "| `%s` | %s | %s |\n", o->key, o->names, o->help);
}
