/* SPDX-License-Identifier: GPL-2.0-only */
/* What follows the table: divergences with their tokens, failures, what is missing, one last line. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"

#define MAX_FAILURES_LISTED 10

/* A bucket of a cell, to be ordered by cause first. */
struct entry {
	const struct cell *cell;
	const struct bucket *bucket;
};

static bool same_cause(const struct bucket *a, const struct bucket *b)
{
	return campaign_same_bucket(a, b);
}

static int by_cause(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	/* What is known comes last. */
	if (x->bucket->known != y->bucket->known)
		return !x->bucket->known ? -1 : !y->bucket->known ? 1 : x->bucket->known < y->bucket->known ? -1 : 1;
	/* Causes before what follows them. */
	if (x->bucket->follows != y->bucket->follows)
		return x->bucket->follows - y->bucket->follows;
	order = campaign_order_buckets(x->bucket, y->bucket);
	if (order)
		return order;
	if (x->cell->variant != y->cell->variant)
		return x->cell->variant < y->cell->variant ? -1 : 1;
	return x->cell->scenario < y->cell->scenario ? -1 : x->cell->scenario > y->cell->scenario;
}

static struct entry *collect(const struct campaign *c, uint32_t *nr)
{
	struct entry *entries;
	uint32_t total = 0;

	for (uint32_t i = 0; i < c->nr_cells; i++)
		total += c->cells[i].nr_buckets;
	entries = alloc_array(total + 1, sizeof(*entries));
	*nr = 0;
	for (uint32_t i = 0; i < c->nr_cells; i++)
		for (uint32_t b = 0; b < c->cells[i].nr_buckets; b++)
			entries[(*nr)++] = (struct entry){ &c->cells[i], &c->cells[i].buckets[b] };
	qsort(entries, *nr, sizeof(*entries), by_cause);
	return entries;
}

static void print_head(FILE *f, const struct bucket *b)
{
	fprintf(f, "\n%s", divergence_name(b->kind));
	if (b->function[0])
		fprintf(f, "  %s()", b->function);
	if (b->first.check[0])
		fprintf(f, "  [%s]", b->first.check);
	fprintf(f, "\n");
	if (b->follows)
		fprintf(f, "  follows another in the same run: a consequence, as far as anybody knows\n");
	if (b->first.text[0])
		fprintf(f, "  %s\n", b->first.text);
	if (b->known)
		fprintf(f, "  known: %s (%s)\n", b->known->title, b->known->finding);
}

static const char *status(const struct campaign *c, const struct entry *e)
{
	if (e->bucket->known)
		return "known";
	if (verdict_expected(c, e->cell, e->bucket))
		return "expected";
	return e->bucket->follows ? "follows" : "UNEXPECTED";
}

/* What one wants next of a new one: the shortest run that shows it, and what else was found out. */
static void print_more(FILE *f, const struct campaign *c, const struct entry *e)
{
	const struct bucket *b = e->bucket;
	char command[2048];

	if (b->known || b->follows || verdict_expected(c, e->cell, b))
		return;
	if (b->cheap_seed != b->first_seed) {
		verdict_replay_command(c, e->cell, b->cheap_seed, command, sizeof(command));
		fprintf(f, "    %s  (cheapest: event %" PRIu64 ")\n", command, b->cheap_event);
	}
	if (b->replays)
		fprintf(f, "    replays: %u of %u\n", b->replayed, b->replays);
	if (b->stack[0])
		fprintf(f, "    stack: %s\n", b->stack);
	if (b->trail[0])
		fprintf(f, "    before it: %s\n", b->trail);
}

static void print_entry(FILE *f, const struct campaign *c, const struct entry *e, uint32_t nr_more)
{
	char runs[32], of[32], run[32], command[2048];

	verdict_replay_command(c, e->cell, e->bucket->first_seed, command, sizeof(command));
	fprintf(f, "  %s  %s: %s of %s runs, first seen: run %s, %s", c->variants[e->cell->variant].name,
		c->scenarios[e->cell->scenario].name, progress_count(e->bucket->nr_runs, runs, sizeof(runs)),
		progress_count(e->cell->nr_runs, of, sizeof(of)),
		progress_count(campaign_run_number(c, e->bucket->first_seed), run, sizeof(run)),
		status(c, e));
	if (nr_more)
		fprintf(f, "; %u more scenario%s", nr_more, nr_more > 1 ? "s" : "");
	fprintf(f, "\n    %s\n", command);
	print_more(f, c, e);
}

/* What nobody has to look at folds into the first of the same cause and variant, unless all are asked for. */
static bool folds(const struct campaign *c, const struct entry *first, const struct entry *e)
{
	if (c->verbose || first->cell->variant != e->cell->variant || !same_cause(first->bucket, e->bucket))
		return false;
	return first->bucket->follows || (verdict_expected(c, first->cell, first->bucket) &&
					  verdict_expected(c, e->cell, e->bucket));
}

