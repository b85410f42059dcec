/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tokens: text to struct and back.  What token_format() writes, token_parse() reads
 * and gives the same struct; what it would not read, token_format() does not write.
 *
 * Does not touch files, and knows no option by name.
 */
#include "sim/token.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_VERSION "v1"

#define DIGITS		"0123456789"
#define HEX_DIGITS	DIGITS "abcdef"
#define NAME_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" "abcdefghijklmnopqrstuvwxyz" DIGITS "._+-"
/* Of an override's value: lists and ranges too, but nothing that a shell would touch. */
#define VALUE_CHARS	NAME_CHARS ":/%@"

/* A part of the text that is being parsed. */
struct span {
	const char *at;
	size_t len;
};

struct report {
	char *text;
	size_t n;
};

__attribute__((format(printf, 2, 3)))
static int complain(struct report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (r->n)
		vsnprintf(r->text, r->n, format, args);
	va_end(args);
	return -1;
}

/* Cuts @rest at the first @mark: returns what is before it; @rest goes on behind it, or is gone (NULL). */
static struct span cut(struct span *rest, char mark)
{
	struct span part = *rest;
	const char *end = memchr(rest->at, mark, rest->len);

	if (end) {
		part.len = end - rest->at;
		rest->at = end + 1;
		rest->len -= part.len + 1;
	} else {
		rest->at = NULL;
		rest->len = 0;
	}
	return part;
}

static bool consists_of(struct span s, const char *chars)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (!s.at[i] || !strchr(chars, s.at[i]))
			return false;
	}
	return true;
}

/* For messages, which are one line each: long parts are cut, odd bytes shown as '?'. */
struct shown {
	char text[48];
};

static struct shown show(struct span s)
{
	struct shown out;
	size_t i, len = s.len < sizeof(out.text) - 4 ? s.len : sizeof(out.text) - 4;

	for (i = 0; i < len; i++)
		out.text[i] = s.at[i] < ' ' || s.at[i] > '~' ? '?' : s.at[i];
	strcpy(out.text + len, len < s.len ? "..." : "");
	return out;
}

static int parse_name(struct span s, const char *what, char *out, size_t n, struct report *r)
{
	if (!s.len)
		return complain(r, "token: %s: the name is empty", what);
	if (!consists_of(s, NAME_CHARS))
		return complain(r, "token: %s: '%s': a name consists of A-Z, a-z, 0-9 and . _ + -", what,
				show(s).text);
	if (s.len >= n)
		return complain(r, "token: %s: '%s' is longer than %zu characters", what, show(s).text,
				n - 1);
	memcpy(out, s.at, s.len);
	out[s.len] = 0;
	return 0;
}

/* The caller has looked at length and characters. */
static uint64_t hex_value(struct span s)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < s.len; i++)
		value = value << 4 | (strchr(HEX_DIGITS, s.at[i]) - HEX_DIGITS);
	return value;
}

static int parse_scenario(struct span s, struct token *out, struct report *r)
{
	struct span name = cut(&s, '@');

	if (parse_name(name, "scenario", out->scenario, sizeof(out->scenario), r))
		return -1;
	if (!s.at)
		return 0;
	if (s.len != 8 || !consists_of(s, HEX_DIGITS))
		return complain(r, "token: scenario hash: '%s' is not 8 hexadecimal digits (0-9, a-f)",
				show(s).text);
	out->scenario_hash = (uint32_t)hex_value(s);
	return 0;
}

static int parse_variant(struct span s, struct token *out, struct report *r)
{
	struct span name = cut(&s, '@');

	if (parse_name(name, "variant", out->variant, sizeof(out->variant), r))
		return -1;
	if (!s.at)
		return 0;
	if (!s.len || s.len >= sizeof(out->identity) || !consists_of(s, HEX_DIGITS))
		return complain(r, "token: variant identity: '%s' is not 1 to 16 hexadecimal digits (0-9, a-f)",
				show(s).text);
	memcpy(out->identity, s.at, s.len);
	return 0;
}

