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
#include "sim/digest.h"

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
/* An ioctl by the current task, into the digest. */
int64_t host_ioctl(int fd, uint32_t cmd, uint64_t arg);

static inline void host_event(enum digest_event what, uint64_t a, uint64_t b)
{
	digest_add(&host_digest, what, kw_shared.now_ns, a, b);
}

#endif
