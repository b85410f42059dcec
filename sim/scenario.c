/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenario files: INI text through the option table into struct scenario, with
 * FILE:LINE: KEY: on everything that is wrong, and the hash of what it means.
 *
 * libinih does the splitting into section, key and value.  It does not hand
 * out line numbers, nor tell sections without keys; the reader below, which
 * feeds it line by line, keeps both.  Only the first error is reported.
 *
 * [expect] is parsed in scenario_expect.c; which keys go together is scenario_check.c's.
 */
#include "sim/scenario.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/options.h"
#include "sim/scenario_check.h"
#include "sim/scenario_deviation.h"
#include "sim/scenario_expect.h"

#define MAX_KEYS 256
#define MAX_SECTIONS 16
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct parser {
	struct scenario *s;
	const char *path;
	FILE *file;
	uint32_t line;			/* of the text that libinih sees now */
	bool mid_line;			/* the last read ended inside a line */
	bool continuation;		/* it starts with a blank */
	const struct option *last;	/* what a continuation continues */
	uint32_t key_line[MAX_KEYS];	/* where each row of the table was set; 0: nowhere */
	bool section_seen[MAX_SECTIONS];
	bool failed;
	char *error;
	size_t n;
};

/* The first error stays; what follows is often only its echo. */
__attribute__((format(printf, 4, 5))) static int complain(struct parser *p, uint32_t line, const char *key,
							  const char *fmt, ...)
{
	char what[512];
	va_list ap;

	if (p->failed)
		return 0;
	p->failed = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line)
		snprintf(p->error, p->n, "%s:%u: %s%s%s", p->path, line, key ? key : "", key ? ": " : "", what);
	else
		snprintf(p->error, p->n, "%s: %s%s%s", p->path, key ? key : "", key ? ": " : "", what);
	option_one_line(p->error);
	return 0;
}

static int unknown_section(struct parser *p, const char *name)
{
	struct option_guess guess;
	char what[256], where[80];

	option_guess_start(&guess, name);
	for (const struct option_section *s = scenario_sections; s->name; s++)
		option_guess_offer(&guess, s->name);
	snprintf(what, sizeof(what), "unknown section");
	option_guess_append(&guess, what, sizeof(what));
	snprintf(where, sizeof(where), "[%s]", name);
	return complain(p, p->line, where, "%s", what);
}

static void enter_section(struct parser *p, const char *line)
{
	size_t len = strcspn(line + 1, "]\n"), behind;
	char name[64];
	uint32_t i = 0;

	p->last = NULL;
	behind = 1 + len + (line[1 + len] == ']');
	behind += strspn(line + behind, " \t\r\n");
	if (line[1 + len] != ']')
		complain(p, p->line, NULL, "']' is missing behind [%.*s", (int)(len < 63 ? len : 63), line + 1);
	else if (line[behind] && line[behind] != ';' && line[behind] != '#')
		complain(p, p->line, NULL, "a key stands on a line of its own, not behind [%.*s]",
			 (int)(len < 63 ? len : 63), line + 1);
	snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63), line + 1);
	while (scenario_sections[i].name && strcmp(scenario_sections[i].name, name))
		i++;
	if (!scenario_sections[i].name)
		unknown_section(p, name);
	else if (p->section_seen[i])
		complain(p, p->line, NULL, "[%s] was there before; keep the keys of a section together", name);
	else
		p->section_seen[i] = true;
}

/* fgets(), which does not say that a byte of the text is 0. */
static size_t read_text(struct parser *p, char *buf, size_t num)
{
	size_t len = 0;
	int c = 0;

	while (len + 1 < num && c != '\n' && (c = getc(p->file)) != EOF) {
		if (!c)
			complain(p, p->line + !p->mid_line, NULL, "has a byte that is 0: not a text file");
		buf[len++] = c ? (char)c : '?';
	}
	buf[len] = '\0';
	return len;
}

/* The same for libinih, which knows where it is, and takes the mark away that some editors begin UTF-8 with. */
static char *read_line(char *buf, int num, void *arg)
{
	struct parser *p = arg;
	size_t len = read_text(p, buf, (size_t)num);

	if (!len)
		return NULL;
	if (!p->line && !strncmp(buf, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK))) {
		len -= strlen(BYTE_ORDER_MARK);
		memmove(buf, buf + strlen(BYTE_ORDER_MARK), len + 1);
	}
	if (!p->mid_line) {
		p->line++;
		p->continuation = buf[0] == ' ' || buf[0] == '\t';
		if (buf[0] == '[')
			enter_section(p, buf);
	}
	p->mid_line = len && buf[len - 1] != '\n';
	/* Before libinih takes half a line for a whole one. */
	if (p->mid_line && len + 1 == (size_t)num)
		complain(p, p->line, NULL, "line is longer than %zu characters; a claim may go on on an indented line", len);
	return buf;
}

