/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of a campaign, one JSON object a line: "variant" (one for each
 * scenario and variant), "divergence", "failure", "missing", and one "summary".
 * Seeds and digests are hex strings: 64 bits do not survive JavaScript.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/cmd/report.h"
#include "sim/cmd/report_sure.h"
#include "sim/run_end.h"
#include "sim/scenario_expect.h"

void json_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		unsigned char ch = *s;

		if (ch == '"' || ch == '\\')
			fprintf(f, "\\%c", ch);
		else if (ch < 0x20 || ch >= 0x7f)
			fprintf(f, "\\u%04x", ch);
		else
			fputc(ch, f);
	}
	fputc('"', f);
}

void json_member(FILE *f, const char *key, const char *value)
{
	fprintf(f, ",\"%s\":", key);
	json_string(f, value);
}

static void optional(FILE *f, const char *key, uint32_t value)
{
	if (value == DIV_NONE)
		fprintf(f, ",\"%s\":null", key);
	else
		fprintf(f, ",\"%s\":%u", key, value);
}

void json_divergence(FILE *f, const struct divergence *d)
{
	fprintf(f, "\"kind\":\"%s\"", divergence_key(d->kind));
	json_member(f, "check", d->check);
	optional(f, "vm", d->vm);
	optional(f, "vcpu", d->vcpu);
	optional(f, "vector", d->vector);
	fprintf(f, ",\"time_ns\":%" PRIu64 ",\"event\":%" PRIu64, d->time_ns, d->event);
	json_member(f, "site", d->site);
	json_member(f, "text", d->text);
	fprintf(f, ",\"frames\":[");
	for (uint32_t i = 0; i < d->nr_frames && i < DIV_MAX_FRAMES; i++)
		fprintf(f, "%s\"runner+0x%" PRIx64 "\"", i ? "," : "", d->frames[i]);
	fprintf(f, "]");
}

void json_cell(FILE *f, const char *type, const struct campaign *c, const struct cell *cell)
{
	fprintf(f, "{\"type\":\"%s\"", type);
	json_member(f, "variant", c->variants[cell->variant].name);
	json_member(f, "scenario", c->scenarios[cell->scenario].name);
}

static void print_cell(FILE *f, const struct campaign *c, const struct cell *cell)
{
	const struct variant *v = &c->variants[cell->variant];

	json_cell(f, "variant", c, cell);
	json_member(f, "class", v->class);
	json_member(f, "identity", v->identity);
	json_member(f, "flavour", flavour_name(c->flavour));
	fprintf(f, ",\"scenario_hash\":\"0x%08x\"", c->scenarios[cell->scenario].hash);
	json_member(f, "overrides", c->overrides);
	fprintf(f, ",\"first_seed\":\"0x%" PRIx64 "\",\"runs\":%" PRIu64 ",\"events\":%" PRIu64
		   ",\"interrupts\":%" PRIu64 ",\"virtual_ns\":%" PRIu64 ",\"digest\":\"0x%016" PRIx64
		   "\",\"repeated\":%" PRIu64 ",\"divergent\":%" PRIu64 ",\"died\":%" PRIu64 ",\"ends\":{",
		c->first_seed, cell->nr_runs, cell->nr_events, cell->nr_interrupts, cell->virtual_ns,
		cell->digest, cell->nr_repeated, cell->nr_divergent, cell->nr_died);
	for (uint32_t i = 0; i < RUN_NR_ENDS; i++)
		fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "", run_end_name(i), cell->nr_ends[i]);
	fprintf(f, "},\"kinds\":{");
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "", divergence_key(i), cell->nr_kind[i]);
	fprintf(f, "}}\n");
}

static void token_member(FILE *f, const struct campaign *c, const struct cell *cell, uint64_t seed)
{
	char token[TOKEN_MAX_BYTES];

	campaign_token(c, cell, seed, token, sizeof(token));
	fprintf(f, ",\"seed\":\"0x%" PRIx64 "\",\"run\":%" PRIu64, seed, campaign_run_number(c, seed));
	json_member(f, "token", token);
}

