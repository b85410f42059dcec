// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of what KVM tells a VMM that has the PIC itself and asked when the guest can
 * take its interrupt.  KVM api.rst, KVM_RUN: request_interrupt_window,
 * ready_for_interrupt_injection, KVM_EXIT_IRQ_WINDOW_OPEN.
 *
 * Verifies: the guest is ready only with IF set, outside of a shadow, with no event
 * on its way, and with LINT0 unmasked in mode ExtINT or no APIC; then it is ready;
 * KVM_RUN ends for that reason only if it is, and each entry has it end when it will be.
 *
 * Does not verify: readiness that an NMI or INIT which may be pending could take away.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/events.h"
#include "sim/oracle/oracle.h"

#define LVT0		0x350u
#define LVT_EXTINT	7u

static bool takes_extint(const struct kw_apic_state *kvm)
{
	uint32_t lint0 = apic_reg(kvm->regs, LVT0);

	return !(kvm->apic_base & APIC_BASE_EN) || (!(lint0 & LVT_MASKED) && LVT_MODE(lint0) == LVT_EXTINT);
}

void oracle_user_window_entry(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (takes_extint(kvm) && !hw->int_window && !hw->immediate_exit)
		check_fire(CHECK_WINDOW, v, v->vm, DIV_NONE,
			   "userspace asked for an interrupt window; no exit is asked for when it opens");
}

void oracle_user_window(uint32_t vcpu, const struct oracle_user_window *w, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	const struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;
	bool others = e && (e->nmi_max || e->nmi_inflight || e->nmi_owed || e->init != PENDING_NO);
	bool can = v->if_enabled && v->owed < 0 && !w->fault_due && takes_extint(kvm);

	if (w->exit && !w->ready)
		check_fire(CHECK_WINDOW, v, v->vm, DIV_NONE,
			   "KVM_EXIT_IRQ_WINDOW_OPEN, and not ready for an interrupt");
	if (!v->if_known || (w->shadow_open && v->if_enabled))
		return;
	if (w->ready && (!can || v->blocking & (KW_BLOCK_STI | KW_BLOCK_MOV_SS)))
		check_fire(CHECK_WINDOW, v, v->vm, DIV_NONE,
			   "ready for an interrupt with IF %u, shadow %u, vector %d on its way, LINT0 0x%05x",
			   v->if_enabled, v->blocking, v->owed, apic_reg(kvm->regs, LVT0));
	if (!w->ready && can && !others && !v->blocking)
		check_fire(CHECK_WINDOW, v, v->vm, DIV_NONE,
			   "not ready for an interrupt, with IF set and nothing on its way");
}