/* A key that this section does not have; maybe another section has it. */
static void unknown_key(const char *section, const char *key, char *what, size_t n)
{
	struct option_guess guess;

	for (const struct option *o = scenario_options; o->section; o++) {
		if (!strcmp(o->key, key)) {
			snprintf(what, n, "unknown key in [%s]; it belongs into [%s]", section, o->section);
			return;
		}
	}
	option_guess_start(&guess, key);
	for (const struct option *o = scenario_options; o->section; o++)
		if (option_in(o, section))
			option_guess_offer(&guess, o->key);
	snprintf(what, n, "unknown key in [%s]", section);
	option_guess_append(&guess, what, n);
}

static int continue_value(struct parser *p, const char *key, const char *value)
{
	struct scenario *s = p->s;
	size_t len = strlen(s->claim);

	if (!p->last || strcmp(p->last->key, "claim"))
		return complain(p, p->line, key, "only claim may continue on an indented line");
	if (snprintf(s->claim + len, sizeof(s->claim) - len, " %s", value) >= (int)(sizeof(s->claim) - len))
		return complain(p, p->line, key, "is longer than %zu characters", sizeof(s->claim) - 1);
	return 1;
}

static int on_deviation(struct parser *p, const char *name, const char *value)
{
	uint64_t before = p->s->deviations_set;
	char what[256];

	if (scenario_deviation_set(p->s, name, value, what, sizeof(what)))
		return complain(p, p->line, name, "%s", what);
	if (p->s->deviations_set == before)
		return complain(p, p->line, name, "was set already");
	return 1;
}

/* Called by libinih for each key. 1: fine. */
static int on_key(void *arg, const char *section, const char *key, const char *value)
{
	struct parser *p = arg;
	const struct option *o;
	char what[256];

	if (p->failed)
		return 0;
	if (!*section)
		return complain(p, p->line, key, "comes before the first [section]");
	if (!strcmp(section, "expect") && !p->continuation) {
		p->last = NULL;
		if (scenario_expect_add(p->s, key, value, what, sizeof(what)))
			return complain(p, p->line, key, "%s", what);
		return 1;
	}
	if (p->continuation)
		return continue_value(p, key, value);
	if (!strcmp(section, "deviations")) {
		p->last = NULL;
		return on_deviation(p, key, value);
	}

	o = option_find(scenario_options, section, key);
	if (!o) {
		unknown_key(section, key, what, sizeof(what));
		return complain(p, p->line, key, "%s", what);
	}
	if (o - scenario_options >= MAX_KEYS)
		return complain(p, p->line, key, "the option table has more rows than the parser has room for");
	p->last = o;
	if (p->key_line[o - scenario_options])
		return complain(p, p->line, key, "was set in line %u already", p->key_line[o - scenario_options]);
	p->key_line[o - scenario_options] = p->line;
	if (option_set(o, p->s, value, what, sizeof(what)))
		return complain(p, p->line, key, "%s", what);
	return 1;
}

static void check_required(struct parser *p)
{
	for (uint32_t i = 0; scenario_sections[i].name; i++)
		if (scenario_sections[i].required && !p->section_seen[i])
			complain(p, 0, NULL, "section [%s] is missing: %s", scenario_sections[i].name,
				 !strcmp(scenario_sections[i].name, "scenario") ?
					 "every scenario has a claim" : "every scenario says what it expects");
	if (!p->s->claim[0])
		complain(p, 0, "claim", "is missing from [scenario]");
	if (!scenario_expect_has_default(p->s))
		complain(p, 0, "default", "is missing from [expect]: what is expected of ordinary variants?");
}

/* "section.key" if @key of @table was set by an override, and so has no line. */
static void complain_at(void *arg, const char *section, const char *key, const char *what)
{
	struct parser *p = arg;
	const struct option *o = option_find(scenario_options, section, key);
	char where[96];

	if (o && p->key_line[o - scenario_options]) {
		complain(p, p->key_line[o - scenario_options], key, "%s", what);
		return;
	}
	snprintf(where, sizeof(where), "%s.%s", section, key);
	complain(p, 0, where, "%s", what);
}

