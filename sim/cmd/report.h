/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of a campaign on stdout: for people (report_text.c) and for
 * programs (report_json.c).  Only what does not depend on time, jobs or machine.
 */
#ifndef LAPICSIM_REPORT_H
#define LAPICSIM_REPORT_H

#include <stdio.h>

#include "sim/cmd/campaign.h"
#include "sim/cmd/symbols.h"
#include "sim/cmd/verdict.h"

/* @per_scenario: a table for each scenario too. */
void report_table(FILE *f, const struct campaign *c, bool per_scenario);
void report_text(FILE *f, const struct campaign *c, const struct verdict *v);
void report_json(FILE *f, const struct campaign *c, const struct verdict *v);

/* The failures of all cells, also part of the two above. */
void report_failures(FILE *f, const struct campaign *c);
void report_failures_json(FILE *f, const struct campaign *c);

/* The table of deviations, and how often each was used (report_deviations.c). */
void report_deviations_text(FILE *f, const struct campaign *c);
void report_deviations_json(FILE *f, const struct campaign *c);

/* A JSON string with its quotes. */
void json_string(FILE *f, const char *s);
/* `,"@key":"@value"`: a member that is not the first. */
void json_member(FILE *f, const char *key, const char *value);
/* What all lines about a cell begin with: their type, variant and scenario. */
void json_cell(FILE *f, const char *type, const struct campaign *c, const struct cell *cell);
/* `"kind":"host-bug",...,"frames":[...]`: the members that run and replay share. */
void json_divergence(FILE *f, const struct divergence *d);
/* The lines that describe @d, for people; @frames may be NULL. */
void report_divergence(FILE *f, const struct divergence *d, const struct symbol_frames *frames);

#endif
