// SPDX-License-Identifier: GPL-2.0-only
/*
 * See cmci.h.
 *
 * Verifies: a write of IA32_MCi_CTL2 faults exactly if a reserved bit is set or the
 * bank is not there.
 *
 * Does not verify: what the banks' status registers hold afterwards; errors that are
 * signaled as a machine-check exception, or that are corrected: KVM only stores the
 * latter (api.rst, KVM_X86_SET_MCE), whatever the threshold is.
 */
#include "sim/oracle/cmci.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/oracle/check.h"
#include "sim/oracle/message.h"
#include "sim/oracle/regs.h"

#define CTL2_ENABLED	(1ull << 30)
#define CTL2_DEFINED	(CTL2_ENABLED | 0x7fff)
/* IA32_MCi_STATUS: valid, uncorrected, context corrupt, signaled, action required. */
#define STATUS_VAL	(1ull << 63)
#define STATUS_UC	(1ull << 61)
#define STATUS_PCC	(1ull << 57)
#define STATUS_S	(1ull << 56)
#define STATUS_AR	(1ull << 55)

static uint8_t *enabled;	/* a bit for each bank of each vCPU */

int cmci_init(uint32_t nr_vcpus)
{
	enabled = oracle_array(nr_vcpus, sizeof(*enabled));
	return enabled ? 0 : -ENOMEM;
}

void cmci_fini(void)
{
	free(enabled);
	enabled = NULL;
}

void cmci_reset(void)
{
	for (uint32_t i = 0; enabled && i < oracle.nr_vcpus; i++)
		enabled[i] = 0;
}

void oracle_guest_mc_ctl2(uint32_t vcpu, uint32_t bank, uint64_t value, bool faulted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	bool must = bank >= CMCI_BANKS || (value & ~CTL2_DEFINED);

	if (faulted != must)
		check_fire(CHECK_MC_CTL2, v, v->vm, DIV_NONE, "WRMSR of IA32_MCi_CTL2 with 0x%llx %s, for bank %u",
			   (unsigned long long)value, faulted ? "faults" : "does not fault", bank);
	if (faulted || bank >= CMCI_BANKS)
		return;
	enabled[vcpu] = (uint8_t)((enabled[vcpu] & ~(1u << bank)) | (value & CTL2_ENABLED ? 1u << bank : 0));
}

/* "Uncorrected no action required": signaled by CMCI alone. */
static bool needs_no_action(uint64_t status)
{
	return (status & STATUS_VAL) && (status & STATUS_UC) && !(status & (STATUS_PCC | STATUS_S | STATUS_AR));
}

/* "Local Vector Table": other modes than these two give no interrupt here, or reset the vCPU. */
int32_t oracle_mce_begin(uint32_t vcpu, uint32_t bank, uint64_t status)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint32_t lvt = reg_vcpu(v)->now.reg[REG_LVT_CMCI];

	if (bank >= CMCI_BANKS || !needs_no_action(status) || !(enabled[vcpu] >> bank & 1))
		return -1;
	if ((lvt & LVT_MASKED) || !(v->now.apic_base & APIC_BASE_EN))
		return -1;
	if (LVT_MODE(lvt) == LVT_MODE_NMI)
		return oracle_user_nmi_begin(vcpu);
	if (LVT_MODE(lvt) == LVT_MODE_FIXED)
		message_local(v, lvt & 0xff);
	return -1;
}
