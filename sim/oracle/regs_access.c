// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register rules: SDM, "Local APIC Register Address Map", "x2APIC Register
 * Address Space", "Reserved Bit Checking", "Local APIC Status and Location",
 * "x2APIC State Transitions", "Local APIC State After It Has Been Software
 * Disabled", "Local Vector Table", "Spurious-Interrupt Vector Register", "Local APIC State
 * After It Receives an INIT-Reset (Wait-for-SIPI)".
 *
 * Pure: judges nothing (check_access.c does), and knows nothing of time, so the
 * timer's current count is open.
 *
 * Not modelled: errors that are only received.
 */
#include "sim/oracle/regs.h"

#include "sim/oracle/deviation.h"

#define MSR_BASE	0x1bu
#define MSR_FIRST	0x800u
/* 7:0, 9, and what no processor has of a physical address. */
#define BASE_RESERVED	(0xfff00000000002ffull)
#define LVT_EXTINT	0x700u
#define LVT_STATUS	(1u << 12)
#define LVT_REMOTE_IRR	(1u << 14)
#define LVT_DEADLINE	(1u << 18)
#define ICR_BUSY	(1u << 12)
#define ICR_RESERVED	0xfff32000u
#define VERSION_SUPPRESS (1u << 24)

/* --- Which registers there are. */

/* "Version Register": one LVT entry more than six only if it says so. */
static bool has_cmci(const struct reg_file *f) { return (f->reg[REG_VERSION] >> 16 & 0xff) >= 6; }

static bool is_lvt(const struct reg_file *f, uint32_t r)
{
	return (r >= REG_LVT_TIMER && r <= REG_LVT_ERROR) || (r == REG_LVT_CMCI && has_cmci(f));
}

static bool readable(const struct reg_file *f, uint32_t r)
{
	switch (r) {
	case REG_ID: case REG_VERSION: case REG_TPR: case REG_PPR: case REG_LDR: case REG_SVR: case REG_ESR:
	case REG_ICR: case REG_TMICT: case REG_TMCCT: case REG_DCR:
		return true;
	case REG_DFR: case REG_ICR2:
		return regs_xapic(f);
	}
	return is_lvt(f, r) || (r >= REG_ISR && r < REG_IRR + 8);
}

static bool writable(const struct reg_file *f, uint32_t r)
{
	switch (r) {
	case REG_TPR: case REG_EOI: case REG_SVR: case REG_ESR: case REG_ICR: case REG_TMICT: case REG_DCR:
		return true;
	case REG_ID: case REG_LDR: case REG_DFR: case REG_ICR2:
		return regs_xapic(f);
	case REG_SELF_IPI:
		return regs_x2apic(f);
	}
	return is_lvt(f, r);
}

/* "Local Vector Table": the bits that an entry has. */
static uint32_t lvt_bits(uint32_t r)
{
	switch (r) {
	case REG_LVT_TIMER:
		return 0xff | LVT_STATUS | LVT_MASKED | 3u << 17;
	case REG_LINT0:
	case REG_LINT1:
		return 0x7ff | LVT_STATUS | 1u << 13 | LVT_REMOTE_IRR | 1u << 15 | LVT_MASKED;
	case REG_LVT_ERROR:
		return 0xff | LVT_STATUS | LVT_MASKED;
	default:
		return 0x7ff | LVT_STATUS | LVT_MASKED;
	}
}

static uint32_t svr_bits(const struct reg_file *f)
{
	return 0x3ff | (f->reg[REG_VERSION] & VERSION_SUPPRESS ? 1u << 12 : 0);
}

/* --- INIT: as after power-up, but for the version, the ID and IA32_APIC_BASE. */
void regs_reset_by_init(const struct oracle_vcpu *v)
{
	struct reg_file *f = &reg_vcpu(v)->now;

	for (uint32_t r = 0; r < NR_REGS; r++) {
		if (r == REG_VERSION || r == REG_ID)
			continue;
		f->reg[r] = is_lvt(f, r) ? LVT_MASKED : 0;
		f->open[r] = 0;
	}
	f->reg[REG_DFR] = ~0u;
	f->reg[REG_SVR] = 0xff;
	if ((f->base & APIC_BASE_BSP) && deviation_allows(DEV_INIT_LINT0))
		f->reg[REG_LINT0] = LVT_EXTINT;
	f->open[REG_TMCCT] = ~0u;
	if (regs_x2apic(f))
		regs_enter_x2apic(v, f);
	reg_vcpu(v)->active = false;
}

