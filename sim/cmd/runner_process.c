/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A runner's process: see runner_process.h.  What it answers is runner_answer.c.
 *
 * All descriptors are opened close-on-exec and above 9: two jobs fork at the
 * same time, and a pipe end that leaks into another job's runner would hide the
 * end of file that tells of a death.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cmd/runner_private.h"

#define FIRST_FD 10
#define LAST_WORDS_LINES 20
/* VMs of 4,096 vCPUs take longer to build than any run takes. */
#define START_PATIENCE 4
#define FAREWELL_NS 2000000000ull

static uint32_t nr_alive;

uint32_t runner_nr_alive(void)
{
	return __atomic_load_n(&nr_alive, __ATOMIC_RELAXED);
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
	sigset_t none;

	/* Job threads block what stops a campaign, and a child would stay deaf to SIGTERM. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Ctrl-C goes to the whole group of a terminal; lapicsim lets running runs end. */
	sigaction(SIGINT, &ignore, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 4; i++)
		if (dup2(fds[i], i) < 0)
			_exit(127);
	execv(program, argv);
	_exit(127);
}

void runner_drop(struct runner *r)
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
	status = runner_record(r, START_PATIENCE * spec->timeout_ns, &h, &payload);
	if (!status && (h.type != WIRE_READY || h.bytes != sizeof(r->ready)))
		status = runner_unexpected(r, h.type);
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
		snprintf(r->error, sizeof(r->error),
			 "the runner takes more than %llu MiB with its VMs built, and was killed; "
			 "see --run-memory",
			 (unsigned long long)(r->memory >> 20));
	if (status == RUNNER_DIED || status == RUNNER_HUNG) {
		runner_end_text(r, RUNNER_DIED, how, sizeof(how));
		snprintf(r->error, sizeof(r->error), "the runner %s while it built its VMs%s",
			 status == RUNNER_HUNG ? "took too long, and was killed," : how,
			 WIFEXITED(r->wait_status) && WEXITSTATUS(r->wait_status) == 127 ?
				 "; can it be executed?" : "");
	}
	return status;
}

uint64_t runner_last_seed(const struct runner *r)
{
	return r->slot ? r->slot->seed : 0;
}

void runner_end_text(const struct runner *r, enum runner_status why, char *buf, size_t n)
{
	int s = r->wait_status;

	if (why == RUNNER_HUNG)
		snprintf(buf, n, "gave no answer in %llu ms, and was killed",
			 (unsigned long long)(r->timeout_ns / 1000000));
	else if (why == RUNNER_MEMORY)
		snprintf(buf, n, "took more than %llu MiB, and was killed", (unsigned long long)(r->memory >> 20));
	else if (why == RUNNER_ERROR)
		snprintf(buf, n, "said: %s", r->error);
	else if (WIFSIGNALED(s))
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
	struct patience p;

	patience_start(&p, FAREWELL_NS);
	for (;;) {
		r->start = r->end = 0;
		switch (runner_fill(r, 1, &p)) {
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
	runner_drop(r);
	close_fd(&r->log_fd);
	if (r->slot)
		munmap(r->slot, sysconf(_SC_PAGESIZE));
	r->slot = NULL;
}
