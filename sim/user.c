// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace: the thread of a vCPU, which calls KVM_RUN for ever and sometimes
 * something else in between, and a manager that sends signals to those threads.
 *
 * Does not touch guest memory: memory.c does.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/hyperv.h"
#include "sim/lapic.h"
#include "sim/machine.h"
#include "sim/migrate.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"
#include "sim/rng.h"
#include "sim/user_add.h"
#include "sim/user_bad.h"
#include "sim/user_events.h"
#include "sim/user_mce.h"
#include "sim/user_pit.h"
#include "sim/user_state.h"
#include "sim/user_timer.h"
#include "sim/user_vapic.h"

#define BETWEEN_RUNS_NS 300

/* Disable, enable, or move PV EOI from outside, as a migration or a reset would. */
static void set_msrs(struct vcpu *v)
{
	static const uint8_t which[] = { 0, 0, 1, 2 };
	uint8_t pick = which[rng_below(&v->program, 4)];
	uint64_t value = pick ? v->pv_gpa[pick - 1] | 1 : 0;
	uint32_t *word;
	bool accepted;

	/* Like the guest, it zeroes a word before it enables PV EOI there. */
	if (value && value != v->pv_msr) {
		word = machine_word_with(&machine.vm[v->vm], value & ~1ull, KW_USER_RW);
		if (!word)
			return;
		*word = 0;
	}
	accepted = machine_set_msr(host_ioctl, v->fd, machine_pv_msr(), value) == 1;
	oracle_user_pv_msr(v->index, value, accepted);
	if (accepted)
		v->pv_msr = value;
}

static void get_lapic(struct vcpu *v)
{
	struct kvm_lapic_state regs;
	struct kw_apic_state st;

	if (user_lapic_get(v, &regs) < 0 || machine.timers)
		return;
	kw_apic_state(v->hw, &st);
	oracle_user_get_lapic(v->index, (uint8_t *)regs.regs, &st);
}

/* Save and restore in one: the guest must not notice. */
static void set_lapic(struct vcpu *v)
{
	struct kvm_lapic_state regs;

	if (user_lapic_get(v, &regs) >= 0)
		user_lapic_set(v, &regs, true);
}

/*
 * While one vCPU has KVM_GUESTDBG_BLOCKIRQ, APICv is inhibited for the whole VM.
 * This vCPU does not run meanwhile, so that its own interrupts are not held up.
 */
static void inhibit(struct vcpu *v)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ };

	if (host_ioctl(v->fd, KVM_SET_GUEST_DEBUG, (uint64_t)&debug) < 0)
		return;
	host_sleep(rng_gap(&v->program, machine.scenario.inhibit_hold_ns));
	debug.control = 0;
	host_ioctl(v->fd, KVM_SET_GUEST_DEBUG, (uint64_t)&debug);
}

/* KVM_RUN at once. */
static void nothing(struct vcpu *v) { (void)v; }

/* What a thread does between two KVM_RUNs, by weights of the scenario. The order is part of what a seed means. */
#define ACTION(weight, act) { offsetof(struct scenario, weight), act }
static const struct {
	size_t weight;
	void (*act)(struct vcpu *v);
} actions[] = {
	ACTION(run_again, nothing),
	ACTION(set_msrs, set_msrs),
	ACTION(get_lapic, get_lapic),
	ACTION(set_lapic, set_lapic),
	ACTION(inhibit, inhibit),
	ACTION(vcpu_events, user_vcpu_events),
	ACTION(mp_state, user_mp_state),
	ACTION(user_nmi, user_nmi),
	ACTION(timer_load, user_timer_load),
	ACTION(timer_msr, user_timer_msr),
	ACTION(bad_calls, user_bad_call),
	ACTION(pit_calls, user_pit),
	ACTION(change_lapic, user_change_lapic),
	ACTION(any_msr, user_any_msr),
	ACTION(vapic_addr, user_vapic_addr),
	ACTION(vapic_bad, user_vapic_bad),
	ACTION(tpr_reporting, user_tpr_reporting),
	ACTION(set_mce, user_mce),
	ACTION(lint0_load, user_lint0_load),
	ACTION(refused_lapic, user_refused_lapic),
};

