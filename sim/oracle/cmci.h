/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Corrected machine-check interrupts: SDM, "Corrected Machine-Check Error Interrupt",
 * "IA32_MCi_CTL2 MSRs", "UCR Error Classification".  Userspace reports an error that
 * needs no action (KVM_X86_SET_MCE), and if its bank has the interrupt enabled the LVT
 * entry for CMCI decides what comes of it.
 *
 * Only if oracle_config.cmci is set, and with it the register file, which has the entry.
 * That the interrupt comes, and that no other does, is judged by the checks of IRR and NMI.
 */
#ifndef LAPICSIM_ORACLE_CMCI_H
#define LAPICSIM_ORACLE_CMCI_H

#include <stdbool.h>
#include <stdint.h>

#define CMCI_BANKS	4u	/* of each vCPU: IA32_MCG_CAP, bits 7:0 */

/* WRMSR of IA32_MCi_CTL2 is over. */
void oracle_guest_mc_ctl2(uint32_t vcpu, uint32_t bank, uint64_t value, bool faulted);
/* Before KVM_X86_SET_MCE: a message for oracle_message_end(), or -1. */
int32_t oracle_mce_begin(uint32_t vcpu, uint32_t bank, uint64_t status);

/* --- For the oracle. */
int cmci_init(uint32_t nr_vcpus);
void cmci_fini(void);
void cmci_reset(void);

#endif
