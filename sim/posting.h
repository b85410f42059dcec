/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IOMMU that posts interrupts: VT-d specification, "Interrupt Posting".  It
 * writes the posted-interrupt descriptor of a vCPU without KVM's knowing.
 *
 * Not modelled: the remapping tables (an interrupt goes to the vCPU whose ID it
 * names), and urgent requests.
 */
#ifndef LAPICSIM_POSTING_H
#define LAPICSIM_POSTING_H

#include "sim/machine.h"

void posting_send(struct vcpu *v, uint8_t vector);

#endif
