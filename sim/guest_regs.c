// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on any register of the local APIC, legal or not: MMIO, x2APIC
 * MSRs, IA32_APIC_BASE; software disable, IDs, the mode.
 *
 * What the guest keeps to, so that it can go on: no EOI that no handler owes, the
 * timer's LVT entry stays masked, the APIC goes off only outside of handlers, and
 * a guest without one neither halts nor uses it until it is on again.
 *
 * ICR is in guest_icr.c. Does not know what is right: the oracle does.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"

#define REG(offset)	((offset) >> 4)
#define LVT_MASKED	(1u << 16)
#define LVT_TIMER	0x320u
#define BASE_BSP	(1ull << 8)
#define BASE_EXTD	(1ull << 10)
#define BASE_EN		(1ull << 11)

/* Nothing, everything, a few bits, anything. */
uint32_t guest_draw_bits(struct vcpu *v)
{
	uint32_t shape = rng_below(&v->program, 5), bits = (uint32_t)rng_u64(&v->program);

	switch (shape) {
	case 0:
		return 0;
	case 1:
		return ~0u;
	case 2:
		return bits & 0x100ff;
	case 3:
		return 1u << (bits & 31);
	default:
		return bits;
	}
}

enum step do_reg_read(struct vcpu *v)
{
	uint32_t reg = rng_below(&v->program, 64) << 4;
	uint32_t narrow = rng_below(&v->program, 16), at = rng_below(&v->program, 16);

	if (v->x2apic && !v->apic_off)
		lapic_rdmsr(v, MSR_X2APIC_BASE + REG(reg));
	else if (narrow == 0)
		lapic_mmio_read(v, reg | at, 4);
	else if (narrow == 1)
		lapic_mmio_read(v, reg | (at & 3), 1);
	else if (narrow == 2)
		lapic_mmio_read(v, reg | (at & 2), 2);
	else
		lapic_mmio_read(v, reg, 4);
	return STEP_EXIT;
}

/* The value for a write of @reg that leaves the guest alive. */
uint64_t guest_tame(struct vcpu *v, uint32_t reg, uint64_t value)
{
	uint64_t high = 1ull << (32 + (value & 31));

	switch (reg) {
	case LVT_TIMER:
		return value | LVT_MASKED;
	case LAPIC_TPR:
		/* An x2APIC refuses bits 63:32. */
		if (!v->apic_off && !(value >> 32))
			v->tpr = (uint8_t)value;
		return value;
	case LAPIC_EOI:
	case LAPIC_SVR:
		return value | high;
	case LAPIC_ICR:
		return value | 1u << (value & 1 ? 13 : 20);
	case LAPIC_SELF_IPI:
		return value | 1u << (8 + (value & 15));
	default:
		return value;
	}
}

/* Those of do_reg_write(): also what is read-only, write-only, reserved. */
static const uint16_t written[] = {
	0x30, LAPIC_TPR, 0x90, LAPIC_PPR, 0xc0, LAPIC_ISR, 0x180, LAPIC_IRR, 0x280, 0x2f0, LVT_TIMER, 0x330, 0x340,
	LAPIC_ICR2, 0x350, 0x360, 0x370, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3a0, 0x3e0,
};

enum step do_reg_write(struct vcpu *v)
{
	uint32_t reg = written[rng_below(&v->program, sizeof(written) / sizeof(written[0]))];
	uint64_t value = guest_draw_bits(v);
	uint32_t odd = rng_below(&v->program, 16);

	if (v->x2apic && !v->apic_off && odd != 2)
		lapic_wrmsr(v, MSR_X2APIC_BASE + REG(reg), guest_tame(v, reg, value));
	else if (v->x2apic && !v->apic_off)	/* nobody is there */
		lapic_mmio_write(v, reg, 4, value);
	else if (odd == 0)
		lapic_mmio_write(v, reg | (1 + (value & 7)), 4, value);
	else if (odd == 1 && !v->hw->has_apicv)	/* undefined; the hardware would merge it into its page */
		lapic_mmio_write(v, reg, 2, value);
	else
		lapic_mmio_write(v, reg, 4, guest_tame(v, reg, value));
	return STEP_EXIT;
}

/* The whole range of MSRs, in every mode. */
enum step do_reg_msr(struct vcpu *v)
{
	uint32_t reg = rng_below(&v->program, rng_below(&v->program, 4) ? 64 : 256) << 4;
	uint64_t value = guest_draw_bits(v);

	if (rng_below(&v->program, 4) == 0)
		value |= (uint64_t)guest_draw_bits(v) << 32;
	if (rng_below(&v->program, 2))
		lapic_rdmsr(v, MSR_X2APIC_BASE + REG(reg));
	else
		lapic_wrmsr(v, MSR_X2APIC_BASE + REG(reg), v->x2apic ? guest_tame(v, reg, value) : value);
	return STEP_EXIT;
}

