// SPDX-License-Identifier: GPL-2.0-only
/* See posting.h. */
#include "sim/posting.h"

#include "sim/oracle/oracle.h"

/* One atomic update of the descriptor; TMR is not the IOMMU's to write. */
void posting_send(struct vcpu *v, uint8_t vector)
{
	struct kw_apicv *a = &v->hw->apicv;

	oracle_hw_accepts(v->index, vector);
	a->pir[vector >> 5] |= 1u << (vector & 31);
	if (a->on || a->suppress)
		return;
	a->on = 1;
	kw_irq_notify(a->cpu, a->notify);
}
