/* SPDX-License-Identifier: GPL-2.0-only */
/* See child.h. */
#define _GNU_SOURCE
#include "sim/cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/cmd.h"

void child_add(struct child *p, ...)
{
	const char *word;
	va_list ap;

	va_start(ap, p);
	while ((word = va_arg(ap, const char *))) {
		if (p->nr + 1 == CHILD_WORDS)
			abort();
		p->word[p->nr++] = word;
	}
	va_end(ap);
	p->word[p->nr] = NULL;
}

void child_python(struct child *p, const char *folder)
{
	char *path;

	if (asprintf(&path, "%s/%s", paths_root(), folder) < 0)
		alloc_failed();
	memset(p, 0, sizeof(*p));
	/* The standard library is enough, and starts sooner without site packages. */
	child_add(p, "python3", "-S", path, NULL);
}

int child_become(const struct child *p)
{
	signal(SIGPIPE, SIG_DFL);
	execvp(p->word[0], (char *const *)p->word);
	return cmd_fail(CMD_HARNESS, "%s: %s", p->word[0], strerror(errno));
}

/* Between fork() and exec(). */
static void become(const struct child *p, int out)
{
	int nothing;

	signal(SIGPIPE, SIG_DFL);
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	if (p->quiet) {
		nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (nothing >= 0)
			dup2(nothing, STDERR_FILENO);
	}
	execvp(p->word[0], (char *const *)p->word);
	_exit(127);
}

FILE *child_start(struct child *p)
{
	int fds[2];
	FILE *out;

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	p->pid = fork();
	if (!p->pid)
		become(p, fds[1]);
	close(fds[1]);
	out = p->pid > 0 ? fdopen(fds[0], "r") : NULL;
	/* So that one that runs for nobody ends, too, with what it prints next. */
	if (!out)
		close(fds[0]);
	return out;
}

int child_end(struct child *p, FILE *out)
{
	int status;

	if (out)
		fclose(out);
	if (p->pid <= 0)
		return -1;
	while (waitpid(p->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_run(struct child *p)
{
	FILE *out = child_start(p);
	char line[4096];

	/* Results are what stdout is for; how they come about goes to stderr. */
	while (out && fgets(line, sizeof(line), out))
		if (!p->quiet)
			fputs(line, stderr);
	return child_end(p, out);
}
