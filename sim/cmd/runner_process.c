/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See runner_process.h.
 *
 * All descriptors are opened close-on-exec and above 9: two jobs fork at the
 * same time, and a pipe end that leaks into another job's runner would hide the
 * end of file that tells of a death.
 */
#define _GNU_SOURCE
#include "sim/cmd/runner_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/cmd/process_memory.h"
#include "sim/pair_names.h"

#define SLOT_FD 3
#define FIRST_FD 10
#define LAST_WORDS_LINES 20
/* VMs of 4,096 vCPUs take longer to build than any run takes. */
#define START_PATIENCE 4
#define FAREWELL_NS 2000000000ull
#define LOOKS_NS 50000000ull

static uint32_t nr_alive;

uint32_t runner_nr_alive(void)
{
	return __atomic_load_n(&nr_alive, __ATOMIC_RELAXED);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int raise_fd(int fd)
{
	int high;

	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	close(fd);
	return high;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	fds[0] = raise_fd(fds[0]);
	fds[1] = raise_fd(fds[1]);
	return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

static int make_slot(struct runner *r)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = raise_fd(memfd_create("lapicsim-slot", MFD_CLOEXEC));

	if (fd < 0 || ftruncate(fd, page)) {
		close_fd(&fd);
		return -1;
	}
	r->slot = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	if (r->slot == MAP_FAILED) {
		r->slot = NULL;
		close_fd(&fd);
	}
	return fd;
}

/* In the child: only what is safe between fork() and exec(). */
static void become_runner(const char *program, const int fds[4])
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	char *const argv[] = { (char *)program, NULL };

	/* Ctrl-C goes to the whole group of a terminal; lapicsim lets running runs end. */
	sigaction(SIGINT, &ignore, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 4; i++)
		if (dup2(fds[i], i) < 0)
			_exit(127);
	execv(program, argv);
	_exit(127);
}

static void drop(struct runner *r)
{
	close_fd(&r->to_fd);
	close_fd(&r->from_fd);
	if (r->pid > 0) {
		while (waitpid(r->pid, &r->wait_status, 0) < 0 && errno == EINTR)
			;
		r->pid = 0;
		__atomic_sub_fetch(&nr_alive, 1, __ATOMIC_RELAXED);
	}
}

static enum runner_status no_start(struct runner *r, const char *what)
{
	snprintf(r->error, sizeof(r->error), "%s: %s", what, strerror(errno));
	runner_stop(r);
	return RUNNER_ERROR;
}

static int spawn(struct runner *r, const struct runner_spec *spec)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, slot_fd = -1, err_fd, err = -1;

	/* A copy: our stdout, say, would be overwritten before it is put into place. */
	err_fd = fcntl(spec->stderr_fd >= 0 ? spec->stderr_fd : r->log_fd, F_DUPFD_CLOEXEC, FIRST_FD);
	if (err_fd >= 0 && !make_pipe(in) && !make_pipe(out) && (slot_fd = make_slot(r)) >= 0) {
		int fds[4] = { in[0], out[1], err_fd, slot_fd };

		r->pid = fork();
		if (!r->pid)
			become_runner(spec->program, fds);
		err = r->pid < 0 ? -1 : 0;
		if (!err)
			__atomic_add_fetch(&nr_alive, 1, __ATOMIC_RELAXED);
	}
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&err_fd);
	close_fd(&slot_fd);
	r->to_fd = in[1];
	r->from_fd = out[0];
	return err;
}

void runner_ask(struct runner *r, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* Shorter than a pipe's buffer, which is empty: one write. SIGPIPE is ignored by main(). */
	if (write(r->to_fd, line, len) != len)
		return;
}

static bool ate_too_much(struct runner *r)
{
	if (!r->memory)
		return false;
	r->memory_seen = process_resident(r->pid);
	return r->memory_seen > r->memory;
}

/* Waits for something to read. What it eats is looked at LOOKS_NS apart. */
static enum runner_status await(struct runner *r, uint64_t deadline)
{
	struct pollfd p = { .fd = r->from_fd, .events = POLLIN };

	for (;;) {
		uint64_t now = now_ns(), left = now < deadline ? deadline - now : 0;
		uint64_t slice = r->memory && left > LOOKS_NS ? LOOKS_NS : left;
		int ready = poll(&p, 1, left ? slice / 1000000 + 1 : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready)
			return RUNNER_OK;
		if (ate_too_much(r))
			return RUNNER_MEMORY;
		if (!left)
			return RUNNER_HUNG;
	}
}

