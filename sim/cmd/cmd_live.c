// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapicsim live: sequences of what needs no guest code, on the running kernel's
 * KVM, step by step against the oracle, and page by page against a variant; or,
 * with --no-kernel, on the variant alone, for machines without /dev/kvm.
 *
 * The kernel's side and the variant's write the same records (sim/live/play.h)
 * into pipes, each from processes of its own; here they are read in step.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/live_kernel.h"
#include "sim/cmd/log.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/report.h"
#include "sim/live/judge.h"
#include "sim/oracle/deviation.h"

#define NS_PER_S	1000000000ull

/* One side's records. */
struct side {
	pid_t pid;			/* 0: none */
	int fd;
	bool open;			/* more records of this sequence will come */
	struct live_record record;
};

struct live {
	const struct command_line *cl;
	char program[CMD_PATH_MAX];	/* the variant's runner */
	struct side kernel, variant;
	struct side *judged;		/* by the oracle: the kernel, or the variant alone */
	struct judge judge;
	uint64_t nr_sequences, nr_steps, nr_different;
	uint64_t start_ns, drawn_ns;
};

static volatile sig_atomic_t stop_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

/* --- The two sides. */
static void side_end(struct side *s)
{
	if (!s->pid)
		return;
	kill(s->pid, SIGKILL);
	close(s->fd);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}

/* False: the other end is gone, or we were told to stop. */
static bool side_read(struct side *s)
{
	char *p = (char *)&s->record;
	size_t left = sizeof(s->record);

	while (left) {
		ssize_t n = read(s->fd, p, left);

		if (n < 0 && errno == EINTR && !stop_signal)
			continue;
		if (n <= 0)
			return false;
		p += n;
		left -= (size_t)n;
	}
	s->open = s->record.kind == LIVE_SHOWN;
	return true;
}

/* The records of one side that nobody looks at any more. */
static bool side_skip(struct side *s)
{
	while (s->pid && s->open)
		if (!side_read(s))
			return false;
	return true;
}

static int start_kernel(struct live *l, uint64_t seed)
{
	int fds[2];

	if (l->cl->no_kernel)
		return CMD_OK;
	if (pipe2(fds, O_CLOEXEC))
		return cmd_fail(CMD_HARNESS, "pipe: %s", strerror(errno));
	l->kernel.pid = live_kernel_play(seed, l->cl->steps, fds[1]);
	close(fds[1]);
	l->kernel.fd = fds[0];
	if (l->kernel.pid > 0)
		return CMD_OK;
	close(fds[0]);
	l->kernel.pid = 0;
	return cmd_fail(CMD_HARNESS, "fork: %s", strerror(errno));
}

static void become_runner(const struct live *l, int fd)
{
	char first[24], last[24], steps[24];

	snprintf(first, sizeof(first), "0x%" PRIx64, l->cl->seeds.first);
	snprintf(last, sizeof(last), "0x%" PRIx64, l->cl->seeds.last);
	snprintf(steps, sizeof(steps), "%u", l->cl->steps);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(fd, STDOUT_FILENO) < 0)
		_exit(CMD_HARNESS);
	execl(l->program, l->program, "--live-sequence", first, last, steps, (char *)NULL);
	_exit(CMD_HARNESS);
}

/* One runner plays all sequences: it starts each from a snapshot. */
static int start_variant(struct live *l)
{
	int fds[2];

	if (!l->cl->variant)
		return CMD_OK;
	if (pipe2(fds, O_CLOEXEC))
		return cmd_fail(CMD_HARNESS, "pipe: %s", strerror(errno));
	l->variant.pid = fork();
	if (l->variant.pid == 0)
		become_runner(l, fds[1]);
	close(fds[1]);
	l->variant.fd = fds[0];
	if (l->variant.pid > 0)
		return CMD_OK;
	l->variant.pid = 0;
	close(fds[0]);
	return cmd_fail(CMD_HARNESS, "fork: %s", strerror(errno));
}

/* --- Reports. */
static void again(const struct live *l, uint64_t seed, char *buf, size_t n)
{
	snprintf(buf, n, "lapicsim live --seeds 0x%" PRIx64 " --steps %u%s%s%s", seed, l->cl->steps,
		 l->cl->variant ? " --variant " : "", l->cl->variant ? l->cl->variant : "",
		 l->cl->no_kernel ? " --no-kernel" : "");
}

