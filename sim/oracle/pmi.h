/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Performance monitoring interrupts: SDM, "Local Vector Table".  A counter overflows,
 * and LVTPC decides what comes of it: a fixed interrupt, an NMI or an SMI; delivering it
 * sets the entry's mask ("When the local APIC handles a performance-monitoring counters
 * interrupt, it automatically sets the mask flag in the LVT performance counter
 * register", whatever the delivery mode is).  INIT and ExtINT are "not supported for [...]
 * the LVT performance counter register": ExtINT delivers nothing, so that nothing is
 * handled and nothing masked; of INIT see DEV_LVTPC_INIT.
 *
 * Only if oracle_config.pmi is set, and with it the register file, which has the entry.
 * That the interrupt comes, and that no other does, is judged by the checks of IRR, NMI
 * and INIT; the mask by those of the register file.
 */
#ifndef LAPICSIM_ORACLE_PMI_H
#define LAPICSIM_ORACLE_PMI_H

#include <stdbool.h>
#include <stdint.h>

struct oracle_vcpu;

/* While the VM is built: KVM has SMM (KVM_CAP_X86_SMM), so that an SMI goes somewhere. */
void oracle_pmi_smm(bool has);
/* A counter overflows, and its interrupt may be seen from now on; the vCPU exits. */
void oracle_pmi_begin(uint32_t vcpu);
/* KVM has handled that exit, of HLT: the interrupt must come.  After other exits it must by the next entry. */
void oracle_pmi_end(uint32_t vcpu);

/* --- For the oracle. */
int pmi_init(uint32_t nr_vcpus);
void pmi_fini(void);
void pmi_reset(void);
extern bool pmi_on;
/* Before the registers are compared at an entry. */
void pmi_entered(struct oracle_vcpu *v);
/* INIT has reset the vCPU, and with it LVTPC. */
void pmi_init_taken(const struct oracle_vcpu *v);
/* Since the entry before this one a counter overflowed, and nothing was to come of it. */
bool pmi_was_masked(const struct oracle_vcpu *v);
/* The same, and an SMI was. */
bool pmi_sent_smi(const struct oracle_vcpu *v);

#endif
