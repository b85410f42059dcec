// SPDX-License-Identifier: GPL-2.0-only
/* See vapic.h. What is remembered; judged in check_vapic.c. */
#include "sim/oracle/vapic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/check.h"

struct vapic_state vapic;

int vapic_init(uint32_t nr_vcpus)
{
	vapic.vcpu = oracle_array(nr_vcpus, sizeof(*vapic.vcpu));
	return vapic.vcpu ? 0 : -ENOMEM;
}

void vapic_fini(void)
{
	free(vapic.vcpu);
	vapic.vcpu = NULL;
}

/* Every vCPU begins with a word, which is 0 as its TPR is. */
void vapic_reset(void)
{
	for (uint32_t i = 0; vapic.vcpu && i < oracle.nr_vcpus; i++)
		vapic.vcpu[i] = (struct vapic_vcpu){ .on = true };
}

void oracle_user_vapic(uint32_t vcpu, bool on)
{
	struct vapic_vcpu *p = &vapic.vcpu[vcpu];

	*p = (struct vapic_vcpu){ .on = on, .access = p->access, .kvm_tpr = p->kvm_tpr,
				  .guest_tpr = p->kvm_tpr, .back_tpr = p->kvm_tpr };
}

void oracle_user_vapic_refused(uint32_t vcpu)
{
	vapic.vcpu[vcpu].refused = true;
}

static void page_changed(struct vapic_vcpu *p, bool away)
{
	p->away = away;
	p->open = true;
	p->trusted = false;
}

void oracle_vapic_gone(uint32_t vcpu) { page_changed(&vapic.vcpu[vcpu], true); }

void oracle_vapic_back(uint32_t vcpu, uint32_t word)
{
	page_changed(&vapic.vcpu[vcpu], false);
	vapic.vcpu[vcpu].back_tpr = (uint8_t)word;
}

void oracle_vapic_word(uint32_t vcpu, uint32_t word, bool readable)
{
	vapic.vcpu[vcpu].word = word;
	vapic.vcpu[vcpu].readable = readable;
}

void oracle_tpr_access(uint32_t vcpu, bool write)
{
	vapic.vcpu[vcpu].access = write ? VAPIC_WRITE : VAPIC_READ;
}
