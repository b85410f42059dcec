// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of whole register pages when nothing races, register by register: SDM,
 * "Local APIC Register Address Map", "Local APIC State After Power-Up or Reset",
 * "Local APIC State After It Has Been Software Disabled", "x2APIC Register
 * Availability", "Logical x2APIC IDs", "Interrupt Command Register (ICR)".
 *
 * Verifies: reset state; each register holds what was last written or loaded,
 * and its read-only bits; IRR, ISR, TMR, TPR strictly; PPR; a software-disabled
 * APIC masks its LVT and accepts no fixed interrupt; which accesses of x2APIC
 * MSRs fault, and what they read.
 *
 * Does not verify: the version register (taken from the first page); running
 * timers; that errors are logged in ESR; accesses in xAPIC mode by MMIO; TMR of
 * a vector that a second message of another trigger mode met pending (the next
 * page decides, as everywhere).
 */
#include "sim/oracle/check_page.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/oracle/check.h"
#include "sim/oracle/check_fast.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/oracle.h"

#define REG_LVR		0x30
#define REG_EOI		0xb0
#define REG_ESR		0x280
#define REG_LVT_CMCI	0x2f0
#define REG_ICR		0x300
#define REG_ICR2	0x310
#define REG_LVT_TIMER	0x320
#define REG_LINT0	0x350
#define REG_LVT_LAST	0x370
#define REG_TMICT	0x380
#define REG_TMCCT	0x390
#define REG_TDCR	0x3e0
#define REG_SELF_IPI	0x3f0
#define LVT_EXTINT	0x700u
#define LVR_SUPPRESS	(1u << 24)

struct page_vcpu {
	uint32_t reg[PAGE_REGS];	/* what the registers that are_kept() must hold */
	uint32_t irr[APIC_WORDS];	/* of the last page */
	int16_t  top_before_load;	/* highest vector in service before the last load */
	bool	 loaded;		/* and nothing since that makes PPR anew */
	bool	 just_loaded;
};

static struct page_vcpu *pages;

static const char *const names[PAGE_REGS] = {
	[0x02] = "ID", [0x03] = "version", [0x08] = "TPR", [0x09] = "APR", [0x0a] = "PPR", [0x0b] = "EOI",
	[0x0c] = "RRD", [0x0d] = "LDR", [0x0e] = "DFR", [0x0f] = "SVR",
	[0x10] = "ISR0", "ISR1", "ISR2", "ISR3", "ISR4", "ISR5", "ISR6", "ISR7",
	[0x18] = "TMR0", "TMR1", "TMR2", "TMR3", "TMR4", "TMR5", "TMR6", "TMR7",
	[0x20] = "IRR0", "IRR1", "IRR2", "IRR3", "IRR4", "IRR5", "IRR6", "IRR7",
	[0x28] = "ESR", [0x2f] = "LVT CMCI", [0x30] = "ICR", "ICR2", "LVT timer", "LVT thermal", "LVT PMC",
	"LINT0", "LINT1", "LVT error", "initial count", "current count", [0x3e] = "divide configuration",
	[0x3f] = "SELF IPI",
};

const char *oracle_page_name(uint32_t offset)
{
	return offset / 16 < PAGE_REGS ? names[offset / 16] : NULL;
}

/* Registers that hold what was put into them. The version never changes. */
static bool is_kept(uint32_t r)
{
	uint32_t offset = r * 16;

	return offset == APIC_REG_ID || offset == REG_LVR || offset == APIC_REG_LDR || offset == APIC_REG_DFR ||
	       offset == APIC_REG_SVR || offset == REG_ESR || (offset >= REG_LVT_CMCI && offset <= REG_TMCCT) ||
	       offset == REG_TDCR;
}

static bool is_x2apic(const struct oracle_vcpu *v)
{
	return v->now.apic_base & APIC_BASE_EXTD;
}

static uint32_t *expected(uint32_t vcpu, uint32_t offset)
{
	return &pages[vcpu].reg[offset / 16];
}

