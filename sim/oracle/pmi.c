// SPDX-License-Identifier: GPL-2.0-only
/*
 * See pmi.h.
 *
 * An overflow is an interval, as a message is, up to the next entry: KVM may have it
 * wait in a request that userspace cannot see.  The mask may be set from its begin on,
 * and must be from the next entry on.
 *
 * Does not verify: which counter overflowed, and what the PMU's own registers hold;
 * modes other than fixed and NMI, which give no interrupt here, or reset the vCPU.
 */
#include "sim/oracle/pmi.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/oracle/oracle.h"
#include "sim/oracle/regs.h"

#define ICR_ASSERT	(1u << 14)
#define ICR_SELF	(1u << 18)

struct pmi_vcpu {
	int32_t message;
	bool	delivered;	/* so the entry must be masked at the next VM-Entry */
	bool	masked;		/* it was masked when a counter overflowed, since the last VM-Entry */
	bool	was_masked;	/* the same, since the one before */
};

static struct pmi_vcpu *pmis;
bool pmi_on;

int pmi_init(uint32_t nr_vcpus)
{
	pmis = oracle_array(nr_vcpus, sizeof(*pmis));
	pmi_on = pmis != NULL;
	pmi_reset();
	return pmis ? 0 : -ENOMEM;
}

void pmi_fini(void)
{
	free(pmis);
	pmis = NULL;
	pmi_on = false;
}

void pmi_reset(void)
{
	for (uint32_t i = 0; pmis && i < oracle.nr_vcpus; i++)
		pmis[i] = (struct pmi_vcpu){ .message = -1 };
}

void oracle_pmi_begin(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct reg_file *f = &reg_vcpu(v)->now;
	uint32_t lvt = f->reg[REG_LVT_PMC];

	if ((lvt & LVT_MASKED) || !(f->base & APIC_BASE_EN)) {
		pmis[vcpu].masked = true;
		return;
	}
	if (LVT_MODE(lvt) == LVT_MODE_NMI)
		pmis[vcpu].message = oracle_user_nmi_begin(vcpu);
	else if (LVT_MODE(lvt) == LVT_MODE_FIXED)
		pmis[vcpu].message = oracle_icr_begin(vcpu, ICR_SELF | ICR_ASSERT | (lvt & 0xff));
	else
		return;
	pmis[vcpu].delivered = true;
	f->open[REG_LVT_PMC] |= LVT_MASKED;
}

void oracle_pmi_end(uint32_t vcpu)
{
	struct pmi_vcpu *p = &pmis[vcpu];

	if (p->message >= 0)
		oracle_message_end(p->message, true);
	p->message = -1;
}

void pmi_entered(struct oracle_vcpu *v)
{
	struct pmi_vcpu *p = &pmis[v->index];
	struct reg_file *f = &reg_vcpu(v)->now;

	oracle_pmi_end(v->index);
	p->was_masked = p->masked;
	p->masked = false;
	if (!p->delivered)
		return;
	p->delivered = false;
	f->reg[REG_LVT_PMC] |= LVT_MASKED;
	f->open[REG_LVT_PMC] &= ~LVT_MASKED;
}

bool pmi_was_masked(const struct oracle_vcpu *v) { return pmi_on && pmis[v->index].was_masked; }