/* Only what has been tried: without a store nothing is. */
static void print_examined(FILE *f, const struct bucket *b)
{
	if (!b->replays)
		return;
	fprintf(f, ",\"replays\":%u,\"replayed\":%u", b->replays, b->replayed);
	json_member(f, "trail", b->trail);
	json_member(f, "stack", b->stack);
}

static void print_buckets(FILE *f, const struct campaign *c, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->nr_buckets; i++) {
		const struct bucket *b = &cell->buckets[i];
		char cheapest[TOKEN_MAX_BYTES];

		json_cell(f, "divergence", c, cell);
		fprintf(f, ",\"expected\":%s,\"runs\":%" PRIu64,
			verdict_expected(c, cell, b) ? "true" : "false", b->nr_runs);
		if (b->known)
			json_member(f, "known", b->known->name);
		else
			fprintf(f, ",\"known\":null");
		json_member(f, "slice", b->slice);
		fprintf(f, ",\"follows\":%s", b->follows ? "true" : "false");
		print_examined(f, b);
		token_member(f, c, cell, b->first_seed);
		campaign_token(c, cell, b->cheap_seed, cheapest, sizeof(cheapest));
		json_member(f, "cheapest", cheapest);
		fprintf(f, ",\"cheapest_event\":%" PRIu64 ",", b->cheap_event);
		json_divergence(f, &b->first);
		fprintf(f, "}\n");
	}
}

static void print_failures(FILE *f, const struct campaign *c, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->nr_failures; i++) {
		const struct failure *x = &cell->failures[i];

		json_cell(f, "failure", c, cell);
		json_member(f, "failure", failure_key(x->kind));
		json_member(f, "text", x->text);
		if (x->kind != FAILURE_SETUP)
			token_member(f, c, cell, x->seed);
		fprintf(f, "}\n");
	}
}

static void print_missing(FILE *f, const struct campaign *c, const struct verdict *v)
{
	for (uint32_t i = 0; i < v->nr_listed; i++) {
		const struct verdict_missing *m = &v->missing[i];

		json_cell(f, "missing", c, m->cell);
		fprintf(f, ",\"kind\":\"%s\",\"runs\":%" PRIu64 ",\"decided\":%s}\n", divergence_key(m->kind),
			m->cell->nr_runs, m->decided ? "true" : "false");
	}
}

void report_failures_json(FILE *f, const struct campaign *c)
{
	for (uint32_t i = 0; i < c->nr_cells; i++)
		print_failures(f, c, &c->cells[i]);
}

void report_json(FILE *f, const struct campaign *c, const struct verdict *v)
{
	uint64_t nr_repeated = 0;

	for (uint32_t i = 0; i < c->nr_cells; i++) {
		print_cell(f, c, &c->cells[i]);
		nr_repeated += c->cells[i].nr_repeated;
	}
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		print_buckets(f, c, &c->cells[i]);
		print_failures(f, c, &c->cells[i]);
	}
	print_missing(f, c, v);
	report_sure_json(f, c);
	fprintf(f,
		"{\"type\":\"summary\",\"runs\":%" PRIu64 ",\"events\":%" PRIu64 ",\"divergent\":%" PRIu64
		",\"unexpected\":%" PRIu64 ",\"following\":%" PRIu64 ",\"expected\":%" PRIu64
		",\"known\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"limits\":%" PRIu64 ",\"failures\":%" PRIu64
		",\"repeated\":%" PRIu64 ",\"exit\":%d",
		c->nr_runs, c->nr_events, c->nr_divergent, v->nr_unexpected, v->nr_following, v->nr_expected,
		v->nr_known, v->nr_missing, v->nr_limits, v->nr_failures, nr_repeated, v->code);
	json_member(f, "again", v->again);
	fprintf(f, "}\n");
}
