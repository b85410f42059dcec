// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on performance monitoring interrupts: the LVT entry, and a counter
 * that overflows, either at an instruction, whose end the NMI of the host falls on, or
 * in HLT, so late that the NMI comes when the guest has exited already.
 *
 * What the guest keeps to: the entry's delivery mode is none of the reserved ones.  It has no
 * counters to program: they overflow as the scenario's weights say.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/pmi.h"

#define LAPIC_LVTPC	0x340u
#define LVT_MODE	(7u << 8)
#define MODE_SMI	(2u << 8)
#define MODE_INIT	(5u << 8)
#define MODE_EXTINT	(7u << 8)

/* SDM, "Local Vector Table": "the vector field should be set to 00H for future compatibility" with SMI and INIT. */
static uint32_t other_mode(struct vcpu *v, uint32_t value)
{
	static const uint32_t modes[] = { MODE_SMI, MODE_INIT, MODE_EXTINT };
	uint32_t mode = modes[rng_below(&v->program, 3)];

	value &= ~LVT_MODE;
	return mode == MODE_EXTINT ? value | mode : (value & ~0xffu) | mode;
}

enum step do_lvtpc(struct vcpu *v)
{
	uint32_t value = guest_draw_lvt(v, 6, 4);

	if (sc()->lvtpc_modes_percent && rng_percent(&v->program, sc()->lvtpc_modes_percent))
		value = other_mode(v, value);
	lapic_exit_write(v, LAPIC_LVTPC, value);
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