static void print_json(const struct live *l, const char *step, const char *versus)
{
	const struct live_record *r = &l->judged->record;
	char command[256];

	again(l, r->seed, command, sizeof(command));
	printf("{\"type\":\"difference\",\"seed\":\"0x%" PRIx64 "\",\"step\":%u,\"action\":", r->seed, r->step);
	json_string(stdout, step);
	printf(",\"divergences\":[");
	for (uint32_t i = 0; i < l->judge.nr_divergences && i < JUDGE_MAX; i++) {
		printf("%s{", i ? "," : "");
		json_divergence(stdout, &l->judge.divergence[i]);
		putchar('}');
	}
	printf("],\"variant\":");
	json_string(stdout, versus);
	printf(",\"again\":");
	json_string(stdout, command);
	printf("}\n");
}

static void print_text(const struct live *l, const char *step, const char *versus)
{
	const struct live_record *r = &l->judged->record;
	char command[256];

	again(l, r->seed, command, sizeof(command));
	printf("seed 0x%" PRIx64 ", step %u: %s: result %" PRId64 "\n", r->seed, r->step, step, r->ret);
	for (uint32_t i = 0; i < l->judge.nr_divergences && i < JUDGE_MAX; i++) {
		const struct divergence *d = &l->judge.divergence[i];

		printf("  %s [%s] vcpu %u: %s\n", divergence_name(d->kind), d->check,
		       d->vcpu < l->judge.vm.nr_vcpus ? l->judge.vm.id[d->vcpu] : d->vcpu, d->text);
	}
	if (versus[0])
		printf("  the kernel and %s: %s\n", l->cl->variant, versus);
	printf("  %s\n\n", command);
}

static void report(struct live *l, const char *versus)
{
	char step[256] = "the first page";

	if (l->judged->record.step)
		live_step_text(&l->judge.vm, &l->judge.step, step, sizeof(step));
	log_status_end();
	(l->cl->json ? print_json : print_text)(l, step, versus);
	fflush(stdout);
}

static void progress(struct live *l)
{
	uint64_t now = monotonic_ns(), all = l->cl->seeds.last - l->cl->seeds.first + 1;
	char text[128];

	if (now - l->drawn_ns < (log_on_terminal() ? NS_PER_S / 4 : 10 * NS_PER_S))
		return;
	l->drawn_ns = now;
	snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64 " sequences  %" PRIu64 " steps  %" PRIu64 " different",
		 l->nr_sequences, all, l->nr_steps, l->nr_different);
	log_status(text);
}

/* --- One sequence. */
static int broken(struct live *l, const char *who, uint64_t seed, const char *how)
{
	char command[256];

	if (stop_signal)
		return CMD_SIGNAL + stop_signal;
	again(l, seed, command, sizeof(command));
	log_status_end();
	return cmd_fail(CMD_HARNESS, "seed 0x%" PRIx64 ": %s: %s\n%s", seed, who, how, command);
}

/* The last step's records are in both sides. True: they agree, with each other and with the oracle. */
static bool agree(struct live *l)
{
	char versus[512] = "";
	bool good = judge_record(&l->judge, &l->judged->record);

	if (l->variant.pid && l->kernel.pid)
		good &= !judge_compare(&l->judge, &l->kernel.record, &l->variant.record, versus, sizeof(versus));
	if (!good)
		report(l, versus);
	return good;
}

/* The next record of each side. */
static int next(struct live *l, uint64_t seed)
{
	if (l->kernel.pid && !side_read(&l->kernel))
		return broken(l, live_kernel_device(), seed, "its process died");
	if (l->kernel.pid && l->kernel.record.kind == LIVE_FAILED)
		return broken(l, live_kernel_device(), seed, l->kernel.record.text);
	if (l->variant.pid && !side_read(&l->variant))
		return broken(l, l->cl->variant, seed, "the runner died");
	return CMD_OK;
}

static bool done(const struct side *s)
{
	return !s->pid || s->record.kind == LIVE_DONE;
}

