// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle before and between runs: its memory, the state that all vCPUs start
 * from, and the way back to it.
 *
 * Judges nothing; what happens in a run is oracle.c's.
 */
#include "sim/oracle/oracle.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/check.h"
#include "sim/oracle/cmci.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"
#include "sim/oracle/pit.h"
#include "sim/oracle/pmi.h"
#include "sim/oracle/regs.h"
#include "sim/oracle/state.h"
#include "sim/oracle/synic.h"
#include "sim/oracle/timer.h"
#include "sim/oracle/vapic.h"
#include "sim/oracle/watchdog.h"
#include "sim/table.h"

struct oracle_state oracle;

static void vcpu_restore(struct oracle_vcpu *v)
{
	memset(v, 0, offsetof(struct oracle_vcpu, now));
	memset(v->may, 0, offsetof(struct oracle_vcpu, base) - offsetof(struct oracle_vcpu, may));
	v->apic.top = v->owed = v->extint = v->last_eoi = v->late_ack = -1;
	v->messages = -1;
	v->apic.tpr = v->base_tpr;
	v->pv_msr = v->base_pv_msr;
}

void *oracle_array(uint64_t nr, size_t bytes)
{
	void *array = calloc(nr, bytes);

	oracle.bytes += array ? nr * bytes : 0;
	return array;
}

int oracle_init(const struct oracle_config *config)
{
	uint64_t nr = (uint64_t)config->nr_vms * config->vcpus_per_vm;
	int ret;

	if (!nr || nr > UINT32_MAX / 2)
		return -EINVAL;
	memset(&oracle, 0, sizeof(oracle));
	oracle.config = *config;
	oracle.nr_vcpus = (uint32_t)nr;
	oracle.nr_vms = config->nr_vms;
	oracle.vcpu = table_alloc(nr, sizeof(*oracle.vcpu));
	oracle.vm = calloc(config->nr_vms, sizeof(*oracle.vm));
	if (!oracle.vcpu || !oracle.vm) {
		oracle_fini();
		return -ENOMEM;
	}
	oracle.bytes = nr * sizeof(*oracle.vcpu) + config->nr_vms * sizeof(*oracle.vm);
	ret = message_init(oracle.nr_vcpus, config->vcpus_per_vm);
	if (!ret && config->events)
		ret = events_init(oracle.nr_vcpus, config->vcpus_per_vm);
	if (!ret)
		ret = timer_init();
	if (!ret && config->registers)
		ret = regs_init(oracle.nr_vcpus);
	if (!ret && config->watchdog)
		ret = watchdog_init(oracle.nr_vcpus);
	if (!ret && config->cmci)
		ret = cmci_init(oracle.nr_vcpus);
	if (!ret && config->pmi)
		ret = pmi_init(oracle.nr_vcpus);
	if (!ret)
		ret = synic_init(oracle.nr_vcpus);
	if (!ret && config->vapic)
		ret = vapic_init(oracle.nr_vcpus);
	if (ret) {
		oracle_fini();
		return ret;
	}
	oracle.special = oracle.timer || synic || events.vcpu || regs.vcpu || vapic.vcpu;
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++) {
		struct oracle_vcpu *v = &oracle.vcpu[i];

		v->index = i;
		v->vm = i / config->vcpus_per_vm;
		v->now.id = v->base.id = v->x2apic_id = i % config->vcpus_per_vm;
		vcpu_restore(v);
	}
	for (uint32_t i = 0; i < oracle.nr_vms; i++) {
		oracle.vm[i].first = i * config->vcpus_per_vm;
		oracle.vm[i].nr = oracle.vm[i].nr_xapic = config->vcpus_per_vm;
	}
	return 0;
}

void oracle_fini(void)
{
	message_fini();
	events_fini();
	regs_fini();
	vapic_fini();
	cmci_fini();
	pmi_fini();
	synic_fini();
	watchdog_fini();
	chips_fini();
	timer_fini();
	free(oracle.vcpu);
	free(oracle.vm);
	memset(&oracle, 0, sizeof(oracle));
}

void oracle_reset(void)
{
	oracle.seq = 0;
	message_reset();
	events_reset();
	regs_reset();
	vapic_reset();
	cmci_reset();
	pmi_reset();
	synic_reset();
	pit_reset();
	watchdog_reset();
	chips_reset();
	timer_reset();
	for (uint32_t i = 0; i < oracle.nr_vms; i++) {
		memset(oracle.vm[i].leaked, 0, sizeof(oracle.vm[i].leaked));
		oracle.vm[i].any_leaked = false;
		oracle.vm[i].nr_changing = 0;
	}
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++) {
		struct oracle_vcpu *v = &oracle.vcpu[i];

		vcpu_restore(v);
		if (memcmp(&v->now, &v->base, sizeof(v->now)) != 0)
			vcpu_identity_set(v, &v->base);
	}
}

uint32_t oracle_bytes_per_vcpu(void)
{
	return oracle.nr_vcpus ? (uint32_t)((oracle.bytes + oracle.nr_vcpus - 1) / oracle.nr_vcpus) : 0;
}

void oracle_baseline(uint32_t vcpu, uint32_t apic_id, bool x2apic, const struct kw_apic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct oracle_identity id;

	memset(&id, 0, sizeof(id));
	vcpu_identity_read(v, kvm, &id);
	if (!x2apic)
		id.apic_base &= ~APIC_BASE_EXTD;
	else
		id.apic_base |= APIC_BASE_EXTD;
	id.id = apic_id;
	v->base = id;
	v->x2apic_id = apic_id;
	v->base_tpr = (uint8_t)apic_reg(kvm->regs, APIC_REG_TPR);
	v->base_pv_msr = kvm->pv_eoi_msr;
	vcpu_restore(v);
	vcpu_identity_set(v, &id);
	if (regs.vcpu)
		regs_baseline(v, kvm);
}
