/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plays a sequence on a KVM, through the guard, and hands out what it showed.
 *
 * Does not judge, and does not know which KVM it is.
 */
#ifndef LAPICSIM_LIVE_PLAY_H
#define LAPICSIM_LIVE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/live/guard.h"
#include "sim/live/sequence.h"

enum live_record_kind {
	LIVE_SHOWN,		/* the pages after step @step; 0: before the first */
	LIVE_DONE,		/* the last of a sequence that was played to its end */
	LIVE_FAILED,		/* the last of one that was not: @text says why */
};

/* Crosses a pipe as it is: both ends are the same build. */
struct live_record {
	uint64_t seed;
	uint32_t step;
	uint32_t kind;		/* enum live_record_kind */
	int64_t	 ret;		/* of the step's ioctl: a result or a negative errno */
	uint64_t value;		/* LIVE_READ: what was read */
	char	 text[128];
	live_pages page;
};

/*
 * A VM drawn from @seed, and @nr_steps steps on it. @show is called after each,
 * and at the end; false from it stops. The VM is gone afterwards.
 */
void live_play(struct guard *g, uint64_t seed, uint32_t nr_steps, bool (*show)(const struct live_record *r));

/* False: whoever was to read it has gone away (pipe.c). */
bool live_record_write(int fd, const struct live_record *r);

#endif
