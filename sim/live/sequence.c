// SPDX-License-Identifier: GPL-2.0-only
/*
 * See sequence.h.  Everything that is drawn here passes sim/live/guard.c; the
 * guard does not rely on that.
 */
#include "sim/live/sequence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/oracle/apic.h"
#include "sim/rng.h"

#define SVR_ON		0x1ffu
#define LVR_SUPPRESS	(1u << 24)	/* "Local APIC Version Register": EOI-broadcast suppression */
#define SVR_SUPPRESS	(1u << 12)
#define LVT_MASKED	(1u << 16)

struct draw {
	const struct live_vm *vm;
	const uint8_t (*pages)[LIVE_PAGE];
	struct live_step *s;
	struct rng r;
};

static void set_reg(uint8_t *page, uint32_t offset, uint32_t value)
{
	memcpy(page + offset, &value, sizeof(value));
}

static bool percent(struct draw *d, uint32_t n)
{
	return rng_below(&d->r, 100) < n;
}

static uint32_t vector(struct draw *d)
{
	if (percent(d, 60))
		return d->vm->vectors[rng_below(&d->r, sizeof(d->vm->vectors))];
	return (uint32_t)rng_range(&d->r, 16, 255);
}

/* A destination that names one, some, all or none of the vCPUs. */
static uint32_t destination(struct draw *d, bool logical, bool wide)
{
	uint32_t vcpu = rng_below(&d->r, d->vm->nr_vcpus), id = d->vm->id[vcpu];

	if (percent(d, 6))
		return wide && percent(d, 50) ? 0xffffffff : 0xff;
	if (percent(d, 4))
		return rng_below(&d->r, wide ? 0x400 : 0x100);
	if (!logical)
		return d->vm->x2apic[vcpu] ? id : apic_reg(d->pages[vcpu], APIC_REG_ID) >> 24;
	if (!wide || percent(d, 15))
		return rng_below(&d->r, 0x100);
	/* "Logical x2APIC IDs": a cluster, and members by bit. */
	return (id >> 4) << 16 | 1u << (id & 15) | (percent(d, 50) ? rng_below(&d->r, 0x10000) : 0);
}

/* --- Messages. */
static void msi(struct draw *d)
{
	bool logical = percent(d, 40), level = percent(d, 20);
	uint32_t dest = destination(d, logical, true);

	d->s->kind = LIVE_MSI;
	d->s->what = "MSI";
	/* KVM api.rst, KVM_CAP_X2APIC_API: bits 31:8 of the destination are in 63:40. */
	d->s->address = 0xfee00000ull | (uint64_t)(dest & 0xff) << 12 | (uint64_t)(dest & 0xffffff00) << 32 |
			(percent(d, 20) ? 8u : 0) | (logical ? 4u : 0);
	d->s->data = vector(d) | (percent(d, 25) ? 0x100u : 0) | (level ? 0xc000u : 0);
}

static void write_msr(struct draw *d, uint32_t msr, uint64_t value, const char *what)
{
	d->s->kind = LIVE_WRITE;
	d->s->msr = msr;
	d->s->value = value;
	d->s->what = what;
}

static void icr(struct draw *d)
{
	bool logical = percent(d, 40);
	uint32_t low = vector(d) | (percent(d, 20) ? 0x100u : 0) | (logical ? 0x800u : 0) |
		       (percent(d, 90) ? 0x4000u : 0) | (percent(d, 15) ? 0x8000u : 0) |
		       (percent(d, 30) ? rng_below(&d->r, 4) << 18 : 0);

	/* A shorthand takes fixed delivery only, and "self" needs no more. */
	if (low & 0xc0000)
		low &= ~0x100u;
	write_msr(d, 0x830, (uint64_t)destination(d, logical, true) << 32 | low, "IPI");
}

static void self_ipi(struct draw *d)
{
	write_msr(d, 0x83f, vector(d), "SELF IPI");
}

/* --- Registers. */
static void tpr(struct draw *d)
{
	uint64_t value = rng_below(&d->r, percent(d, 60) ? 0x60 : 0x100);

	if (percent(d, 5))
		value |= 1ull << rng_range(&d->r, 8, 63);
	write_msr(d, 0x808, value, "TPR");
}

static void eoi(struct draw *d)
{
	write_msr(d, 0x80b, percent(d, 3) ? 1ull << rng_range(&d->r, 0, 63) : 0, "EOI");
}

