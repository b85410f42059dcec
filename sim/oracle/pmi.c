// SPDX-License-Identifier: GPL-2.0-only
/*
 * See pmi.h.
 *
 * An overflow is an interval, as a message is, up to the next entry: KVM may have it
 * wait in a request that userspace cannot see.  The mask may be set from its begin on,
 * and must be from the next entry on.
 *
 * Does not verify: which counter overflowed, and what the PMU's own registers hold; that an
 * SMI comes; the delivery modes that are reserved.
 */
#include "sim/oracle/pmi.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/regs.h"

#define ICR_ASSERT	(1u << 14)
#define ICR_SELF	(1u << 18)

struct pmi_vcpu {
	int32_t message;
	bool	delivered;	/* so the entry must be masked at the next VM-Entry */
	bool	masked;		/* nothing was to come of a counter that overflowed, since the last VM-Entry */
	bool	smi;		/* an SMI was */
	bool	was_masked, was_smi;	/* the same, since the one before */
};

static struct pmi_vcpu *pmis;
static bool has_smm;
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
	pmi_on = has_smm = false;
}

void oracle_pmi_smm(bool has) { has_smm = has; }

void pmi_reset(void)
{
	for (uint32_t i = 0; pmis && i < oracle.nr_vcpus; i++)
		pmis[i] = (struct pmi_vcpu){ .message = -1 };
}

/* "Local Vector Table", "Delivery Mode": false if nothing is delivered. */
static bool deliver(const struct oracle_vcpu *v, struct pmi_vcpu *p, uint32_t lvt)
{
	switch (LVT_MODE(lvt)) {
	case LVT_MODE_FIXED:
		p->message = oracle_icr_begin(v->index, ICR_SELF | ICR_ASSERT | (lvt & 0xff));
		return true;
	case LVT_MODE_NMI:
		p->message = events_begin_at(v, EVENT_NMI);
		return true;
	case LVT_MODE_SMI:
		p->smi = has_smm || !deviation_allows(DEV_NO_SMM);
		return p->smi;
	case LVT_MODE_INIT:
		if (!deviation_allows(DEV_LVTPC_INIT))
			return false;
		p->message = events_begin_at(v, EVENT_INIT);
		return true;
	}
	return false;
}

void oracle_pmi_begin(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct reg_file *f = &reg_vcpu(v)->now;
	uint32_t lvt = f->reg[REG_LVT_PMC];

	if ((lvt & LVT_MASKED) || !(f->base & APIC_BASE_EN) || !deliver(v, &pmis[vcpu], lvt)) {
		pmis[vcpu].masked = true;
		return;
	}
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
	p->was_smi = p->smi;
	p->masked = p->smi = false;
	if (!p->delivered)
		return;
	p->delivered = false;
	f->reg[REG_LVT_PMC] |= LVT_MASKED;
	f->open[REG_LVT_PMC] &= ~LVT_MASKED;
}

/* What LVTPC is now INIT has made of it.  It came from the counter, once: nobody else sends any (sim/scenario.c). */
void pmi_init_taken(const struct oracle_vcpu *v)
{
	oracle_pmi_end(v->index);
	event_vcpu(v)->init = PENDING_NO;
	pmis[v->index].delivered = false;
}

bool pmi_was_masked(const struct oracle_vcpu *v) { return pmi_on && pmis[v->index].was_masked; }
bool pmi_sent_smi(const struct oracle_vcpu *v) { return pmi_on && pmis[v->index].was_smi; }
