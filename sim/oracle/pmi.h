/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Performance monitoring interrupts: SDM, "Local Vector Table".  A counter overflows,
 * and LVTPC decides what comes of it; delivering it sets the entry's mask ("When a
 * performance monitoring counters interrupt is generated, the mask bit for its
 * associated LVT entry is set").
 *
 * Only if oracle_config.pmi is set, and with it the register file, which has the entry.
 * That the interrupt comes, and that no other does, is judged by the checks of IRR and
 * NMI; the mask by those of the register file.
 */
#ifndef LAPICSIM_ORACLE_PMI_H
#define LAPICSIM_ORACLE_PMI_H

#include <stdbool.h>
#include <stdint.h>

struct oracle_vcpu;

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
/* Since the entry before this one a counter overflowed, and nothing was to come of it. */
bool pmi_was_masked(const struct oracle_vcpu *v);

#endif