static uint32_t x2apic_ldr(uint32_t id)
{
	return (id >> 4) << 16 | 1u << (id & 15);
}

int oracle_page_init(uint32_t nr_vcpus)
{
	pages = calloc(nr_vcpus, sizeof(*pages));
	return pages ? 0 : -ENOMEM;
}

void oracle_page_fini(void)
{
	free(pages);
	pages = NULL;
}

/* "Local APIC State After Power-Up or Reset". */
void oracle_page_reset(uint32_t vcpu, uint32_t apic_id, bool x2apic, bool boot_cpu, const uint8_t *regs)
{
	struct page_vcpu *p = &pages[vcpu];
	struct kw_apic_state kvm = {
		.regs = regs, .injected = -1,
		.apic_base = 0xfee00000ull | APIC_BASE_EN | (x2apic ? APIC_BASE_EXTD : 0),
	};

	memset(p, 0, sizeof(*p));
	p->top_before_load = -1;
	p->reg[APIC_REG_ID / 16] = x2apic ? apic_id : apic_id << 24;
	p->reg[REG_LVR / 16] = apic_reg(regs, REG_LVR);
	p->reg[APIC_REG_LDR / 16] = x2apic ? x2apic_ldr(apic_id) : 0;
	p->reg[APIC_REG_DFR / 16] = 0xffffffff;
	p->reg[APIC_REG_SVR / 16] = 0xff;
	for (uint32_t offset = REG_LVT_TIMER; offset <= REG_LVT_LAST; offset += 16)
		p->reg[offset / 16] = LVT_MASKED;
	/* There is one more LVT entry if the version register says so. */
	if ((p->reg[REG_LVR / 16] >> 16 & 0xff) >= 6)
		p->reg[REG_LVT_CMCI / 16] = LVT_MASKED;
	if (boot_cpu && apic_reg(regs, REG_LINT0) == LVT_EXTINT && deviation_allows(DEV_INIT_LINT0))
		p->reg[REG_LINT0 / 16] = LVT_EXTINT;
	oracle_baseline(vcpu, apic_id, x2apic, &kvm);
	oracle_vcpu(vcpu)->apic.tpr = 0;
	oracle_page_check(vcpu, regs);
}

/* --- Which accesses fault: "x2APIC Register Address Space", "Reserved Bit Checking". */
enum access { ACCESS_OK, ACCESS_FAULTS };

static enum access reserved_bits(bool set, enum deviation deviation)
{
	return set && !deviation_allows(deviation) ? ACCESS_FAULTS : ACCESS_OK;
}

static enum access may_write(uint32_t offset, uint64_t value)
{
	if (offset == REG_ICR)
		return ACCESS_OK;
	if (value >> 32)
		return ACCESS_FAULTS;
	switch (offset) {
	case APIC_REG_TPR:
		return reserved_bits(value > 0xff, DEV_TPR_RESERVED_BITS);
	case REG_EOI:
		return reserved_bits(value, DEV_EOI_NONZERO);
	case REG_ESR:
		return value ? ACCESS_FAULTS : ACCESS_OK;
	case APIC_REG_SVR:
	case REG_TMICT:
	case REG_TDCR:
	case REG_SELF_IPI:
		return ACCESS_OK;
	}
	return offset >= REG_LVT_TIMER && offset <= REG_LVT_LAST ? ACCESS_OK : ACCESS_FAULTS;
}

static enum access may_read(uint32_t vcpu, uint32_t offset)
{
	switch (offset) {
	case APIC_REG_ID:
	case REG_LVR:
	case APIC_REG_TPR:
	case APIC_REG_PPR:
	case APIC_REG_LDR:
	case APIC_REG_SVR:
	case REG_ESR:
	case REG_ICR:
	case REG_TMICT:
	case REG_TMCCT:
	case REG_TDCR:
		return ACCESS_OK;
	case REG_LVT_CMCI:
		return (*expected(vcpu, REG_LVR) >> 16 & 0xff) >= 6 ? ACCESS_OK : ACCESS_FAULTS;
	}
	return (offset >= APIC_REG_ISR && offset < APIC_REG_IRR + 0x80) ||
	       (offset >= REG_LVT_TIMER && offset <= REG_LVT_LAST) ? ACCESS_OK : ACCESS_FAULTS;
}