/* --- Software disable. */
static enum step write_svr(struct vcpu *v, uint32_t value)
{
	v->svr_off = !(value & LAPIC_SVR_ENABLED);
	lapic_exit_write(v, LAPIC_SVR, value);
	return STEP_EXIT;
}

enum step do_svr(struct vcpu *v)
{
	uint32_t value = guest_draw_bits(v) & 0x12ff;

	return write_svr(v, value | (rng_below(&v->program, 2) ? LAPIC_SVR_ENABLED : 0));
}

/* --- Identity. Few values, so that vCPUs share them. */
enum step do_logical_id(struct vcpu *v)
{
	static const uint32_t models[] = { ~0u, ~0u, 0xf0000000, 0x0fffffff, 0, 0x5fffffff };
	uint32_t what = rng_below(&v->program, 8), bits = rng_below(&v->program, 256);

	if (v->x2apic)
		return STEP_GO_ON;
	if (what == 0)
		lapic_exit_write(v, LAPIC_ID, (bits % (machine.vm[v->vm].nr_vcpus + 1)) << 24 | bits);
	else if (what == 1)
		lapic_exit_write(v, LAPIC_DFR, models[bits % 6]);
	else if (what < 5)
		lapic_exit_write(v, LAPIC_LDR, 1u << (24 + (bits & 7)));
	else if (what < 7)
		lapic_exit_write(v, LAPIC_LDR, (bits >> 7) << 28 | 1u << (24 + (bits & 3)));
	else
		lapic_exit_write(v, LAPIC_LDR, bits << 24 | bits);
	return STEP_EXIT;
}

/* --- The mode: SDM, "x2APIC State Transitions". */
static uint64_t base_value(const struct vcpu *v, uint64_t mode)
{
	return (v->apic_moved ? GUEST_APIC_MOVED : GUEST_APIC_GPA) | (v->id ? 0 : BASE_BSP) | mode;
}

static uint64_t draw_base(struct vcpu *v)
{
	uint32_t pick = rng_below(&v->program, 8), bit = rng_below(&v->program, 64);

	if (unlikely(sc()->base_moves_percent) && rng_percent(&v->program, sc()->base_moves_percent))
		return base_value(v, BASE_EN | (v->x2apic ? BASE_EXTD : 0)) ^ (GUEST_APIC_GPA ^ GUEST_APIC_MOVED);
	if (pick == 0)		/* perhaps a reserved bit */
		return base_value(v, BASE_EN | (v->x2apic ? BASE_EXTD : 0)) |
		       1ull << (bit & 1 ? bit >> 3 : 52 + (bit & 7));
	if (pick == 1)		/* often not a legal transition */
		return base_value(v, (uint64_t)(bit & 3) << 10);
	if (v->apic_off)
		return base_value(v, BASE_EN);
	return base_value(v, v->x2apic || bit & 1 ? 0 : BASE_EN | BASE_EXTD);
}

enum step do_apic_base(struct vcpu *v)
{
	uint64_t value;

	if (rng_below(&v->program, 4) == 0) {
		lapic_rdmsr(v, MSR_APIC_BASE);
		return STEP_EXIT;
	}
	value = draw_base(v);
	if (v->nr_handlers && !(value & BASE_EN))
		return STEP_GO_ON;
	lapic_wrmsr(v, MSR_APIC_BASE, value);
	return STEP_EXIT;
}

void guest_apic_base_written(struct vcpu *v, uint64_t value)
{
	v->apic_off = !(value & BASE_EN);
	v->x2apic = value & BASE_EXTD;
	v->apic_moved = (value & ~0xfffull) == GUEST_APIC_MOVED;
}

/* --- What goes on without an APIC. */
enum step do_apic_on(struct vcpu *v)
{
	if (!v->apic_off)
		return write_svr(v, LAPIC_SVR_ENABLED | 0xff);
	lapic_wrmsr(v, MSR_APIC_BASE, base_value(v, BASE_EN));
	return STEP_EXIT;
}

enum op guest_op_with_apic_off(const struct vcpu *v, enum op op)
{
	switch (op) {
	case OP_COMPUTE: case OP_CLI: case OP_MOV_SS: case OP_CPUID: case OP_PAUSE: case OP_IO: case OP_MMIO:
	case OP_REG_READ: case OP_REG_WRITE: case OP_REG_MSR: case OP_APIC_BASE: case OP_PV_BAD:
		return op;
	case OP_HLT:
		return OP_COMPUTE;
	default:
		return v->apic_off ? OP_COMPUTE : op;
	}
}
