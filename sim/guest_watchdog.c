// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operation: LINT0 in mode NMI, as for a watchdog that the PIT drives, or masked,
 * or in mode ExtINT with a mask.
 */
#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/watchdog.h"

#define LAPIC_LVT0	0x350u
#define LINT0_NMI	0x400u
#define LINT0_EXTINT	0x700u

enum step do_lint0_nmi(struct vcpu *v)
{
	static const uint32_t values[] = {
		LINT0_NMI, LINT0_NMI, LINT0_NMI | LAPIC_LVT_MASKED, LINT0_EXTINT | LAPIC_LVT_MASKED,
	};

	if (!sc()->pit)
		return STEP_GO_ON;
	v->told_value = values[rng_below(&v->target, 4)];
	oracle_lint0_begin(v->index);
	lapic_exit_write(v, LAPIC_LVT0, v->told_value);
	v->accessing = true;
	v->access_kind = ACCESS_LINT0;
	return STEP_EXIT;
}

void guest_lint0_done(struct vcpu *v)
{
	v->access_kind = ACCESS_APIC;
	oracle_lint0_end(v->index, (uint32_t)v->told_value);
}