static int parse_seed(struct span s, struct token *out, struct report *r)
{
	struct span digits = s;

	if (s.len > 2) {
		digits.at += 2;
		digits.len -= 2;
	}
	if (s.len < 3 || s.len > 18 || memcmp(s.at, "0x", 2) || !consists_of(digits, HEX_DIGITS))
		return complain(r, "token: seed: '%s' is not 0x and 1 to 16 hexadecimal digits (0-9, a-f)",
				show(s).text);
	out->seed = hex_value(digits);
	return 0;
}

static int parse_override(struct span s, struct report *r)
{
	struct span value = s;
	struct span name = cut(&value, '=');
	struct span key = name;
	struct span section = cut(&key, '.');

	if (!value.at)
		return complain(r, "token: override: '%s' has no '=': section.key=value is wanted", show(s).text);
	if (!key.at || !section.len || !key.len || !consists_of(name, NAME_CHARS))
		return complain(r, "token: override: '%s' is not section.key", show(name).text);
	if (!value.len)
		return complain(r, "token: override: '%s' has no value", show(name).text);
	if (!consists_of(value, VALUE_CHARS))
		return complain(r, "token: override: %s: '%s' has a character that tokens cannot hold",
				show(name).text, show(value).text);
	return 0;
}

static int parse_overrides(struct span s, struct token *out, struct report *r)
{
	struct span rest = s;

	if (!s.len)
		return complain(r, "token: override: nothing follows the ':' after the seed");
	if (s.len >= sizeof(out->overrides))
		return complain(r, "token: override: they are longer than %zu characters",
				sizeof(out->overrides) - 1);
	while (rest.at) {
		if (parse_override(cut(&rest, ','), r))
			return -1;
	}
	memcpy(out->overrides, s.at, s.len);
	return 0;
}

static int parse(struct span rest, struct token *out, struct report *r)
{
	struct span version = cut(&rest, ':');
	struct span scenario, variant;

	if (version.len != strlen(TOKEN_VERSION) || memcmp(version.at, TOKEN_VERSION, version.len))
		return complain(r, "token: version: '%s' is not " TOKEN_VERSION, show(version).text);
	if (!rest.at)
		return complain(r, "token: scenario: missing");
	scenario = cut(&rest, ':');
	if (parse_scenario(scenario, out, r))
		return -1;
	if (!rest.at)
		return complain(r, "token: variant: missing");
	variant = cut(&rest, ':');
	if (parse_variant(variant, out, r))
		return -1;
	if (!rest.at)
		return complain(r, "token: seed: missing");
	if (parse_seed(cut(&rest, ':'), out, r))
		return -1;
	return rest.at ? parse_overrides(rest, out, r) : 0;
}

int token_parse(const char *text, struct token *out, char *error, size_t n)
{
	struct report r = { .text = error, .n = n };
	struct span all = { .at = text, .len = strlen(text) };

	memset(out, 0, sizeof(*out));
	if (n)
		error[0] = 0;
	if (parse(all, out, &r)) {
		memset(out, 0, sizeof(*out));
		return -1;
	}
	return 0;
}

static bool same_token(const struct token *a, const struct token *b)
{
	return !strcmp(a->scenario, b->scenario) && a->scenario_hash == b->scenario_hash &&
	       !strcmp(a->variant, b->variant) && !strcmp(a->identity, b->identity) &&
	       a->seed == b->seed && !strcmp(a->overrides, b->overrides);
}

int token_format(const struct token *t, char *out, size_t n)
{
	char hash[10] = "", text[TOKEN_MAX_BYTES];
	struct token again;
	int len;

	if (n)
		out[0] = 0;
	if (t->scenario_hash)
		snprintf(hash, sizeof(hash), "@%08x", t->scenario_hash);
	len = snprintf(text, sizeof(text), TOKEN_VERSION ":%s%s:%s%s%s:0x%llx%s%s", t->scenario, hash,
		       t->variant, t->identity[0] ? "@" : "", t->identity, (unsigned long long)t->seed,
		       t->overrides[0] ? ":" : "", t->overrides);
	if (len < 0 || (size_t)len >= sizeof(text) || (size_t)len >= n)
		return -1;
	if (token_parse(text, &again, NULL, 0) || !same_token(t, &again))
		return -1;
	memcpy(out, text, len + 1);
	return len;
}
