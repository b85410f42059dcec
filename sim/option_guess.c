/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "did you mean": the nearest of some words to a mistyped one.
 *
 * Knows no table; whoever has words offers them.
 */
#include "sim/options.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 64	/* what is longer is compared as far as that */

/*
 * Damerau's distance with adjacent swaps ("vcpsu"), case-insensitive; "_" and
 * "-" are the same, since file keys use one and options the other.
 */
uint32_t option_distance(const char *a, const char *b)
{
	uint32_t row[3][WORD_MAX + 1];
	size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

	for (size_t i = 0; i <= la; i++) {
		uint32_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		for (size_t j = 0; j <= lb; j++) {
			char ca = i ? tolower(a[i - 1] == '_' ? '-' : a[i - 1]) : 0;
			char cb = j ? tolower(b[j - 1] == '_' ? '-' : b[j - 1]) : 0;
			uint32_t d;

			if (!i || !j) {
				now[j] = i + j;
				continue;
			}
			d = up[j - 1] + (ca != cb);
			d = up[j] + 1 < d ? up[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[la % 3][lb];
}

void option_guess_start(struct option_guess *g, const char *word)
{
	size_t len = strlen(word);

	g->word = word;
	g->best = NULL;
	/* About a third of the word may be wrong; at least one letter, at most four. */
	g->limit = 2 + (len > 3) + (len > 8) + (len > 11);
	g->distance = UINT32_MAX;
}

void option_guess_offer(struct option_guess *g, const char *candidate)
{
	uint32_t d = option_distance(g->word, candidate);
	size_t len = strlen(g->word);
	bool near = d < g->limit && d < strlen(candidate);

	/* "pv-eoi" for "pv-eoi-plain": a beginning counts as near, but less than one wrong letter. */
	near |= len >= 3 && !strncasecmp(g->word, candidate, len);
	d = d <= 1 ? d : strncasecmp(g->word, candidate, len) ? d + 1 : 2;
	if (near && d < g->distance) {
		g->distance = d;
		g->best = candidate;
	}
}

void option_guess_append(const struct option_guess *g, char *error, size_t n)
{
	size_t len = strlen(error);

	if (g->best && len < n)
		snprintf(error + len, n - len, "; did you mean \"%s\"?", g->best);
}