/* Has @len bytes in the buffer, or says why not. */
static enum runner_status fill(struct runner *r, uint32_t len, uint64_t deadline)
{
	if (r->start + len > sizeof(r->buf)) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	while (r->end - r->start < len) {
		enum runner_status status = await(r, deadline);
		ssize_t n;

		if (status)
			return status;
		n = read(r->from_fd, r->buf + r->end, sizeof(r->buf) - r->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RUNNER_DIED;
		r->end += n;
	}
	return RUNNER_OK;
}

/* After this the process is gone, whatever it was doing. */
static enum runner_status give_up(struct runner *r, enum runner_status why)
{
	if (why != RUNNER_DIED)
		kill(r->pid, SIGKILL);
	drop(r);
	return why;
}

/* The next record: its header and, in @payload, its data. */
static enum runner_status read_record(struct runner *r, uint64_t timeout_ns, struct wire_header *h,
				      const uint8_t **payload)
{
	uint64_t deadline = now_ns() + timeout_ns;
	enum runner_status status = fill(r, sizeof(*h), deadline);

	if (status)
		return give_up(r, status);
	memcpy(h, r->buf + r->start, sizeof(*h));
	if (h->magic != WIRE_MAGIC || h->version != WIRE_VERSION || h->bytes > sizeof(r->buf) - sizeof(*h)) {
		snprintf(r->error, sizeof(r->error),
			 "not an answer of wire version %u; was the runner built from another commit?",
			 WIRE_VERSION);
		return give_up(r, RUNNER_ERROR);
	}
	status = fill(r, sizeof(*h) + h->bytes, deadline);
	if (status)
		return give_up(r, status);
	*payload = r->buf + r->start + sizeof(*h);
	r->start += sizeof(*h) + h->bytes;
	if (h->type == WIRE_ERROR) {
		snprintf(r->error, sizeof(r->error), "%.*s", (int)h->bytes, (const char *)*payload);
		return give_up(r, RUNNER_ERROR);
	}
	return RUNNER_OK;
}

static enum runner_status unexpected(struct runner *r, uint32_t type)
{
	snprintf(r->error, sizeof(r->error), "unexpected answer of type %u", type);
	return give_up(r, RUNNER_ERROR);
}

/* PATH of sim/wire.h. */
static void escape(const char *path, char *buf, size_t n)
{
	size_t len = 0;

	for (; *path && len + 4 < n; path++) {
		if (*path == ' ' || *path == '%')
			len += snprintf(buf + len, n - len, "%%%02x", *path);
		else
			buf[len++] = *path;
	}
	buf[len] = '\0';
}

static enum runner_status load(struct runner *r, const struct runner_spec *spec)
{
	const uint8_t *payload;
	struct wire_header h;
	char path[1536];
	enum runner_status status;

	escape(spec->scenario, path, sizeof(path));
	if (spec->run_time_ns)
		runner_ask(r, "limit %llu", (unsigned long long)spec->run_time_ns);
	runner_ask(r, *spec->overrides ? "scenario %s %s" : "scenario %s%s", path, spec->overrides);
	status = read_record(r, START_PATIENCE * spec->timeout_ns, &h, &payload);
	if (!status && (h.type != WIRE_READY || h.bytes != sizeof(r->ready)))
		status = unexpected(r, h.type);
	if (!status)
		memcpy(&r->ready, payload, sizeof(r->ready));
	return status;
}

void runner_init(struct runner *r)
{
	memset(r, 0, sizeof(*r));
	r->to_fd = r->from_fd = r->log_fd = -1;
}

enum runner_status runner_start(struct runner *r, const struct runner_spec *spec)
{
	enum runner_status status;
	char how[128];

	runner_init(r);
	r->timeout_ns = spec->timeout_ns;
	r->memory = spec->memory;
	r->log_fd = raise_fd(memfd_create("lapicsim-stderr", MFD_CLOEXEC));
	if (r->log_fd < 0 || spawn(r, spec))
		return no_start(r, spec->program);
	status = load(r, spec);
	if (status == RUNNER_MEMORY)
		snprintf(r->error, sizeof(r->error), "the runner takes more than %llu MiB with its VMs built, and was killed; "
			 "see --run-memory", (unsigned long long)(r->memory >> 20));
	if (status == RUNNER_DIED || status == RUNNER_HUNG) {
		runner_end_text(r, how, sizeof(how));
		snprintf(r->error, sizeof(r->error), "the runner %s while it built its VMs%s",
			 status == RUNNER_HUNG ? "took too long, and was killed," : how,
			 WIFEXITED(r->wait_status) && WEXITSTATUS(r->wait_status) == 127 ?
				 "; can it be executed?" : "");
	}
	return status;
}

static enum runner_status read_pairs(struct runner *r, uint32_t nr)
{
	struct wire_pairs head;
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status = read_record(r, r->timeout_ns, &h, &payload);

	if (status)
		return status;
	if (h.type != WIRE_PAIRS || h.bytes != sizeof(head) + nr * sizeof(r->pairs[0]) || nr > PAIR_MAX)
		return unexpected(r, h.type);
	memcpy(&head, payload, sizeof(head));
	if (head.names_hash != pair_names_hash()) {
		snprintf(r->error, sizeof(r->error), "its operations are not ours; was the runner built from another commit?");
		return give_up(r, RUNNER_ERROR);
	}
	memcpy(r->pairs, payload + sizeof(head), nr * sizeof(r->pairs[0]));
	return RUNNER_OK;
}

enum runner_status runner_read_run(struct runner *r, struct run_result *out)
{
	const uint32_t fixed = offsetof(struct run_result, divergence);
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status = read_record(r, r->timeout_ns, &h, &payload);

