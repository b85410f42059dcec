/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of lapicsim compare on stdout: for people (report_compare.c) and for
 * programs (report_compare_json.c).
 */
#ifndef LAPICSIM_REPORT_COMPARE_H
#define LAPICSIM_REPORT_COMPARE_H

#include <stdio.h>

#include "sim/cmd/comparison.h"
#include "sim/cmd/first_event.h"
#include "sim/cmd/touched.h"
#include "sim/cmd/verdict.h"

/* A variant against the base: what is found out after the campaign. */
struct compared {
	bool parts;			/* @event is where the first pair of runs that differs parts */
	struct first_event event;
	char error[256];		/* why not, although they differ */
	bool measured;			/* @touched was asked for */
	struct touched touched;
};

/* @after: per variant; that of the base is not used. */
void report_compare(FILE *f, const struct comparison *x, const struct compared *after, const struct verdict *v);
void report_compare_json(FILE *f, const struct comparison *x, const struct compared *after, const struct verdict *v);
/* "lapicsim replay TOKEN --trace=text --mark EVENT", of one side of a pair that parts. */
void report_mark_command(const struct comparison *x, uint32_t variant, const struct cell *cell, uint64_t event,
			 char *buf, size_t n);
/* No line that the variant changes, and that is code, was executed. */
bool report_not_exercised(const struct touched *t);

#endif
