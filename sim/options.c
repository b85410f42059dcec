/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of the option table: text to field, field to text, defaults, ranges.
 *
 * Knows types, not meanings: checks between keys are scenario_check.c's.
 */
#include "sim/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/alloc.h"

#define WORD_MAX 64

static const struct {
	const char *suffix;
	uint64_t ns;
} duration_units[] = {
	/* Largest first: option_format() takes the first that divides. */
	{ "h", 3600000000000ull }, { "m", 60000000000ull }, { "s", 1000000000ull },
	{ "ms", 1000000ull },	   { "us", 1000ull },	    { "ns", 1ull },
};

#define NR_UNITS (sizeof(duration_units) / sizeof(duration_units[0]))

__attribute__((format(printf, 3, 4))) static int fail(char *error, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, n, fmt, ap);
	va_end(ap);
	return -1;
}

bool option_in(const struct option *o, const char *section)
{
	size_t len = strlen(section);
	const char *p = o->section;

	while ((p = strstr(p, section))) {
		bool starts = p == o->section || p[-1] == ' ';

		if (starts && (p[len] == '\0' || p[len] == ' '))
			return true;
		p += len;
	}
	return false;
}

const struct option *option_find(const struct option *table, const char *section, const char *key)
{
	for (const struct option *o = table; o->section; o++)
		if (!strcmp(o->key, key) && option_in(o, section))
			return o;
	return NULL;
}

const struct option_section *option_section_find(const struct option_section *table, const char *name)
{
	for (const struct option_section *s = table; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

void option_one_line(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

void option_list_add(struct option_list *l, const char *item)
{
	l->item = alloc_grow(l->item, l->nr, sizeof(*l->item));
	l->item[l->nr++] = item;
}

/* The leading number of @text; @end is what follows. strtoull() alone would take "-1" and " 1". */
static int read_number(const char *text, uint64_t *value, const char **end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *stop;

	if (!isdigit((unsigned char)text[0]) || (hex && !isxdigit((unsigned char)text[2])))
		return -1;
	errno = 0;
	*value = strtoull(text, &stop, hex ? 16 : 10);
	*end = stop;
	return errno ? -1 : 0;
}

static int parse_uint(const char *text, uint64_t *value, char *error, size_t n)
{
	const char *end;

	if (read_number(text, value, &end) || *end)
		return fail(error, n, "\"%s\" is not a whole number", text);
	return 0;
}

static int parse_percent(const char *text, uint64_t *value, char *error, size_t n)
{
	const char *end;

	if (read_number(text, value, &end) || (*end && strcmp(end, "%")))
		return fail(error, n, "\"%s\" is not a whole number of percent", text);
	return 0;
}

static int parse_duration(const char *text, uint64_t *value, char *error, size_t n)
{
	const char *end;

	if (read_number(text, value, &end))
		return fail(error, n, "\"%s\" is not a duration, such as 50us", text);
	if (!*end && !*value)
		return 0;
	for (size_t i = 0; i < NR_UNITS; i++) {
		if (strcmp(end, duration_units[i].suffix))
			continue;
		if (__builtin_mul_overflow(*value, duration_units[i].ns, value))
			return fail(error, n, "\"%s\" is too long", text);
		return 0;
	}
	return fail(error, n, "\"%s\" needs a unit: ns, us, ms, s, m or h", text);
}

static const struct {
	const char *suffix;
	uint64_t bytes;
} byte_units[] = { { "G", 1ull << 30 }, { "M", 1ull << 20 }, { "K", 1ull << 10 } };

#define NR_BYTE_UNITS (sizeof(byte_units) / sizeof(byte_units[0]))

static int parse_bytes(const char *text, uint64_t *value, char *error, size_t n)
{
	const char *end;

	if (read_number(text, value, &end))
		return fail(error, n, "\"%s\" is not a size, such as 512M", text);
	if (!*end && !*value)
		return 0;
	for (size_t i = 0; i < NR_BYTE_UNITS; i++) {
		if (strcmp(end, byte_units[i].suffix))
			continue;
		if (__builtin_mul_overflow(*value, byte_units[i].bytes, value))
			return fail(error, n, "\"%s\" is too large", text);
		return 0;
	}
	return fail(error, n, "\"%s\" needs a unit: K, M or G", text);
}

static int parse_bool(const char *text, uint64_t *value, char *error, size_t n)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
			*value = !strcasecmp(text, yes[i]);
			return 0;
		}
	}
	return fail(error, n, "\"%s\" is neither yes nor no", text);
}

/* The @i-th of "a|b|c" into @word; false past the end. */
static bool nth_name(const char *names, uint32_t i, char *word)
{
	size_t len;

	while (i--) {
		names = strchr(names, '|');
		if (!names)
			return false;
		names++;
	}
	len = strcspn(names, "|");
	if (len >= WORD_MAX)
		abort();
	memcpy(word, names, len);
	word[len] = '\0';
	return true;
}

static int parse_enum(const struct option *o, const char *text, uint64_t *value, char *error, size_t n)
{
	char word[WORD_MAX], best[WORD_MAX] = "";
	uint32_t distance, nearest = UINT32_MAX;
	struct option_guess guess;

	for (uint32_t i = 0; nth_name(o->names, i, word); i++) {
		if (!strcmp(word, text)) {
			*value = i;
			return 0;
		}
		distance = option_distance(text, word);
		if (distance < nearest) {
			nearest = distance;
			strcpy(best, word);
		}
	}
	fail(error, n, "\"%s\" is none of %s", text, o->names);
	option_guess_start(&guess, text);
	option_guess_offer(&guess, best);
	option_guess_append(&guess, error, n);
	return -1;
}

