// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what userspace reads of a vCPU's events and run state, and what its
 * writing them back leaves open.  KVM api.rst, KVM_GET_VCPU_EVENTS,
 * KVM_SET_VCPU_EVENTS, KVM_GET_MP_STATE, KVM_SET_MP_STATE, KVM_NMI.
 *
 * Verifies: the NMIs that are pending or injected, whether they are masked, the
 * interrupt whose injection is under way, the shadow, the exception; whether the
 * vCPU runs, sleeps (not if a kick has woken it) or waits for a SIPI.
 *
 * Does not verify SMI state, nor a pending INIT in struct kvm_vcpu_events.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/events.h"
#include "sim/oracle/oracle.h"

static void check_nmis(struct oracle_vcpu *v, struct event_vcpu *e, const struct oracle_user_events *ev)
{
	uint32_t got = ev->nmi_pending + (ev->nmi_injected && !e->nmi_owed);
	uint32_t most = e->nmi_max + e->nmi_inflight, least = e->nmi_must && !e->nmi_fresh;

	if (got < least || got > most)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE, "KVM_GET_VCPU_EVENTS: %u NMIs pending, expected %u to %u",
			   got, least, most);
	if (ev->nmi_masked != e->nmi_blocked)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE, "KVM_GET_VCPU_EVENTS: NMIs are%s masked",
			   ev->nmi_masked ? "" : " not");
	if (e->nmi_owed && !ev->nmi_injected)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE,
			   "KVM_GET_VCPU_EVENTS does not have the NMI whose delivery was interrupted");
}

void oracle_user_get_events(uint32_t vcpu, const struct oracle_user_events *ev)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (ev->interrupt != v->owed)
		check_fire(CHECK_GET_EVENTS, v, v->vm, ev->interrupt < 0 ? (uint32_t)v->owed : (uint32_t)ev->interrupt,
			   "KVM_GET_VCPU_EVENTS: injected interrupt is %d, expected %d", ev->interrupt, v->owed);
	if (v->if_known && ev->blocking != ORACLE_NOT_SHOWN && ev->blocking != v->blocking)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE, "KVM_GET_VCPU_EVENTS: interrupt shadow is %u, expected %u",
			   ev->blocking, v->blocking);
	if (ev->exception != ev->fault_due)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE, "KVM_GET_VCPU_EVENTS has %s exception",
			   ev->exception ? "an" : "not the refused access's");
	else if (ev->exception && !ev->gp)
		check_fire(CHECK_GET_EVENTS, v, v->vm, DIV_NONE, "KVM_GET_VCPU_EVENTS has an exception other than #GP(0)");
	if (events.vcpu)
		check_nmis(v, event_vcpu(v), ev);
}

/* NMIs and INITs that came after they were read are overwritten. */
void oracle_user_set_events(uint32_t vcpu)
{
	struct event_vcpu *e = events.vcpu ? event_vcpu(oracle_vcpu(vcpu)) : NULL;

	if (!e)
		return;
	if (e->nmi_fresh)
		e->nmi_must = 0;
	e->nmi_taken_seq = ++oracle.seq;
	if (e->init_fresh && e->init == PENDING_MUST) {
		e->init = PENDING_MAY;
		e->sipi_must &= e->waiting;
	}
	e->init_cut_seq = oracle.seq;
}

static const char *state_name(enum oracle_run_state state)
{
	static const char *const name[] = { "runnable", "halted", "waiting for SIPI", "something else" };

	return name[state];
}

/* KVM takes INIT and SIPI first. */
void oracle_user_get_mp_state(uint32_t vcpu, enum oracle_run_state state)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;
	bool waits = e && e->waiting;

	if (e && e->halted && e->kicked && !e->kick_state_set && !e->kick_moved && state == ORACLE_HALTED)
		check_fire(CHECK_GET_MP_STATE, v, v->vm, DIV_NONE,
			   "KVM_GET_MP_STATE says halted; KVM_HC_KICK_CPU has woken the vCPU");
	/* A vCPU that sleeps may have been woken; one that did not execute HLT cannot sleep. */
	if (waits == (state == ORACLE_WAITS) && state != ORACLE_OTHER_STATE && (state != ORACLE_HALTED || !e || e->halted))
		return;
	check_fire(CHECK_GET_MP_STATE, v, v->vm, DIV_NONE, "KVM_GET_MP_STATE says %s; the vCPU %s", state_name(state),
		   waits ? "waits for SIPI" : e && e->halted ? "executed HLT" : "runs");
}

/* Made runnable because of a kick, whose trace may end the next HLT too; one that is for the next HLT remains. */
void oracle_user_set_mp_state(uint32_t vcpu, enum oracle_run_state state)
{
	struct event_vcpu *e = events.vcpu ? event_vcpu(oracle_vcpu(vcpu)) : NULL;

	if (!e || state != ORACLE_RUNS)
		return;
	e->kick_fresh |= e->kicked || e->maybe_kicked || e->kick_inflight;
	e->kick_more |= e->kick_fresh;
	e->kick_state_set |= e->kicked && !e->halted;
	e->state_set_seq = ++oracle.seq;
}

/* Nothing changes: that is the point.  A SIPI is in no other call's answer than KVM_GET_MP_STATE's. */
void oracle_user_moved(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;

	v->moved = true;
	if (e)
		e->kick_moved |= e->kicked && !e->halted;
	if (!e || !e->waiting || !e->sipi_must)
		return;
	check_fire(CHECK_SIPI_LOST, v, v->vm, e->sipi_first,
		   "a SIPI was sent to a vCPU that waited before it moved; after it, it still does");
	e->sipi_must = false;
}

int32_t oracle_user_nmi_begin(uint32_t vcpu)
{
	return events_begin_at(oracle_vcpu(vcpu), EVENT_NMI);
}
