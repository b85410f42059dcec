/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ideal local APIC: the part of the SDM's chapter "Advanced Programmable
 * Interrupt Controller (APIC)" that decides which vector is dispatched and what
 * an EOI ends.  Pure architecture: knows nothing of KVM, of intervals, of PV EOI.
 *
 * Registers are kept as the register page has them: eight words of 32 vectors.
 */
#ifndef LAPICSIM_ORACLE_APIC_H
#define LAPICSIM_ORACLE_APIC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define APIC_WORDS	8

/* Offsets: SDM, "Local APIC Register Address Map". */
#define APIC_REG_ID	0x20
#define APIC_REG_TPR	0x80
#define APIC_REG_PPR	0xa0
#define APIC_REG_LDR	0xd0
#define APIC_REG_DFR	0xe0
#define APIC_REG_SVR	0xf0
#define APIC_REG_ISR	0x100
#define APIC_REG_TMR	0x180
#define APIC_REG_IRR	0x200

/* "Local Vector Table". */
#define LVT_MASKED		(1u << 16)
#define LVT_MODE(lvt)		((lvt) >> 8 & 7)
#define LVT_MODE_FIXED		0u
#define LVT_MODE_SMI		2u
#define LVT_MODE_NMI		4u
#define LVT_MODE_INIT		5u

#define APIC_SVR_ENABLED	(1u << 8)	/* "Spurious-Interrupt Vector Register" */
#define APIC_BASE_BSP		(1ull << 8)
#define APIC_BASE_EXTD		(1ull << 10)	/* "Local APIC Status and Location" */
#define APIC_BASE_EN		(1ull << 11)

struct ideal_apic {
	uint32_t irr[APIC_WORDS], isr[APIC_WORDS], tmr[APIC_WORDS];
	int16_t  top;			/* highest vector in service, -1: none */
	uint16_t nr_isr;
	uint8_t  tpr;
	/* 1 + SVI, while a processor that delivers by itself takes another vector than @top for the highest; 0. */
	uint16_t other_svi;
};

static inline bool vector_test(const uint32_t *map, uint32_t vector)
{
	return map[vector >> 5] >> (vector & 31) & 1;
}

static inline void vector_set(uint32_t *map, uint32_t vector)
{
	map[vector >> 5] |= 1u << (vector & 31);
}

static inline void vector_clear(uint32_t *map, uint32_t vector)
{
	map[vector >> 5] &= ~(1u << (vector & 31));
}

static inline uint32_t apic_reg(const uint8_t *page, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

/* One 32-vector word of ISR, TMR or IRR: the words lie 16 bytes apart. */
static inline uint32_t apic_reg_word(const uint8_t *page, uint32_t bank, int word)
{
	return apic_reg(page, bank + 16 * (uint32_t)word);
}

static inline void apic_reg_bank(const uint8_t *page, uint32_t bank, uint32_t *out)
{
	for (int i = 0; i < APIC_WORDS; i++)
		out[i] = apic_reg_word(page, bank, i);
}

/* Non-zero if @map is not empty. */
uint32_t vector_any(const uint32_t *map);
/*
 * Non-zero if the page's @bank differs from @ideal.  Four times in each interrupt: straight
 * code, and one copy of it.
 */
uint32_t apic_bank_diff(const uint8_t *page, uint32_t bank, const uint32_t *ideal);
/* The same for TMR, as far as vectors are in IRR or ISR. */
uint32_t apic_tmr_diff(const uint8_t *page, const struct ideal_apic *apic);

/* -1: empty. */
static inline int vector_highest(const uint32_t *map)
{
	for (int i = APIC_WORDS - 1; i >= 0; i--)
		if (map[i])
			return i * 32 + 31 - __builtin_clz(map[i]);
	return -1;
}

static inline uint8_t ideal_apic_isr_class(const struct ideal_apic *apic)
{
	return apic->top < 0 ? 0 : apic->top >> 4;
}

/* "Task and Processor Priorities": PPR's class is the higher of TPR's and ISR's. */
static inline uint8_t ideal_apic_ppr_class(const struct ideal_apic *apic)
{
	uint8_t isr = ideal_apic_isr_class(apic), tpr = apic->tpr >> 4;

	return isr > tpr ? isr : tpr;
}

/*
 * "Task and Processor Priorities": PPR's low nibble is TPR's when TPR's class is
 * higher, 0 when it is lower, and model-specific, either of the two, when the
 * classes are equal.
 */
static inline bool ideal_apic_ppr_legal(const struct ideal_apic *apic, uint32_t ppr)
{
	uint32_t isr = (uint32_t)ideal_apic_isr_class(apic) << 4;
	uint32_t tpr_class = apic->tpr & 0xf0u;

	if (tpr_class >= isr && ppr == apic->tpr)
		return true;
	return isr >= tpr_class && ppr == isr;
}

/* What the processor's PPR goes by while other_svi is set, "PPR Virtualization". */
static inline struct ideal_apic ideal_apic_by_svi(const struct ideal_apic *apic)
{
	return (struct ideal_apic){ .top = (int16_t)(apic->other_svi - 1), .tpr = apic->tpr };
}

/* "Signaling Interrupt Servicing Completion": ends the highest; -1: nothing was in service. */
static inline int ideal_apic_eoi(struct ideal_apic *apic)
{
	int vector = apic->top;

	if (vector < 0)
		return -1;
	vector_clear(apic->isr, (uint32_t)vector);
	apic->nr_isr--;
	apic->top = __builtin_expect(apic->nr_isr, 0) ? (int16_t)vector_highest(apic->isr) : -1;
	return vector;
}

void ideal_apic_dispatch(struct ideal_apic *apic, uint32_t vector);
/* The same by the processor, "EOI Virtualization", with other_svi. */
int ideal_apic_eoi_by_svi(struct ideal_apic *apic);
void ideal_apic_recount(struct ideal_apic *apic);

#endif
