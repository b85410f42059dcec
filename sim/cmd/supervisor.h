/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a campaign: one thread per job, each with a runner process that it feeds,
 * reads, and replaces when it dies.
 */
#ifndef LAPICSIM_SUPERVISOR_H
#define LAPICSIM_SUPERVISOR_H

#include "sim/cmd/campaign.h"

/* Blocks until the campaign is over. 0, or the signal (SIGINT, SIGTERM) that stopped it. */
int supervisor_run(struct campaign *c);
/* The signal that came since it was first called, or 0: what goes on afterwards is to end, too. */
int supervisor_stopped(void);

#endif
