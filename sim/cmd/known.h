/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known divergences: known/NAME.known, one explained finding each.  A campaign
 * reports what matches one apart, and does not fail for it.
 *
 * A signature is matched against each divergence, not against buckets, so that
 * something new with the same kind and check is not hidden by its neighbour.
 */
#ifndef LAPICSIM_KNOWN_H
#define LAPICSIM_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/divergence.h"

struct known {
	char name[64];			/* of the file, without .known */
	char path[1100];
	/* The signature: what is "" matches anything. */
	char kind_key[32];
	char check[32];
	char function[96];
	char text[160];			/* a part of the divergence's text */
	char slice[80];			/* a part of its slice: signature.h */
	char variants[256], classes[256], scenarios[256]; /* patterns of fnmatch(), separated by blanks */
	/* What is known about it. */
	char title[128];
	char explanation[1024];
	char finding[256];		/* the write-up, a path in the repository */
	char scenario[64];		/* the smallest scenario that shows it */
	uint32_t kind;
};

struct known_list {
	struct known *item;
	uint32_t nr;
};

/*
 * All of @folder, in the order of their names; a folder that is not there has
 * none. 0, or -1 with "FILE:LINE: KEY: what is wrong" in @error.
 */
int known_load(struct known_list *l, const char *folder, char *error, size_t n);
/* The first that @d, seen on these, is; or NULL. */
const struct known *known_match(const struct known_list *l, const struct divergence *d, const char *function,
				const char *slice, const char *variant, const char *class, const char *scenario);
/* May an entry name @check, for divergences of @kind? 0, or -1 with the reason. */
int known_check_exists(const char *check, uint32_t kind, char *error, size_t n);
/* The keys; and as Markdown. */
const struct option *known_keys(void);
void known_print_reference(FILE *f);

#endif