	if (status)
		return status;
	if (h.type != WIRE_RUN || h.bytes < fixed || h.bytes > sizeof(*out))
		return unexpected(r, h.type);
	memcpy(out, payload, h.bytes);
	if (out->nr_recorded > RUN_MAX_DIVERGENCES ||
	    h.bytes != fixed + out->nr_recorded * sizeof(struct divergence) || out->end >= RUN_NR_ENDS)
		return unexpected(r, h.type);
	return out->nr_pairs ? read_pairs(r, out->nr_pairs) : RUNNER_OK;
}

/* An answer that is an array of elements of @bytes: at most @max of them. */
static int32_t read_array(struct runner *r, enum wire_type type, void *out, uint32_t bytes, uint32_t max)
{
	const uint8_t *payload;
	struct wire_header h;
	uint32_t nr;

	if (read_record(r, r->timeout_ns, &h, &payload))
		return -1;
	if (h.type != type) {
		unexpected(r, h.type);
		return -1;
	}
	nr = h.bytes / bytes;
	nr = nr < max ? nr : max;
	memcpy(out, payload, (size_t)nr * bytes);
	return nr;
}

enum runner_status runner_explain(struct runner *r, uint64_t seed, struct run_result *out,
				  struct wire_explanation *why)
{
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status;

	runner_ask(r, "explain 0x%" PRIx64, seed);
	status = runner_read_run(r, out);
	if (!status)
		status = read_record(r, r->timeout_ns, &h, &payload);
	if (status)
		return status;
	if (h.type != WIRE_EXPLAIN || h.bytes != out->nr_recorded * sizeof(*why))
		return unexpected(r, h.type);
	memcpy(why, payload, h.bytes);
	return RUNNER_OK;
}

int32_t runner_checkpoints(struct runner *r, uint64_t *values, uint32_t max)
{
	runner_ask(r, "checkpoints");
	return read_array(r, WIRE_CHECKPOINTS, values, sizeof(*values), max);
}

int32_t runner_events(struct runner *r, uint64_t seed, uint64_t first, struct digest_record *out, uint32_t max)
{
	runner_ask(r, "events 0x%llx %llu", (unsigned long long)seed, (unsigned long long)first);
	return read_array(r, WIRE_EVENTS, out, sizeof(*out), max);
}

uint64_t runner_last_seed(const struct runner *r)
{
	return r->slot ? r->slot->seed : 0;
}

void runner_end_text(const struct runner *r, char *buf, size_t n)
{
	int s = r->wait_status;

	if (WIFSIGNALED(s))
		snprintf(buf, n, "was killed by signal %d (%s)", WTERMSIG(s), strsignal(WTERMSIG(s)));
	else
		snprintf(buf, n, "exited with %d", WEXITSTATUS(s));
}

bool runner_killed_from_outside(const struct runner *r)
{
	int s = r->wait_status;

	return WIFSIGNALED(s) && (WTERMSIG(s) == SIGKILL || WTERMSIG(s) == SIGTERM);
}

bool runner_killed_by_itself(const struct runner *r)
{
	return WIFSIGNALED(r->wait_status) && !runner_killed_from_outside(r);
}

void runner_last_words(const struct runner *r, char *buf, size_t n)
{
	off_t size = r->log_fd < 0 ? 0 : lseek(r->log_fd, 0, SEEK_END);
	off_t from = size > (off_t)n - 1 ? size - ((off_t)n - 1) : 0;
	ssize_t len = size > 0 ? pread(r->log_fd, buf, size - from, from) : 0;
	int lines = 0;

	if (len < 0)
		len = 0;
	buf[len] = '\0';
	for (ssize_t i = len - 2; i > 0; i--) {
		if (buf[i] == '\n' && ++lines == LAST_WORDS_LINES) {
			memmove(buf, buf + i + 1, len - i);
			return;
		}
	}
}

/* Waits for the end of file that says that it has gone. */
static bool goes_by_itself(struct runner *r)
{
	uint64_t deadline = now_ns() + FAREWELL_NS;

	for (;;) {
		r->start = r->end = 0;
		switch (fill(r, 1, deadline)) {
		case RUNNER_OK:
			continue;	/* answers that nobody waits for any more */
		case RUNNER_DIED:
			return true;
		default:
			return false;
		}
	}
}

void runner_stop(struct runner *r)
{
	/* End of file on its stdin is its order to go; gcov and ASan have something to do then. */
	close_fd(&r->to_fd);
	if (r->pid > 0 && !goes_by_itself(r))
		kill(r->pid, SIGKILL);
	drop(r);
	close_fd(&r->log_fd);
	if (r->slot)
		munmap(r->slot, sysconf(_SC_PAGESIZE));
	r->slot = NULL;
}
