// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's monitor: a thread that looks at vCPUs which are not its own, as one does
 * for `info registers`.  It has the vCPU's thread leave KVM_RUN and stay out of it; KVM
 * loads the vCPU on the monitor's CPU, and then on the thread's again: a vCPU that moves
 * from CPU to CPU, with its timers.
 *
 * What it reads is not judged, since the vCPU may go on before it is looked at: that
 * nothing has changed is.
 */
#include <linux/kvm.h>

#include "sim/actors.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/rng.h"
#include "sim/trace.h"

static int64_t look_at_registers(const struct vcpu *v)
{
	struct kvm_lapic_state regs;

	return host_ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)&regs);
}

static int64_t look_at_deadline(const struct vcpu *v)
{
	struct { struct kvm_msrs h; struct kvm_msr_entry e; } m = { .h.nmsrs = 1, .e.index = MSR_TSC_DEADLINE };

	return host_ioctl(v->fd, KVM_GET_MSRS, (uint64_t)&m);
}

void user_monitor(struct actor *self)
{
	const struct vm *vm = self->priv;
	const struct scenario *s = &machine.scenario;
	struct rng r;

	if (!s->monitor_gap_ns)
		return;		/* the run's mix has switched it off */
	rng_init(&r, host_seed, self->id, RNG_PROGRAM);
	while (host_sleep(rng_gap(&r, s->monitor_gap_ns))) {
		struct vcpu *v = &machine.vcpu[vm->first_vcpu + rng_below(&r, vm->nr_vcpus)];
		bool deadline = rng_one_in(&r, 3);
		int64_t ret;

		v->looked_at = true;
		kw_task_signal(v->tid);
		ret = deadline ? look_at_deadline(v) : look_at_registers(v);
		v->looked_at = false;
		if (trace_on())
			trace_event("userspace", "vcpu %u was looked at: %lld", v->index, (long long)ret);
	}
}
