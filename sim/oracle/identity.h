/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change of what other vCPUs' messages match against, as an interval.
 */
#ifndef LAPICSIM_ORACLE_IDENTITY_H
#define LAPICSIM_ORACLE_IDENTITY_H

#include "sim/oracle/state.h"

/* From here on a message may find @next, ... */
void identity_window_open(struct oracle_vcpu *v, const struct oracle_identity *next);
/* ... and from here on it must find @now. Without an open window: nothing, if @now is what it was. */
void identity_window_close(struct oracle_vcpu *v, const struct oracle_identity *now);

/* Around a guest's write of IA32_APIC_BASE, where there is no register file: off, or on again. */
void oracle_apic_base_begin(uint32_t vcpu, uint64_t base);
void oracle_apic_base_end(uint32_t vcpu);

#endif
