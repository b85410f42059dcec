// SPDX-License-Identifier: GPL-2.0-only
/* See apicv.h. */
#include "sim/apicv.h"

#include <string.h>

#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"

/* "Self-IPI Virtualization": ICR_LO with shorthand self, fixed, edge, asserted or not, nothing else. */
#define ICR_SELF	(1u << 18)
#define ICR_SELF_BITS	(1u << 14 | 0xffu)	/* assert and vector are free */

static uint32_t get(const struct vcpu *v, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, v->hw->vapic_page + offset, sizeof(value));
	return value;
}

static void put(struct vcpu *v, uint32_t offset, uint32_t value)
{
	memcpy(v->hw->vapic_page + offset, &value, sizeof(value));
}

static void put_bit(struct vcpu *v, uint32_t bank, uint32_t vector, bool on)
{
	uint32_t offset = bank + 16 * (vector >> 5), bit = 1u << (vector & 31);

	put(v, offset, on ? get(v, offset) | bit : get(v, offset) & ~bit);
}

/* "RVI/SVI = highest index of a set bit", 0 without one. */
static uint8_t highest(const struct vcpu *v, uint32_t bank)
{
	for (int w = 7; w >= 0; w--) {
		uint32_t bits = get(v, bank + 16 * (uint32_t)w);

		if (bits)
			return (uint8_t)(w * 32 + 31 - __builtin_clz(bits));
	}
	return 0;
}

/* "PPR Virtualization". */
static void virtualize_ppr(struct vcpu *v)
{
	uint32_t tpr = get(v, LAPIC_TPR) & 0xff, svi = v->hw->apicv.svi;

	put(v, LAPIC_PPR, tpr >> 4 >= svi >> 4 ? tpr : svi & 0xf0);
}

/* "Evaluation of Pending Virtual Interrupts". */
static void evaluate(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	hw->apicv.recognized = !hw->int_window && hw->apicv.rvi >> 4 > (get(v, LAPIC_PPR) & 0xff) >> 4;
}

void apicv_enter(struct vcpu *v)
{
	if (!v->hw->apicv.vid) {
		v->hw->apicv.recognized = false;
		return;
	}
	virtualize_ppr(v);
	evaluate(v);
}

/* "Posted-Interrupt Processing"; the notification itself is acknowledged already. */
void apicv_posted(struct vcpu *v)
{
	struct kw_apicv *a = &v->hw->apicv;
	int top = -1;

	a->on = 0;
	for (uint32_t w = 0; w < 8; w++) {
		if (!a->pir[w])
			continue;
		put(v, LAPIC_IRR + 16 * w, get(v, LAPIC_IRR + 16 * w) | a->pir[w]);
		top = (int)w * 32 + 31 - __builtin_clz(a->pir[w]);
		a->pir[w] = 0;
	}
	if (top > a->rvi)
		a->rvi = (uint8_t)top;
	evaluate(v);
}

/* "Virtual-Interrupt Delivery". */
int apicv_take(struct vcpu *v)
{
	struct kw_apicv *a = &v->hw->apicv;
	uint8_t vector = a->rvi;

	if (!a->recognized || !guest_if_on(v) || (v->hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS)))
		return -1;
	put_bit(v, LAPIC_ISR, vector, true);
	a->svi = vector;
	put(v, LAPIC_PPR, vector & 0xf0);
	put_bit(v, LAPIC_IRR, vector, false);
	a->rvi = highest(v, LAPIC_IRR);
	a->recognized = false;
	oracle_hw_dispatch(v->index, vector, v->hw);
	return vector;
}

/* --- Writes. */

/* "TPR Virtualization". */
static enum apicv_access virtualize_tpr(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	if (hw->apicv.vid) {
		virtualize_ppr(v);
		evaluate(v);
		return APICV_DONE;
	}
	if ((get(v, LAPIC_TPR) & 0xff) >> 4 >= (hw->tpr_threshold & 15))
		return APICV_DONE;
	hw->exit_reason = KW_EXIT_TPR_BELOW_THRESHOLD;
	return APICV_TRAPS;
}

void apicv_write_tpr(struct vcpu *v, uint8_t tpr)
{
	put(v, LAPIC_TPR, tpr);
	virtualize_tpr(v);
}

static enum apicv_access exits_with(struct vcpu *v, uint32_t reason, uint32_t qual)
{
	v->hw->exit_reason = reason;
	v->hw->exit_qual = qual;
	return APICV_TRAPS;
}

/* "EOI Virtualization". */
static enum apicv_access virtualize_eoi(struct vcpu *v)
{
	struct kw_apicv *a = &v->hw->apicv;
	uint8_t vector = a->svi;

	put_bit(v, LAPIC_ISR, vector, false);
	a->svi = highest(v, LAPIC_ISR);
	virtualize_ppr(v);
	if (a->eoi_exit[vector >> 5] >> (vector & 31) & 1)
		return exits_with(v, KW_EXIT_VIRTUALIZED_EOI, vector);
	evaluate(v);
	return APICV_DONE;
}

/* "Self-IPI Virtualization". VTMR stays as it is. */
static enum apicv_access virtualize_self_ipi(struct vcpu *v, uint8_t vector)
{
	struct kw_apicv *a = &v->hw->apicv;

	oracle_hw_accepts(v->index, vector);
	put_bit(v, LAPIC_IRR, vector, true);
	if (vector > a->rvi)
		a->rvi = vector;
	evaluate(v);
	return APICV_DONE;
}

