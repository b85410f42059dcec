/* SPDX-License-Identifier: GPL-2.0-only */
/* See log.h. */
#include "sim/cmd/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status[512];	/* on the screen now, or "" */

bool log_on_terminal(void)
{
	static int terminal = -1;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	return terminal;
}

/* The lines of several threads must not be mixed with each other, nor with the status. */
static void print_above(const char *prefix, const char *text)
{
	size_t len = strlen(text);

	pthread_mutex_lock(&lock);
	fprintf(stderr, "%s%s%s%s%s", *status ? ERASE_LINE : "", prefix, text,
		len && text[len - 1] == '\n' ? "" : "\n", status);
	fflush(stderr);
	pthread_mutex_unlock(&lock);
}

void log_line(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_above("lapicsim: ", text);
}

void log_text(const char *text)
{
	print_above("", text);
}

static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

void log_status(const char *text)
{
	if (!log_on_terminal()) {
		print_above("lapicsim: ", text);
		return;
	}
	pthread_mutex_lock(&lock);
	/* A line that wraps could not be drawn again in place. */
	snprintf(status, sizeof(status), "%.*s", columns() - 1, text);
	fprintf(stderr, ERASE_LINE "%s", status);
	fflush(stderr);
	pthread_mutex_unlock(&lock);
}

void log_status_end(void)
{
	pthread_mutex_lock(&lock);
	if (*status) {
		fputs(ERASE_LINE, stderr);
		fflush(stderr);
	}
	status[0] = '\0';
	pthread_mutex_unlock(&lock);
}
