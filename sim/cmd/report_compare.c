/* SPDX-License-Identifier: GPL-2.0-only */
/* See report_compare.h: the tables of divergences, behaviour and changed lines. */
#include "sim/cmd/report_compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/event_text.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"

#define LABEL_BYTES 160

static const char *variant_name(const struct comparison *x, uint32_t v)
{
	return x->c->variants[v].name;
}

static int widest_name(const struct comparison *x)
{
	size_t width = 0;

	for (uint32_t v = 0; v < x->c->nr_variants; v++)
		if (strlen(variant_name(x, v)) > width)
			width = strlen(variant_name(x, v));
	return (int)width;
}

/* --- Divergences: the table. */
static void row_label(const struct bucket *b, char *buf, size_t n)
{
	snprintf(buf, n, "%s  [%s]%s%s%s", divergence_name(b->kind), b->first.check, *b->function ? "  " : "",
		 b->function, b->known ? "  (known)" : "");
}

static void cell_text(const struct comparison_row *row, uint32_t v, char *buf, size_t n)
{
	char count[32];

	progress_count(row->side[v].nr_hits, count, sizeof(count));
	if (!row->side[v].nr_runs) {
		snprintf(buf, n, "no run ended");
		return;
	}
	if (!v || row->pair[v].class == COMPARISON_NONE)
		snprintf(buf, n, "%s", count);
	else
		snprintf(buf, n, "%s %s%s", count, comparison_class_name(row->pair[v].class),
			 row->pair[v].sure ? "" : "?");
}

static void print_table(FILE *f, const struct comparison *x)
{
	int label = strlen("runs that show it"), width = widest_name(x);
	char text[LABEL_BYTES];

	for (uint32_t i = 0; i < x->nr_rows; i++) {
		row_label(x->row[i].name, text, sizeof(text));
		label = (int)strlen(text) > label ? (int)strlen(text) : label;
		for (uint32_t v = 0; v < x->c->nr_variants; v++) {
			cell_text(&x->row[i], v, text, sizeof(text));
			width = (int)strlen(text) > width ? (int)strlen(text) : width;
		}
	}
	fprintf(f, "%-*s", label, "runs that show it");
	for (uint32_t v = 0; v < x->c->nr_variants; v++)
		fprintf(f, "  %-*s", v + 1 < x->c->nr_variants ? width : 0, variant_name(x, v));
	fputc('\n', f);
	for (uint32_t i = 0; i < x->nr_rows; i++) {
		row_label(x->row[i].name, text, sizeof(text));
		fprintf(f, "%-*s", label, text);
		for (uint32_t v = 0; v < x->c->nr_variants; v++) {
			cell_text(&x->row[i], v, text, sizeof(text));
			fprintf(f, "  %-*s", v + 1 < x->c->nr_variants ? width : 0, text);
		}
		fputc('\n', f);
	}
	if (!x->nr_rows)
		fprintf(f, "none\n");
}

/* --- Divergences: the figures. */
static void print_p(FILE *f, double p)
{
	if (p < 0.0001)
		fprintf(f, "p < 0.0001");
	else
		fprintf(f, "p = %.4f", p);
}

static void print_side(FILE *f, const struct comparison *x, const struct comparison_row *row, uint32_t v)
{
	const struct comparison_side *s = &row->side[v];
	char hits[32], runs[32], median[32];

	fprintf(f, "  %-*s  %s of %s runs, rate %.2f %% to %.2f %%", widest_name(x), variant_name(x, v),
		progress_count(s->nr_hits, hits, sizeof(hits)), progress_count(s->nr_runs, runs, sizeof(runs)),
		100 * s->low, 100 * s->high);
	if (s->has_median)
		fprintf(f, ", first seen in run %s (median)", progress_count(s->median, median, sizeof(median)));
	else if (s->nr_hits)
		fprintf(f, ", first seen: too rarely for a median");
	if (v && row->pair[v].class != COMPARISON_NONE) {
		fprintf(f, "\n  %-*s  %s%s: %" PRIu64 " pairs with it on %s only, %" PRIu64 " on %s only, ",
			widest_name(x), "", comparison_class_name(row->pair[v].class), row->pair[v].sure ? "" : "?",
			row->pair[v].only_base, variant_name(x, 0), row->pair[v].only_variant, variant_name(x, v));
		print_p(f, row->pair[v].p);
	}
	fputc('\n', f);
}

