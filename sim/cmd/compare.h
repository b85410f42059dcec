/* SPDX-License-Identifier: GPL-2.0-only */
/* What lapicsim compare and lapicsim try share. */
#ifndef LAPICSIM_COMPARE_H
#define LAPICSIM_COMPARE_H

#include "sim/command_line.h"

/* All of scenarios/ but those of very many vCPUs. */
void compare_all_scenarios(struct option_list *scenarios);
/* @variants, the first of which is the base, on @scenarios, with a report. The exit code. */
int compare_run(const struct command_line *cl, const struct option_list *variants,
		const struct option_list *scenarios);

#endif
