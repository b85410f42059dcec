// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on the local APIC's registers: ICR, TPR and CR8, reads; and what an
 * LVT entry is written with.  The EOI is in guest_pv.c.
 */
#include "sim/apicv.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/hyperv.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/vapic.h"

/* ICR in x2APIC mode is one write; in xAPIC mode the high half goes first. */
enum step guest_send_ipi(struct vcpu *v, uint32_t low, uint32_t dest)
{
	uint64_t icr = (uint64_t)dest << 32 | low;
	bool hyperv = sc()->hyperv && hyperv_exit_icr(v, low, dest);

	if (v->x2apic || hyperv) {
		v->message = oracle_icr_begin(v->index, icr);
		host_event(DIGEST_MESSAGE, v->index, icr);
		if (hyperv)
			return STEP_EXIT;
		lapic_exit_write(v, LAPIC_ICR, icr);
		return STEP_EXIT;
	}
	v->icr_value = icr;
	v->icr_low_next = true;
	lapic_exit_write(v, LAPIC_ICR2, dest << 24);
	return STEP_EXIT;
}

enum step do_icr_low(struct vcpu *v)
{
	v->icr_low_next = false;
	v->message = oracle_icr_begin(v->index, v->icr_value);
	host_event(DIGEST_MESSAGE, v->index, v->icr_value);
	lapic_exit_write(v, LAPIC_ICR, (uint32_t)v->icr_value);
	return STEP_EXIT;
}

static uint32_t draw_vector(struct vcpu *v)
{
	return (uint32_t)rng_range(&v->target, sc()->vector_first, sc()->vector_last);
}

enum step do_ipi(struct vcpu *v)
{
	uint32_t dest = rng_below(&v->target, machine.vm[v->vm].nr_vcpus);

	return guest_send_ipi(v, draw_vector(v) | 1u << 14, dest);
}

enum step do_self_ipi(struct vcpu *v) { return guest_send_ipi(v, draw_vector(v) | 1u << 14 | 1u << 18, 0); }

/* "SELF IPI Register": edge, fixed, to itself. xAPIC mode has none. */
enum step do_self_ipi_msr(struct vcpu *v)
{
	uint32_t vector = draw_vector(v), icr = vector | 1u << 14 | 1u << 18;

	if (!v->x2apic)
		return guest_send_ipi(v, icr, 0);
	v->message = oracle_icr_begin(v->index, icr);
	host_event(DIGEST_MESSAGE, v->index, icr);
	lapic_exit_write(v, LAPIC_SELF_IPI, vector);
	return STEP_EXIT;
}

enum step do_broadcast(struct vcpu *v) { return guest_send_ipi(v, draw_vector(v) | 1u << 14 | 3u << 18, 0); }

uint32_t guest_draw_lvt(struct vcpu *v, uint32_t masked_one_in, uint32_t nmi_one_in)
{
	uint32_t value = (uint32_t)rng_range(&v->program, sc()->vector_first, sc()->vector_last);

	if (rng_one_in(&v->program, masked_one_in))
		value |= LAPIC_LVT_MASKED;
	if (rng_one_in(&v->program, nmi_one_in))
		value |= LAPIC_LVT_NMI;
	return value;
}

enum step do_tpr(struct vcpu *v)
{
	uint8_t tpr = v->quiet ? 0 : rng_below(&v->program, 16) << 4;

	v->tpr = tpr;
	v->told = ACTION_TPR;
	v->told_value = tpr;
	if (unlikely(v->tpr_reports))
		oracle_tpr_access(v->index, true);
	lapic_exit_write(v, LAPIC_TPR, tpr);
	return STEP_EXIT;
}

/* With a TPR shadow the processor writes the page itself: SDM, "TPR Virtualization". */
enum step do_cr8(struct vcpu *v)
{
	uint8_t cr8 = v->quiet ? 0 : rng_below(&v->program, 16);
	struct kw_hw *hw = v->hw;

	v->tpr = cr8 << 4;
	if (hw->has_apicv && hw->apicv.vid) {
		apicv_write_tpr(v, v->tpr);
		oracle_guest_tpr(v->index, v->tpr);
		return STEP_GO_ON;
	}
	if (sc()->tpr_shadow) {
		hw->vapic_page[LAPIC_TPR] = v->tpr;
		oracle_guest_tpr(v->index, v->tpr);
		if (cr8 >= (hw->tpr_threshold & 15))
			return STEP_GO_ON;
		/* A trap: the instruction is over, and with it the shadow that it was in. */
		guest_set_if(v, guest_if_on(v), 0);
		return exits(v, KW_EXIT_TPR_BELOW_THRESHOLD);
	}
	v->told = ACTION_TPR;
	v->told_value = v->tpr;
	hw->rax = cr8;
	hw->exit_qual = 8;
	return exits(v, KW_EXIT_CR_ACCESS);
}

enum step do_read_apic(struct vcpu *v)
{
	static const uint32_t reg[] = { LAPIC_TPR, LAPIC_PPR, LAPIC_ISR + 0x10, LAPIC_IRR + 0x10 };
	uint32_t which;

	if (unlikely(sc()->hyperv) && hyperv_exit_read(v))
		return STEP_EXIT;
	which = rng_below(&v->program, 4);
	if (unlikely(v->tpr_reports) && reg[which] == LAPIC_TPR)
		oracle_tpr_access(v->index, false);
	lapic_exit_read(v, reg[which]);
	return STEP_EXIT;
}
