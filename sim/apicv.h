/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware's APIC virtualization: virtual-interrupt delivery, APIC-register
 * virtualization, posted-interrupt processing.  SDM volume 3, "APIC Virtualization
 * and Virtual Interrupts"; each function is one of its algorithms.
 *
 * vcpu.c and guest.c call it where struct kw_apicv says that the vCPU has it.
 * Works on the virtual-APIC page, the guest interrupt status and the
 * posted-interrupt descriptor, as KVM left them: it does not know what is right.
 *
 * Not modelled: IPI virtualization, the suppress-notification bit (which only an
 * IOMMU reads), and accesses to an APIC register by anything but a MOV of 32 bits.
 */
#ifndef LAPICSIM_APICV_H
#define LAPICSIM_APICV_H

#include "sim/machine.h"

/* VM-Entry: with virtual-interrupt delivery, PPR virtualization, then evaluation. */
void apicv_enter(struct vcpu *v);
/* The notification vector came in guest mode. */
void apicv_posted(struct vcpu *v);
/* The vector of the virtual interrupt to deliver at this instruction boundary, taken; -1: none. */
int apicv_take(struct vcpu *v);
/* MOV to CR8 with virtual-interrupt delivery. */
void apicv_write_tpr(struct vcpu *v, uint8_t tpr);

/* What becomes of an access to the APIC. */
enum apicv_access {
	APICV_EXITS,		/* as it is: nothing was virtualized */
	APICV_DONE,		/* the guest goes on */
	APICV_TRAPS,		/* done, and then another exit */
};
/* The exit fields say what the guest is about to access. */
enum apicv_access apicv_access(struct vcpu *v);

#endif
