/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The register page of a vCPU that nobody runs, while nothing races: every
 * register has one right value.  Beside oracle.h, which is told about messages,
 * EOI, TPR and state loads as always.
 */
#ifndef LAPICSIM_ORACLE_CHECK_PAGE_H
#define LAPICSIM_ORACLE_CHECK_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_REGS	64	/* a register every 16 bytes of the first KiB */

/* After oracle_init() and before oracle_page_reset(). 0 or a negative errno. */
int oracle_page_init(uint32_t nr_vcpus);
void oracle_page_fini(void);

/* The APIC was made and its mode set: @regs is its first page, judged against the reset state. */
void oracle_page_reset(uint32_t vcpu, uint32_t apic_id, bool x2apic, bool boot_cpu, const uint8_t *regs);
/*
 * WRMSR or RDMSR of an x2APIC register at @offset, and whether KVM took it.
 * Tells the rest of the oracle; messages too are begun and ended here.
 */
void oracle_page_wrmsr(uint32_t vcpu, uint32_t offset, uint64_t value, bool accepted);
/* @regs: the page, which the value must agree with. */
void oracle_page_rdmsr(uint32_t vcpu, uint32_t offset, uint64_t value, bool accepted, const uint8_t *regs);
/* Userspace loaded @regs. */
void oracle_page_load(uint32_t vcpu, const uint8_t *regs, bool accepted);
/* The page after any of these, or after a message. */
void oracle_page_check(uint32_t vcpu, const uint8_t *regs);

/* "SVR", "ISR word 3", or NULL for what is reserved. */
const char *oracle_page_name(uint32_t offset);

#endif
