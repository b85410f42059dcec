/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the command line to a campaign that is ready to run: scenarios, variants,
 * seeds, known findings, store.
 *
 * Does not run it, and does not judge it.
 */
#ifndef LAPICSIM_PREPARE_H
#define LAPICSIM_PREPARE_H

#include "sim/cmd/campaign.h"

/* @scenarios: names or paths. @variants: names; none: all that are built. 0, or an exit code. */
int prepare_campaign(struct campaign *c, const struct command_line *cl, const struct option_list *scenarios,
		     const struct option_list *variants);
/* The store at @path, with what it has of this campaign. 0, or an exit code. */
int prepare_store(struct campaign *c, const char *path);
/* After the campaign, which @signal stopped if it is not 0. 0, or an exit code. */
int prepare_close_store(struct campaign *c, int signal);

#endif
