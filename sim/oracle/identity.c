// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of ID, LDR, DFR, SVR and the mode, as intervals: a message that begins
 * in between may match by the old state or by the new (destination.c); one that
 * was in flight already may or may not arrive at any of its old targets, and may
 * arrive at the changing vCPU.
 *
 * All of its targets: who shares an ID with the changing vCPU, or is another
 * candidate of a lowest-priority message, may get it or lose it too.
 */
#include "sim/oracle/identity.h"

#include "sim/oracle/box.h"
#include "sim/oracle/destination.h"
#include "sim/oracle/events.h"

static void overlaps(struct message *m, struct oracle_vcpu *v)
{
	bool covered = box_covers(m, v, m->vector);

	if (!covered && destination_match(box_destination(m), v) == MATCH_NO)
		return;
	if (!covered && !message_add_target(m, v))
		return;
	message_soften(m);
}

/* A mode that others do not have lets a logical destination match others than before: see match_logical(). */
static void overlaps_others(struct message *m, const struct oracle_vcpu *v)
{
	const struct oracle_vm *vm = &oracle.vm[v->vm];

	for (uint32_t i = vm->first; i < vm->first + vm->nr; i++)
		if (i != v->index)
			overlaps(m, oracle_vcpu(i));
}

void identity_window_open(struct oracle_vcpu *v, const struct oracle_identity *next)
{
	v->next = *next;
	v->changing = true;
	oracle.vm[v->vm].nr_changing++;
	for (int32_t i = 0; i < box.high; i++) {
		struct message *m = &box.slot[i];

		if (!m->active || m->ended || m->vm != v->vm)
			continue;
		overlaps(m, v);
		if (box_destination(m)->logical && identity_x2apic(&v->now) != identity_x2apic(next))
			overlaps_others(m, v);
	}
}

void identity_window_close(struct oracle_vcpu *v, const struct oracle_identity *now)
{
	if (v->changing)
		oracle.vm[v->vm].nr_changing--;
	v->changing = false;
	if (memcmp(&v->now, now, sizeof(*now)) != 0)
		vcpu_identity_set(v, now);
}

void oracle_apic_base_begin(uint32_t vcpu, uint64_t base)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct oracle_identity next = v->now;

	next.apic_base = base;
	identity_window_open(v, &next);
	if (events.vcpu)
		events_soften(v);
}

void oracle_apic_base_end(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	v->kept |= (v->next.apic_base & APIC_BASE_EN) && !(v->now.apic_base & APIC_BASE_EN);
	identity_window_close(v, &v->next);
}
