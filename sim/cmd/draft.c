/* SPDX-License-Identifier: GPL-2.0-only */
/* See draft.h. What a draft says is draft_write.c. */
#include "sim/cmd/draft.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/examine.h"
#include "sim/cmd/log.h"

/* --- One draft for each name. */
static void token_of(const struct store_new *row, uint64_t seed, char *buf, size_t n)
{
	struct token t = { .scenario_hash = row->scenario_hash, .seed = seed };

	snprintf(t.scenario, sizeof(t.scenario), "%s", row->scenario);
	snprintf(t.variant, sizeof(t.variant), "%s", row->variant);
	snprintf(t.identity, sizeof(t.identity), "%s", row->identity);
	snprintf(t.overrides, sizeof(t.overrides), "%s", row->overrides);
	token_format(&t, buf, n);
}

/* Adds @name to those of @list, if it is not there; what does not fit makes the list say "any". */
static void add_name(char *list, size_t n, const char *name, bool first)
{
	size_t len = strlen(list), more = strlen(name);
	const char *p = list;

	if (!first && !len)
		return;
	while ((p = strstr(p, name))) {
		if ((p == list || p[-1] == ' ') && (p[more] == ' ' || !p[more]))
			return;
		p += more;
	}
	if (len + more + 2 > n)
		list[0] = '\0';
	else
		snprintf(list + len, n - len, "%s%s", len ? " " : "", name);
}

/* "no-warn-kvm_recalculate_apic_map", "register-file-register-lvt0". */
static void name_files(struct draft *d)
{
	const char *parts[] = { d->bucket.first.check, d->bucket.function, d->bucket.slice };
	size_t len = 0;

	for (uint32_t i = 0; i < 3; i++) {
		bool blank = len > 0;

		for (const char *p = parts[i]; *p && len + 2 < sizeof(d->name); p++) {
			if (!isalnum((unsigned char)*p) && *p != '_') {
				blank = true;
				continue;
			}
			if (blank && len)
				d->name[len++] = '-';
			blank = false;
			d->name[len++] = *p;
		}
	}
	d->name[len] = '\0';
}

static struct draft *new_draft(struct draft_list *l, const struct store_new *row)
{
	struct draft *d;

	l->item = alloc_grow(l->item, l->nr, sizeof(*d));
	d = &l->item[l->nr++];
	memset(d, 0, sizeof(*d));
	d->bucket = row->bucket;
	d->bucket.nr_runs = 0;
	d->bucket.replays = 0;
	d->bucket.cheap_event = UINT64_MAX;
	d->id = row->id;
	name_files(d);
	token_of(row, row->bucket.first_seed, d->first, sizeof(d->first));
	snprintf(d->identity, sizeof(d->identity), "%s", row->identity);
	snprintf(d->overrides, sizeof(d->overrides), "%s", row->overrides);
	d->scenario_text = alloc_text(row->scenario_text);
	return d;
}

static void find_program(struct draft *d, const struct store_new *row)
{
	char error[1024];
	uint32_t flavour = 0;

	while (flavour < FLAVOUR_COVERAGE && strcmp(flavour_name(flavour), row->flavour))
		flavour++;
	if (paths_runner(row->variant, flavour, d->program, sizeof(d->program), error, sizeof(error)))
		d->program[0] = '\0';
}

static void take(const struct store_new *row, void *arg)
{
	struct draft_list *l = arg;
	struct draft *d = l->nr ? &l->item[l->nr - 1] : NULL;
	const struct bucket *b = &row->bucket;
	bool first;

	if (known_match(l->known, &b->first, b->function, b->slice, row->variant, row->class, row->scenario)) {
		l->nr_known++;
		return;
	}
	first = !d || campaign_order_buckets(&d->bucket, b);
	if (first) {
		d = new_draft(l, row);
		find_program(d, row);
	}
	if (b->replays && !d->bucket.replays) {
		d->bucket.replays = b->replays;
		d->bucket.replayed = b->replayed;
		memcpy(d->bucket.trail, b->trail, sizeof(b->trail));
		memcpy(d->bucket.stack, b->stack, sizeof(b->stack));
	}
	if (b->cheap_event < d->bucket.cheap_event) {
		d->bucket.cheap_event = b->cheap_event;
		token_of(row, b->cheap_seed, d->cheapest, sizeof(d->cheapest));
		snprintf(d->scenario, sizeof(d->scenario), "%s", row->scenario);
	}
	d->bucket.nr_runs += b->nr_runs;
	add_name(d->scenarios, sizeof(d->scenarios), row->scenario, first);
	add_name(d->variants, sizeof(d->variants), row->variant, first);
}

bool draft_collect(struct draft_list *l, struct store *s)
{
	return store_each_new(s, take, l);
}

/* --- Replays. */
/* The scenario as the store has it: the file of that name may have changed. */
static bool write_scenario(const struct draft *d, const char *path)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(d->scenario_text, f) >= 0;

	if (f && fclose(f))
		ok = false;
	return ok;
}

/* @spec is of the variant as it is built now: is it the one that showed it? */
static bool same_variant(const struct draft *d, const struct runner_spec *spec)
{
	struct runner *r = alloc_array(1, sizeof(*r));
	bool same;

	same = !runner_start(r, spec) && !strcmp(r->ready.identity, d->identity);
	runner_stop(r);
	free(r);
	return same;
}

static bool examine(struct draft *d, struct store *s, const char *path, uint64_t timeout_ns)
{
	struct runner_spec spec = {
		.program = d->program,
		.scenario = path,
		.overrides = d->overrides,
		.timeout_ns = timeout_ns,
		.stderr_fd = -1,
	};
	struct token t;
	char error[256];

	if (!write_scenario(d, path)) {
		log_line("%s is not replayed: %s cannot be written", d->first, path);
		return true;
	}
	if (!d->program[0] || token_parse(d->first, &t, error, sizeof(error)) || !same_variant(d, &spec)) {
		log_line("%s is not replayed: its variant is not built as it was", d->first);
		return true;
	}
	return !examine_run(&spec, t.seed, &d->bucket) || store_new_examined(s, d->id, &d->bucket);
}

bool draft_examine(struct draft_list *l, struct store *s, const char *folder, uint64_t timeout_ns)
{
	char place[CMD_PATH_MAX + 32], path[2 * CMD_PATH_MAX];
	bool ok = true;

	/* One that was made for it: in @folder there may be anything, scenarios too. */
	snprintf(place, sizeof(place), "%s/.replay-XXXXXX", folder);
	if (l->nr && !mkdtemp(place)) {
		log_line("%s: %s; nothing is replayed", folder, strerror(errno));
		return true;
	}
	snprintf(path, sizeof(path), "%s/replay.scn", place);
	for (uint32_t i = 0; i < l->nr && ok; i++)
		ok = l->item[i].bucket.replays || examine(&l->item[i], s, path, timeout_ns);
	unlink(path);
	rmdir(place);
	return ok;
}
