// SPDX-License-Identifier: GPL-2.0-only
/* See hyperv.h. */
#include "sim/hyperv.h"

#include <linux/kvm.h>

#include "sim/crash.h"
#include "sim/lapic.h"
#include "sim/oracle/hyperv.h"

#define LEAF_FIRST	0x40000000u
#define LEAF_KVM	0x40000100u
#define SIGNATURE	0x31237648u	/* "Hv#1" */
#define HAS_SYNIC	(1u << 2)	/* AccessSynicRegs */
#define HAS_APIC_MSRS	(1u << 4)	/* TLFS, partition privileges: AccessIntrCtrlRegs */
#define USE_APIC_MSRS	(1u << 3)	/* recommendations: APIC registers by MSR */

#define MSR_EOI		0x40000070u
#define MSR_ICR		0x40000071u
#define MSR_TPR		0x40000072u

void hyperv_cpuid(struct kvm_cpuid2 *cpuid, uint32_t max)
{
	static const struct kvm_cpuid_entry2 leaves[] = {
		/* "Microsoft Hv" */
		{ .function = LEAF_FIRST, .eax = LEAF_FIRST + 5, .ebx = 0x7263694d, .ecx = 0x666f736f, .edx = 0x76482074 },
		{ .function = LEAF_FIRST + 1, .eax = SIGNATURE },
		{ .function = LEAF_FIRST + 3, .eax = HAS_APIC_MSRS | HAS_SYNIC },
		{ .function = LEAF_FIRST + 4, .eax = USE_APIC_MSRS },
		{ .function = LEAF_FIRST + 5 },
	};
	uint32_t nr = sizeof(leaves) / sizeof(leaves[0]);

	for (uint32_t i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == LEAF_FIRST)
			e->eax = LEAF_KVM + 1;
		if (e->function >> 8 == LEAF_FIRST >> 8)
			e->function += LEAF_KVM - LEAF_FIRST;
	}
	if (cpuid->nent + nr > max)
		crash_end(CRASH_FAULT, "no room for Hyper-V's CPUID leaves");
	for (uint32_t i = 0; i < nr; i++)
		cpuid->entries[cpuid->nent++] = leaves[i];
}

static bool takes_msr(struct vcpu *v)
{
	return rng_percent(&v->program, machine.scenario.hyperv_percent);
}

static void exit_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	struct kw_hw *hw = v->hw;

	hw->exit_reason = KW_EXIT_MSR_WRITE;
	hw->insn_len = 2;
	hw->rcx = msr;
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
}

bool hyperv_exit_write(struct vcpu *v, uint32_t offset, uint64_t value)
{
	if ((offset != LAPIC_EOI && offset != LAPIC_TPR) || !takes_msr(v))
		return false;
	exit_write(v, offset == LAPIC_EOI ? MSR_EOI : MSR_TPR, value);
	return true;
}

/* One write in either mode; the high half is that of the mode. */
bool hyperv_exit_icr(struct vcpu *v, uint32_t low, uint32_t dest)
{
	if (!takes_msr(v))
		return false;
	exit_write(v, MSR_ICR, (uint64_t)(v->x2apic ? dest : dest << 24) << 32 | low);
	return true;
}

bool hyperv_exit_read(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	if (!takes_msr(v))
		return false;
	v->accessing = true;
	v->access_kind = ACCESS_HYPERV;
	hw->exit_reason = KW_EXIT_MSR_READ;
	hw->insn_len = 2;
	hw->rcx = rng_one_in(&v->program, 4) ? MSR_EOI : MSR_TPR;
	return true;
}

void hyperv_read_done(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;

	v->access_kind = ACCESS_APIC;
	oracle_hyperv_read(v->index, (uint32_t)hw->rcx, hw->rdx << 32 | (uint32_t)hw->rax, faulted);
}
