/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of lapicsim compare, one JSON object a line: "compared" (a bucket on a
 * variant, against the base), "behaviour" (a counter), "first-difference",
 * "patch-line", "failure", "comparison" (one for each variant), "summary".
 */
#include <inttypes.h>

#include "sim/cmd/event_text.h"
#include "sim/cmd/report.h"
#include "sim/cmd/report_compare.h"

static void begin(FILE *f, const char *type, const struct comparison *x, uint32_t v)
{
	fprintf(f, "{\"type\":\"%s\"", type);
	json_member(f, "base", x->c->variants[0].name);
	json_member(f, "variant", x->c->variants[v].name);
}

static void print_side(FILE *f, const char *key, const struct comparison *x, const struct comparison_side *s)
{
	char token[TOKEN_MAX_BYTES];

	fprintf(f, ",\"%s\":{\"runs\":%" PRIu64 ",\"of\":%" PRIu64 ",\"low\":%.6g,\"high\":%.6g,\"median\":", key,
		s->nr_hits, s->nr_runs, s->low, s->high);
	if (s->has_median)
		fprintf(f, "%" PRIu64, s->median);
	else
		fprintf(f, "null");
	fprintf(f, ",\"explained\":%s,\"token\":", s->explained ? "true" : "false");
	if (s->first) {
		campaign_token(x->c, s->first, s->bucket->first_seed, token, sizeof(token));
		json_string(f, token);
	} else {
		fprintf(f, "null");
	}
	fputc('}', f);
}

static void print_row(FILE *f, const struct comparison *x, const struct comparison_row *row, uint32_t v)
{
	const struct bucket *b = row->name;
	const struct comparison_pair *p = &row->pair[v];

	begin(f, "compared", x, v);
	json_member(f, "kind", divergence_key(b->kind));
	json_member(f, "check", b->first.check);
	json_member(f, "function", b->function);
	json_member(f, "known", b->known ? b->known->name : "");
	json_member(f, "class", p->class == COMPARISON_NONE ? "none" : comparison_class_name(p->class));
	fprintf(f, ",\"sure\":%s,\"pairs\":%" PRIu64 ",\"only_base\":%" PRIu64 ",\"only_variant\":%" PRIu64 ",\"p\":%.6g",
		p->sure ? "true" : "false", p->nr_pairs, p->only_base, p->only_variant, p->p);
	print_side(f, "in_base", x, &row->side[0]);
	print_side(f, "in_variant", x, &row->side[v]);
	fprintf(f, "}\n");
}

static void print_counters(FILE *f, const struct comparison *x, uint32_t v)
{
	const struct comparison_behaviour *b = &x->behaviour[v];

	for (uint32_t i = 0; i < COMPARISON_NR_COUNTERS; i++) {
		begin(f, "behaviour", x, v);
		json_member(f, "counter", comparison_counter_key(i));
		json_member(f, "counts", comparison_counter_text(i));
		fprintf(f, ",\"in_base\":%" PRIu64 ",\"in_variant\":%" PRIu64 ",\"less\":%" PRIu64 ",\"more\":%" PRIu64
			   ",\"p\":%.6g}\n", b->count[i].base, b->count[i].variant, b->count[i].less, b->count[i].more,
			b->count[i].p);
	}
}

static void print_half(FILE *f, const char *key, bool ends, const struct digest_record *e)
{
	char text[256];

	if (ends)
		fprintf(f, ",\"%s\":null", key);
	else
		json_member(f, key, event_text(e, text, sizeof(text)));
}

static void print_first(FILE *f, const struct comparison *x, uint32_t v, const struct compared *after)
{
	const struct comparison_behaviour *b = &x->behaviour[v];
	char token[TOKEN_MAX_BYTES];

	if (!b->differs || !after->parts)
		return;
	begin(f, "first-difference", x, v);
	json_member(f, "scenario", x->c->scenarios[b->differs->scenario].name);
	fprintf(f, ",\"seed\":\"0x%" PRIx64 "\",\"event\":%" PRIu64, b->seed, after->event.event);
	print_half(f, "in_base", after->event.base_ends, &after->event.base);
	print_half(f, "in_variant", after->event.other_ends, &after->event.other);
	campaign_token(x->c, campaign_cell(x->c, b->differs->scenario, 0), b->seed, token, sizeof(token));
	json_member(f, "base_token", token);
	campaign_token(x->c, b->differs, b->seed, token, sizeof(token));
	json_member(f, "variant_token", token);
	fprintf(f, "}\n");
}

static void print_touched(FILE *f, const struct comparison *x, uint32_t v, const struct touched *t)
{
	for (uint32_t i = 0; i < t->nr_lines; i++) {
		const struct touched_line *l = &t->line[i];

		begin(f, "patch-line", x, v);
		json_member(f, "side", l->in_base ? "base" : "variant");
		json_member(f, "file", l->file);
		fprintf(f, ",\"line\":%u,\"runs\":%" PRIu64 ",\"of\":%" PRIu64, l->line, l->nr_runs,
			t->nr_sampled[!l->in_base]);
		json_member(f, "text", l->text);
		fprintf(f, "}\n");
	}
}

static void print_variant(FILE *f, const struct comparison *x, uint32_t v, const struct compared *after)
{
	const struct comparison_behaviour *b = &x->behaviour[v];

	begin(f, "comparison", x, v);
	fprintf(f, ",\"fixed\":%" PRIu64 ",\"still_there\":%" PRIu64 ",\"changed\":%" PRIu64 ",\"new\":%" PRIu64
		   ",\"pairs\":%" PRIu64 ",\"differ\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"other_order\":%" PRIu64
		   ",\"other_interrupts\":%" PRIu64 ",\"exercised\":%s}\n",
		comparison_nr(x, v, COMPARISON_FIXED), comparison_nr(x, v, COMPARISON_STILL),
		comparison_nr(x, v, COMPARISON_CHANGED), comparison_nr(x, v, COMPARISON_NEW), b->nr_pairs, b->nr_differ,
		b->nr_cut, b->nr_order, b->nr_set, !after->measured || !after->touched.known ? "null" :
		report_not_exercised(&after->touched) ? "false" : "true");
}

void report_compare_json(FILE *f, const struct comparison *x, const struct compared *after, const struct verdict *v)
{
	for (uint32_t i = 0; i < x->nr_rows; i++)
		for (uint32_t k = 1; k < x->c->nr_variants; k++)
			print_row(f, x, &x->row[i], k);
	for (uint32_t k = 1; k < x->c->nr_variants; k++) {
		print_counters(f, x, k);
		print_first(f, x, k, &after[k]);
		print_touched(f, x, k, &after[k].touched);
	}
	report_failures_json(f, x->c);
	for (uint32_t k = 1; k < x->c->nr_variants; k++)
		print_variant(f, x, k, &after[k]);
	fprintf(f, "{\"type\":\"summary\",\"runs\":%" PRIu64 ",\"limits\":%" PRIu64 ",\"failures\":%" PRIu64 ",\"exit\":%d",
		x->c->nr_runs, v->nr_limits, v->nr_failures, v->code);
	json_member(f, "again", v->again);
	fprintf(f, "}\n");
}