static void print_row(FILE *f, const struct comparison *x, const struct comparison_row *row)
{
	const struct bucket *b = row->name;
	char command[2048];

	fprintf(f, "\n%s%s%s%s  [%s]\n", divergence_name(b->kind), *b->function ? "  " : "", b->function,
		*b->function ? "()" : "", b->first.check);
	if (b->first.text[0])
		fprintf(f, "  %s\n", b->first.text);
	if (b->known)
		fprintf(f, "  known: %s (%s)\n", b->known->title, b->known->finding);
	for (uint32_t v = 0; v < x->c->nr_variants; v++) {
		const struct comparison_side *s = &row->side[v];

		print_side(f, x, row, v);
		if (!s->first)
			continue;
		verdict_replay_command(x->c, s->first, s->bucket->first_seed, command, sizeof(command));
		fprintf(f, "    %s\n", command);
	}
}

/* --- Behaviour. */
static void print_counter(FILE *f, const struct comparison_behaviour *b, uint32_t i, int width)
{
	const struct comparison_count *n = &b->count[i];
	char base[32], variant[32];

	fprintf(f, "  %-26s  %*s  %*s", comparison_counter_key(i), width, progress_count(n->base, base, sizeof(base)),
		width, progress_count(n->variant, variant, sizeof(variant)));
	if (n->base)
		fprintf(f, "  %+9.3f %%", 100.0 * ((double)n->variant - (double)n->base) / (double)n->base);
	else
		fprintf(f, "  %11s", "");
	fprintf(f, "  %8" PRIu64 "  %8" PRIu64 "  ", n->less, n->more);
	print_p(f, n->p);
	fputc('\n', f);
}

static void print_counters(FILE *f, const struct comparison *x, uint32_t v)
{
	const struct comparison_behaviour *b = &x->behaviour[v];
	int width = widest_name(x) > 15 ? widest_name(x) : 15;
	bool any = false;

	for (uint32_t i = 0; i < COMPARISON_NR_COUNTERS; i++) {
		if (!b->count[i].less && !b->count[i].more)
			continue;
		if (!any)
			fprintf(f, "  %-26s  %*s  %*s  %11s  %8s  %8s\n", "", width, variant_name(x, 0), width,
				variant_name(x, v), "change", "less in", "more in");
		print_counter(f, b, i, width);
		any = true;
	}
}

void report_mark_command(const struct comparison *x, uint32_t variant, const struct cell *cell, uint64_t event,
			 char *buf, size_t n)
{
	const struct cell *here = campaign_cell(x->c, cell->scenario, variant);
	const struct comparison_behaviour *b = &x->behaviour[cell->variant];
	char command[2048];

	verdict_replay_command(x->c, here, b->seed, command, sizeof(command));
	snprintf(buf, n, "%s --trace=text --mark %" PRIu64, command, event);
}

static void print_half(FILE *f, const struct comparison *x, uint32_t variant, const struct cell *cell,
		       const struct first_event *e)
{
	const struct digest_record *r = variant ? &e->other : &e->base;
	bool ends = variant ? e->other_ends : e->base_ends;
	char text[256], command[2300];

	if (ends)
		fprintf(f, "    %-*s  is over\n", widest_name(x), variant_name(x, variant));
	else
		fprintf(f, "    %-*s  %" PRIu64 " ns: %s\n", widest_name(x), variant_name(x, variant), r->now_ns,
			event_text(r, text, sizeof(text)));
	report_mark_command(x, variant, cell, e->event, command, sizeof(command));
	fprintf(f, "      %s\n", command);
}

static void print_first(FILE *f, const struct comparison *x, uint32_t v, const struct compared *after)
{
	const struct comparison_behaviour *b = &x->behaviour[v];

	if (!b->differs)
		return;
	fprintf(f, "  the first pair that differs: %s, seed 0x%" PRIx64, x->c->scenarios[b->differs->scenario].name,
		b->seed);
	if (!after->parts) {
		fprintf(f, "; %s\n", after->error);
		return;
	}
	fprintf(f, ", at event %" PRIu64 "\n", after->event.event);
	print_half(f, x, 0, b->differs, &after->event);
	print_half(f, x, v, b->differs, &after->event);
}