static uint32_t svr_value(struct draw *d)
{
	bool can = apic_reg(d->pages[d->s->vcpu], 0x30) & LVR_SUPPRESS;

	return (uint32_t)rng_range(&d->r, 16, 255) | (percent(d, 80) ? APIC_SVR_ENABLED : 0) |
	       (can && percent(d, 30) ? SVR_SUPPRESS : 0);
}

static void svr(struct draw *d)
{
	write_msr(d, 0x80f, svr_value(d), "SVR");
}

static uint32_t lvt_value(struct draw *d, uint32_t lvt)
{
	uint32_t value = (uint32_t)rng_range(&d->r, 16, 255) | (percent(d, 50) ? LVT_MASKED : 0);

	if (lvt == 0 && percent(d, 40))
		value |= 1u << 17;
	if (lvt == 3 && percent(d, 20))
		value |= 0x700;
	if (lvt == 3 || lvt == 4)	/* LINT0, LINT1: polarity, trigger mode */
		value |= rng_below(&d->r, 2) << 13 | rng_below(&d->r, 2) << 15;
	return value;
}

static void lvt(struct draw *d)
{
	uint32_t nr = rng_below(&d->r, 6);

	write_msr(d, 0x832 + nr, lvt_value(d, nr), "LVT");
}

static void small_register(struct draw *d)
{
	switch (rng_below(&d->r, 3)) {
	case 0:
		write_msr(d, 0x828, percent(d, 30) ? rng_u64(&d->r) >> rng_below(&d->r, 64) : 0, "ESR");
		break;
	case 1:
		write_msr(d, 0x838, 0, "initial count");
		break;
	default:
		write_msr(d, 0x83e, rng_below(&d->r, 16) & 0xb, "divide configuration");
	}
}

static void read_only(struct draw *d)
{
	static const uint32_t msrs[] = { 0x802, 0x803, 0x80a, 0x80d, 0x80e, 0x831, 0x839 };
	uint32_t pick = rng_below(&d->r, 10);

	write_msr(d, pick < 7 ? msrs[pick] : (uint32_t)rng_range(&d->r, 0x810, 0x827), (uint32_t)rng_u64(&d->r),
		  "not writable");
}

static void read_msr(struct draw *d)
{
	d->s->kind = LIVE_READ;
	d->s->msr = (uint32_t)rng_range(&d->r, 0x800, 0x83f);
	d->s->what = "read";
}

/* --- State loads. */
static void load(struct draw *d, const char *what)
{
	d->s->kind = LIVE_LOAD;
	d->s->what = what;
	memcpy(d->s->page, d->pages[d->s->vcpu], LIVE_PAGE);
}

static void flip(uint8_t *page, uint32_t bank, uint32_t vec)
{
	uint32_t offset = bank + 16 * (vec >> 5);

	set_reg(page, offset, apic_reg(page, offset) ^ 1u << (vec & 31));
}

/* What hardware does between two exits: IRR's highest vector, if it is above PPR, moves to ISR. */
static void dispatch(struct draw *d)
{
	uint32_t irr[APIC_WORDS], isr[APIC_WORDS];
	int next, top;
	uint32_t floor;

	load(d, "dispatch");
	apic_reg_bank(d->s->page, APIC_REG_IRR, irr);
	apic_reg_bank(d->s->page, APIC_REG_ISR, isr);
	next = vector_highest(irr);
	top = vector_highest(isr);
	floor = apic_reg(d->s->page, APIC_REG_TPR) >> 4;
	if (top >= 0 && (uint32_t)top >> 4 > floor)
		floor = (uint32_t)top >> 4;
	if (next < 16 || (uint32_t)next >> 4 <= floor)
		return;			/* a save and restore of the same state */
	flip(d->s->page, APIC_REG_IRR, (uint32_t)next);
	flip(d->s->page, APIC_REG_ISR, (uint32_t)next);
}

/* Registers that a guest in xAPIC mode may write; two APICs with one ID would be nonsense. */
static void xapic_registers(struct draw *d)
{
	if (percent(d, 30))
		set_reg(d->s->page, APIC_REG_LDR, rng_below(&d->r, 0x100) << 24);
	if (percent(d, 20))
		set_reg(d->s->page, APIC_REG_DFR, percent(d, 50) ? 0xffffffff : 0x0fffffff);
	if (percent(d, 5))
		set_reg(d->s->page, APIC_REG_ID, (LIVE_MAX_ID + d->s->vcpu * 16u + rng_below(&d->r, 16)) << 24);
}

