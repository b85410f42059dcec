/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapicsim replay: one run again, from its token: digest, divergences with their
 * stacks, and if asked for the trace, or gdb.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/log.h"
#include "sim/cmd/report.h"
#include "sim/cmd/revision.h"
#include "sim/cmd/runner_process.h"
#include "sim/cmd/symbols.h"
#include "sim/run_end.h"
#include "sim/scenario.h"
#include "sim/token.h"

struct replay {
	const struct command_line *cl;
	const char *text;		/* the token as given */
	struct token token;
	struct scenario scenario;
	char program[CMD_PATH_MAX];
	struct runner runner;
	struct run_result result;
	struct wire_explanation why[RUN_MAX_DIVERGENCES];
};

/* What the token says, against what is here. 0 if they agree, or --force. */
static int check(const struct replay *p, const char *what, const char *wanted, const char *found)
{
	if (!strcmp(wanted, found))
		return 0;
	if (p->cl->force) {
		log_line("%s is %s, the token says %s; going on", what, found, wanted);
		return 0;
	}
	return cmd_fail(CMD_BAD_INPUT, "%s is %s, the token says %s; what was seen may not be seen again "
			"(--force goes on)", what, found, wanted);
}

static int check_scenario(const struct replay *p)
{
	char wanted[16], found[16], what[128];

	if (!p->token.scenario_hash)
		return 0;
	snprintf(wanted, sizeof(wanted), "%08x", p->token.scenario_hash);
	snprintf(found, sizeof(found), "%08x", p->scenario.hash);
	snprintf(what, sizeof(what), "the hash of scenario %s", p->scenario.name);
	return check(p, what, wanted, found);
}

static int check_variant(const struct replay *p)
{
	char what[128];

	if (!p->token.identity[0])
		return 0;
	snprintf(what, sizeof(what), "the identity of variant %s", p->token.variant);
	return check(p, what, p->token.identity, p->runner.ready.identity);
}

