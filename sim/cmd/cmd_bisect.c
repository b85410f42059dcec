/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim bisect: the first commit whose code shows what a token's run shows.
 *
 * Candidates are the commits that change a file which the good or the bad revision
 * was compiled from; git says which one halves them.  A revision is bad if the
 * token's bucket is seen in enough runs of its scenario; how many are enough
 * follows from how often the bad revision shows it.  What does not build, or is
 * not understood by the simulator, is skipped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/bisect_log.h"
#include "sim/cmd/bisect_runs.h"
#include "sim/cmd/child.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/log.h"
#include "sim/cmd/report.h"
#include "sim/cmd/revision.h"

struct bisect {
	const struct command_line *cl;
	struct bisect_runs runs;
	struct bisect_log log;
	char good[REVISION_BYTES], bad[REVISION_BYTES];	/* as given */
	struct option_list paths;	/* files whose changes matter */
	struct option_list goods;	/* "^COMMIT" of all good ones */
	char now[REVISION_BYTES];	/* the oldest that is known to be bad */
};

static void say_step(const struct bisect *b, const struct bisect_entry *e)
{
	if (!b->cl->json)
		return;
	printf("{\"type\":\"step\",\"commit\":\"%s\",\"verdict\":\"%s\",\"runs\":%" PRIu64 ",\"hits\":%" PRIu64 "}\n",
	       e->commit, bisect_verdict_name(e->verdict), e->nr_runs, e->nr_hits);
	fflush(stdout);
}

/* --- One revision. */

/* Built as a variant that is gone when it has been judged; its unpacked source is, too. */
static int build(const struct bisect *b, const char *commit, char *name, size_t n)
{
	revision_name("bisect", commit, name, n);
	return revision_build(b->cl->git, commit, name, b->cl->class);
}

static void forget(const char *name)
{
	struct child p = { .quiet = true };
	char folder[CMD_PATH_MAX + 32];

	revision_remove(name);
	snprintf(folder, sizeof(folder), "%s/bisect/cache", paths_build());
	child_add(&p, "rm", "-rf", "--", folder, NULL);
	child_run(&p);
}

/* Runs what decides on @commit's variant @name. 0, or an exit code. */
static int judge(struct bisect *b, const char *name, struct bisect_entry *e)
{
	int code = bisect_runs_count(&b->runs, name, b->runs.token.seed, b->log.nr_seeds, e);

	if (code)
		return code;
	log_line("%.12s: %" PRIu64 " of %" PRIu64 " runs show it: %s", e->commit, e->nr_hits, e->nr_runs,
		 bisect_verdict_name(e->verdict));
	return 0;
}

/* 0 with the verdict in @e, from the log or by building and running; or an exit code. */
static int test(struct bisect *b, const char *commit, struct bisect_entry *e)
{
	const struct bisect_entry *known = bisect_log_find(&b->log, commit);
	char name[64];
	int code;

	if (known) {
		*e = *known;
		return 0;
	}
	memset(e, 0, sizeof(*e));
	snprintf(e->commit, sizeof(e->commit), "%s", commit);
	code = build(b, commit, name, sizeof(name));
	if (code == CMD_BAD_INPUT) {
		e->verdict = BISECT_SKIP;
		log_line("%.12s: does not build: skip", commit);
		code = 0;
	} else if (!code) {
		code = judge(b, name, e);
	}
	forget(name);
	if (code)
		return code;
	bisect_log_add(&b->log, e);
	say_step(b, e);
	return 0;
}

/* --- The ends. */