/* One "section.key=value" at @text. */
static int override_one(struct parser *p, char *text)
{
	char *dot = strchr(text, '.'), *equals = strchr(text, '=');
	const struct option *o;
	char what[256];
	int err;

	if (!dot || !equals || dot > equals || dot == text)
		return complain(p, 0, text, "an override looks like SECTION.KEY=VALUE");
	*dot = *equals = '\0';
	if (!option_section_find(scenario_sections, text))
		return unknown_section(p, text);
	*dot = '.';
	if (!strncmp(text, "scenario.", 9) || !strncmp(text, "expect.", 7))
		return complain(p, 0, text, "cannot be overridden; edit the file");
	*dot = '\0';
	if (!strcmp(text, "deviations")) {
		err = scenario_deviation_set(p->s, dot + 1, equals + 1, what, sizeof(what));
		*dot = '.';
		return err ? complain(p, 0, text, "%s", what) : 1;
	}
	o = option_find(scenario_options, text, dot + 1);
	if (!o)
		unknown_key(text, dot + 1, what, sizeof(what));
	*dot = '.';
	if (!o || option_set(o, p->s, equals + 1, what, sizeof(what)))
		return complain(p, 0, text, "%s", what);
	p->key_line[o - scenario_options] = 0;
	return 1;
}

static void apply_overrides(struct parser *p, const char *overrides)
{
	const char *path = p->path;
	char *copy = alloc_text(overrides), *save = NULL;

	p->path = "--set";
	p->line = 0;
	for (char *t = strtok_r(copy, ",", &save); t && !p->failed; t = strtok_r(NULL, ",", &save))
		override_one(p, t);
	p->path = path;
	free(copy);
}

bool scenario_uses_timers(const struct scenario *s)
{
	return s->guest.timer_lvt | s->guest.timer_count | s->guest.timer_divide | s->guest.timer_deadline |
	       s->guest.timer_read | s->timer_load | s->timer_msr;
}

bool scenario_uses_pmi(const struct scenario *s) { return s->guest.pmi | s->pmi_hlt_percent; }

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

/*
 * FNV-1a over "section.key=value" of every row that a run can notice: neither
 * the claim, nor the expectations, nor when an expectation counts.
 */
static uint32_t hash_meaning(const struct scenario *s)
{
	uint32_t hash = 2166136261u;
	char value[64], line[160], deviations[2048];

	for (const struct option *o = scenario_options; o->section; o++) {
		if (!strcmp(o->section, "scenario") || !strcmp(o->key, "enough_runs"))
			continue;
		option_format(o, s, value, sizeof(value));
		snprintf(line, sizeof(line), "%s.%s=%s\n", o->section, o->key, value);
		hash = hash_text(hash, line);
	}
	scenario_deviation_format(s, deviations, sizeof(deviations));
	hash = hash_text(hash, deviations);
	/* 0 means "no hash" in a token. */
	return hash ? hash : 1;
}

static void set_name(struct scenario *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len > 4 && !strcmp(base + len - 4, ".scn"))
		len -= 4;
	snprintf(s->name, sizeof(s->name), "%.*s", (int)len, base);
	snprintf(s->path, sizeof(s->path), "%s", path);
}

void scenario_defaults(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	option_defaults(scenario_options, NULL, s);
}

static void parse_file(struct parser *p)
{
	int line = ini_parse_stream(read_line, p, on_key, p);

	if (line > 0)
		complain(p, line, NULL, "neither [section] nor key = value");
	else if (line < 0)
		complain(p, 0, NULL, "out of memory");
	else if (ferror(p->file))
		complain(p, 0, NULL, "cannot be read: %s", strerror(errno));
}

/* Names go into tokens, where ':' and '@' separate, and into lines of tables. */
static void check_name(struct parser *p)
{
	size_t len = strspn(p->s->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-");

	if (!p->s->name[0] || p->s->name[len])
		complain(p, 0, NULL, "a scenario's file name may have letters, digits, '.', '_', '+' and '-' only");
}

int scenario_load(struct scenario *s, const char *path, const char *overrides, char *error, uint64_t n)
{
	struct scenario new;
	struct parser p = { .s = &new, .path = path, .error = error, .n = n };

	scenario_defaults(&new);
	set_name(&new, path);
	p.file = fopen(path, "re");
	if (!p.file) {
		complain(&p, 0, NULL, "%s", strerror(errno));
		return -1;
	}
	check_name(&p);
	parse_file(&p);
	fclose(p.file);
	if (!p.failed && overrides && *overrides)
		apply_overrides(&p, overrides);
	check_required(&p);
	scenario_check(&new, complain_at, &p);
	if (p.failed)
		return -1;
	new.hash = hash_meaning(&new);
	*s = new;
	return 0;
}
