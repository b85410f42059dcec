/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a runner share: runner_process.c (starting and ending it),
 * runner_answer.c (the records that it sends), runner_wait.c (how long one waits
 * for them).  Nobody else includes this.
 */
#ifndef LAPICSIM_RUNNER_PRIVATE_H
#define LAPICSIM_RUNNER_PRIVATE_H

#include "sim/cmd/runner_process.h"

/* --- runner_wait.c */
/* Of one answer: how long to wait for it, and what has been seen of the process meanwhile. */
struct patience {
	uint64_t deadline, timeout_ns;
	uint64_t cpu_ns;		/* that the process had when one first looked */
	bool looked;
	uint32_t nr_starved;		/* times that it got more */
};

void patience_start(struct patience *p, uint64_t timeout_ns);
/* Waits for something to read: RUNNER_OK, RUNNER_MEMORY or RUNNER_HUNG. */
enum runner_status patience_wait(struct patience *p, struct runner *r);

/* --- runner_answer.c */
/* Has @len bytes in the buffer, or says why not. */
enum runner_status runner_fill(struct runner *r, uint32_t len, struct patience *p);
/* The next record: its header and, in @payload, its data. On anything but RUNNER_OK the process is gone. */
enum runner_status runner_record(struct runner *r, uint64_t timeout_ns, struct wire_header *h,
				 const uint8_t **payload);
enum runner_status runner_unexpected(struct runner *r, uint32_t type);

/* --- runner_process.c */
/* It is gone, or goes: closes what leads to it, and learns how it ended. */
void runner_drop(struct runner *r);

#endif
