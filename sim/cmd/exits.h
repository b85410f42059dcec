/* SPDX-License-Identifier: GPL-2.0-only */
/* What lapicsim's exit codes mean: one table, for help, manual pages and docs/exit-codes.md. */
#ifndef LAPICSIM_EXITS_H
#define LAPICSIM_EXITS_H

#include <stdio.h>

void exits_print_short(FILE *f);
void exits_print_man(FILE *f);
void exits_print_reference(FILE *f);

#endif
