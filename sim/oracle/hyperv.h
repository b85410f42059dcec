/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest reads from Hyper-V's MSRs for the local APIC: check_hyperv.c.  Writes are
 * told as what they stand for: an EOI, an ICR, a TPR.
 */
#ifndef LAPICSIM_ORACLE_HYPERV_H
#define LAPICSIM_ORACLE_HYPERV_H

#include <stdbool.h>
#include <stdint.h>

void oracle_hyperv_read(uint32_t vcpu, uint32_t msr, uint64_t value, bool faulted);

#endif