static int load(struct replay *p)
{
	const char *name = p->cl->scenario ? p->cl->scenario : p->token.scenario;
	char path[512], error[1024];

	if (token_parse(p->text, &p->token, error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	if (paths_scenario(name, path, sizeof(path), error, sizeof(error)) ||
	    scenario_load(&p->scenario, path, p->token.overrides, error, sizeof(error)) ||
	    paths_runner(p->token.variant, p->cl->flavour, p->program, sizeof(p->program), error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	return check_scenario(p);
}

/* With --json the trace stays off stdout, which has one object a line. */
static int start(struct replay *p)
{
	struct runner_spec spec = {
		.program = p->program,
		.scenario = p->scenario.path,
		.overrides = p->token.overrides,
		.timeout_ns = p->cl->worker_timeout_ns,
		.stderr_fd = -1,
	};

	if (p->cl->trace != TRACE_NONE)
		spec.stderr_fd = p->cl->json ? STDERR_FILENO : STDOUT_FILENO;
	if (runner_start(&p->runner, &spec))
		return cmd_fail(CMD_HARNESS, "%s", p->runner.error);
	if (p->runner.ready.scenario_hash != p->scenario.hash)
		return cmd_fail(CMD_HARNESS, "the runner reads the scenario differently: the variant was built from another "
				"commit; lapicsim variant add %s --like %s builds it anew", p->token.variant,
				p->token.variant);
	return check_variant(p);
}

/* The trace is of a run of its own, the same as the one that is explained. */
static enum runner_status ask(struct replay *p)
{
	const char *trace = p->cl->trace == TRACE_STATES ? "states" : "trace";
	enum runner_status status;

	if (p->cl->trace == TRACE_NONE)
		return runner_explain(&p->runner, p->token.seed, &p->result, p->why);
	if (p->cl->mark.given)
		runner_ask(&p->runner, "%s 0x%" PRIx64 " %" PRIu64, trace, p->token.seed, p->cl->mark.first);
	else
		runner_ask(&p->runner, "%s 0x%" PRIx64, trace, p->token.seed);
	status = runner_read_run(&p->runner, &p->result);
	return status ? status : runner_explain(&p->runner, p->token.seed, &p->result, p->why);
}

/*
 * That the code under test killed the worker, or keeps it, is what there is to see; anything else is
 * the harness's failure.  Once is enough: whoever has the token has seen it before.
 */
static int run(struct replay *p)
{
	enum runner_status status = ask(p);
	char how[1200], words[4096];
	bool theirs;

	if (status == RUNNER_OK)
		return 0;
	if (status == RUNNER_ERROR)
		return cmd_fail(CMD_HARNESS, "%s", p->runner.error);
	runner_end_text(&p->runner, status, how, sizeof(how));
	runner_last_words(&p->runner, words, sizeof(words));
	if (words[0])
		log_text(words);
	theirs = status == RUNNER_HUNG || (status == RUNNER_DIED && (runner_killed_by_itself(&p->runner) ||
		 runner_killed_from_outside(&p->runner)));
	return cmd_fail(theirs ? CMD_DIVERGENCE : CMD_HARNESS, "the worker %s\nlapicsim replay %s", how, p->text);
}

static int exit_code(const struct run_result *r)
{
	if (r->end == RUN_TRAPPED)
		return CMD_HARNESS;
	if (r->nr_divergences)
		return CMD_DIVERGENCE;
	return run_inconclusive(r->end) ? CMD_INCONCLUSIVE : CMD_OK;
}

static void print_text(const struct replay *p)
{
	const struct run_result *r = &p->result;
	struct symbol_frames frames;

	printf("variant %s, identity %s, class %s, flavour %s\n", p->runner.ready.variant,
	       p->runner.ready.identity, p->runner.ready.class, p->runner.ready.flavour);
	printf("digest 0x%016" PRIx64 "\n", r->digest);
	printf("end %s%s%s, %" PRIu64 " events, %" PRIu64 " interrupts, %" PRIu64 " ns, %u divergences\n",
	       run_end_name(r->end), r->trap[0] ? " " : "", r->trap, r->nr_events, r->nr_interrupts,
	       r->virtual_ns, r->nr_divergences);
	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		putchar('\n');
		symbols_resolve(p->program, &r->divergence[i], &frames);
		report_divergence(stdout, &r->divergence[i], &frames);
		if (p->why[i].trail[0])
			printf("  before it: %s\n", p->why[i].trail);
	}
	if (r->nr_divergences > r->nr_recorded)
		printf("\n%u more are not recorded\n", r->nr_divergences - r->nr_recorded);
	if (exit_code(r))
		printf("\nlapicsim replay %s\n", p->text);
}

static void print_symbols(const struct replay *p, const struct divergence *d)
{
	struct symbol_frames frames;

	symbols_resolve(p->program, d, &frames);
	printf(",\"stack\":[");
	for (uint32_t i = 0; i < frames.nr; i++) {
		printf("%s{\"function\":", i ? "," : "");
		json_string(stdout, frames.frame[i].function);
		json_member(stdout, "line", frames.frame[i].line);
		printf(",\"inlined\":%s}", frames.frame[i].inlined ? "true" : "false");
	}
	putchar(']');
}

static void print_json(const struct replay *p)
{
	const struct run_result *r = &p->result;

	for (uint32_t i = 0; i < r->nr_recorded; i++) {
		printf("{\"type\":\"divergence\",");
		json_divergence(stdout, &r->divergence[i]);
		print_symbols(p, &r->divergence[i]);
		json_member(stdout, "trail", p->why[i].trail);
		printf("}\n");
	}
	printf("{\"type\":\"run\"");
	json_member(stdout, "token", p->text);
	printf(",\"digest\":\"0x%016" PRIx64 "\",\"end\":\"%s\"", r->digest, run_end_name(r->end));
	json_member(stdout, "trap", r->trap);
	printf(",\"events\":%" PRIu64 ",\"interrupts\":%" PRIu64 ",\"virtual_ns\":%" PRIu64
	       ",\"divergences\":%u,\"exit\":%d}\n",
	       r->nr_events, r->nr_interrupts, r->virtual_ns, r->nr_divergences, exit_code(r));
}

#define GDB_FOLDERS 4u		/* of sources */

/* Functions on the first stack are where one wants to stop. */
static int gdb(struct replay *p)
{
	char seed[32], breakpoint[96];
	const char *argv[16 + 2 * GDB_FOLDERS] = { "gdb", "-q" };
	struct symbol_frames frames = { 0 };
	struct option_list folders = { 0 };
	uint32_t n = 2;

	if (p->result.nr_recorded)
		symbols_resolve(p->program, &p->result.divergence[0], &frames);
	for (uint32_t i = 0; i < frames.nr; i++)
		fprintf(stderr, "%s  break %s\n", i ? "" : "lapicsim: functions on the first stack:\n",
			frames.frame[i].function);
	if (frames.nr && frames.frame[0].function[0] != '?') {
		snprintf(breakpoint, sizeof(breakpoint), "break %s", frames.frame[0].function);
		argv[n++] = "-ex";
		argv[n++] = breakpoint;
	}
	/* The program names its sources as the kernel does: arch/x86/kvm/lapic.c. The last -d is looked at first. */
	revision_sources(p->token.variant, &folders);
	for (uint32_t i = folders.nr < GDB_FOLDERS ? folders.nr : GDB_FOLDERS; i; i--) {
		argv[n++] = "-d";
		argv[n++] = folders.item[i - 1];
	}
	snprintf(seed, sizeof(seed), "0x%" PRIx64, p->token.seed);
	argv[n++] = "--args";
	argv[n++] = p->program;
	argv[n++] = "--scenario";
	argv[n++] = p->scenario.path;
	argv[n++] = "--seed";
	argv[n++] = seed;
	if (p->token.overrides[0]) {
		argv[n++] = "--set";
		argv[n++] = p->token.overrides;
	}
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], (char *const *)argv);
	return cmd_fail(CMD_HARNESS, "gdb: %s", strerror(errno));
}

static int replay(struct replay *p)
{
	int code = load(p);

	if (!code)
		code = start(p);
	if (!code) {
		fflush(stdout);
		code = run(p);
	}
	runner_stop(&p->runner);
	/* A run that kills its process is what one wants gdb for. */
	if (p->cl->gdb && (!code || code == CMD_HARNESS || code == CMD_DIVERGENCE))
		return gdb(p);
	if (code)
		return code;
	if (p->cl->json)
		print_json(p);
	else
		print_text(p);
	return exit_code(&p->result);
}

int cmd_replay(int argc, char **argv)
{
	struct command_line cl;
	struct replay *p;
	int code;

	if (cmd_parse(&cl, "replay", argc, argv, &code))
		return code;
	if (cl.args.nr != 1)
		return cmd_fail(CMD_USAGE, "replay: needs one token; lapicsim replay --help says more");
	if (cl.mark.given && (cl.mark.first != cl.mark.last || cl.trace == TRACE_NONE))
		return cmd_fail(CMD_USAGE, "--mark: is one event, and goes with --trace=text");
	p = alloc_array(1, sizeof(*p));
	p->cl = &cl;
	p->text = cl.args.item[0];
	runner_init(&p->runner);
	code = replay(p);
	free(p);
	return code;
}