/* --- Faults: "Reserved Bit Checking". */
static bool refused(uint64_t reserved, enum deviation deviation)
{
	return reserved && !deviation_allows(deviation);
}

static bool write_faults(const struct reg_file *f, uint32_t r, uint64_t value)
{
	if (r == REG_ICR)
		return (value & ICR_RESERVED) || refused(value & ICR_BUSY, DEV_ICR_BUSY);
	if (value >> 32)
		return true;
	switch (r) {
	case REG_TPR:
		return refused(value & ~0xffull, DEV_TPR_RESERVED_BITS);
	case REG_EOI:
		return refused(value, DEV_EOI_NONZERO);
	case REG_ESR:
		return value;
	case REG_SELF_IPI:
		return value & ~0xffull;
	case REG_SVR:
		return refused(value & ~(uint64_t)svr_bits(f), DEV_X2APIC_RESERVED);
	case REG_DCR:
		return refused(value & ~0xbull, DEV_X2APIC_RESERVED);
	}
	return is_lvt(f, r) && refused(value & ~(uint64_t)lvt_bits(r), DEV_X2APIC_RESERVED);
}

/* "Local APIC Status and Location", "x2APIC State Transitions". */
static bool base_faults(const struct reg_file *f, uint64_t value, bool host)
{
	bool was_x2apic = regs_x2apic(f), was_off = !(f->base & APIC_BASE_EN);
	bool enable = value & APIC_BASE_EN, extd = value & APIC_BASE_EXTD;

	if ((value & BASE_RESERVED) || (extd && !enable))
		return true;
	if (host)
		return false;
	return (was_x2apic && enable && !extd) || (was_off && extd);
}

/* --- What a write does. */
static void write_svr(struct reg_file *f, uint32_t value)
{
	f->reg[REG_SVR] = value & svr_bits(f);
	if (value & APIC_SVR_ENABLED)
		return;
	for (uint32_t r = REG_LVT_CMCI; r <= REG_LVT_ERROR; r++)
		if (is_lvt(f, r))
			f->reg[r] |= LVT_MASKED;
}

static void write_lvt(struct reg_file *f, uint32_t r, uint32_t value)
{
	uint32_t old = f->reg[r];

	if (!(f->reg[REG_SVR] & APIC_SVR_ENABLED))
		value |= LVT_MASKED;
	value &= lvt_bits(r);
	/* "Delivery status" and "remote IRR" are read-only. */
	if ((value & (LVT_STATUS | (r == REG_LINT0 || r == REG_LINT1 ? LVT_REMOTE_IRR : 0))) &&
	    !deviation_allows(DEV_LVT_STATUS))
		value &= ~(LVT_STATUS | LVT_REMOTE_IRR);
	f->reg[r] = value;
	if (r != REG_LVT_TIMER)
		return;
	/* Whether there is a TSC-deadline mode, and what becomes of the count with it, is the timer's. */
	f->open[r] |= LVT_DEADLINE;
	if ((old ^ value) & LVT_DEADLINE)
		f->open[REG_TMICT] = ~0u;
}

static void write_reg(struct reg_file *f, uint32_t r, uint64_t value)
{
	uint32_t low = (uint32_t)value;

	switch (r) {
	case REG_ID:
	case REG_LDR:
	case REG_ICR2:
		f->reg[r] = low & 0xff000000u;
		f->open[r] = 0;
		return;
	case REG_DFR:
		f->reg[r] = low | 0x0fffffffu;
		return;
	case REG_SVR:
		write_svr(f, low);
		return;
	case REG_ICR:
		f->reg[r] = low & ~ICR_BUSY;
		f->open[r] = regs_xapic(f) ? ICR_RESERVED : 0;
		if (regs_x2apic(f)) {
			f->reg[REG_ICR2] = value >> 32;
			f->open[REG_ICR2] = 0;
		}
		return;
	case REG_TMICT:
		f->reg[r] = low;
		f->open[r] = f->reg[REG_LVT_TIMER] & LVT_DEADLINE ? ~0u : 0;
		return;
	case REG_DCR:
		f->reg[r] = low & 0xb;
		return;
	}
	if (is_lvt(f, r))
		write_lvt(f, r, low);
}