static bool access_judged(uint32_t vcpu, uint32_t offset, enum access want, bool accepted, const char *how)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (!is_x2apic(v))
		want = ACCESS_FAULTS;
	if ((want == ACCESS_OK) == accepted)
		return true;
	check_fire(CHECK_MSR_ACCESS, v, v->vm, DIV_NONE, "%s of MSR 0x%x %s", how, 0x800 + offset / 16,
		   accepted ? "went through, but must fault" : "faulted, but must not");
	return false;
}

/* --- What a write does. */
static void message(uint32_t vcpu, uint64_t icr)
{
	oracle_message_end(oracle_icr_begin(vcpu, icr), true);
}

static void write_svr(uint32_t vcpu, uint32_t value)
{
	if (!(value & APIC_SVR_ENABLED))
		for (uint32_t offset = REG_LVT_TIMER; offset <= REG_LVT_LAST; offset += 16)
			*expected(vcpu, offset) |= LVT_MASKED;
	if (!(value & APIC_SVR_ENABLED) && *expected(vcpu, REG_LVT_CMCI))
		*expected(vcpu, REG_LVT_CMCI) |= LVT_MASKED;
	if (!(*expected(vcpu, REG_LVR) & LVR_SUPPRESS))
		value &= ~(1u << 12);
	*expected(vcpu, APIC_REG_SVR) = value;
}

static void write_lvt(uint32_t vcpu, uint32_t offset, uint32_t value)
{
	if (!(*expected(vcpu, APIC_REG_SVR) & APIC_SVR_ENABLED))
		value |= LVT_MASKED;
	*expected(vcpu, offset) = value;
}

void oracle_page_wrmsr(uint32_t vcpu, uint32_t offset, uint64_t value, bool accepted)
{
	struct page_vcpu *p = &pages[vcpu];

	access_judged(vcpu, offset, may_write(offset, value), accepted, "WRMSR");
	if (!accepted)
		return;
	switch (offset) {
	case APIC_REG_TPR:
		oracle_guest_tpr(vcpu, (uint8_t)value);
		p->loaded = false;
		return;
	case REG_EOI:
		/* KVM makes PPR anew only if there was something to end; either way the load's is over for ISR. */
		if (oracle_vcpu(vcpu)->apic.top >= 0)
			p->loaded = false;
		oracle_guest_eoi(vcpu);
		return;
	case APIC_REG_SVR:
		write_svr(vcpu, (uint32_t)value);
		return;
	case REG_ICR:
		message(vcpu, value);
		*expected(vcpu, REG_ICR) = (uint32_t)value;
		*expected(vcpu, REG_ICR2) = value >> 32;
		return;
	case REG_SELF_IPI:
		message(vcpu, (value & 0xff) | 1u << 18 | 1u << 14);
		return;
	}
	if (offset >= REG_LVT_TIMER && offset <= REG_LVT_LAST)
		write_lvt(vcpu, offset, (uint32_t)value);
	else if (is_kept(offset / 16))
		*expected(vcpu, offset) = (uint32_t)value;
}

void oracle_page_rdmsr(uint32_t vcpu, uint32_t offset, uint64_t value, bool accepted, const uint8_t *regs)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint64_t want = apic_reg(regs, offset);

	if (offset == REG_ICR)
		want |= (uint64_t)apic_reg(regs, REG_ICR2) << 32;
	if (access_judged(vcpu, offset, may_read(vcpu, offset), accepted, "RDMSR") && accepted && value != want)
		check_fire(CHECK_MSR_ACCESS, v, v->vm, DIV_NONE, "RDMSR 0x%x gives 0x%llx, the page has 0x%llx",
			   0x800 + offset / 16, (unsigned long long)value, (unsigned long long)want);
}

