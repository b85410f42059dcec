// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of register accesses against the register file (regs.c).
 *
 * Verifies: an access faults exactly if it must; a read gives what the register
 * holds (IRR, ISR and TMR: every bit that is certain; PPR: one of its legal
 * values); what a refused one brings the guest is #GP(0); at every VM-Entry, and after every access, KVM's page and
 * IA32_APIC_BASE hold what was last written, masks forced by the software
 * disable included, and nothing else has changed; CPUID's flag for the APIC follows
 * IA32_APIC_BASE.
 *
 * Does not verify: the timer's current count; undefined xAPIC registers and
 * widths; ICR's bits 63:32 after a change of the mode.
 *
 * An access is an interval: messages that overlap one which changes ID, LDR, DFR,
 * SVR or the mode may find the old state or the new one.
 */
#include "sim/oracle/check_apicv.h"
#include "sim/oracle/check_fast.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/identity.h"
#include "sim/oracle/regs.h"

#define REG_MSR_FIRST	0x800u
#define CPUID_EDX_APIC	(1u << 9)

/* SDM, "WRMSR" and "RDMSR": #GP(0), and nothing else before it. In real mode, which CR0 says, without an error code. */
void oracle_fault_entry(uint32_t vcpu, const struct kw_hw *hw)
{
	const uint32_t gp = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | 13;
	uint32_t code = hw->entry_intr_info & KW_INTR_HAS_ERROR_CODE;
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (hw->entry_intr_info - code == gp && !(code && hw->entry_error_code))
		return;
	check_fire(CHECK_FAULT_DELIVERED, v, v->vm, DIV_NONE,
		   "an access was refused, and the guest is entered with event 0x%08x (error code 0x%x), not with #GP(0)",
		   hw->entry_intr_info, hw->entry_error_code);
}

static const char *how(const struct oracle_access *a)
{
	return a->msr ? a->write ? "WRMSR" : "RDMSR" : a->write ? "MMIO write" : "MMIO read";
}

/* --- The page. */
bool reg_is_kept(const struct reg_file *f, uint32_t r)
{
	switch (r) {
	case REG_ID: case REG_VERSION: case REG_LDR: case REG_DFR: case REG_SVR: case REG_ESR: case REG_LVT_CMCI:
	case REG_ICR: case REG_TMICT: case REG_DCR:
		return true;
	case REG_ICR2:
		return regs_xapic(f);
	}
	return r >= REG_LVT_TIMER && r <= REG_LVT_ERROR;
}

void check_regs(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	const struct reg_file *f = &reg_vcpu(v)->now;
	bool good = f->base == kvm->apic_base;

	check_power_up(v);
	if (!good)
		check_fire(CHECK_REGISTER_FILE, v, v->vm, DIV_NONE, "IA32_APIC_BASE is 0x%llx, expected 0x%llx",
			   (unsigned long long)kvm->apic_base, (unsigned long long)f->base);
	for (uint32_t r = 0; r < NR_REGS; r++) {
		uint32_t got = apic_reg(kvm->regs, r * 16);

		if (!reg_is_kept(f, r) || !((got ^ f->reg[r]) & ~f->open[r]))
			continue;
		check_fire(CHECK_REGISTER_FILE, v, v->vm, DIV_NONE, "register 0x%03x is 0x%08x, expected 0x%08x",
			   r * 16, got, f->reg[r]);
		good = false;
	}
	if (!good)
		regs_adopt(v, kvm);
}

/* --- Reads of what changes by itself. */
/* VIRR alone is read: while the APIC is software-disabled KVM does not sync what was posted to it. */
static bool is_posted(const struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t w, uint32_t missing)
{
	return kvm->apicv && !(missing & ~kvm->apicv->pir[w]) && !identity_enabled(&v->now) &&
	       deviation_allows(DEV_APICV_SW_DISABLED);
}

static void check_bank_read(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t r, uint32_t got)
{
	uint32_t w = r & 7, must, may, open = v->fresh[w] | v->inflight[w] | v->unsure[w];
	uint32_t live = (v->apic.irr[w] | v->apic.isr[w]) & ~open;

	if (r >= REG_IRR) {
		must = v->apic.irr[w] & ~(v->fresh[w] | v->inflight[w]);
		may = v->apic.irr[w] | v->may[w];
		if (unlikely(must & ~got) && is_posted(v, kvm, w, must & ~got))
			must &= got;
	} else if (r >= REG_TMR) {
		must = v->apic.tmr[w] & live;
		may = v->apic.tmr[w] | ~live;
	} else {
		must = may = v->apic.isr[w];
		if (v->late_ack >= 0 && (uint32_t)v->late_ack >> 5 == w)
			may |= 1u << (v->late_ack & 31);
	}
	if ((must & ~got) | (got & ~may))
		check_fire(CHECK_ACCESS_VALUE, v, v->vm, DIV_NONE,
			   "register 0x%03x reads 0x%08x, expected 0x%08x at least and 0x%08x at most", r * 16, got,
			   must, may);
}

