// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operation: an IPI of any kind.  Delivery modes fixed, lowest priority and
 * the two reserved ones; every shorthand and destination mode; level and assert
 * bits; reserved bits and the busy bit; SELF IPI.
 *
 * NMI, INIT and SIPI are in guest_events.c; SMI is not sent.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"

#define ICR_LOGICAL	(1u << 11)
#define ICR_BUSY	(1u << 12)

static uint32_t draw_physical(struct vcpu *v)
{
	uint32_t pick = rng_below(&v->target, 16);

	if (pick == 0)
		return 0xff;
	if (pick == 1)
		return ~0u;
	return rng_below(&v->target, machine.vm[v->vm].nr_vcpus + 1);
}

/* x2APIC: cluster and members, also of clusters that nobody is in. */
static uint32_t draw_logical(struct vcpu *v)
{
	uint32_t last = (machine.vm[v->vm].nr_vcpus - 1) / 16;
	uint32_t clusters[] = {
		0, 0, 0, last, 1, 15, rng_below(&v->target, 0x1000), rng_below(&v->target, 0x10000)
	};
	uint32_t bits = (uint32_t)rng_u64(&v->target);
	uint32_t few = 1u << (bits & 7) | 1u << (bits >> 3 & 7);

	if (!v->x2apic)
		return bits & 1u << 31 ? few : bits >> 8 & 0xff;
	few = 1u << (bits & 15) | (bits & 0x100 ? 1u << (bits >> 4 & 15) : 0);
	if ((bits >> 24 & 31) == 0)
		return ~0u;
	return clusters[bits >> 16 & 7] << 16 | (bits & 1u << 31 ? few : bits >> 4 & 0xffff);
}

static uint32_t draw_low(struct vcpu *v)
{
	static const uint8_t modes[] = { 0, 0, 0, 0, 1, 1, 3, 7 };
	uint32_t bits = (uint32_t)rng_u64(&v->target);
	uint32_t low = (uint32_t)rng_range(&v->target, sc()->vector_first, sc()->vector_last);

	if ((bits & 31) == 0)
		low &= 0xf;
	low |= (uint32_t)modes[bits >> 5 & 7] << 8;
	low |= bits >> 8 & 1 ? ICR_LOGICAL : 0;
	low |= (bits >> 9 & 7) ? 1u << 14 : (bits >> 12 & 3) << 14;	/* assert; or any of level and assert */
	low |= (bits >> 14 & 3) == 0 ? (bits >> 16 & 3) << 18 : 0;
	low |= (bits >> 18 & 15) == 0 ? ICR_BUSY : 0;
	if ((bits >> 22 & 15) == 0)
		low |= bits >> 26 & 1 ? 1u << 13 : 1u << (16 + (bits >> 27 & 1));
	if ((bits >> 28) == 0)
		low |= 1u << 20;
	return low;
}

static enum step self_ipi(struct vcpu *v)
{
	uint64_t value = rng_range(&v->target, sc()->vector_first, sc()->vector_last);

	if (rng_below(&v->target, 8) == 0)
		value |= 1ull << (8 + rng_below(&v->target, 40));
	v->message = oracle_self_ipi_begin(v->index, value);
	host_event(DIGEST_MESSAGE, v->index, value);
	lapic_wrmsr(v, MSR_X2APIC_BASE + (LAPIC_SELF_IPI >> 4), value);
	return STEP_EXIT;
}

enum step do_icr_any(struct vcpu *v)
{
	uint32_t low = draw_low(v), dest = low & ICR_LOGICAL ? draw_logical(v) : draw_physical(v);

	if (v->x2apic && rng_below(&v->target, 8) == 0)
		return self_ipi(v);
	return guest_send_ipi(v, low, v->x2apic ? dest : dest & 0xff);
}