static void print_divergences(FILE *f, const struct campaign *c)
{
	uint32_t nr, step;
	struct entry *entries = collect(c, &nr);

	for (uint32_t i = 0; i < nr; i += step) {
		step = 1;
		while (i + step < nr && folds(c, &entries[i], &entries[i + step]))
			step++;
		if (!i || !same_cause(entries[i - 1].bucket, entries[i].bucket))
			print_head(f, entries[i].bucket);
		print_entry(f, c, &entries[i], step - 1);
	}
	free(entries);
}

static void print_failures(FILE *f, const struct campaign *c, const struct cell *cell)
{
	char command[2048], run[32];
	uint32_t listed = 0;

	for (uint32_t i = 0; i < cell->nr_failures; i++) {
		const struct failure *x = &cell->failures[i];

		listed = i && x->kind == x[-1].kind ? listed + 1 : 0;
		if (listed == MAX_FAILURES_LISTED)
			fprintf(f, "  ... and more\n");
		if (listed >= MAX_FAILURES_LISTED)
			continue;
		fprintf(f, "\n%s  %s on %s", failure_name(x->kind), c->scenarios[cell->scenario].name,
			c->variants[cell->variant].name);
		if (x->kind == FAILURE_SETUP) {
			fprintf(f, ": %s\n", x->text);
			continue;
		}
		verdict_replay_command(c, cell, x->seed, command, sizeof(command));
		fprintf(f, ", run %s: %s\n    %s\n",
			progress_count(campaign_run_number(c, x->seed), run, sizeof(run)), x->text, command);
	}
}

void report_failures(FILE *f, const struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++)
		print_failures(f, c, &c->cells[i]);
}

static void print_missing(FILE *f, const struct campaign *c, const struct verdict *v)
{
	char runs[32], enough[32];

	for (uint32_t i = 0; i < v->nr_listed; i++) {
		const struct verdict_missing *m = &v->missing[i];

		fprintf(f, "\n%s  %s  %s on %s: expected always, not seen in %s runs",
			m->decided ? "MISSING" : "not decided", divergence_name(m->kind),
			c->scenarios[m->cell->scenario].name, c->variants[m->cell->variant].name,
			progress_count(m->cell->nr_runs, runs, sizeof(runs)));
		if (!m->decided)
			fprintf(f, " (%s are needed)",
				progress_count(c->scenarios[m->cell->scenario].enough_runs, enough,
					       sizeof(enough)));
		fputc('\n', f);
	}
}

static void print_summary(FILE *f, const struct campaign *c, const struct verdict *v)
{
	uint64_t nr_repeated = 0;
	char runs[32], repeated[32], following[48] = "";

	if (v->nr_following)
		snprintf(following, sizeof(following), " (and %" PRIu64 " that follow)", v->nr_following);
	for (uint32_t i = 0; i < c->nr_cells; i++)
		nr_repeated += c->cells[i].nr_repeated;
	fprintf(f,
		"\n%s: %s runs, %" PRIu64 " unexpected%s, %" PRIu64 " expected, %" PRIu64 " known, %" PRIu64
		" missing, %" PRIu64
		" limits hit, %" PRIu64 " harness failures, %s repeated\n",
		v->code == CMD_OK ? "PASS" : v->code >= CMD_SIGNAL ? "STOPPED" :
		v->code == CMD_INCONCLUSIVE ? "INCONCLUSIVE" : "FAIL",
		progress_count(c->nr_runs, runs, sizeof(runs)), v->nr_unexpected, following,
		v->nr_expected, v->nr_known, v->nr_missing,
		v->nr_limits, v->nr_failures, progress_count(nr_repeated, repeated, sizeof(repeated)));
	if (v->again[0])
		fprintf(f, "%s\n", v->again);
}

void report_text(FILE *f, const struct campaign *c, const struct verdict *v)
{
	print_divergences(f, c);
	report_failures(f, c);
	print_missing(f, c, v);
	print_summary(f, c, v);
}

void report_divergence(FILE *f, const struct divergence *d, const struct symbol_frames *frames)
{
	fprintf(f, "%s: %s", divergence_name(d->kind), d->check);
	if (d->vm != DIV_NONE)
		fprintf(f, ", VM %u", d->vm);
	if (d->vcpu != DIV_NONE)
		fprintf(f, ", vCPU %u", d->vcpu);
	if (d->vector != DIV_NONE)
		fprintf(f, ", vector 0x%02x", d->vector);
	fprintf(f, ", at %" PRIu64 " ns, event %" PRIu64 "\n", d->time_ns, d->event);
	if (d->site[0] || d->text[0])
		fprintf(f, "  %s%s%s\n", d->site, d->site[0] && d->text[0] ? ": " : "", d->text);
	for (uint32_t i = 0; frames && i < frames->nr; i++)
		fprintf(f, "  %s%-36s %s\n", frames->frame[i].inlined ? "  (inlined) " : "    ",
			frames->frame[i].function, frames->frame[i].line);
}
