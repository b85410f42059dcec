// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quiet phase: what must have arrived when every actor has stopped and every
 * vCPU was entered until nothing more came?
 *
 * Verifies: IRR holds nothing that could be dispatched, ISR is empty, nothing
 * acknowledged is undelivered, every lowest-priority message was found on one of
 * its candidates.
 *
 * Does not verify vectors below 16 (their class is never above PPR's), nor IRR of
 * an APIC that is disabled in either way ("Local APIC State After It Has Been
 * Software Disabled": it is held).
 */
#include "sim/oracle/check_fast.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"

static const char *by_wrong_svi(const struct oracle_vcpu *v)
{
	return v->eoi_missed ? ", where an EOI by a wrong SVI has left it" : "";
}

static void check_quiet_irr(struct oracle_vcpu *v)
{
	int vector = vector_highest(v->apic.irr);

	if (vector >> 4 <= v->apic.tpr >> 4 || !identity_enabled(&v->now))
		return;
	check_fire(CHECK_QUIET_IRR, v, v->vm, (uint32_t)vector,
		   "vector 0x%02x is still in IRR at the end of the run%s", (unsigned int)vector,
		   v->apic.top >= 0 ? by_wrong_svi(v) : v->irr_hidden ? ", hidden by irr_pending" : "");
}

void check_quiet(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	char in_service[64];

	check_isr(v, kvm, -1);
	check_irr(v, kvm);
	check_tmr(v, kvm);
	check_cache(v, kvm);
	message_quiet(v);
	if (events.vcpu)
		check_events_quiet(v);
	if (v->owed >= 0)
		check_fire(CHECK_QUIET_OWED, v, v->vm, (uint32_t)v->owed,
			   "vector 0x%02x was acknowledged and never delivered", (unsigned int)v->owed);
	if (v->apic.top >= 0)
		check_fire(CHECK_QUIET_ISR, v, v->vm, (uint32_t)v->apic.top,
			   "still in ISR at the end of the run: %s%s",
			   check_vectors(v->apic.isr, in_service, sizeof(in_service)), by_wrong_svi(v));
	if (vector_highest(v->apic.irr) >= 16)
		check_quiet_irr(v);
}
