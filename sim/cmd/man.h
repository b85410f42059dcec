/* SPDX-License-Identifier: GPL-2.0-only */
/* Manual pages and shell completion, out of the option table. */
#ifndef LAPICSIM_MAN_H
#define LAPICSIM_MAN_H

#include <stdbool.h>
#include <stdio.h>

/* @page: "lapicsim", the name of a command's section, "scenario.5" or "known.5"; false: there is none. */
bool man_print(FILE *f, const char *page);
/* The names of all pages, one a line. */
void man_print_pages(FILE *f);
/* For bash (completion.c). */
void completion_print(FILE *f);

#endif
