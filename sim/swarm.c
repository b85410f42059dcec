// SPDX-License-Identifier: GPL-2.0-only
/* See swarm.h. */
#include "sim/swarm.h"

#include <stdio.h>
#include <string.h>

#include "sim/options.h"
#include "sim/rng.h"

#define MAX_GAP_NS	4000000000u

enum row_kind { ROW_FIXED, ROW_WEIGHT, ROW_SHARE, ROW_GAP };

static bool ends_with(const char *key, const char *end)
{
	size_t a = strlen(key), b = strlen(end);

	return a >= b && !strcmp(key + a - b, end);
}

static enum row_kind kind_of(const struct option *o)
{
	if (!strcmp(o->section, "swarm") || !strcmp(o->section, "topology"))
		return ROW_FIXED;
	/* By it the VM's redirection entries were written: a guest and devices that think otherwise break their rules. */
	if (!strcmp(o->key, "pin_level"))
		return ROW_FIXED;
	if (o->type == OPT_UINT && o->names && !strcmp(o->names, "weight"))
		return ROW_WEIGHT;
	if (o->type == OPT_PERCENT)
		return ROW_SHARE;
	if (o->type == OPT_DURATION && o->bytes == sizeof(uint32_t) && ends_with(o->key, "gap"))
		return ROW_GAP;
	return ROW_FIXED;
}

static uint32_t *field(const struct option *o, struct scenario *s)
{
	return (uint32_t *)((char *)s + o->offset);
}

/* One draw, whatever comes of it: so a row's fate does not depend on the others' values. */
static uint32_t mixed(enum row_kind kind, const struct option *o, uint32_t value, uint32_t draw)
{
	uint32_t by = draw >> 1 & 3;

	if (!value)
		return 0;
	switch (kind) {
	case ROW_WEIGHT:
		return draw & 1 ? 0 : value << by;
	case ROW_SHARE:
		return draw & 1 ? (by ? value : 0) : value;
	case ROW_GAP:
		/* Where 0 does not mean never it stays short: nobody may sleep through the quiet phase. */
		if (draw & 1)
			return by || o->min ? value : 0;
		return value <= MAX_GAP_NS >> by ? value << by : value;
	default:
		return value;
	}
}

/* A guest does something; what else, is the mix. */
static void keep_the_guest_busy(const struct scenario *base, struct scenario *out)
{
	const uint32_t *was = (const uint32_t *)&base->guest;
	uint32_t *is = (uint32_t *)&out->guest, nr = sizeof(base->guest) / sizeof(*was);

	for (uint32_t i = 0; i < nr; i++)
		if (is[i])
			return;
	for (uint32_t i = 0; i < nr; i++) {
		if (was[i]) {
			is[i] = was[i];
			return;
		}
	}
}

bool swarm_draw(const struct scenario *base, uint64_t seed, struct scenario *out)
{
	struct rng r;

	*out = *base;
	if (!base->swarm_percent)
		return false;
	rng_init(&r, seed, 0, RNG_SWARM);
	if (rng_below(&r, 100) >= base->swarm_percent)
		return false;
	for (const struct option *o = scenario_options; o->section; o++) {
		enum row_kind kind = kind_of(o);
		uint32_t *f = field(o, out);

		if (kind != ROW_FIXED)
			*f = mixed(kind, o, *f, rng_below(&r, 8));
	}
	keep_the_guest_busy(base, out);
	return true;
}

void swarm_describe(const struct scenario *base, const struct scenario *mix,
		    void (*tell)(const char *row, uint64_t was, uint64_t is))
{
	char name[96];

	for (const struct option *o = scenario_options; o->section; o++) {
		uint32_t was, is;

		if (kind_of(o) == ROW_FIXED)
			continue;
		memcpy(&was, (const char *)base + o->offset, sizeof(was));
		memcpy(&is, (const char *)mix + o->offset, sizeof(is));
		if (was == is)
			continue;
		snprintf(name, sizeof(name), "%s.%s", o->section, o->key);
		tell(name, was, is);
	}
}