/* KVM api.rst, KVM_SET_LAPIC: the registers become what userspace hands over; read-only ones stay. */
void oracle_page_load(uint32_t vcpu, const uint8_t *regs, bool accepted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct page_vcpu *p = &pages[vcpu];

	if (!accepted) {
		check_fire(CHECK_MSR_ACCESS, v, v->vm, DIV_NONE, "KVM_SET_LAPIC refused a legal state");
		return;
	}
	p->top_before_load = v->apic.top;
	p->loaded = p->just_loaded = true;
	oracle_user_set_lapic(vcpu, regs, true);
	for (uint32_t r = 0; r < PAGE_REGS; r++)
		if (is_kept(r) && r * 16 != REG_LVR)
			p->reg[r] = apic_reg(regs, r * 16);
	if (is_x2apic(v))
		*expected(vcpu, APIC_REG_LDR) = x2apic_ldr(v->x2apic_id);
}

/* --- The page. */
static void check_kept(struct oracle_vcpu *v, struct page_vcpu *p, const uint8_t *regs)
{
	for (uint32_t r = 0; r < PAGE_REGS; r++) {
		uint32_t got = apic_reg(regs, r * 16);

		if (!is_kept(r) || got == p->reg[r])
			continue;
		check_fire(CHECK_PAGE_REGISTER, v, v->vm, DIV_NONE, "%s is 0x%x, expected 0x%x", names[r], got,
			   p->reg[r]);
		p->reg[r] = got;
	}
}

/* "Task and Processor Priorities", at once: nobody may be behind with it. */
static void check_page_ppr(struct oracle_vcpu *v, struct page_vcpu *p, uint32_t ppr)
{
	struct ideal_apic before = { .tpr = v->apic.tpr, .top = p->top_before_load };
	bool legal = ideal_apic_ppr_legal(&v->apic, ppr);

	v->ppr_lazy = false;
	if (!legal && p->loaded && ideal_apic_ppr_legal(&before, ppr))
		legal = deviation_allows(DEV_LOAD_PPR);
	if (check_latch(v, CHECK_PPR, !legal))
		check_fire(CHECK_PPR, v, v->vm, DIV_NONE, "PPR is 0x%02x with TPR 0x%02x and highest ISR 0x%02x",
			   ppr, v->apic.tpr, v->apic.top < 0 ? 0u : (unsigned int)v->apic.top);
}

/* "Local APIC State After It Has Been Software Disabled". */
static void check_disabled(struct oracle_vcpu *v, struct page_vcpu *p, const uint8_t *regs)
{
	for (int w = 0; w < APIC_WORDS; w++) {
		uint32_t now = apic_reg_word(regs, APIC_REG_IRR, w), new = now & ~p->irr[w];

		if (new && !p->just_loaded && !identity_enabled(&v->now)) {
			uint32_t vector = (uint32_t)w * 32 + (uint32_t)__builtin_ctz(new);

			check_fire(CHECK_DISABLED, v, v->vm, vector,
				   "vector 0x%02x was accepted while the APIC is software-disabled", vector);
		}
		p->irr[w] = now;
	}
	p->just_loaded = false;
}

void oracle_page_check(uint32_t vcpu, const uint8_t *regs)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct page_vcpu *p = &pages[vcpu];
	struct kw_apic_state kvm = { .regs = regs, .apic_base = v->now.apic_base, .injected = -1 };
	struct oracle_identity id;

	check_tpr(v, &kvm);
	check_isr(v, &kvm, -1);
	check_disabled(v, p, regs);
	check_irr(v, &kvm);
	check_tmr(v, &kvm);
	check_page_ppr(v, p, apic_reg(regs, APIC_REG_PPR));
	check_kept(v, p, regs);
	/* Nothing is in flight: what was sent is there, and nothing is new to the next look. */
	memset(v->fresh, 0, sizeof(v->fresh));
	memset(v->again, 0, sizeof(v->again));
	v->touched = 0;
	vcpu_identity_read(v, &kvm, &id);
	vcpu_identity_set(v, &id);
}
