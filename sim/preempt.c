// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's scheduler as far as it takes a CPU away: at random times it wants
 * the CPU of one of the VM's vCPU threads for something else.
 *
 * The thread gives way where KVM asks (xfer_to_guest_mode_handle_work(),
 * cond_resched()), with preempt notifiers around it: kvm/env/task.c.  How long
 * it is away is hs_preempted()'s.  Does not preempt inside KVM's functions.
 */
#include "sim/actors.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/rng.h"

void host_preempter(struct actor *self)
{
	const struct vm *vm = self->priv;
	const struct scenario *s = &machine.scenario;
	struct rng r;

	if (!s->preempt_gap_ns)
		return;		/* the run's mix has switched it off */
	rng_init(&r, host_seed, self->id, RNG_TIME);
	while (host_sleep(rng_gap(&r, s->preempt_gap_ns)))
		kw_task_resched(machine.vcpu[vm->first_vcpu + rng_below(&r, vm->nr_vcpus)].tid);
}
