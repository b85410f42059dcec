// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lowest-priority messages with several candidates: exactly one gets it, which
 * one is model-specific ("Lowest Priority Delivery Mode"), and so the first
 * observation decides.  A candidate that had the vector pending anyway may have
 * absorbed the message unseen; then nothing more is expected of it.
 *
 * Does not verify that the candidate is the one that KVM's vector hashing names.
 */
#include "sim/oracle/box.h"
#include "sim/oracle/check.h"

/* Another candidate has it: this one does not even perhaps. */
static void forget_target(struct message *m, struct oracle_vcpu *v)
{
	v->nr_group--;
	if (box_still_in_flight(v, m->vector))
		return;
	vector_clear(v->taken, m->vector);
	if (!vector_test(v->again, m->vector))
		vcpu_may_clear(v, m->vector);
}

/* The candidate @v has it: from now on it is the only target. */
static void resolve(struct message *m, struct oracle_vcpu *v)
{
	bool soft = box_map_test(m->soft, v->index - oracle.vm[v->vm].first);

	box_unlink(m);
	box_for_each_target(m, forget_target);
	vcpu_may_set(v, m->vector);
	if (m->ended) {
		message_accept_tmr(v, m, vector_test(v->inflight, m->vector), soft);
		box_slot_free(m);
		return;
	}
	box_map_free(m->map);
	box_map_free(m->soft);
	m->map = m->soft = NONE;
	m->group = false;
	m->target = v->index;
	m->soft_one = soft;
	box_link(m);
	vector_set(v->inflight, m->vector);
}

void message_seen(struct oracle_vcpu *v, uint32_t vector, bool was_sure)
{
	bool only = !was_sure && box_nr_covering(v, vector) == 1 && !vector_test(v->again, vector);
	int32_t i = *box_many(v->vm, vector), next;

	for (; i != NONE; i = next) {
		struct message *m = &box.slot[i];

		next = m->next;
		if (!m->group || !box_covers(m, v, vector))
			continue;
		if (only) {
			resolve(m, v);
			return;
		}
		m->absorbed = true;
		if (m->ended)
			message_release(m);
	}
}

static void drop_candidate(struct message *m, struct oracle_vcpu *v)
{
	uint32_t bit = v->index - oracle.vm[v->vm].first;

	box_map(m->map)[bit / 64] &= ~(1ull << (bit % 64));
	v->nr_group--;
	box_still_in_flight(v, m->vector);
	for (uint32_t w = 0; w < box.map_words; w++)
		if (box_map(m->map)[w])
			return;
	if (m->soft == NONE)
		check_fire(CHECK_QUIET_LOWEST, NULL, m->vm, m->vector,
			   "lowest-priority vector 0x%02x was sent, and none of its candidates got it", m->vector);
	box_unlink(m);
	box_slot_free(m);
}

void message_quiet(struct oracle_vcpu *v)
{
	if (!v->nr_group)
		return;
	for (int32_t i = 0; i < box.high; i++) {
		struct message *m = &box.slot[i];

		if (m->active && m->group && m->ended && box_covers(m, v, m->vector))
			drop_candidate(m, v);
	}
}