static void random_load(struct draw *d)
{
	static const uint32_t banks[] = { APIC_REG_IRR, APIC_REG_ISR, APIC_REG_TMR };
	uint32_t nr = rng_below(&d->r, 6), pick;

	load(d, "state load");
	for (uint32_t i = 0; i < nr; i++)
		flip(d->s->page, banks[rng_below(&d->r, 3)], vector(d));
	if (percent(d, 40))
		set_reg(d->s->page, APIC_REG_TPR, rng_below(&d->r, 0x100));
	if (percent(d, 20))
		set_reg(d->s->page, APIC_REG_SVR, svr_value(d));
	if (percent(d, 30)) {
		pick = rng_below(&d->r, 6);
		set_reg(d->s->page, 0x320 + 16 * pick, lvt_value(d, pick));
	}
	if (percent(d, 10))
		set_reg(d->s->page, 0x3e0, rng_below(&d->r, 16) & 0xb);
	if (!d->vm->x2apic[d->s->vcpu])
		xapic_registers(d);
}

static void enable(struct draw *d)
{
	load(d, "software-enable");
	set_reg(d->s->page, APIC_REG_SVR, SVR_ON);
}

/* --- The mix: weights for a vCPU in x2APIC mode, and in xAPIC mode, where every MSR of x2APIC faults. */
static const struct {
	void (*draw)(struct draw *d);
	uint8_t x2apic, xapic;
} ops[] = {
	{ msi, 30, 45 },	{ icr, 16, 1 },		{ self_ipi, 5, 1 },	{ tpr, 10, 1 },
	{ eoi, 14, 1 },		{ svr, 3, 1 },		{ lvt, 4, 1 },		{ small_register, 2, 1 },
	{ read_only, 2, 1 },	{ read_msr, 5, 2 },	{ dispatch, 16, 30 },	{ random_load, 7, 18 },
};

#define NR_OPS (sizeof(ops) / sizeof(ops[0]))

void live_step_draw(const struct live_vm *vm, uint32_t nr, live_pages pages, struct live_step *out)
{
	struct draw d = { .vm = vm, .pages = (const uint8_t (*)[LIVE_PAGE])pages, .s = out };
	uint32_t weights[NR_OPS], total = 0;

	memset(out, 0, sizeof(*out));
	if (nr <= vm->nr_vcpus) {
		out->vcpu = (uint8_t)(nr - 1);
		enable(&d);
		return;
	}
	rng_init(&d.r, vm->seed, nr, RNG_PROGRAM);
	out->vcpu = (uint8_t)rng_below(&d.r, vm->nr_vcpus);
	for (uint32_t i = 0; i < NR_OPS; i++) {
		weights[i] = vm->x2apic[out->vcpu] ? ops[i].x2apic : ops[i].xapic;
		total += weights[i];
	}
	ops[rng_weighted(&d.r, weights, NR_OPS, total)].draw(&d);
}

void live_vm_draw(struct live_vm *vm, uint64_t seed)
{
	struct rng r;
	uint32_t next = 0;
	bool dense, mixed;

	memset(vm, 0, sizeof(*vm));
	rng_init(&r, seed, 0, RNG_OPTION);
	vm->seed = seed;
	vm->nr_vcpus = 1 + rng_below(&r, LIVE_MAX_VCPUS);
	dense = rng_below(&r, 2);
	mixed = rng_below(&r, 3) == 0;
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		vm->id[i] = next;
		next += dense ? 1 : 1 + rng_below(&r, LIVE_MAX_ID / LIVE_MAX_VCPUS);
		vm->x2apic[i] = !mixed || rng_below(&r, 2);
	}
	for (uint32_t i = 0; i < sizeof(vm->vectors); i++)
		vm->vectors[i] = (uint8_t)rng_range(&r, 16, 255);
}

void live_step_text(const struct live_vm *vm, const struct live_step *s, char *buf, size_t n)
{
	uint32_t id = vm->id[s->vcpu];

	switch (s->kind) {
	case LIVE_MSI:
		snprintf(buf, n, "%s, address 0x%" PRIx64 ", data 0x%x", s->what, s->address, s->data);
		break;
	case LIVE_WRITE:
		snprintf(buf, n, "vcpu %u: %s, WRMSR 0x%x = 0x%" PRIx64, id, s->what, s->msr, s->value);
		break;
	case LIVE_READ:
		snprintf(buf, n, "vcpu %u: RDMSR 0x%x", id, s->msr);
		break;
	default:
		snprintf(buf, n, "vcpu %u: %s, KVM_SET_LAPIC", id, s->what);
	}
}