/* "Virtualizing Writes to the APIC-Access Page": which ones are? The rest exit as APIC accesses. */
static bool write_is_virtualized(const struct kw_apicv *a, uint32_t offset)
{
	switch (offset) {
	case LAPIC_TPR:
		return true;
	case LAPIC_EOI:
	case LAPIC_ICR:
		return a->vid || a->register_virt;
	case 0x20: case 0xd0: case 0xe0: case 0xf0: case 0x280: case LAPIC_ICR2:
	case 0x320: case 0x330: case 0x340: case 0x350: case 0x360: case 0x370: case 0x380: case 0x3e0:
		return a->register_virt;
	default:
		return false;
	}
}

/* "APIC-Write Emulation": the value is in the page. */
static enum apicv_access emulate_write(struct vcpu *v, uint32_t offset, uint32_t value)
{
	const struct kw_apicv *a = &v->hw->apicv;

	switch (offset) {
	case LAPIC_TPR:
		put(v, LAPIC_TPR, value & 0xff);
		return virtualize_tpr(v);
	case LAPIC_EOI:
		if (!a->vid)
			break;
		put(v, LAPIC_EOI, 0);
		return virtualize_eoi(v);
	case LAPIC_ICR:
		if (a->vid && (value & ~ICR_SELF_BITS) == ICR_SELF && (value & 0xf0))
			return virtualize_self_ipi(v, value & 0xff);
		break;
	case LAPIC_ICR2:
		put(v, LAPIC_ICR2, value & 0xff000000u);
		return APICV_DONE;
	}
	v->hw->apicv.trap_offset = (uint16_t)offset;
	return exits_with(v, KW_EXIT_APIC_WRITE, offset);
}

/* "Virtualizing MSR-Based APIC Accesses": the MSR bitmap lets it through. */
static enum apicv_access write_msr(struct vcpu *v, uint32_t offset, uint64_t value)
{
	const struct kw_apicv *a = &v->hw->apicv;

	switch (offset) {
	case LAPIC_TPR:
		if (value >> 8)
			return APICV_EXITS;	/* #GP, which KVM's answer to the exit is too */
		put(v, offset, (uint32_t)value);
		return virtualize_tpr(v);
	case LAPIC_EOI:
		if (!a->vid || value)
			return APICV_EXITS;
		put(v, offset, 0);
		return virtualize_eoi(v);
	case LAPIC_SELF_IPI:
		if (!a->vid || value >> 8)
			return APICV_EXITS;
		put(v, offset, (uint32_t)value);
		if (!(value & 0xf0))
			return exits_with(v, KW_EXIT_APIC_WRITE, offset);
		return virtualize_self_ipi(v, (uint8_t)value);
	default:
		return APICV_EXITS;
	}
}

/* --- Reads. "Virtualizing Reads from the APIC-Access Page". */
static bool read_is_virtualized(const struct kw_apicv *a, uint32_t offset)
{
	if (offset == LAPIC_TPR)
		return true;
	if (!a->register_virt)
		return false;
	switch (offset) {
	case 0x20: case 0x30: case LAPIC_EOI: case 0xd0: case 0xe0: case 0xf0: case 0x280:
	case LAPIC_ICR: case LAPIC_ICR2: case 0x380: case 0x3e0:
		return true;
	default:
		return (offset >= LAPIC_ISR && offset < 0x280) || (offset >= 0x320 && offset <= 0x370);
	}
}

/* "The access is not entirely contained within the low 4 bytes of a naturally aligned 16-byte region": it exits. */
static enum apicv_access access_page(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;
	uint32_t offset = hw->exit_qual & 0xff0, shift = 8 * (hw->exit_qual & 15);
	uint32_t mask = hw->access_bytes >= 4 ? ~0u : (1u << 8 * hw->access_bytes) - 1;
	uint32_t value;

	if (!hw->apicv.apic_accesses || shift / 8 + hw->access_bytes > 4)
		return APICV_EXITS;
	value = get(v, offset);
	if (!(hw->exit_qual & 0x1000)) {
		if (!read_is_virtualized(&hw->apicv, offset))
			return APICV_EXITS;
		hw->mmio_data = value >> shift & mask;
		return APICV_DONE;
	}
	if (!write_is_virtualized(&hw->apicv, offset))
		return APICV_EXITS;
	hw->apicv.trap_old = value;
	value = (value & ~(mask << shift)) | ((uint32_t)hw->mmio_data & mask) << shift;
	put(v, offset, value);
	return emulate_write(v, offset, value);
}

static enum apicv_access access_msr(struct vcpu *v, bool write)
{
	struct kw_hw *hw = v->hw;
	uint64_t reg = hw->rcx - MSR_X2APIC_BASE;
	uint32_t offset = (uint32_t)reg << 4;

	if (!hw->apicv.x2apic_mode || reg > 63 ||
	    !((write ? hw->apicv.msr_write : hw->apicv.msr_read) >> reg & 1))
		return APICV_EXITS;
	if (write)
		return write_msr(v, offset, (uint64_t)(uint32_t)hw->rdx << 32 | (uint32_t)hw->rax);
	if (offset != LAPIC_TPR && !hw->apicv.register_virt)
		return APICV_EXITS;
	hw->rax = get(v, offset);
	hw->rdx = get(v, offset + 4);
	return APICV_DONE;
}

enum apicv_access apicv_access(struct vcpu *v)
{
	switch (v->hw->exit_reason) {
	case KW_EXIT_APIC_ACCESS:
		return access_page(v);
	case KW_EXIT_MSR_READ:
		return access_msr(v, false);
	case KW_EXIT_MSR_WRITE:
		return access_msr(v, true);
	default:
		return APICV_EXITS;
	}
}