/* The bad revision says what is looked for, and how often it is seen; both say which files matter. */
static int test_bad(struct bisect *b)
{
	struct bisect_entry e = { .verdict = BISECT_BAD };
	uint64_t nr_seeds = b->log.nr_seeds;
	char name[64];
	int code = build(b, b->bad, name, sizeof(name));

	if (!code)
		code = bisect_runs_find(&b->runs, name);
	if (!code && !nr_seeds)
		code = bisect_runs_measure(&b->runs, name, &nr_seeds);
	if (!code && !b->log.nr_seeds)
		bisect_log_seeds(&b->log, nr_seeds);
	if (!code)
		code = revision_files(name, &b->paths);
	snprintf(e.commit, sizeof(e.commit), "%s", b->bad);
	if (!code && !bisect_log_find(&b->log, b->bad))
		code = judge(b, name, &e);
	forget(name);
	if (code || bisect_log_find(&b->log, b->bad))
		return code;
	if (e.verdict != BISECT_BAD)
		return cmd_fail(CMD_BAD_INPUT, "the bad revision does not show it in %" PRIu64 " runs", e.nr_runs);
	bisect_log_add(&b->log, &e);
	say_step(b, &e);
	return 0;
}

static int test_good(struct bisect *b)
{
	struct bisect_entry e = { 0 };
	char name[64];
	int code = build(b, b->good, name, sizeof(name));

	if (code)
		return code;
	code = revision_files(name, &b->paths);
	if (!code)
		code = test(b, b->good, &e);
	forget(name);
	if (!code && e.verdict == BISECT_SKIP)
		return cmd_fail(CMD_HARNESS, "the good revision cannot be judged");
	if (!code && e.verdict == BISECT_BAD)
		code = cmd_fail(CMD_BAD_INPUT, "the good revision is none: %" PRIu64 " of %" PRIu64 " runs show it",
				e.nr_hits, e.nr_runs);
	return code;
}

/* --- The candidates. */
static bool is_skipped(const struct bisect *b, const char *commit)
{
	const struct bisect_entry *e = bisect_log_find(&b->log, commit);

	return e && e->verdict == BISECT_SKIP;
}

/*
 * git's candidates between the good ones and the bad one, the best first.  @next: the
 * best that can be tested, or "". @left: all that may be the first bad one.
 */
static int candidates(const struct bisect *b, char next[REVISION_BYTES], struct option_list *left)
{
	struct child p = { 0 };
	char line[512], commit[REVISION_BYTES];
	FILE *out;

	next[0] = '\0';
	child_add(&p, "git", "-C", b->cl->git, "rev-list", "--bisect-all", b->now, NULL);
	for (uint32_t i = 0; i < b->goods.nr; i++)
		child_add(&p, b->goods.item[i], NULL);
	child_add(&p, "--", NULL);
	for (uint32_t i = 0; i < b->paths.nr; i++)
		child_add(&p, b->paths.item[i], NULL);
	out = child_start(&p);
	while (out && fgets(line, sizeof(line), out)) {
		if (sscanf(line, "%64[0-9a-f]", commit) != 1)
			continue;
		option_list_add(left, alloc_text(commit));
		if (!next[0] && strcmp(commit, b->now) && !is_skipped(b, commit))
			strcpy(next, commit);
	}
	return child_end(&p, out) ? cmd_fail(CMD_HARNESS, "git rev-list fails") : 0;
}

static void add_good(struct bisect *b, const char *commit)
{
	char *word = alloc_array(REVISION_BYTES + 1, 1);

	snprintf(word, REVISION_BYTES + 1, "^%s", commit);
	option_list_add(&b->goods, word);
}

/* --- The end, in git's words. */
static int show_commit(const struct bisect *b)
{
	struct child p = { 0 };
	char line[1024];
	FILE *out;

	if (b->cl->json) {
		printf("{\"type\":\"bisect\",\"first_bad\":\"%s\",\"runs\":%" PRIu64 ",\"exit\":0}\n", b->now,
		       b->log.nr_seeds);
		return CMD_OK;
	}
	printf("%s is the first bad commit\n", b->now);
	child_add(&p, "git", "-C", b->cl->git, "--no-pager", "diff-tree", "--pretty", "--stat", "--summary", "--cc",
		  "--no-color", b->now, NULL);
	out = child_start(&p);
	while (out && fgets(line, sizeof(line), out))
		/* The hash was in the line before. */
		if (strncmp(line, b->now, strlen(b->now)))
			fputs(line, stdout);
	return child_end(&p, out) ? cmd_fail(CMD_HARNESS, "git diff-tree fails") : CMD_OK;
}

