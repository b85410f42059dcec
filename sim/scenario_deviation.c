// SPDX-License-Identifier: GPL-2.0-only
/*
 * [deviations]: `NAME = on` or `NAME = off`.  What is not named keeps the row's
 * default.
 *
 * Does not know what a row forgives: the checks do.
 */
#include "sim/scenario_deviation.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/options.h"
#include "sim/oracle/deviation.h"

static int unknown(const char *name, char *error, size_t n)
{
	const struct deviation_row *row;
	struct option_guess guess;

	snprintf(error, n, "unknown deviation");
	option_guess_start(&guess, name);
	for (uint32_t i = 0; (row = deviation_row(i)); i++)
		option_guess_offer(&guess, row->name);
	option_guess_append(&guess, error, n);
	return -1;
}

int scenario_deviation_set(struct scenario *s, const char *name, const char *value, char *error, size_t n)
{
	bool on = !strcasecmp(value, "on") || !strcasecmp(value, "yes");
	const struct deviation_row *row;

	for (uint32_t i = 0; (row = deviation_row(i)); i++) {
		if (strcmp(row->name, name))
			continue;
		if (!on && strcasecmp(value, "off") && strcasecmp(value, "no")) {
			snprintf(error, n, "\"%s\" is neither on nor off", value);
			return -1;
		}
		s->deviations_set |= 1ull << i;
		s->deviations_on = on ? s->deviations_on | 1ull << i : s->deviations_on & ~(1ull << i);
		return 0;
	}
	return unknown(name, error, n);
}

void scenario_deviation_format(const struct scenario *s, char *buf, size_t n)
{
	const struct deviation_row *row;
	size_t len = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; (row = deviation_row(i)); i++) {
		bool on = s->deviations_on >> i & 1;

		if ((s->deviations_set >> i & 1) && on != row->on && len < n)
			len += snprintf(buf + len, n - len, "deviations.%s=%s\n", row->name, on ? "on" : "off");
	}
}

void scenario_deviation_apply(const struct scenario *s)
{
	const struct deviation_row *row;

	for (uint32_t i = 0; (row = deviation_row(i)); i++)
		if (s->deviations_set >> i & 1)
			deviation_switch(row->name, s->deviations_on >> i & 1);
}
