// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `run --deviations` adds to a report: each row of the oracle's table of
 * deviations with its uses, so that nothing is forgiven in silence.
 */
#include <inttypes.h>

#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"

void report_deviations_text(FILE *f, const struct campaign *c)
{
	char uses[32], runs[32], all[32];
	const struct deviation_row *row;

	fprintf(f, "deviations: what the oracle forgave\n");
	for (uint32_t i = 0; (row = deviation_row(i)); i++) {
		uint64_t nr_used = 0, nr_using = 0;

		for (uint32_t j = 0; j < c->nr_cells; j++) {
			nr_used += c->cells[j].nr_used[i];
			nr_using += c->cells[j].nr_using[i];
		}
		fprintf(f, "  %s: %s uses in %s of %s runs\n    %s\n    source: %s\n", row->name,
			progress_count(nr_used, uses, sizeof(uses)), progress_count(nr_using, runs, sizeof(runs)),
			progress_count(c->nr_runs, all, sizeof(all)), row->what, row->source);
	}
	fputc('\n', f);
}

static void print_cell(FILE *f, const struct campaign *c, const struct cell *cell, uint32_t i)
{
	const struct deviation_row *row = deviation_row(i);

	json_cell(f, "deviation", c, cell);
	json_member(f, "name", row->name);
	json_member(f, "allows", row->what);
	json_member(f, "source", row->source);
	fprintf(f, ",\"uses\":%" PRIu64 ",\"runs\":%" PRIu64 "}\n", cell->nr_used[i], cell->nr_using[i]);
}

void report_deviations_json(FILE *f, const struct campaign *c)
{
	for (uint32_t j = 0; j < c->nr_cells; j++)
		for (uint32_t i = 0; i < DEV_NR; i++)
			print_cell(f, c, &c->cells[j], i);
}
