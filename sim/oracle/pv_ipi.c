// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's hypercalls that send IPIs: Documentation/virt/kvm/x86/hypercalls.rst.
 *
 * KVM_HC_SEND_IPI reaches exactly the vCPUs whose APIC IDs the 128 bits name,
 * found here by looking at each, and returns to how many it was delivered.
 * KVM_HC_KICK_CPU is EVENT_KICK in events.c.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"

/* INIT software-disables a target at some time before the oracle is told. */
static enum match match(const struct event_vcpu *e, const struct oracle_vcpu *to)
{
	const struct event_vcpu *t = event_vcpu(to);
	enum match m = e->ipi_nmi ? destination_match_event(&e->ipi, to) : destination_match(&e->ipi, to);

	return m == MATCH_MUST && !e->ipi_nmi && (t->init != PENDING_NO || t->init_inflight) ? MATCH_MAY : m;
}

int32_t oracle_pv_ipi_begin(uint32_t vcpu, uint64_t low, uint64_t high, uint32_t min, uint32_t icr)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	bool nmi = (icr >> 8 & 7) == EVENT_NMI;
	struct destination d = {
		.dest = min, .sender = vcpu, .wide = true, .listed = true, .list = { low, high },
	};

	if (events.vcpu) {
		event_vcpu(v)->ipi = d;
		event_vcpu(v)->ipi_nmi = nmi;
		event_vcpu(v)->ipi_seq = ++oracle.seq;
	}
	if (nmi)
		return events_begin(&d, v->vm, EVENT_NMI, 0);
	return message_begin(&d, v->vm, icr & 0xff, false, false);
}

void oracle_pv_ipi_result(uint32_t vcpu, uint64_t count)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct event_vcpu *e = events.vcpu ? event_vcpu(v) : NULL;
	const struct oracle_vm *vm = &oracle.vm[v->vm];
	uint32_t must = 0, may = 0;

	if (!e)
		return;
	for (uint32_t i = vm->first; i < vm->first + vm->nr; i++) {
		enum match m = match(e, oracle_vcpu(i));

		/* It had another ID, or was disabled, when KVM looked, or not. */
		if (event_vcpu(oracle_vcpu(i))->identity_seq > e->ipi_seq)
			m = MATCH_MAY;
		must += m == MATCH_MUST;
		may += m != MATCH_NO;
	}
	if (count < must || count > may)
		check_fire(CHECK_PV_IPI, v, v->vm, DIV_NONE,
			   "KVM_HC_SEND_IPI returned %lld, the mask names %u to %u vCPUs", (long long)count,
			   must, may);
}

int32_t oracle_pv_kick_begin(uint32_t vcpu, uint32_t apic_id)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct destination d = { .dest = apic_id, .sender = vcpu, .wide = true };

	return events_begin(&d, v->vm, EVENT_KICK, 0);
}
