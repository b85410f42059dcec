// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on performance monitoring interrupts: the LVT entry, and a counter
 * that overflows, either at an instruction, whose end the NMI of the host falls on, or
 * in HLT, so late that the NMI comes when the guest has exited already.
 *
 * What the guest keeps to: the entry's delivery mode is fixed or NMI.  It has no
 * counters to program: they overflow as the scenario's weights say.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/pmi.h"

#define LAPIC_LVTPC	0x340u

enum step do_lvtpc(struct vcpu *v)
{
	lapic_exit_write(v, LAPIC_LVTPC, guest_draw_lvt(v, 6, 4));
	return STEP_EXIT;
}

/* The instruction is over, and with it what blocked interrupts for one. */
enum step do_pmi(struct vcpu *v)
{
	if (v->hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS))
		guest_set_if(v, guest_if_on(v), 0);
	oracle_pmi_begin(v->index);
	return exits(v, KW_EXIT_EXCEPTION_NMI);
}

/* Only in the race: what a vCPU comes to rest with must not wake it for ever. */
void guest_pmi_at_hlt(struct vcpu *v)
{
	if (host_phase != HOST_RACE || !rng_percent(&v->program, sc()->pmi_hlt_percent))
		return;
	v->hw->late_pmi = 1;
	v->accessing = true;
	v->access_kind = ACCESS_PMI;
	oracle_pmi_begin(v->index);
}

void guest_pmi_done(struct vcpu *v)
{
	v->access_kind = ACCESS_APIC;
	oracle_pmi_end(v->index);
}
