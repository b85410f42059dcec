/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated host: joins the kernel world's needs (hs_*()) to the scheduler,
 * and knows the phase of the run.
 *
 * Does not know guests, devices or the oracle.
 */
#ifndef LAPICSIM_HOST_H
#define LAPICSIM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm/boundary.h"
#include "sim/crash.h"
#include "sim/digest.h"
#include "sim/scheduler.h"

enum host_phase {
	HOST_BUILD,	/* userspace sets the VMs up: nothing races */
	HOST_RACE,	/* everybody acts */
	HOST_QUIET,	/* actors stop, vCPUs drain */
};

extern enum host_phase host_phase;
extern struct digest host_digest;	/* of the run */
extern uint64_t host_seed;		/* of the run, for the actors' streams */

/* Once per process, after machine_build(). */
void host_init(void);
/* Before each run: slots of the scheduler's callbacks, the kworker, the end of the race at @race_ns. */
void host_start(uint64_t seed, uint64_t race_ns);

/* A task of userspace sleeps; host interrupts are taken. False: the race is over. */
bool host_sleep(uint64_t ns);
/* The same in place: see coro_switch_here(). */
static inline bool host_sleep_here(uint64_t ns);
/* An ioctl by the current task, into the digest. */
int64_t host_ioctl(int fd, uint32_t cmd, uint64_t arg);

/* Into the digest. Not inline: an interrupt passes nine places that call it, and its code has to be small. */
void host_event(enum digest_event what, uint64_t a, uint64_t b);

static inline void host_take_pending(void)
{
	if (kw_cpu_irq->pending)
		kw_irq(kw_shared.current_tid);
}

static inline bool host_sleep_here(uint64_t ns)
{
	enum host_phase phase = host_phase;	/* a change of it ends the sleep */
	uint64_t end = sched_now() + ns;

	crash_heartbeat++;
	while (sched_now() < end) {
		if (!sched_advance_interruptible(end - sched_now()))
			break;
		host_take_pending();
		if (host_phase != phase)
			return false;
	}
	host_take_pending();
	return host_phase == HOST_RACE;
}

#endif
