// SPDX-License-Identifier: GPL-2.0-only
/* lapicsim known: the findings that are explained; drafts for those of a store that are not. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/draft.h"
#include "sim/cmd/known.h"
#include "sim/cmd/report.h"

static void print_json(const struct known *k)
{
	printf("{\"type\":\"known\"");
	json_member(stdout, "name", k->name);
	json_member(stdout, "title", k->title);
	json_member(stdout, "kind", k->kind_key);
	json_member(stdout, "check", k->check);
	json_member(stdout, "function", k->function);
	json_member(stdout, "text", k->text);
	json_member(stdout, "slice", k->slice);
	json_member(stdout, "variants", k->variants);
	json_member(stdout, "classes", k->classes);
	json_member(stdout, "scenarios", k->scenarios);
	json_member(stdout, "explanation", k->explanation);
	json_member(stdout, "finding", k->finding);
	json_member(stdout, "scenario", k->scenario);
	printf("}\n");
}

static void print_text(const struct known *k)
{
	printf("%s: %s\n  %s [%s]%s%s%s\n  %s\n  %s, shown by scenario %s\n", k->name, k->title,
	       divergence_name(k->kind), k->check[0] ? k->check : k->function, k->text[0] ? " with \"" : "", k->text,
	       k->text[0] ? "\"" : "", k->explanation, k->finding, k->scenario);
}

/* --- Drafts. */
static void print_draft(const struct draft *d, const char *folder, bool fresh, bool json)
{
	const struct bucket *b = &d->bucket;
	char path[2 * CMD_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.known", folder, d->name);
	if (!json) {
		printf("%s%s\n  %" PRIu64 " runs, %u of %u replays, %s\n", path,
		       fresh ? "" : " (was there, and is left alone)", b->nr_runs, b->replayed, b->replays,
		       d->cheapest);
		return;
	}
	printf("{\"type\":\"draft\",\"fresh\":%s,\"runs\":%" PRIu64 ",\"replays\":%u,\"replayed\":%u",
	       fresh ? "true" : "false", b->nr_runs, b->replays, b->replayed);
	json_member(stdout, "path", path);
	json_member(stdout, "kind", divergence_key(b->kind));
	json_member(stdout, "check", b->first.check);
	json_member(stdout, "function", b->function);
	json_member(stdout, "slice", b->slice);
	json_member(stdout, "variants", d->variants);
	json_member(stdout, "scenarios", d->scenarios);
	json_member(stdout, "token", d->first);
	json_member(stdout, "cheapest", d->cheapest);
	json_member(stdout, "trail", b->trail);
	json_member(stdout, "stack", b->stack);
	printf("}\n");
}

/* A store may come from a lapicsim with other checks; an entry that names one of those would be refused. */
static bool may_be_known(const struct draft *d, bool json)
{
	const struct bucket *b = &d->bucket;
	char why[256];

	if (!known_check_exists(b->first.check, b->kind, why, sizeof(why)))
		return true;
	if (!json) {
		printf("no draft for %s of %s: %s\n  %s\n", b->first.check, divergence_name(b->kind), why, d->first);
		return false;
	}
	printf("{\"type\":\"no-draft\"");
	json_member(stdout, "check", b->first.check);
	json_member(stdout, "why", why);
	json_member(stdout, "token", d->first);
	printf("}\n");
	return false;
}

static int write_drafts(const struct draft_list *l, const char *folder, bool json)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < l->nr; i++) {
		int fresh;

		if (!may_be_known(&l->item[i], json))
			continue;
		fresh = draft_write(&l->item[i], folder);
		if (fresh < 0)
			return cmd_fail(CMD_HARNESS, "%s/%s: %s", folder, l->item[i].name, strerror(errno));
		print_draft(&l->item[i], folder, fresh, json);
		nr++;
	}
	if (!json)
		printf("%u new buckets, %u drafts\n", l->nr, nr);
	return CMD_OK;
}

static int draft(struct store *s, const struct command_line *cl, const struct known_list *known)
{
	struct draft_list l = { .known = known };
	char folder[CMD_PATH_MAX];

	snprintf(folder, sizeof(folder), cl->output ? "%s" : "%s.known", cl->output ? cl->output : cl->args.item[0]);
	if (!draft_collect(&l, s))
		return cmd_fail(CMD_HARNESS, "%s", store_error(s));
	if (l.nr && mkdir(folder, 0777) && errno != EEXIST)
		return cmd_fail(CMD_HARNESS, "%s: %s", folder, strerror(errno));
	if (!draft_examine(&l, s, folder, cl->worker_timeout_ns))
		return cmd_fail(CMD_HARNESS, "%s", store_error(s));
	return write_drafts(&l, folder, cl->json);
}

static int draft_from(const struct command_line *cl, const struct known_list *known)
{
	char error[640];
	struct store *s = store_open_existing(cl->args.item[0], error, sizeof(error));
	int code;

	if (!s)
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	code = draft(s, cl, known);
	store_close(s);
	return code;
}

int cmd_known(int argc, char **argv)
{
	char folder[CMD_PATH_MAX], error[1024];
	struct command_line cl;
	struct known_list l;
	int code;

	if (cmd_parse(&cl, "known", argc, argv, &code))
		return code;
	if (cl.args.nr > 1)
		return cmd_fail(CMD_USAGE, "known: takes one store; lapicsim known --help says more");
	if (paths_known(cl.known, folder, sizeof(folder), error, sizeof(error)) ||
	    known_load(&l, folder, error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	if (cl.args.nr)
		return draft_from(&cl, &l);
	for (uint32_t i = 0; i < l.nr; i++)
		cl.json ? print_json(&l.item[i]) : print_text(&l.item[i]);
	return CMD_OK;
}