static int parse_seeds(const char *text, struct option_seeds *seeds, char *error, size_t n)
{
	struct option_seeds s = { .given = true };
	const char *end;

	if (read_number(text, &s.first, &end))
		return fail(error, n, "\"%s\" is not a range of seeds, such as 0-9999", text);
	s.last = s.first;
	if (*end && (*end != '-' || read_number(end + 1, &s.last, &end) || *end))
		return fail(error, n, "\"%s\" is not a range of seeds, such as 0-9999", text);
	if (s.last < s.first)
		return fail(error, n, "\"%s\" ends before it starts", text);
	/* Room to count the runs in 64 bits. */
	if (s.last - s.first == UINT64_MAX)
		return fail(error, n, "\"%s\" has too many seeds", text);
	*seeds = s;
	return 0;
}

static void store(const struct option *o, void *base, uint64_t value)
{
	void *field = (char *)base + o->offset;

	switch (o->bytes) {
	case 1:
		*(uint8_t *)field = value;
		break;
	case 4:
		*(uint32_t *)field = value;
		break;
	case 8:
		*(uint64_t *)field = value;
		break;
	default:
		abort();	/* a row of the table is wrong */
	}
}

static uint64_t load(const struct option *o, const void *base)
{
	const void *field = (const char *)base + o->offset;

	switch (o->bytes) {
	case 1:
		return *(const uint8_t *)field;
	case 4:
		return *(const uint32_t *)field;
	case 8:
		return *(const uint64_t *)field;
	}
	abort();
}

static void format_value(const struct option *o, uint64_t value, char *buf, size_t n)
{
	size_t i = 0;
	char word[WORD_MAX];

	switch (o->type) {
	case OPT_DURATION:
		while (i < NR_UNITS - 1 && value % duration_units[i].ns)
			i++;
		if (value)
			snprintf(buf, n, "%llu%s", (unsigned long long)(value / duration_units[i].ns),
				 duration_units[i].suffix);
		else
			snprintf(buf, n, "0");
		break;
	case OPT_BYTES:
		while (i < NR_BYTE_UNITS - 1 && value % byte_units[i].bytes)
			i++;
		snprintf(buf, n, "%llu%s", (unsigned long long)(value / byte_units[i].bytes), byte_units[i].suffix);
		break;
	case OPT_BOOL:
	case OPT_FLAG:
		snprintf(buf, n, "%s", value ? "yes" : "no");
		break;
	case OPT_ENUM:
		snprintf(buf, n, "%s", nth_name(o->names, value, word) ? word : "?");
		break;
	default:
		snprintf(buf, n, "%llu", (unsigned long long)value);
	}
}

static int store_checked(const struct option *o, void *base, uint64_t value, char *error, size_t n)
{
	char limit[WORD_MAX];

	if (value < o->min) {
		format_value(o, o->min, limit, sizeof(limit));
		return fail(error, n, "must be at least %s", limit);
	}
	if (o->max && value > o->max) {
		format_value(o, o->max, limit, sizeof(limit));
		return fail(error, n, "must be at most %s", limit);
	}
	store(o, base, value);
	return 0;
}

/* A string is an array inside the struct, or, where there is room for a pointer only, a pointer. */
static int set_string(const struct option *o, void *base, const char *text, char *error, size_t n)
{
	char *field = (char *)base + o->offset;

	if (!*text)
		return fail(error, n, "must not be empty");
	if (o->bytes == sizeof(char *)) {
		*(const char **)field = text;
		return 0;
	}
	if (strlen(text) >= o->bytes)
		return fail(error, n, "is longer than %u characters", o->bytes - 1);
	strcpy(field, text);
	return 0;
}

int option_set(const struct option *o, void *base, const char *text, char *error, size_t n)
{
	void *field = (char *)base + o->offset;
	uint64_t value = 0;
	int err = 0;

	switch (o->type) {
	case OPT_BYTES:
		err = parse_bytes(text, &value, error, n);
		break;
	case OPT_UINT:
	case OPT_COUNT:
		err = parse_uint(text, &value, error, n);
		break;
	case OPT_PERCENT:
		err = parse_percent(text, &value, error, n);
		break;
	case OPT_DURATION:
		err = parse_duration(text, &value, error, n);
		break;
	case OPT_BOOL:
	case OPT_FLAG:
		err = parse_bool(text, &value, error, n);
		break;
	case OPT_ENUM:
		err = parse_enum(o, text, &value, error, n);
		break;
	case OPT_STRING:
		return set_string(o, base, text, error, n);
	case OPT_LIST:
		option_list_add(field, text);
		return 0;
	case OPT_SEEDS:
		return parse_seeds(text, field, error, n);
	}
	return err ? err : store_checked(o, base, value, error, n);
}

void option_defaults(const struct option *table, const char *section, void *base)
{
	char error[256];

	for (const struct option *o = table; o->section; o++) {
		if (!o->def || o->type == OPT_COUNT || (section && !option_in(o, section)))
			continue;
		if (option_set(o, base, o->def, error, sizeof(error))) {
			fprintf(stderr, "option table: %s.%s: default %s\n", o->section, o->key, error);
			abort();
		}
	}
}

void option_format(const struct option *o, const void *base, char *buf, size_t n)
{
	const char *field = (const char *)base + o->offset;

	if (o->type == OPT_STRING)
		snprintf(buf, n, "%s", field);
	else
		format_value(o, load(o, base), buf, n);
}
