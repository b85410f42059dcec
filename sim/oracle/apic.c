// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ideal local APIC: dispatch and EOI.
 *
 * Does not judge: a dispatch that the rules forbid is carried out all the same,
 * because KVM has done it; sim/oracle/check_dispatch.c says so first.
 */
#include "sim/oracle/apic.h"

uint32_t vector_any(const uint32_t *map)
{
	uint32_t any = 0;

#pragma GCC unroll 8
	for (int i = 0; i < APIC_WORDS; i++)
		any |= map[i];
	return any;
}

uint32_t apic_bank_diff(const uint8_t *page, uint32_t bank, const uint32_t *ideal)
{
	uint32_t diff = 0;

	page += bank;
#pragma GCC unroll 8
	for (int i = 0; i < APIC_WORDS; i++)
		diff |= apic_reg_word(page, 0, i) ^ ideal[i];
	return diff;
}

uint32_t apic_tmr_diff(const uint8_t *page, const struct ideal_apic *apic)
{
	uint32_t diff = 0;

	page += APIC_REG_TMR;
#pragma GCC unroll 8
	for (int i = 0; i < APIC_WORDS; i++)
		diff |= (apic_reg_word(page, 0, i) ^ apic->tmr[i]) & (apic->irr[i] | apic->isr[i]);
	return diff;
}

/* "Interrupt Acceptance for Fixed Interrupts": the vector moves from IRR to ISR. */
void ideal_apic_dispatch(struct ideal_apic *apic, uint32_t vector)
{
	vector_clear(apic->irr, vector);
	if (__builtin_expect(vector_test(apic->isr, vector), 0))
		return;
	vector_set(apic->isr, vector);
	apic->nr_isr++;
	if ((int)vector > apic->top)
		apic->top = (int16_t)vector;
}

int ideal_apic_eoi_by_svi(struct ideal_apic *apic)
{
	int vector = apic->other_svi - 1;

	apic->other_svi = 0;
	if (vector_test(apic->isr, (uint32_t)vector)) {
		vector_clear(apic->isr, (uint32_t)vector);
		ideal_apic_recount(apic);
	}
	return vector ? vector : -1;
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
