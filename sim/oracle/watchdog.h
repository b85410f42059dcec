/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PIT's pulses as NMIs, for guests whose watchdog that is: each pulse goes to LINT0
 * of every vCPU, besides the interrupt controllers (MultiProcessor Specification,
 * "Virtual Wire Mode"; to all vCPUs and not the boot processor alone by KVM's own note at
 * its PIT), and is an NMI where LINT0 is unmasked in that mode: SDM, "Local Vector Table".
 *
 * A pulse is an interval, and so is a write of LINT0: where they overlap the NMI may come.
 * Judged by the checks of NMIs.  Only if oracle_config.watchdog is set, with one VM.
 */
#ifndef LAPICSIM_ORACLE_WATCHDOG_H
#define LAPICSIM_ORACLE_WATCHDOG_H

#include <stdint.h>

/* Around a guest's write of LINT0. */
void oracle_lint0_begin(uint32_t vcpu);
void oracle_lint0_end(uint32_t vcpu, uint32_t lint0);
/* The PIT's output goes low again; all that KVM does for this pulse is done. */
void oracle_pit_pulse(void);
void oracle_pit_pulse_over(void);

/* --- For the oracle. */
int watchdog_init(uint32_t nr_vcpus);
void watchdog_fini(void);
void watchdog_reset(void);

#endif
