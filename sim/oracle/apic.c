// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ideal local APIC: dispatch and EOI.
 *
 * Does not judge: a dispatch that the rules forbid is carried out all the same,
 * because KVM has done it; sim/oracle/check_dispatch.c says so first.
 */
#include "sim/oracle/apic.h"

/* "Interrupt Acceptance for Fixed Interrupts": the vector moves from IRR to ISR. */
void ideal_apic_dispatch(struct ideal_apic *apic, uint32_t vector)
{
	vector_clear(apic->irr, vector);
	if (vector_test(apic->isr, vector))
		return;
	vector_set(apic->isr, vector);
	apic->nr_isr++;
	if ((int)vector > apic->top)
		apic->top = (int16_t)vector;
}

/* "Signaling Interrupt Servicing Completion": ends the highest; -1: nothing was in service. */
int ideal_apic_eoi(struct ideal_apic *apic)
{
	int vector = apic->top;

	if (vector < 0)
		return -1;
	vector_clear(apic->isr, (uint32_t)vector);
	apic->nr_isr--;
	apic->top = apic->nr_isr ? (int16_t)vector_highest(apic->isr) : -1;
	return vector;
}

/* After ISR was loaded from outside. */
void ideal_apic_recount(struct ideal_apic *apic)
{
	uint32_t nr = 0;

	for (int i = 0; i < APIC_WORDS; i++)
		nr += (uint32_t)__builtin_popcount(apic->isr[i]);
	apic->nr_isr = (uint16_t)nr;
	apic->top = (int16_t)vector_highest(apic->isr);
}
