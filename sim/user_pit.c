// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM's calls about the PIT: KVM_CREATE_PIT2, KVM_GET_PIT2 and KVM_SET_PIT2 of the
 * same (which starts the running count anew), KVM_REINJECT_CONTROL.
 *
 * Each has to work; what the PIT's line then does, the oracle of the chips sees.
 */
#include "sim/user_pit.h"

#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/pit.h"

/* KVM's word for what the data sheet leaves undefined: no control word was written yet. */
#define MODE_UNDEFINED	0xffu

int64_t user_pit_build(struct vm *vm)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };

	return machine.scenario.pit ? kw_ioctl(vm->fd, KVM_CREATE_PIT2, (uint64_t)&config) : 0;
}

static int64_t call(const struct vcpu *v, uint32_t cmd, const char *name, void *arg)
{
	int64_t ret = host_ioctl(machine.vm[v->vm].fd, cmd, (uint64_t)arg);

	if (ret < 0)
		oracle_finding(HOST_CHECK_PIT_IOCTL, v->vm, DIV_NONE, DIV_NONE, "%s returns %lld", name,
			       (long long)ret);
	return ret;
}

void user_pit(struct vcpu *v)
{
	struct kvm_reinject_control reinject = { .pit_reinject = rng_below(&v->program, 2) };
	struct kvm_pit_state2 state;

	if (!machine.scenario.pit)
		return;
	if (rng_below(&v->program, 2)) {
		if (!reinject.pit_reinject)
			oracle_pit_reinject(false);
		call(v, KVM_REINJECT_CONTROL, "KVM_REINJECT_CONTROL", &reinject);
		oracle_pit_reinject(reinject.pit_reinject);
		return;
	}
	if (call(v, KVM_GET_PIT2, "KVM_GET_PIT2", &state) < 0)
		return;
	if (state.channels[0].count > 0x10000 ||
	    (state.channels[0].mode > 5 && state.channels[0].mode != MODE_UNDEFINED))
		oracle_finding(HOST_CHECK_GET_PIT, v->vm, DIV_NONE, DIV_NONE,
			       "KVM_GET_PIT2 returns count 0x%x and mode %u for channel 0", state.channels[0].count,
			       state.channels[0].mode);
	oracle_pit_touched();
	call(v, KVM_SET_PIT2, "KVM_SET_PIT2", &state);
	oracle_pit_touched();
}