static void check_ppr_read(struct oracle_vcpu *v, uint32_t got)
{
	struct ideal_apic other = ideal_apic_by_svi(&v->apic);

	/* The processor's PPR or KVM's. */
	if (v->apic.other_svi && ideal_apic_ppr_legal(&other, got))
		return;
	if (v->late_ack < 0 && !ideal_apic_ppr_legal(&v->apic, got))
		check_fire(CHECK_ACCESS_VALUE, v, v->vm, DIV_NONE,
			   "PPR reads 0x%02x with TPR 0x%02x and highest ISR 0x%02x", got, v->apic.tpr,
			   v->apic.top < 0 ? 0u : (unsigned int)v->apic.top);
}

static void check_read(struct oracle_vcpu *v, const struct kw_apic_state *kvm, const struct oracle_access *a,
		       uint64_t got)
{
	uint32_t r = a->msr ? a->where - REG_MSR_FIRST : a->where >> 4;
	uint64_t known, want = regs_read(v, a, &known);
	bool whole = a->msr ? r < NR_REGS : regs_xapic(&reg_vcpu(v)->now) && a->bytes == 4 && !(a->where & 15);

	if ((got ^ want) & known)
		check_fire(CHECK_ACCESS_VALUE, v, v->vm, DIV_NONE, "%s of 0x%x gives 0x%llx, expected 0x%llx",
			   how(a), a->where, (unsigned long long)got, (unsigned long long)want);
	if (whole && r >= REG_ISR && r < REG_IRR + 8)
		check_bank_read(v, kvm, r, (uint32_t)got);
	else if (whole && r == REG_PPR)
		check_ppr_read(v, (uint32_t)got);
}

/* "Enabling or Disabling the Local APIC": the CPUID flag for the APIC follows IA32_APIC_BASE. */
void oracle_guest_cpuid(uint32_t vcpu, uint32_t edx)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint64_t base = reg_vcpu(v)->now.base;

	if (!(edx & CPUID_EDX_APIC) != !(base & APIC_BASE_EN))
		check_fire(CHECK_CPUID_APIC, v, v->vm, DIV_NONE,
			   "CPUID.01H:EDX is 0x%08x with IA32_APIC_BASE 0x%llx", edx,
			   (unsigned long long)base);
}

/* --- Accesses. */
static bool changes_identity(const struct reg_file *a, const struct reg_file *b)
{
	struct oracle_identity x, y;

	regs_identity(a, &x);
	regs_identity(b, &y);
	return memcmp(&x, &y, sizeof(x)) != 0;
}

/*
 * "Destination Format Register": the reserved bits are ones.  Of a guest that writes others the APIC page has
 * them, with APICv, until KVM handles the write, and who looks meanwhile finds neither model.
 */
static bool writes_odd_dfr(const struct reg_file *f, const struct oracle_access *a)
{
	return !a->msr && a->where >> 4 == REG_DFR && regs_xapic(f) && ~(uint32_t)a->value << 4;
}

void oracle_access_begin(uint32_t vcpu, const struct oracle_access *a)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct reg_vcpu *r = reg_vcpu(v);
	struct oracle_identity next;

	r->access = *a;
	r->active = true;
	r->after = r->now;
	r->faults = !regs_access(v, a, &r->after);
	if (r->faults || !a->write || (!writes_odd_dfr(&r->now, a) && !changes_identity(&r->now, &r->after)))
		return;
	regs_identity(&r->after, &next);
	if (writes_odd_dfr(&r->now, a))
		next.dfr = (uint32_t)a->value;
	identity_window_open(v, &next);
}

void oracle_access_apply(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct reg_vcpu *r = reg_vcpu(v);
	const struct oracle_access *a = &r->access;

	if (!r->active || r->faults || !a->write)
		return;
	r->now = r->after;
	if (a->msr ? a->where == REG_MSR_FIRST + REG_TPR
		   : a->where == REG_TPR * 16 && a->bytes == 4 && regs_xapic(&r->now))
		oracle_guest_tpr(vcpu, (uint8_t)a->value);
}

/* "Error Status Register": what is written does not matter. With APICv it stays in the page. */
static void settle_esr(struct reg_file *f, const struct oracle_access *a, const struct kw_apic_state *kvm)
{
	if (!a->msr && a->write && a->where == REG_ESR * 16 && a->bytes == 4 && kvm->apicv &&
	    apic_reg(kvm->regs, a->where) == (uint32_t)a->value && f->reg[REG_ESR] != (uint32_t)a->value &&
	    regs_xapic(f) && deviation_allows(DEV_APICV_ESR))
		f->reg[REG_ESR] = (uint32_t)a->value;
}

void oracle_access_end(uint32_t vcpu, bool faulted, uint64_t value, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct reg_vcpu *r = reg_vcpu(v);
	const struct oracle_access *a = &r->access;
	struct oracle_identity id;

	if (!r->active)
		return;
	kvm = apicv_view(v, kvm);
	r->active = false;
	if (faulted != r->faults) {
		check_fire(CHECK_ACCESS_FAULT, v, v->vm, DIV_NONE, "%s of 0x%x, value 0x%llx, %s", how(a),
			   a->where, (unsigned long long)a->value,
			   faulted ? "faults, but must not" : "must fault and does not");
		regs_adopt(v, kvm);
	} else if (!faulted && !a->write) {
		check_read(v, kvm, a, value);
	}
	settle_esr(&r->now, a, kvm);
	check_regs(v, kvm);
	regs_identity(&r->now, &id);
	if ((id.apic_base & APIC_BASE_EN) && !(v->now.apic_base & APIC_BASE_EN))
		v->kept = true;
	identity_window_close(v, &id);
}
