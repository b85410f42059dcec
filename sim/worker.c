/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See worker.h.  Records are gathered and written when there is a pipe's worth
 * of them, at the end of a request, or after a run that took long: a write for
 * each run would cost more than the run.  What a crash loses that way is run
 * again by lapicsim, up to the seed in struct wire_slot.
 */
#include "sim/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/explain.h"
#include "sim/pair_names.h"
#include "sim/pair_states.h"
#include "sim/wire.h"

#define SLOT_FD 3
#define OUT_BYTES 32768u
#define LONG_RUN_EVENTS 20000u

static struct {
	int fd;
	size_t len;
	uint8_t buf[OUT_BYTES];
} out;

static struct wire_slot *slot;
static bool ready;
static struct run_result result;

/* A reader that has gone away is the end of this process, without a word. */
static void write_all(const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(out.fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		p += n;
		len -= n;
	}
}

static void flush(void)
{
	write_all(out.buf, out.len);
	out.len = 0;
}

static void put(const void *data, size_t len)
{
	if (out.len + len > sizeof(out.buf))
		flush();
	if (len > sizeof(out.buf)) {
		write_all(data, len);
		return;
	}
	memcpy(out.buf + out.len, data, len);
	out.len += len;
}

static void put_record(enum wire_type type, const void *data, uint32_t len)
{
	struct wire_header h = { .magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = type, .bytes = len };

	put(&h, sizeof(h));
	put(data, len);
}

static void put_error(const char *text)
{
	put_record(WIRE_ERROR, text, strlen(text));
	flush();
}

/* The page that lapicsim reads after this process has died; a private one if there is none. */
static void map_slot(void)
{
	struct stat st;
	size_t page = sysconf(_SC_PAGESIZE);
	bool shared = !fstat(SLOT_FD, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(*slot);

	slot = mmap(NULL, page, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS,
		    shared ? SLOT_FD : -1, 0);
	if (slot == MAP_FAILED) {
		perror("runner: page for the seed in progress");
		_exit(6);
	}
}

/* Nothing else may write among the records: whatever KVM or libc print goes to stderr. */
static void take_stdout(void)
{
	out.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	if (out.fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		perror("runner: stdout");
		_exit(6);
	}
}

static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++) {
		if (!strncmp(path, "%20", 3) || !strncmp(path, "%25", 3)) {
			*to++ = path[2] == '0' ? ' ' : '%';
			path += 2;
		} else {
			*to++ = *path;
		}
	}
	*to = '\0';
}

static void serve_scenario(char *arguments)
{
	struct wire_ready answer = { 0 };
	struct scenario s;
	char *overrides = strchr(arguments, ' ');
	char error[1024];

	if (ready) {
		put_error("a runner loads one scenario only");
		return;
	}
	if (overrides)
		*overrides++ = '\0';
	unescape(arguments);
	error[0] = '\0';
	if (scenario_load(&s, arguments, overrides, error, sizeof(error)) ||
	    run_setup(&s, error, sizeof(error))) {
		put_error(error);
		return;
	}
	ready = true;
	snprintf(answer.variant, sizeof(answer.variant), "%s", variant_name);
	snprintf(answer.identity, sizeof(answer.identity), "%s", variant_identity);
	snprintf(answer.class, sizeof(answer.class), "%s", variant_class);
	snprintf(answer.flavour, sizeof(answer.flavour), "%s", variant_flavour);
	answer.scenario_hash = s.hash;
	answer.memory_bytes = run_memory_bytes();
	put_record(WIRE_READY, &answer, sizeof(answer));
	flush();
}

static void put_pairs(void)
{
	struct {
		struct wire_pairs head;
		uint32_t code[PAIR_MAX];
	} answer = { .head = { pair_names_hash(), result.nr_pairs } };

	if (!result.nr_pairs)
		return;
	memcpy(answer.code, run_pairs(), result.nr_pairs * sizeof(answer.code[0]));
	put_record(WIRE_PAIRS, &answer, sizeof(answer.head) + result.nr_pairs * sizeof(answer.code[0]));
}

static void put_run(void)
{
	put_record(WIRE_RUN, &result, offsetof(struct run_result, divergence) +
		   result.nr_recorded * sizeof(struct divergence));
	put_pairs();
}