static void print_behaviour(FILE *f, const struct comparison *x, uint32_t v, const struct compared *after)
{
	const struct comparison_behaviour *b = &x->behaviour[v];
	char pairs[32], differ[32];

	fprintf(f, "\n%s against %s, what is no divergence: %s of %s pairs of runs differ\n", variant_name(x, v),
		variant_name(x, 0), progress_count(b->nr_differ, differ, sizeof(differ)),
		progress_count(b->nr_pairs, pairs, sizeof(pairs)));
	if (!b->nr_differ)
		return;
	print_counters(f, x, v);
	if (b->nr_order || b->nr_set)
		fprintf(f, "  interrupts: %" PRIu64 " pairs take the same ones in another order, %" PRIu64
			   " pairs take others\n", b->nr_order, b->nr_set);
	if (b->nr_cut)
		fprintf(f, "  not counted: %" PRIu64 " pairs in which a run did not come to its end\n", b->nr_cut);
	print_first(f, x, v, after);
}

/* --- Changed lines. */
bool report_not_exercised(const struct touched *t)
{
	return t->known && !t->nr_reached;
}

static void print_touched(FILE *f, const struct comparison *x, uint32_t v, const struct touched *t)
{
	const char *name = variant_name(x, v);

	if (!t->known) {
		fprintf(f, "\nlines that %s changes: could not be measured\n", name);
		return;
	}
	fprintf(f, "\nlines that %s changes: %" PRIu64 " of it, %" PRIu64 " of %s; %u are code, %u were reached\n", name,
		t->nr_changed[1], t->nr_changed[0], variant_name(x, 0), t->nr_lines, t->nr_reached);
	for (uint32_t i = 0; i < t->nr_lines; i++) {
		const struct touched_line *l = &t->line[i];

		fprintf(f, "  %s %s:%u  %" PRIu64 " of %" PRIu64 " runs  | %s\n", l->in_base ? "-" : "+", l->file,
			l->line, l->nr_runs, t->nr_sampled[!l->in_base], l->text);
	}
	if (report_not_exercised(t))
		fprintf(f, "  THIS PATCH WAS NOT EXERCISED: %s\n",
			t->nr_lines ? "no run reached a line that it changes" :
			"no line that it changes is compiled to code here");
}

/* --- The end. */
static void print_summary(FILE *f, const struct comparison *x, const struct verdict *v)
{
	char runs[32];

	fputc('\n', f);
	for (uint32_t i = 1; i < x->c->nr_variants; i++)
		fprintf(f, "%s against %s: %" PRIu64 " fixed, %" PRIu64 " still there, %" PRIu64 " changed, %" PRIu64
			   " new\n", variant_name(x, i), variant_name(x, 0), comparison_nr(x, i, COMPARISON_FIXED),
			comparison_nr(x, i, COMPARISON_STILL), comparison_nr(x, i, COMPARISON_CHANGED),
			comparison_nr(x, i, COMPARISON_NEW));
	fprintf(f, "%s: %s runs, %" PRIu64 " limits hit, %" PRIu64 " harness failures\n",
		v->code == CMD_OK ? "PASS" : v->code >= CMD_SIGNAL ? "STOPPED" :
		v->code == CMD_INCONCLUSIVE ? "INCONCLUSIVE" : "FAIL",
		progress_count(x->c->nr_runs, runs, sizeof(runs)), v->nr_limits, v->nr_failures);
	if (v->again[0])
		fprintf(f, "%s\n", v->again);
}

void report_compare(FILE *f, const struct comparison *x, const struct compared *after, const struct verdict *v)
{
	print_table(f, x);
	for (uint32_t i = 0; i < x->nr_rows; i++)
		print_row(f, x, &x->row[i]);
	for (uint32_t i = 1; i < x->c->nr_variants; i++) {
		print_behaviour(f, x, i, &after[i]);
		if (after[i].measured)
			print_touched(f, x, i, &after[i].touched);
	}
	report_failures(f, x->c);
	print_summary(f, x, v);
}