#define NR_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static void between_runs(struct vcpu *v)
{
	uint32_t weights[NR_ACTIONS], total = 0;

	for (uint32_t i = 0; i < NR_ACTIONS; i++) {
		weights[i] = *(const uint32_t *)((const char *)&machine.scenario + actions[i].weight);
		total += weights[i];
	}
	if (total)
		actions[rng_weighted(&v->program, weights, NR_ACTIONS, total)].act(v);
}

/* KVM api.rst, KVM_X86_QUIRK_LAPIC_MMIO_HOLE, which is on: the APIC's page is KVM's in every mode. */
static void check_exit(struct vcpu *v)
{
	uint64_t page = v->run->mmio.phys_addr >> 12;

	if (likely(v->run->exit_reason != KVM_EXIT_MMIO))
		return;
	if (v->run->mmio.phys_addr == GUEST_DEVICE_GPA || (v->apic_moved && page == GUEST_APIC_GPA >> 12))
		v->device_due = false;
	if (unlikely(page == (v->apic_moved ? GUEST_APIC_MOVED : GUEST_APIC_GPA) >> 12))
		oracle_finding(HOST_CHECK_APIC_EXIT, v->vm, v->id, DIV_NONE,
			       "a %s of the APIC's page at 0x%llx leaves KVM_RUN", v->run->mmio.is_write ? "write" : "read",
			       (unsigned long long)v->run->mmio.phys_addr);
}

/* The guest's last WRMSR was handled before KVM_RUN returned: did KVM take it? */
static void settle(struct vcpu *v)
{
	struct kw_apic_state st;

	kw_apic_state(v->hw, &st);
	lapic_settle(v, v->told == ACTION_PV_MSR && st.pv_eoi_msr != v->told_value);
}

void user_vcpu_thread(struct actor *self)
{
	struct vcpu *v = self->priv;

	if (unlikely(!v->hw) && !user_add(v))
		return;
	for (;;) {
		int64_t ret;

		if (unlikely(machine.scenario.window_percent))
			user_ask_window(v);
		ret = host_ioctl(v->fd, KVM_RUN, 0);
		settle(v);
		if (unlikely(v->run->request_interrupt_window))
			user_window(v);
		if (ret == -EINTR)
			kw_task_signal_clear(v->tid);
		else if (ret || v->run->exit_reason == KVM_EXIT_UNKNOWN)
			oracle_finding(HOST_CHECK_RUN_FAILS, v->vm, v->id, DIV_NONE,
				       "KVM_RUN returns %lld (%s), exit reason %u", (long long)ret,
				       ret < 0 ? strerror((int)-ret) : "no error", v->run->exit_reason);
		if (ret < 0 && ret != -EINTR)
			return;
		if (ret == 0)
			check_exit(v);
		if (unlikely(machine.scenario.tpr_reporting) && ret == 0)
			user_vapic_exit(v);
		if (pins_on && ret == 0)
			pins_user_exit(v);
		host_sleep(BETWEEN_RUNS_NS);
		if (host_phase == HOST_RACE)
			between_runs(v);
		if (machine.vm[v->vm].stopped)
			migrate_park(v);
		while (unlikely(v->looked_at))
			host_sleep(BETWEEN_RUNS_NS);
	}
}

void user_manager(struct actor *self)
{
	const struct vm *vm = self->priv;
	const struct scenario *s = &machine.scenario;
	struct rng r;

	if (!s->signal_gap_ns)
		return;
	rng_init(&r, host_seed, self->id, RNG_TIME);
	while (host_sleep(rng_gap(&r, s->signal_gap_ns)))
		kw_task_signal(machine.vcpu[vm->first_vcpu + rng_below(&r, vm->nr_vcpus)].tid);
}
