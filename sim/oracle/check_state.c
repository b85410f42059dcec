// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers as userspace gets and sets them, and after power-up.  Only where
 * there is a register file (regs.c).
 *
 * Verifies: KVM_GET_LAPIC returns each register as it is, in the format that
 * api.rst gives: an x2APIC's ID as 32 bits only with KVM_X2APIC_API_USE_32BIT_IDS,
 * its ICR as two registers; KVM_SET_LAPIC takes a state that can be this vCPU's;
 * a new vCPU has the registers of SDM, "Local APIC State After Power-Up or Reset".
 * What a load leaves is compared at the next access and at each entry
 * (check_access.c).
 *
 * A load is an interval, as a write of a register is: messages that overlap it find
 * the old ID, LDR, DFR and SVR or the new ones.
 *
 * Does not verify: TPR, IRR, ISR and TMR (check_registers.c), PPR, the timer's count.
 */
#include "sim/oracle/check_apicv.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/identity.h"
#include "sim/oracle/regs.h"

#define LINT0_EXTINT	0x700u
#define BASE_DEFAULT	0xfee00000ull

/* --- KVM_GET_LAPIC. */
static uint32_t id_in_state(const struct reg_file *f)
{
	return regs_x2apic(f) && !oracle.config.x2apic_format ? f->reg[REG_ID] << 24 : f->reg[REG_ID];
}

void check_get_registers(struct oracle_vcpu *v, const uint8_t *page)
{
	const struct reg_file *f = &reg_vcpu(v)->now;

	for (uint32_t r = 0; r < NR_REGS; r++) {
		uint32_t want = r == REG_ID ? id_in_state(f) : f->reg[r], got = apic_reg(page, r * 16);

		if ((r != REG_ICR2 && !reg_is_kept(f, r)) || !((got ^ want) & ~f->open[r]))
			continue;
		check_fire(CHECK_GET_LAPIC, v, v->vm, DIV_NONE,
			   "KVM_GET_LAPIC returned register 0x%03x as 0x%08x, expected 0x%08x", r * 16, got, want);
	}
}

/* --- KVM_SET_LAPIC. */
void oracle_user_load_begin(uint32_t vcpu, const uint8_t *page)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct oracle_identity next;
	struct reg_file f;

	if (!regs.vcpu)
		return;
	f = reg_vcpu(v)->now;
	regs_load(&f, page);
	regs_identity(&f, &next);
	if (memcmp(&next, &v->now, sizeof(next)) != 0)
		identity_window_open(v, &next);
}

/* An x2APIC's ID is not userspace's to choose; without the 32-bit format it need not be looked at. */
void check_refused(struct oracle_vcpu *v, const uint8_t *page)
{
	const struct reg_file *f = &reg_vcpu(v)->now;
	uint32_t id = apic_reg(page, APIC_REG_ID);

	identity_window_close(v, &v->now);
	if (!regs_x2apic(f) || id == id_in_state(f))
		check_fire(CHECK_SET_LAPIC, v, v->vm, DIV_NONE,
			   "KVM_SET_LAPIC refused a state with ID 0x%08x, which is the vCPU's", id);
}

/* What such a call has changed all the same is reported here, and is the state from now on. */
void oracle_user_refused(uint32_t vcpu, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (regs.vcpu)
		check_regs(v, apicv_view(v, kvm));
}

/* --- "Local APIC State After Power-Up or Reset". */
static uint32_t power_up_value(const struct oracle_vcpu *v, uint32_t r, uint32_t got)
{
	switch (r) {
	case REG_ID:
		return v->x2apic_id << 24;
	case REG_VERSION:
		/* Model-specific: integrated, six or seven LVT entries, perhaps suppressing EOI broadcasts. */
		if (oracle.config.cmci && (got >> 16 & 0xff) != 6)
			return 0x60014;
		return (got & 0xff) - 0x10 < 6 && ((got >> 16 & 0xff) - 5) < 2 && !(got & 0xfe00ff00u) ?
			       got :
			       0x50014;
	case REG_DFR:
		return ~0u;
	case REG_SVR:
		return 0xff;
	case REG_LINT0:
		return !v->x2apic_id && deviation_allows(DEV_INIT_LINT0) ? LINT0_EXTINT : LVT_MASKED;
	case REG_LVT_TIMER: case REG_LVT_THERMAL: case REG_LVT_PMC: case REG_LINT1: case REG_LVT_ERROR:
		return LVT_MASKED;
	/* "Local APIC Version Register": the entry is there if IA32_MCG_CAP says so. */
	case REG_LVT_CMCI:
		return oracle.config.cmci ? LVT_MASKED : 0;
	default:
		return 0;
	}
}

void oracle_power_up(uint32_t vcpu, uint32_t apic_id, const uint8_t *page, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint64_t base = BASE_DEFAULT | APIC_BASE_EN | (apic_id ? 0 : APIC_BASE_BSP);

	if (!regs.vcpu)
		return;
	v->x2apic_id = apic_id;
	reg_vcpu(v)->power_up.wrong = false;
	if (kvm->apic_base != base)
		reg_vcpu(v)->power_up =
			(struct reg_power_up){ true, NR_REGS * 16, (uint32_t)kvm->apic_base, (uint32_t)base };
	for (uint32_t r = 0; r < NR_REGS; r++) {
		uint32_t got = apic_reg(page, r * 16), want = power_up_value(v, r, got);

		if (got != want)
			reg_vcpu(v)->power_up = (struct reg_power_up){ true, r * 16, got, want };
	}
}

/* The VMs are built before the runs: each of them tells. */
void check_power_up(struct oracle_vcpu *v)
{
	struct reg_vcpu *r = reg_vcpu(v);

	if (r->power_up_told || !r->power_up.wrong)
		return;
	r->power_up_told = true;
	check_fire(CHECK_POWER_UP, v, v->vm, DIV_NONE, "a new vCPU has 0x%08x in %s 0x%03x, expected 0x%08x",
		   r->power_up.got, r->power_up.offset < NR_REGS * 16 ? "register" : "IA32_APIC_BASE, for",
		   r->power_up.offset, r->power_up.want);
}