static int sequence(struct live *l, uint64_t seed)
{
	int code = start_kernel(l, seed);

	l->kernel.open = l->variant.open = true;
	while (!code && !(code = next(l, seed))) {
		if (done(&l->kernel) && done(&l->variant))
			break;
		l->nr_steps += l->judged->record.step != 0;
		if (!agree(l)) {
			l->nr_different++;
			break;
		}
	}
	if (code)
		return code;
	side_end(&l->kernel);
	if (!side_skip(&l->variant))
		return broken(l, l->cl->variant, seed, "the runner died");
	l->nr_sequences++;
	return CMD_OK;
}

static int all_sequences(struct live *l)
{
	int code = start_variant(l);

	for (uint64_t seed = l->cl->seeds.first; !code; seed++) {
		code = sequence(l, seed);
		progress(l);
		if (stop_signal && !code)
			code = CMD_SIGNAL + stop_signal;
		if (seed == l->cl->seeds.last)
			break;
	}
	side_end(&l->kernel);
	side_end(&l->variant);
	log_status_end();
	return code;
}

/* --- The end. */
static void print_deviations(const struct live *l)
{
	const struct deviation_row *row;
	uint32_t nr = 0;

	for (uint32_t i = 0; (row = deviation_row(i)); i++) {
		if (!row->used)
			continue;
		if (l->cl->json)
			printf("%s\"%s\":%u", nr++ ? "," : "", row->name, row->used);
		else
			printf("deviation %s, %u times: %s (%s)\n", row->name, row->used, row->what, row->source);
	}
}

static void print_end(const struct live *l, const char *kernel, int code)
{
	uint64_t ms = (monotonic_ns() - l->start_ns) / 1000000 + 1;
	char steps[32], sequences[32];

	if (l->cl->json) {
		printf("{\"type\":\"summary\",\"kernel\":");
		json_string(stdout, kernel);
		printf(",\"variant\":");
		json_string(stdout, l->cl->variant ? l->cl->variant : "");
		printf(",\"sequences\":%" PRIu64 ",\"steps\":%" PRIu64 ",\"different\":%" PRIu64 ",\"deviations\":{",
		       l->nr_sequences, l->nr_steps, l->nr_different);
		print_deviations(l);
		printf("},\"exit\":%d}\n", code);
		return;
	}
	print_deviations(l);
	printf("%s: %s%s%s%s: %s steps in %s sequences, %" PRIu64 " different, %" PRIu64 " steps/s\n",
	       code == CMD_OK ? "PASS" : code == CMD_DIVERGENCE ? "FAIL" : "ENDED", kernel[0] ? "Linux " : "", kernel,
	       kernel[0] && l->cl->variant ? " and " : "", l->cl->variant ? l->cl->variant : "",
	       progress_count(l->nr_steps, steps, sizeof(steps)),
	       progress_count(l->nr_sequences, sequences, sizeof(sequences)), l->nr_different,
	       l->nr_steps * 1000 / ms);
}

static int live(struct live *l)
{
	struct sigaction stop = { .sa_handler = on_stop };
	struct utsname kernel = { .release = "" };
	int ret = l->cl->no_kernel ? 0 : live_kernel_probe(), code;

	if (ret)
		return cmd_fail(CMD_SKIPPED, "skipped: %s: %s", live_kernel_device(), strerror(-ret));
	l->judged = l->cl->no_kernel ? &l->variant : &l->kernel;
	if (!l->cl->no_kernel)
		uname(&kernel);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	l->start_ns = l->drawn_ns = monotonic_ns();
	code = all_sequences(l);
	if (!code && l->nr_different)
		code = CMD_DIVERGENCE;
	print_end(l, kernel.release, code);
	return code;
}

int cmd_live(int argc, char **argv)
{
	struct command_line cl;
	char error[512];
	struct live *l;
	int code;

	if (cmd_parse(&cl, "live", argc, argv, &code))
		return code;
	if (cl.args.nr)
		return cmd_fail(CMD_USAGE, "live: takes no arguments; lapicsim live --help says more");
	if (cl.no_kernel && !cl.variant)
		return cmd_fail(CMD_USAGE, "live: --no-kernel needs --variant NAME, which to play the sequences on");
	l = alloc_array(1, sizeof(*l));
	l->cl = &cl;
	if (cl.variant && paths_runner(cl.variant, FLAVOUR_PLAIN, l->program, sizeof(l->program), error, sizeof(error)))
		code = cmd_fail(CMD_BAD_INPUT, "%s", error);
	else
		code = live(l);
	free(l);
	return code;
}
