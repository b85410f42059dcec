// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace, between two KVM_RUNs of a vCPU: its events (KVM_GET_VCPU_EVENTS,
 * KVM_SET_VCPU_EVENTS), its run state (KVM_GET_MP_STATE, KVM_SET_MP_STATE), read
 * and written back, an NMI from outside (KVM_NMI), and whether a PIC in userspace could
 * interrupt the guest (run->request_interrupt_window).
 *
 * Others go on meanwhile: what arrives between reading and writing may be
 * overwritten, which is userspace's own fault, and the oracle allows for it.
 * migrate.c stops them first.
 */
#include "sim/user_events.h"

#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/oracle/oracle.h"

/* api.rst: "0 on success". What is written is what was read, so there is no reason to refuse it. */
static bool call(const struct vcpu *v, uint32_t cmd, const char *name, void *arg)
{
	int64_t ret = host_ioctl(v->fd, cmd, (uint64_t)arg);

	if (ret)
		oracle_finding(HOST_CHECK_EVENTS_IOCTL, v->vm, v->id, DIV_NONE, "%s returns %lld", name,
			       (long long)ret);
	return !ret;
}
#define CALL(v, cmd, arg) call(v, cmd, #cmd, arg)

void user_show_events(const struct vcpu *v, const struct kvm_vcpu_events *ev)
{
	struct oracle_user_events show = {
		.nmi_pending = ev->nmi.pending, .nmi_injected = ev->nmi.injected, .nmi_masked = ev->nmi.masked,
		.interrupt = ev->interrupt.injected ? ev->interrupt.nr : -1,
		.blocking = (ev->interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS ? KW_BLOCK_MOV_SS : 0) |
			    (ev->interrupt.shadow & KVM_X86_SHADOW_INT_STI ? KW_BLOCK_STI : 0),
		.fault_due = v->fault_due, .exception = ev->exception.injected || ev->exception.pending,
		.gp = ev->exception.nr == 13 && !ev->exception.error_code,
	};

	/*
	 * An OUT is over, and its shadow gone, only with the next KVM_RUN; an instruction
	 * that faulted is still in the shadow of the one before, until its exception comes.
	 */
	if (v->hw->exit_reason == KW_EXIT_IO_INSTRUCTION || v->fault_due)
		show.blocking = ORACLE_NOT_SHOWN;
	oracle_user_get_events(v->index, &show);
}

void user_vcpu_events(struct vcpu *v)
{
	struct kvm_vcpu_events ev;

	if (!CALL(v, KVM_GET_VCPU_EVENTS, &ev))
		return;
	user_show_events(v, &ev);
	if (CALL(v, KVM_SET_VCPU_EVENTS, &ev))
		oracle_user_set_events(v->index);
}

static enum oracle_run_state run_state(const struct kvm_mp_state *mp)
{
	switch (mp->mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		return ORACLE_RUNS;
	case KVM_MP_STATE_HALTED:
		return ORACLE_HALTED;
	case KVM_MP_STATE_INIT_RECEIVED:
		return ORACLE_WAITS;
	default:
		return ORACLE_OTHER_STATE;
	}
}

void user_show_mp_state(const struct vcpu *v, const struct kvm_mp_state *mp)
{
	oracle_user_get_mp_state(v->index, run_state(mp));
}

void user_mp_state(struct vcpu *v)
{
	struct kvm_mp_state mp;

	if (!CALL(v, KVM_GET_MP_STATE, &mp))
		return;
	user_show_mp_state(v, &mp);
	if (CALL(v, KVM_SET_MP_STATE, &mp))
		oracle_user_set_mp_state(v->index, run_state(&mp));
}

/* Only whether it could inject now: it has nothing, and goes on. */
void user_ask_window(struct vcpu *v)
{
	v->run->request_interrupt_window = host_phase == HOST_RACE &&
					   rng_percent(&v->program, machine.scenario.window_percent);
}

void user_window_entry(const struct vcpu *v)
{
	struct kw_apic_state st;

	if (!v->run->request_interrupt_window)
		return;
	kw_apic_state(v->hw, &st);
	oracle_user_window_entry(v->index, v->hw, &st);
}

void user_window(const struct vcpu *v)
{
	struct oracle_user_window w = {
		.ready = v->run->ready_for_interrupt_injection,
		.exit = v->run->exit_reason == KVM_EXIT_IRQ_WINDOW_OPEN,
		.fault_due = v->fault_due,
		.shadow_open = v->hw->exit_reason == KW_EXIT_IO_INSTRUCTION,
	};
	struct kw_apic_state st;

	kw_apic_state(v->hw, &st);
	oracle_user_window(v->index, &w, &st);
}

void user_nmi(struct vcpu *v)
{
	int32_t message = oracle_user_nmi_begin(v->index);
	bool taken;

	host_event(DIGEST_MESSAGE, v->index, KVM_NMI);
	taken = CALL(v, KVM_NMI, 0);
	if (message >= 0)
		oracle_message_end(message, taken);
}
