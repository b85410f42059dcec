/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * [expect]: `CLASS = WORD KIND, ...`.  The class's own lines win over those of
 * "default", kind by kind; the same class and kind twice is an error, so that
 * nothing depends on the order of lines.
 */
#include "sim/scenario_expect.h"

#include <stdio.h>
#include <string.h>

#include "sim/divergence.h"
#include "sim/options.h"

static const char *const words[] = { "never", "sometimes", "always" };

static int bad_word(const char *word, char *error, size_t n)
{
	struct option_guess guess;

	snprintf(error, n, "\"%s\" is none of never, sometimes, always", word);
	option_guess_start(&guess, word);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		option_guess_offer(&guess, words[i]);
	option_guess_append(&guess, error, n);
	return -1;
}

static int bad_kind(const char *kind, char *error, size_t n)
{
	struct option_guess guess;

	snprintf(error, n, "\"%s\" is no kind of divergence", kind);
	option_guess_start(&guess, kind);
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		option_guess_offer(&guess, divergence_key(i));
	option_guess_append(&guess, error, n);
	return -1;
}

static const struct expectation *find(const struct scenario *s, const char *class, uint32_t kind)
{
	for (uint32_t i = 0; i < s->nr_expect; i++)
		if (s->expect[i].kind == kind && !strcmp(s->expect[i].class, class))
			return &s->expect[i];
	return NULL;
}

/* "always host-bug" */
static int add_one(struct scenario *s, const char *class, const char *text, char *error, size_t n)
{
	char word[32], kind[32], rest[2];
	struct expectation *e;
	size_t i = 0;
	int k;

	if (sscanf(text, "%31s %31s %1s", word, kind, rest) != 2) {
		snprintf(error, n, "\"%s\" is not WORD KIND, such as never host-bug", text);
		return -1;
	}
	while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i], word))
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		return bad_word(word, error, n);
	k = divergence_from_key(kind);
	if (k < 0)
		return bad_kind(kind, error, n);
	if (find(s, class, k)) {
		snprintf(error, n, "says something about %s twice", kind);
		return -1;
	}
	if (s->nr_expect == SCENARIO_MAX_EXPECT) {
		snprintf(error, n, "more than %d expectations in one file", SCENARIO_MAX_EXPECT);
		return -1;
	}
	e = &s->expect[s->nr_expect++];
	snprintf(e->class, sizeof(e->class), "%s", class);
	e->word = i;
	e->kind = k;
	return 0;
}

int scenario_expect_add(struct scenario *s, const char *class, const char *list, char *error, size_t n)
{
	char copy[512], *save = NULL, *item;

	if (strlen(class) >= sizeof(s->expect[0].class)) {
		snprintf(error, n, "a class name has at most %zu characters", sizeof(s->expect[0].class) - 1);
		return -1;
	}
	if (class[strspn(class, "abcdefghijklmnopqrstuvwxyz0123456789-.")]) {
		snprintf(error, n, "a class name has lower case letters, digits, '-' and '.' only");
		return -1;
	}
	for (uint32_t i = 0; i < s->nr_expect; i++) {
		if (!strcmp(s->expect[i].class, class)) {
			snprintf(error, n, "was set already; one line per class");
			return -1;
		}
	}
	snprintf(copy, sizeof(copy), "%s", list);
	item = strtok_r(copy, ",", &save);
	if (!item) {
		snprintf(error, n, "must not be empty");
		return -1;
	}
	for (; item; item = strtok_r(NULL, ",", &save)) {
		item += strspn(item, " \t");
		if (add_one(s, class, item, error, n))
			return -1;
	}
	return 0;
}

bool scenario_expect_has_default(const struct scenario *s)
{
	for (uint32_t i = 0; i < s->nr_expect; i++)
		if (!strcmp(s->expect[i].class, "default"))
			return true;
	return false;
}

bool scenario_mentions(const struct scenario *s, const char *class, uint32_t kind)
{
	return find(s, class, kind) || find(s, "default", kind);
}

enum expect_word scenario_expects(const struct scenario *s, const char *class, uint32_t kind)
{
	const struct expectation *e = find(s, class, kind);

	if (!e)
		e = find(s, "default", kind);
	return e ? (enum expect_word)e->word : EXPECT_SOMETIMES;
}
