/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a runner's answer: see runner_private.h.
 *
 * What takes too long is told from what does not get to run.  A run ends itself by
 * its own CPU time, before the time here is over (prepare.c); so one that has not,
 * though it had the CPU time for it, loops where its watchdog is deaf, and one that
 * waits for something waits in vain.  But one that is ready to run and was not let,
 * on a machine that has too much to do, gets more time: nothing is wrong with it.
 */
#include <errno.h>
#include <poll.h>

#include "sim/cmd/monotonic.h"
#include "sim/cmd/process_looks.h"
#include "sim/cmd/runner_private.h"

#define LOOKS_NS	50000000ull	/* from one look at the process to the next */
#define MAX_STARVED	7u		/* then it is given up, as hung */

void patience_start(struct patience *p, uint64_t timeout_ns)
{
	*p = (struct patience){ .deadline = monotonic_ns() + timeout_ns, .timeout_ns = timeout_ns };
}

static bool ate_too_much(struct runner *r)
{
	if (!r->memory)
		return false;
	r->memory_seen = process_resident(r->pid);
	return r->memory_seen > r->memory;
}

/* Most answers come before anybody has looked. */
static void look(struct patience *p, const struct runner *r)
{
	if (!p->looked)
		p->cpu_ns = process_cpu_ns(r->pid);
	p->looked = true;
}

/* A run may take two thirds of the time as CPU time, and its watchdog's tick. */
static bool starves(struct patience *p, const struct runner *r)
{
	if (p->nr_starved == MAX_STARVED || process_state(r->pid) != 'R' ||
	    process_cpu_ns(r->pid) - p->cpu_ns >= p->timeout_ns / 4 * 3)
		return false;
	p->nr_starved++;
	p->deadline += p->timeout_ns;
	return true;
}

enum runner_status patience_wait(struct patience *p, struct runner *r)
{
	struct pollfd fd = { .fd = r->from_fd, .events = POLLIN };

	for (;;) {
		uint64_t now = monotonic_ns(), left = now < p->deadline ? p->deadline - now : 0;
		uint64_t slice = left > LOOKS_NS ? LOOKS_NS : left;
		int ready = poll(&fd, 1, left ? slice / 1000000 + 1 : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready)
			return RUNNER_OK;
		if (ate_too_much(r))
			return RUNNER_MEMORY;
		if (!left && !starves(p, r))
			return RUNNER_HUNG;
		look(p, r);
	}
}