static void one_run(uint64_t seed, void *text)
{
	slot->seed = seed;
	run_one(seed, &result, text);
	slot->nr_done++;
	put_run();
}

static void serve_run(const char *arguments)
{
	uint64_t first, count, long_events = 0;
	char *end;

	first = strtoull(arguments, &end, 0);
	count = strtoull(end, &end, 0);
	if (!count || *end) {
		put_error("usage: run SEED_FIRST COUNT");
		return;
	}
	slot->nr_done = 0;
	for (uint64_t i = 0; i < count; i++) {
		one_run(first + i, NULL);
		long_events += result.nr_events;
		if (long_events > LONG_RUN_EVENTS) {
			flush();
			long_events = 0;
		}
	}
	flush();
}

static void serve_trace(const char *arguments)
{
	char *end;
	uint64_t seed = strtoull(arguments, &end, 0), event = 0;
	bool marked = end != arguments && *end == ' ';
	FILE *text;

	if (marked)
		event = strtoull(end, &end, 0);
	if (end == arguments || *end) {
		put_error("usage: trace SEED [EVENT]");
		return;
	}
	run_watch(event, marked);
	/* stderr itself writes piece by piece; line by line nothing is lost if the process dies. */
	text = fdopen(dup(STDERR_FILENO), "w");
	if (!text) {
		put_error("no descriptor for the trace");
		return;
	}
	setvbuf(text, NULL, _IOLBF, 4096);
	slot->nr_done = 0;
	one_run(seed, text);
	run_watch(0, 0);
	fclose(text);
	flush();
}

static void serve_states(const char *arguments)
{
	run_trace_states(true);
	serve_trace(arguments);
	run_trace_states(false);
}

static void serve_explain(const char *arguments)
{
	static struct wire_explanation why[RUN_MAX_DIVERGENCES];
	char *end;
	uint64_t seed = strtoull(arguments, &end, 0);

	if (end == arguments || *end) {
		put_error("usage: explain SEED");
		return;
	}
	slot->seed = seed;
	explain_run(seed, &result, why);
	put_run();
	put_record(WIRE_EXPLAIN, why, result.nr_recorded * sizeof(why[0]));
	flush();
}

static void serve_events(const char *arguments)
{
	const struct digest_record *events;
	uint64_t seed, first;
	uint32_t nr;
	char *end;

	seed = strtoull(arguments, &end, 0);
	if (end == arguments || *end != ' ') {
		put_error("usage: events SEED FIRST");
		return;
	}
	first = strtoull(end, &end, 0);
	if (*end) {
		put_error("usage: events SEED FIRST");
		return;
	}
	run_watch(first, DIGEST_CHECKPOINT_EVENTS - first % DIGEST_CHECKPOINT_EVENTS);
	slot->seed = seed;
	run_one(seed, &result, NULL);
	events = run_watched(&nr);
	put_record(WIRE_EVENTS, events, nr * sizeof(*events));
	run_watch(0, 0);
	flush();
}

static void serve_checkpoints(char *arguments)
{
	uint32_t nr;
	const uint64_t *c = run_checkpoints(&nr);

	(void)arguments;
	put_record(WIRE_CHECKPOINTS, c, nr * sizeof(*c));
	flush();
}

static void serve_line(char *line)
{
	char *arguments = line + strcspn(line, " ");

	if (*arguments)
		*arguments++ = '\0';
	if (!strcmp(line, "scenario"))
		serve_scenario(arguments);
	else if (!strcmp(line, "limit"))
		run_limit_time(strtoull(arguments, NULL, 0));
	else if (!ready)
		put_error("no scenario is loaded");
	else if (!strcmp(line, "run"))
		serve_run(arguments);
	else if (!strcmp(line, "trace"))
		serve_trace(arguments);
	else if (!strcmp(line, "states"))
		serve_states(arguments);
	else if (!strcmp(line, "events"))
		serve_events(arguments);
	else if (!strcmp(line, "explain"))
		serve_explain(arguments);
	else if (!strcmp(line, "checkpoints"))
		serve_checkpoints(arguments);
	else
		put_error("unknown request");
}

int worker_serve(void)
{
	char line[2048];

	take_stdout();
	map_slot();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "quit"))
			break;
		serve_line(line);
	}
	return 0;
}
