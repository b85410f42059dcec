// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file of each vCPU: what it is before a run, what a load by userspace
 * makes of it, and what other vCPUs' messages see of it.
 *
 * Judges nothing.  What an access does is in regs_access.c; TPR, PPR, ISR, TMR and IRR
 * are in apic.h.
 */
#include "sim/oracle/regs.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/oracle/identity.h"

struct reg_state regs;

int regs_init(uint32_t nr_vcpus)
{
	regs.vcpu = oracle_array(nr_vcpus, sizeof(*regs.vcpu));
	return regs.vcpu ? 0 : -ENOMEM;
}

void regs_fini(void)
{
	free(regs.vcpu);
	regs.vcpu = NULL;
}

void regs_reset(void)
{
	for (uint32_t i = 0; regs.vcpu && i < oracle.nr_vcpus; i++) {
		regs.vcpu[i].now = regs.vcpu[i].baseline;
		regs.vcpu[i].active = regs.vcpu[i].power_up_told = false;
	}
}

static uint32_t x2apic_ldr(uint32_t id) { return (id >> 4 & 0xffff) << 16 | 1u << (id & 15); }

void regs_enter_x2apic(const struct oracle_vcpu *v, struct reg_file *f)
{
	f->reg[REG_ID] = v->x2apic_id;
	f->reg[REG_LDR] = x2apic_ldr(v->x2apic_id);
	f->open[REG_ID] = f->open[REG_LDR] = 0;
	f->open[REG_ICR2] = ~0u;
}

static void file_read(struct reg_file *f, const struct kw_apic_state *kvm)
{
	memset(f, 0, sizeof(*f));
	f->base = kvm->apic_base;
	for (uint32_t r = 0; r < NR_REGS; r++)
		f->reg[r] = apic_reg(kvm->regs, r * 16);
	f->open[REG_TMCCT] = ~0u;
	/* Where the page has it in x2APIC mode is KVM's own affair. */
	if (regs_x2apic(f))
		f->open[REG_ICR2] = ~0u;
}

void regs_baseline(const struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct reg_vcpu *r = reg_vcpu(v);

	file_read(&r->baseline, kvm);
	/* "Logical x2APIC IDs": these two are nobody's to choose. */
	if (regs_x2apic(&r->baseline))
		regs_enter_x2apic(v, &r->baseline);
	r->now = r->baseline;
	r->active = false;
}

void regs_adopt(struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	struct oracle_identity id;

	file_read(&reg_vcpu(v)->now, kvm);
	v->apic.tpr = (uint8_t)apic_reg(kvm->regs, APIC_REG_TPR);
	regs_identity(&reg_vcpu(v)->now, &id);
	vcpu_identity_set(v, &id);
}

void regs_identity(const struct reg_file *f, struct oracle_identity *out)
{
	memset(out, 0, sizeof(*out));
	out->apic_base = f->base;
	out->id = regs_x2apic(f) ? f->reg[REG_ID] : f->reg[REG_ID] >> 24;
	out->ldr = f->reg[REG_LDR];
	out->dfr = f->reg[REG_DFR];
	out->svr = f->reg[REG_SVR];
}

static bool follows_from_id(uint32_t r) { return r == REG_ID || r == REG_LDR; }

/* KVM api.rst, KVM_SET_LAPIC: all but the version, and what an x2APIC's ID decides. */
void regs_load(struct reg_file *f, const uint8_t *page)
{
	for (uint32_t r = 0; r < NR_REGS; r++) {
		if (r == REG_VERSION || r == REG_TMCCT || (regs_x2apic(f) && follows_from_id(r)))
			continue;
		f->reg[r] = apic_reg(page, r * 16);
		f->open[r] = 0;
	}
}

void regs_loaded(struct oracle_vcpu *v, const uint8_t *page)
{
	struct oracle_identity id;

	regs_load(&reg_vcpu(v)->now, page);
	regs_identity(&reg_vcpu(v)->now, &id);
	identity_window_close(v, &id);
}
