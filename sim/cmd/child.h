/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that lapicsim runs and waits for, or becomes: the variant builder, git.  No shell
 * is between, so no word needs quoting.
 */
#ifndef LAPICSIM_CHILD_H
#define LAPICSIM_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define CHILD_WORDS 8192

struct child {
	const char *word[CHILD_WORDS];	/* ends with NULL */
	uint32_t nr;
	bool quiet;			/* its stderr is not shown */
	pid_t pid;
};

/* Begins with "python3 -S ROOT/@folder" of the repository. */
void child_python(struct child *p, const char *folder);
/* Adds words up to a NULL. They stay the caller's. */
void child_add(struct child *p, ...) __attribute__((sentinel));
/* Becomes it. Returns only if that fails: the exit code, with the error told. */
int child_become(const struct child *p);
/* Starts it; what it prints can be read from the result, which child_end() closes. NULL: it cannot be started. */
FILE *child_start(struct child *p);
/* Waits for its end: its exit code, 128 plus a signal, or -1. */
int child_end(struct child *p, FILE *out);
/* Starts it and waits; what it prints goes to stderr. The exit code, as child_end(). */
int child_run(struct child *p);

#endif