static int show_skipped(const struct bisect *b, const struct option_list *left)
{
	if (b->cl->json)
		printf("{\"type\":\"bisect\",\"first_bad\":null,\"candidates\":[");
	else
		printf("There are only 'skip'ped commits left to test.\nThe first bad commit could be any of:\n");
	for (uint32_t i = 0; i < left->nr; i++)
		printf(b->cl->json ? "%s\"%s\"" : "%s%s\n", b->cl->json && i ? "," : "", left->item[i]);
	printf(b->cl->json ? "],\"exit\":%d}\n" : "We cannot bisect more!\n", CMD_INCONCLUSIVE);
	return CMD_INCONCLUSIVE;
}

static int finish(const struct bisect *b, const struct option_list *left)
{
	/* What is left is the bad one alone, or beside it what cannot be tested. */
	if (left->nr == 1 && !strcmp(left->item[0], b->now))
		return show_commit(b);
	if (left->nr)
		return show_skipped(b, left);
	return cmd_fail(CMD_BAD_INPUT, "no commit between the good and the bad revision changes a file that is compiled");
}

static int narrow(struct bisect *b)
{
	for (;;) {
		struct option_list left = { 0 };
		char next[REVISION_BYTES];
		struct bisect_entry e;
		int code = candidates(b, next, &left);

		if (code)
			return code;
		if (!next[0])
			return finish(b, &left);
		log_line("bisecting: %u commits may be it; next is %.12s", left.nr, next);
		free(left.item);
		code = test(b, next, &e);
		if (code)
			return code;
		if (e.verdict == BISECT_BAD)
			strcpy(b->now, next);
		else if (e.verdict == BISECT_GOOD)
			add_good(b, next);
	}
}

/* Without any, whatever is built would be in vain: it is known at once. */
static int find_any(const struct bisect *b)
{
	struct option_list left = { 0 };
	char next[REVISION_BYTES];
	int code = candidates(b, next, &left);

	free(left.item);
	if (!code && !left.nr)
		code = cmd_fail(CMD_BAD_INPUT, "the good revision %.12s has all commits of the bad one, %.12s; "
				"are they the wrong way round?", b->good, b->bad);
	return code;
}

static int bisect(struct bisect *b, const char *token)
{
	char key[4096], cache[CMD_PATH_MAX + 32];
	int code = bisect_runs_open(&b->runs, b->cl, token);

	if (!code)
		code = revision_resolve(b->cl->git, b->cl->good, b->good);
	if (!code)
		code = revision_resolve(b->cl->git, b->cl->bad, b->bad);
	if (code)
		return code;
	strcpy(b->now, b->bad);
	add_good(b, b->good);
	code = find_any(b);
	if (code)
		return code;
	snprintf(key, sizeof(key), "%s good %s bad %s %s runs %" PRIu64 " check %s class %s", b->cl->git, b->good, b->bad,
		 token, b->cl->runs, b->cl->check ? b->cl->check : "-", b->cl->class ? b->cl->class : "-");
	code = bisect_log_open(&b->log, key, b->cl->restart);
	if (code)
		return code;
	if (b->log.nr)
		log_line("%s has %u revisions of this bisection", b->log.path, b->log.nr);
	/* Sources of revisions that are needed once do not belong among the others. */
	snprintf(cache, sizeof(cache), "%s/bisect/cache", paths_build());
	setenv("LAPICSIM_CACHE", cache, 1);
	code = test_bad(b);
	if (!code)
		code = test_good(b);
	if (!code)
		code = narrow(b);
	bisect_log_close(&b->log);
	return code;
}

int cmd_bisect(int argc, char **argv)
{
	struct bisect b = { 0 };
	struct command_line cl;
	int code;

	if (cmd_parse(&cl, "bisect", argc, argv, &code))
		return code;
	if (cl.args.nr != 1 || !cl.good || !cl.bad)
		return cmd_fail(CMD_USAGE, "bisect: needs --good, --bad and one token; lapicsim bisect --help says more");
	cl.git = revision_top(cl.git ? cl.git : ".");
	b.cl = &cl;
	return bisect(&b, cl.args.item[0]);
}
