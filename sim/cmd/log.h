/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stderr: lines for people, and on a terminal one status line below them that
 * is drawn again in place.  Any thread may call these.
 */
#ifndef LAPICSIM_LOG_H
#define LAPICSIM_LOG_H

#include <stdbool.h>

/* "lapicsim: ..." and a newline. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* @text as it is, which may be several lines. */
void log_text(const char *text);
/* Draws the status line; on anything but a terminal it is a line like any other. */
void log_status(const char *text);
/* Takes the status line away. */
void log_status_end(void);
bool log_on_terminal(void);

#endif
