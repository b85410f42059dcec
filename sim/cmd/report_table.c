/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table at the end of a campaign: variants x kinds of divergence, counted in
 * runs that show them.  A kind has a column if a run showed it or a scenario
 * expects it; what never happened and nobody waits for would only widen it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"

#define MAX_COLUMNS (DIV_NR_KINDS + 8)
#define CELL_BYTES 96

/* What a row adds up. */
struct row {
	char name[CELL_BYTES];
	uint64_t nr_runs, nr_events, nr_limit, nr_timed_out, nr_no_memory, nr_trapped, nr_died;
	uint64_t nr_kind[DIV_NR_KINDS];
};

struct table {
	uint32_t nr_columns, nr_rows;
	uint32_t width[MAX_COLUMNS];
	char (*text)[MAX_COLUMNS][CELL_BYTES];	/* row 0 is the head */
};

/* "6.1.176 (pv-eoi-unfixed)", if a scenario makes that difference. */
static void variant_label(const struct campaign *c, uint32_t variant, char *buf, size_t n)
{
	const struct variant *v = &c->variants[variant];
	bool special = false;

	for (uint32_t s = 0; s < c->nr_scenarios; s++)
		for (uint32_t i = 0; i < c->scenarios[s].nr_expect; i++)
			special |= !strcmp(c->scenarios[s].expect[i].class, v->class);
	if (special && strcmp(v->class, "default"))
		snprintf(buf, n, "%s (%s)", v->name, v->class);
	else
		snprintf(buf, n, "%s", v->name);
}

static void add_cell(struct row *r, const struct cell *cell)
{
	r->nr_runs += cell->nr_runs;
	r->nr_events += cell->nr_events;
	r->nr_limit += cell->nr_ends[RUN_LIMIT];
	r->nr_timed_out += cell->nr_ends[RUN_TIMED_OUT];
	r->nr_no_memory += cell->nr_ends[RUN_NO_MEMORY];
	r->nr_trapped += cell->nr_ends[RUN_TRAPPED];
	r->nr_died += cell->nr_died;
	for (uint32_t k = 0; k < DIV_NR_KINDS; k++)
		r->nr_kind[k] += cell->nr_kind[k];
}

static bool kind_expected(const struct campaign *c, uint32_t kind)
{
	for (uint32_t s = 0; s < c->nr_scenarios; s++)
		for (uint32_t i = 0; i < c->scenarios[s].nr_expect; i++)
			if (c->scenarios[s].expect[i].kind == kind &&
			    c->scenarios[s].expect[i].word != EXPECT_NEVER)
				return true;
	return false;
}

static void add_column(struct table *t, const char *head)
{
	snprintf(t->text[0][t->nr_columns++], CELL_BYTES, "%s", head);
}

static void put_count(struct table *t, uint32_t row, uint64_t n)
{
	progress_count(n, t->text[row][t->nr_columns++], CELL_BYTES);
}

/* A column of numbers at @offset of struct row; left out if @optional and all are 0. */
static void number_column(struct table *t, const char *head, const struct row *rows, size_t offset,
			  bool optional)
{
	uint32_t column = t->nr_columns;
	bool any = !optional;

	for (uint32_t i = 0; i < t->nr_rows; i++)
		any |= *(const uint64_t *)((const char *)&rows[i] + offset) != 0;
	if (!any)
		return;
	for (uint32_t i = 0; i < t->nr_rows; i++) {
		t->nr_columns = column;
		put_count(t, i + 1, *(const uint64_t *)((const char *)&rows[i] + offset));
	}
	t->nr_columns = column;
	add_column(t, head);
}

static void event_column(struct table *t, const struct row *rows)
{
	for (uint32_t i = 0; i < t->nr_rows; i++)
		progress_short(rows[i].nr_events, t->text[i + 1][t->nr_columns], CELL_BYTES);
	add_column(t, "events");
}

static void fill(struct table *t, const struct campaign *c, const struct row *rows)
{
	for (uint32_t i = 0; i < t->nr_rows; i++)
		snprintf(t->text[i + 1][0], CELL_BYTES, "%s", rows[i].name);
	add_column(t, "variant");
	number_column(t, "runs", rows, offsetof(struct row, nr_runs), false);
	event_column(t, rows);
	for (uint32_t k = 0; k < DIV_NR_KINDS; k++)
		number_column(t, divergence_name(k), rows, offsetof(struct row, nr_kind[k]),
			      !kind_expected(c, k));
	number_column(t, "limit hit", rows, offsetof(struct row, nr_limit), true);
	number_column(t, "timed out", rows, offsetof(struct row, nr_timed_out), true);
	number_column(t, "out of memory", rows, offsetof(struct row, nr_no_memory), true);
	number_column(t, "trapped", rows, offsetof(struct row, nr_trapped), true);
	number_column(t, "worker died", rows, offsetof(struct row, nr_died), true);
}

static void print(FILE *f, struct table *t)
{
	for (uint32_t col = 0; col < t->nr_columns; col++)
		for (uint32_t row = 0; row <= t->nr_rows; row++)
			if (strlen(t->text[row][col]) > t->width[col])
				t->width[col] = strlen(t->text[row][col]);
	for (uint32_t row = 0; row <= t->nr_rows; row++) {
		fprintf(f, "%-*s", t->nr_columns > 1 ? (int)t->width[0] : 0, t->text[row][0]);
		for (uint32_t col = 1; col < t->nr_columns; col++)
			fprintf(f, "  %*s", (int)t->width[col], t->text[row][col]);
		fputc('\n', f);
	}
}

static void print_rows(FILE *f, const struct campaign *c, const struct row *rows, uint32_t nr)
{
	struct table t = { .nr_rows = nr };

	t.text = alloc_array(nr + 1, sizeof(*t.text));
	fill(&t, c, rows);
	print(f, &t);
	free(t.text);
}

/* The rows of @scenario, or of all of them for UINT32_MAX. */
static void print_table(FILE *f, const struct campaign *c, uint32_t scenario)
{
	struct row *rows = alloc_array(c->nr_variants, sizeof(*rows));

	for (uint32_t v = 0; v < c->nr_variants; v++) {
		variant_label(c, v, rows[v].name, sizeof(rows[v].name));
		for (uint32_t s = 0; s < c->nr_scenarios; s++)
			if (scenario == UINT32_MAX || scenario == s)
				add_cell(&rows[v], campaign_cell(c, s, v));
	}
	print_rows(f, c, rows, c->nr_variants);
	free(rows);
}

void report_table(FILE *f, const struct campaign *c, bool per_scenario)
{
	for (uint32_t s = 0; per_scenario && s < c->nr_scenarios; s++) {
		fprintf(f, "%s: %s\n", c->scenarios[s].name, c->scenarios[s].claim);
		print_table(f, c, s);
		fputc('\n', f);
	}
	if (per_scenario)
		fprintf(f, "all scenarios\n");
	print_table(f, c, UINT32_MAX);
}
