// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace: vCPUs that are added while others run, as a VMM plugs them in.
 *
 * The thread of the new vCPU calls KVM_CREATE_VCPU, gives it CPUID and registers, and PV EOI if the
 * others had it from the beginning, and then runs it.  Whoever sends to it before that sends to nobody.
 *
 * What it leaves behind goes with the run: KVM's memory, its descriptor among it, is put back as a whole.
 */
#include "sim/user_add.h"

#include <linux/kvm.h>
#include <string.h>

#include "sim/host.h"
#include "sim/hyperv.h"
#include "sim/oracle/added.h"
#include "sim/oracle/oracle.h"
#include "sim/trace.h"

void user_add_reset(struct vcpu *v)
{
	v->hw = NULL;
	v->run = NULL;
	v->fd = -1;
}

/* The guest zeroes the word first; KVM may refuse a page that is away. */
static void enable_pv_eoi(struct vcpu *v)
{
	uint64_t value = v->pv_gpa[0] | 1;
	uint32_t *word = machine_word_with(&machine.vm[v->vm], v->pv_gpa[0], KW_USER_RW);
	bool accepted;

	if (!machine.scenario.pv_eoi || !word)
		return;
	*word = 0;
	accepted = machine_set_msr(host_ioctl, v->fd, machine_pv_msr(), value) == 1;
	oracle_user_pv_msr(v->index, value, accepted);
	if (accepted)
		v->pv_msr = value;
}

static int64_t create(struct vcpu *v, const char **what)
{
	int64_t ret = host_ioctl(machine.vm[v->vm].fd, KVM_CREATE_VCPU, v->id);

	*what = "KVM_CREATE_VCPU";
	if (ret < 0)
		return ret;
	v->fd = (int)ret;
	return machine_prepare_vcpu(v, host_ioctl, what);
}

bool user_add(struct vcpu *v)
{
	uint64_t ns = rng_gap(&v->program, machine.scenario.add_ns), latest = machine.scenario.duration_ns / 2;
	struct kw_apic_state st;
	const char *what;
	int64_t ret;

	host_sleep(ns < latest ? ns : latest);
	oracle_add_begin(v->index, v->boot_x2apic);
	ret = create(v, &what);
	if (ret < 0) {
		oracle_finding(HOST_CHECK_ADD_VCPU, v->vm, v->id, DIV_NONE,
			       "adding a vCPU: %s returns %lld (%s)", what, (long long)ret,
			       strerror((int)-ret));
		return false;
	}
	kw_apic_state(v->hw, &st);
	oracle_add_end(v->index, &st);
	if (trace_on())
		trace_event("userspace", "vcpu %u is added", v->index);
	enable_pv_eoi(v);
	return true;
}
