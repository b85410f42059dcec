/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a campaign is: on a terminal one line that is drawn again four times
 * a second, otherwise a line every ten seconds.  On stderr; wall clock times
 * and rates appear here and nowhere else.
 */
#ifndef LAPICSIM_PROGRESS_H
#define LAPICSIM_PROGRESS_H

#include <stdbool.h>

#include "sim/cmd/campaign.h"
#include "sim/cmd/feeder.h"
#include "sim/cmd/status.h"

void progress_start(struct campaign *c, struct feeder *f);
/* Sleeps for a moment, then draws @status, which it takes. False once all jobs have ended. */
bool progress_wait(struct status *status);
/* From a job, as the last that it does. */
void progress_job_ended(void);
void progress_end(void);

/* "12,345" and "3.1 M", also for tables. Returns @buf. */
char *progress_count(uint64_t n, char *buf, size_t size);
char *progress_short(uint64_t n, char *buf, size_t size);

#endif
