/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The register file of each ideal APIC: what every register holds, which accesses
 * fault, and what each of them does.  Only where a scenario asks for it
 * (oracle_config.registers).
 */
#ifndef LAPICSIM_ORACLE_REGS_H
#define LAPICSIM_ORACLE_REGS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/state.h"

#define NR_REGS		64	/* one every 16 bytes: SDM, "Local APIC Register Address Map" */

/* Register numbers: offset / 16, and the distance from MSR 0x800. */
enum apic_reg_nr {
	REG_ID = 0x02, REG_VERSION = 0x03, REG_TPR = 0x08, REG_PPR = 0x0a, REG_EOI = 0x0b, REG_LDR = 0x0d,
	REG_DFR = 0x0e, REG_SVR = 0x0f, REG_ISR = 0x10, REG_TMR = 0x18, REG_IRR = 0x20, REG_ESR = 0x28,
	REG_LVT_CMCI = 0x2f, REG_ICR = 0x30, REG_ICR2 = 0x31, REG_LVT_TIMER = 0x32, REG_LVT_THERMAL = 0x33,
	REG_LVT_PMC = 0x34, REG_LINT0 = 0x35, REG_LINT1 = 0x36, REG_LVT_ERROR = 0x37, REG_TMICT = 0x38,
	REG_TMCCT = 0x39, REG_DCR = 0x3e, REG_SELF_IPI = 0x3f,
};

struct reg_file {
	uint64_t base;			/* IA32_APIC_BASE */
	uint32_t reg[NR_REGS];		/* ICR2: bits 63:32 of ICR */
	uint32_t open[NR_REGS];		/* bits that may be anything */
};

/* The first register of a new vCPU that is not what it must be. */
struct reg_power_up {
	bool	 wrong;
	uint32_t offset, got, want;
};

struct reg_vcpu {
	struct reg_file now;
	/* The access in progress: what it leaves, unless it faults. */
	struct reg_file after;
	struct oracle_access access;
	bool	 active, faults;
	bool	 power_up_told;		/* in this run */
	struct reg_file baseline;
	struct reg_power_up power_up;
};

struct reg_state {
	struct reg_vcpu *vcpu;		/* NULL: not modelled */
};
extern struct reg_state regs;

static inline struct reg_vcpu *reg_vcpu(const struct oracle_vcpu *v)
{
	return &regs.vcpu[v->index];
}

int regs_init(uint32_t nr_vcpus);
void regs_fini(void);
void regs_reset(void);
void regs_baseline(const struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* "x2APIC State Transitions": the ID becomes the one that nobody can choose, and LDR follows from it. */
void regs_enter_x2apic(const struct oracle_vcpu *v, struct reg_file *f);
/* Everything becomes what KVM has. */
void regs_adopt(struct oracle_vcpu *v, const struct kw_apic_state *kvm);

/* What KVM_SET_LAPIC of @page makes of @f. */
void regs_load(struct reg_file *f, const uint8_t *page);
/* INIT has reset @v. */
void regs_reset_by_init(const struct oracle_vcpu *v);
/* KVM_SET_LAPIC took @page. */
void regs_loaded(struct oracle_vcpu *v, const uint8_t *page);
/* As other vCPUs' messages see it. */
void regs_identity(const struct reg_file *f, struct oracle_identity *out);

/* regs_access.c */
/* What @a must do: false if it faults, else @f becomes what it leaves. */
bool regs_access(const struct oracle_vcpu *v, const struct oracle_access *a, struct reg_file *f);
/* The value that a read gives, as far as @known says. */
uint64_t regs_read(const struct oracle_vcpu *v, const struct oracle_access *a, uint64_t *known);

static inline bool regs_x2apic(const struct reg_file *f)
{
	return (f->base & (APIC_BASE_EN | APIC_BASE_EXTD)) == (APIC_BASE_EN | APIC_BASE_EXTD);
}

static inline bool regs_xapic(const struct reg_file *f)
{
	return (f->base & (APIC_BASE_EN | APIC_BASE_EXTD)) == APIC_BASE_EN;
}

/* check_access.c; a register that changes only by a write */
void check_regs(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
bool reg_is_kept(const struct reg_file *f, uint32_t r);
/* check_state.c */
void check_get_registers(struct oracle_vcpu *v, const uint8_t *page);
void check_refused(struct oracle_vcpu *v, const uint8_t *page);
void check_power_up(struct oracle_vcpu *v);

#endif