/* Enabled anew: "as after power-up", unless KVM keeps what was there. */
static void enter_xapic(const struct oracle_vcpu *v, struct reg_file *f)
{
	f->reg[REG_ID] = v->x2apic_id << 24;
	f->open[REG_ID] = 0;
	f->open[REG_ICR2] = ~0u;
	if (deviation_allows(DEV_DISABLE_KEEPS))
		return;
	f->reg[REG_LDR] = 0;
	f->reg[REG_DFR] = ~0u;
	f->reg[REG_SVR] = 0xff;
	f->open[REG_LDR] = 0;
}

static void write_base(const struct oracle_vcpu *v, struct reg_file *f, uint64_t value)
{
	bool was_x2apic = regs_x2apic(f), was_xapic = regs_xapic(f);

	f->base = value;
	if (regs_x2apic(f) && !was_x2apic)
		regs_enter_x2apic(v, f);
	else if (regs_xapic(f) && !was_xapic)
		enter_xapic(v, f);
	else if (!(value & APIC_BASE_EN))
		f->open[REG_ID] = ~0u;	/* nobody can see it */
	if (was_x2apic && !regs_x2apic(f))
		f->open[REG_ICR2] = ~0u;
}

bool regs_access(const struct oracle_vcpu *v, const struct oracle_access *a, struct reg_file *f)
{
	uint32_t r = a->msr ? a->where - MSR_FIRST : a->where >> 4;

	if (a->msr && a->where == MSR_BASE) {
		if (a->write && base_faults(f, a->value, a->host))
			return false;
		if (a->write)
			write_base(v, f, a->value);
		return true;
	}
	if (a->msr) {
		if (!regs_x2apic(f) || r >= NR_REGS || !(a->write ? writable(f, r) : readable(f, r)))
			return false;
		if (!a->write)
			return true;
		if (write_faults(f, r, a->value))
			return false;
		write_reg(f, r, a->value);
		return true;
	}
	/* "32-bit, and aligned": what else does is undefined, and here nothing. */
	if (a->write && regs_xapic(f) && r < NR_REGS && a->bytes == 4 && !(a->where & 15) && writable(f, r))
		write_reg(f, r, a->value);
	return true;
}

/* --- Reads. */
static uint32_t read_reg(const struct oracle_vcpu *v, const struct reg_file *f, uint32_t r, uint64_t *known)
{
	*known = (uint32_t)~f->open[r];
	switch (r) {
	case REG_TPR:
		return v->apic.tpr;
	case REG_ESR:
		/* Errors are never logged: DEV_LOW_VECTORS, DEV_ESR_SILENT. */
		if (f->reg[r] || deviation_allows(DEV_ESR_SILENT))
			return f->reg[r];
		*known = 0;
		return 0;
	case REG_PPR:
	case REG_TMCCT:
		*known = 0;
		return 0;
	}
	if (r >= REG_ISR && r < REG_IRR + 8)
		*known = 0;		/* check_access.c */
	return f->reg[r];
}

static uint64_t read_mmio(const struct oracle_vcpu *v, const struct reg_file *f, const struct oracle_access *a,
			  uint64_t *known)
{
	uint32_t shift = 8 * (a->where & 15), r = a->where >> 4;
	uint64_t mask = a->bytes == 4 ? 0xffffffffu : (1u << 8 * a->bytes) - 1;
	uint64_t value;

	*known = 0;
	if (!regs_xapic(f)) {
		if (deviation_allows(DEV_MMIO_HOLE))
			*known = mask;
		return mask;
	}
	if (r >= NR_REGS || !readable(f, r) || (a->where & 15) + a->bytes > 4)
		return 0;
	if (a->bytes < 4 && !deviation_allows(DEV_NARROW_ACCESS))
		return 0;
	value = read_reg(v, f, r, known);
	*known = *known >> shift & mask;
	return value >> shift & mask;
}

uint64_t regs_read(const struct oracle_vcpu *v, const struct oracle_access *a, uint64_t *known)
{
	const struct reg_file *f = &reg_vcpu(v)->now;
	uint32_t r = a->where - MSR_FIRST;
	uint64_t value;

	if (!a->msr)
		return read_mmio(v, f, a, known);
	*known = ~0ull;
	if (a->where == MSR_BASE)
		return f->base;
	value = read_reg(v, f, r, known);
	if (r == REG_ICR) {
		value |= (uint64_t)f->reg[REG_ICR2] << 32;
		*known |= (uint64_t)(uint32_t)~f->open[REG_ICR2] << 32;
	} else {
		*known |= 0xffffffff00000000ull;
	}
	return value;
}
