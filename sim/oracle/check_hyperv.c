// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of reads of Hyper-V's MSRs for the local APIC: TLFS, "Local APIC MSR Accesses".
 *
 * Verifies: HV_X64_MSR_TPR reads as TPR, with bits 63:8 0; HV_X64_MSR_EOI is for
 * writes only, so that a read faults.
 *
 * Does not verify HV_X64_MSR_ICR.
 */
#include "sim/oracle/hyperv.h"

#include "sim/oracle/check.h"

#define MSR_EOI		0x40000070u
#define MSR_TPR		0x40000072u

void oracle_hyperv_read(uint32_t vcpu, uint32_t msr, uint64_t value, bool faulted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (faulted != (msr == MSR_EOI))
		check_fire(CHECK_HYPERV_READ, v, v->vm, DIV_NONE, "RDMSR of %s %s",
			   msr == MSR_EOI ? "HV_X64_MSR_EOI" : "HV_X64_MSR_TPR",
			   faulted ? "faults" : "does not fault");
	else if (msr == MSR_TPR && value != v->apic.tpr)
		check_fire(CHECK_HYPERV_READ, v, v->vm, DIV_NONE, "HV_X64_MSR_TPR reads as 0x%llx, expected 0x%02x",
			   (unsigned long long)value, v->apic.tpr);
}
