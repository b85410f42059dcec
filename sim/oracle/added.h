/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that userspace adds while others run: added.c.
 */
#ifndef LAPICSIM_ORACLE_ADDED_H
#define LAPICSIM_ORACLE_ADDED_H

#include <stdbool.h>
#include <stdint.h>

struct kw_apic_state;

/* While the VM is built, instead of oracle_baseline(): at the beginning of a run it is not there. */
void oracle_absent(uint32_t vcpu, uint32_t apic_id);
/* From here on it may accept messages, ... */
void oracle_add_begin(uint32_t vcpu, bool x2apic);
/* ... and from here on, with its APIC as @kvm says and enabled, it must. */
void oracle_add_end(uint32_t vcpu, const struct kw_apic_state *kvm);

#endif
