// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages as intervals.
 *
 * From its begin a message may be visible in its target's IRR, from its end it
 * must be, unless the target dispatched the vector in between: then it may have
 * been part of that dispatch, and the next observation decides.
 *
 * Does not verify that messages with a wrong address are refused.  When there is
 * no room to follow a message, its vector counts as in flight to its targets for
 * the rest of the run.  Lowest priority is in lowest.c, the table in box.c.
 */
#include "sim/oracle/message.h"

#include "sim/oracle/box.h"

/* Which value TMR gets from two messages that overlap, or that collapse, is open. */
static inline void vcpu_begins(struct oracle_vcpu *v, uint32_t vector, bool level)
{
	bool pending = vector_test(v->apic.irr, vector) || vector_test(v->may, vector);

	if (unlikely(pending)) {
		vcpu_touch(v, v->again, vector);
		if (vector_test(v->inflight, vector) || vector_test(v->apic.tmr, vector) != level) {
			vector_set(v->unsure, vector);
			v->tmr_loose = true;
		}
	}
	vector_set(v->inflight, vector);
	vcpu_may_set(v, vector);
}

static inline void begin_target(struct message *m, struct oracle_vcpu *v)
{
	if (m->group) {
		v->nr_group++;
		/* It may collapse into what is pending here. */
		m->absorbed |= vector_test(v->apic.irr, m->vector) || vector_test(v->may, m->vector);
	}
	vcpu_begins(v, m->vector, m->level);
}

/* No room to follow it: nothing is judged of this vector at these targets any more. */
static int32_t leak(const struct destination *d, uint32_t vm, uint8_t vector, bool level, uint32_t first,
		    uint32_t end)
{
	for (uint32_t i = first; i < end; i++)
		if (destination_match(d, oracle_vcpu(i)) != MATCH_NO)
			vcpu_begins(oracle_vcpu(i), vector, level);
	vector_set(oracle.vm[vm].leaked, vector);
	oracle.vm[vm].any_leaked = true;
	oracle.nr_leaked++;
	return NONE;
}

/* Add vCPU @i to @m's targets. False: no room. */
static inline bool add_target(struct message *m, uint32_t nr, uint32_t i, bool soft)
{
	uint32_t first = oracle.vm[m->vm].first;

	if (nr == 0) {
		m->target = i;
		m->soft_one = soft;
		return true;
	}
	if (nr == 1) {
		m->map = box_map_alloc();
		if (m->map == NONE)
			return false;
		box_map_set(m->map, m->target - first);
	}
	if ((soft || m->soft_one) && m->soft == NONE) {
		m->soft = box_map_alloc();
		if (m->soft == NONE)
			return false;
		if (m->soft_one)
			box_map_set(m->soft, m->target - first);
		m->soft_one = false;
	}
	box_map_set(m->map, i - first);
	if (soft)
		box_map_set(m->soft, i - first);
	return true;
}

/* The plainest of all: to one APIC by its ID, in a VM where every ID is its vCPU's place. */
static int32_t begin_plain(struct message *m, const struct destination *d, struct oracle_vcpu *v)
{
	m->target = v->index;
	m->begin_seq = ++oracle.seq;
	box_keep_destination(m, d);
	box_link_one(m, (int32_t)(m - box.slot), v);
	vcpu_begins(v, m->vector, m->level);
	return v->messages;
}

int32_t message_begin_one(uint32_t vm, uint32_t dest, uint8_t vector)
{
	struct oracle_vcpu *v = destination_one(dest, &oracle.vm[vm]);
	struct message *m;
	int32_t handle;

	if (unlikely(!v || box.dest))
		return NONE;
	m = box_slot_again(&handle);
	if (unlikely(!m))
		return NONE;
	*m = (struct message){
		.begin_seq = ++oracle.seq, .vm = vm, .target = v->index, .map = NONE, .soft = NONE, .vector = vector,
		.active = true,
	};
	box_link_one(m, handle, v);
	vcpu_begins(v, vector, false);
	return handle;
}

int32_t message_begin(const struct destination *d, uint32_t vm, uint8_t vector, bool level, bool lowest)
{
	struct oracle_vcpu *only = destination_plain(d, &oracle.vm[vm]);
	struct message *m = box_slot_alloc();
	uint32_t first, end, nr = 0;

	if (__builtin_expect(only && m, 1)) {
		m->vm = vm;
		m->vector = vector;
		m->level = level;
		return begin_plain(m, d, only);
	}
	destination_window(d, &oracle.vm[vm], &first, &end);
	if (!m)
		return leak(d, vm, vector, level, first, end);
	m->vm = vm;
	m->vector = vector;
	m->level = level;
	for (uint32_t i = first; i < end; i++) {
		enum match match = destination_match(d, oracle_vcpu(i));

		if (match == MATCH_NO)
			continue;
		if (!add_target(m, nr++, i, match == MATCH_MAY)) {
			box_slot_free(m);
			return leak(d, vm, vector, level, first, end);
		}
	}
	/* Nobody's now may become somebody's while it is in flight. */
	if (!nr && box.dest)
		m->map = box_map_alloc();
	if (!nr && m->map == NONE) {
		box_slot_free(m);
		return NONE;
	}
	if (m->map != NONE)
		m->target = DIV_NONE;
	box_keep_destination(m, d);
	m->group = lowest && nr > 1;
	m->begin_seq = ++oracle.seq;
	box_link(m);
	box_for_each_target(m, begin_target);
	return (int32_t)(m - box.slot);
}

bool message_add_target(struct message *m, struct oracle_vcpu *v)
{
	bool added;

	box_unlink(m);
	added = add_target(m, m->map == NONE ? 1 : 2, v->index, true);
	if (m->map != NONE)
		m->target = DIV_NONE;
	box_link(m);
	if (!added) {
		vector_set(oracle.vm[m->vm].leaked, m->vector);
		oracle.vm[m->vm].any_leaked = true;
		oracle.nr_leaked++;
		vcpu_begins(v, m->vector, m->level);
		return false;
	}
	begin_target(m, v);
	return true;
}

void message_soften(struct message *m)
{
	if (m->map == NONE) {
		m->soft_one = true;
		return;
	}
	if (m->soft == NONE)
		m->soft = box_map_alloc();
	if (m->soft != NONE)
		memcpy(box_map(m->soft), box_map(m->map), box.map_words * sizeof(uint64_t));
}

/*
 * TMR is written upon acceptance into IRR ("Interrupt Acceptance for Fixed
 * Interrupts"); after an overlap the next observation tells the outcome.
 */
void message_accept_tmr(struct oracle_vcpu *v, const struct message *m, bool overlap, bool soft)
{
	if (unlikely(soft) && vector_test(v->apic.tmr, m->vector) != m->level) {
		vector_set(v->unsure, m->vector);
		v->tmr_loose = true;
	}
	if (unlikely(overlap || soft || vector_test(v->unsure, m->vector)))
		return;
	if (unlikely(m->level))
		vector_set(v->apic.tmr, m->vector);
	else
		vector_clear(v->apic.tmr, m->vector);
}

/* The message is over at @v; it is unlinked already. */
static inline void end_target(struct message *m, struct oracle_vcpu *v)
{
	uint32_t vector = m->vector;
	bool soft = unlikely(m->soft_one) || (unlikely(m->soft != NONE) && box_map_test(m->soft, v->index - oracle.vm[v->vm].first));
	bool taken = unlikely(vector_test(v->taken, vector)) && v->taken_seq > m->begin_seq;
	bool overlap = box_still_in_flight(v, vector);

	v->nr_group -= m->group;
	if (!overlap)
		vector_clear(v->taken, vector);
	message_accept_tmr(v, m, overlap, soft);
	if (unlikely(soft || taken)) {
		/* Still a perhaps, even after one more dispatch; if it is there, KVM need not have looked yet. */
		vcpu_touch(v, v->again, vector);
		if (vector_test(v->apic.irr, vector))
			vcpu_touch(v, v->fresh, vector);
		return;
	}
	vector_set(v->apic.irr, vector);
	vcpu_touch(v, v->fresh, vector);
	if (likely(!overlap))
		vcpu_may_clear(v, vector);
}

/* The message is over, and may be in this vCPU's IRR or not: the next observation decides. */
static void release_target(struct message *m, struct oracle_vcpu *v)
{
	v->nr_group -= m->group;
	vcpu_touch(v, v->again, m->vector);
	/* If it is what was seen there already, its sender told KVM only now. */
	if (vector_test(v->apic.irr, m->vector))
		vcpu_touch(v, v->fresh, m->vector);
	if (!box_still_in_flight(v, m->vector))
		vector_clear(v->taken, m->vector);
	if (vector_test(v->apic.tmr, m->vector) != m->level) {
		vector_set(v->unsure, m->vector);
		v->tmr_loose = true;
	}
}

void message_release(struct message *m)
{
	box_unlink(m);
	box_for_each_target(m, release_target);
	box_slot_free(m);
}

/*
 * An edge-triggered one, to one APIC for sure, the only one in flight to it, and no
 * dispatch or other message has come between: end_target() without its questions.
 */
static inline bool end_plain(struct message *m, int32_t handle, struct oracle_vcpu *v)
{
	uint32_t vector = m->vector;

	if (v->messages != handle || m->next != NONE || box.nr_many || oracle.vm[m->vm].any_leaked ||
	    (m->level | m->soft_one | m->group) || vector_test(v->taken, vector) || vector_test(v->unsure, vector))
		return false;
	v->messages = NONE;
	vector_clear(v->inflight, vector);
	vector_clear(v->apic.tmr, vector);
	vector_set(v->apic.irr, vector);
	vcpu_touch(v, v->fresh, vector);
	vcpu_may_clear(v, vector);
	m->active = false;
	m->next = box.free;
	box.free = handle;
	return true;
}

static __attribute__((noinline)) void end_slowly(struct message *m, bool accepted)
{
	if (unlikely(!accepted) || (unlikely(m->group) && m->absorbed)) {
		message_release(m);
		return;
	}
	if (unlikely(m->group)) {
		m->ended = true;	/* waits for message_seen() */
		return;
	}
	box_unlink(m);
	if (likely(m->map == NONE))
		end_target(m, oracle_vcpu(m->target));
	else
		box_for_each_target(m, end_target);
	box_slot_free(m);
}

void message_end(int32_t handle, bool accepted)
{
	struct message *m;

	if (handle < 0 || handle >= box.high || !box.slot[handle].active || box.slot[handle].ended)
		return;
	m = &box.slot[handle];
	if (unlikely(!accepted || m->map != NONE) || unlikely(!end_plain(m, handle, oracle_vcpu(m->target))))
		end_slowly(m, accepted);
}

void message_dispatched(struct oracle_vcpu *v, uint32_t vector)
{
	bool again = vector_test(v->again, vector);

	if (unlikely(v->nr_group) && vector_test(v->inflight, vector))
		message_seen(v, vector, vector_test(v->apic.irr, vector));
	if (vector_test(v->inflight, vector)) {
		vector_set(v->taken, vector);
		v->taken_seq = ++oracle.seq;
		again = true;
	}
	if (again)
		vcpu_may_set(v, vector);
	else
		vcpu_may_clear(v, vector);
	/* "again" stays until the next exit: what is seen in IRR until then has an unknown origin. */
	vector_clear(v->fresh, vector);
}

void message_overwritten(struct oracle_vcpu *v)
{
	v->taken_seq = ++oracle.seq;
	v->stray = 0;
	for (int w = 0; w < APIC_WORDS; w++) {
		/* Those that came since the last exit, for sure or perhaps, may have come after it. */
		uint32_t open = v->inflight[w] | v->fresh[w] | (v->again[w] & v->may[w]);

		v->taken[w] |= v->inflight[w];
		v->may[w] = open;
		v->unsure[w] |= open;
		if (open) {
			v->loose |= (uint8_t)(1u << w);
			v->tmr_loose = true;
		}
		for (uint32_t bits = v->nr_group ? v->inflight[w] : 0; bits; bits &= bits - 1)
			message_seen(v, (uint32_t)w * 32 + (uint32_t)__builtin_ctz(bits), true);
	}
}

void message_perhaps(struct oracle_vcpu *v, uint32_t vector)
{
	if (v->nr_group && vector_test(v->inflight, vector))
		message_seen(v, vector, true);
	vcpu_may_set(v, vector);
}

void message_local(struct oracle_vcpu *v, uint32_t vector)
{
	if (!identity_enabled(&v->now)) {
		message_perhaps(v, vector);
		return;
	}
	if (vector_test(v->apic.irr, vector) || vector_test(v->may, vector)) {
		vcpu_touch(v, v->again, vector);
		if (vector_test(v->inflight, vector) || vector_test(v->apic.tmr, vector)) {
			vector_set(v->unsure, vector);
			v->tmr_loose = true;
		}
	} else {
		vector_clear(v->apic.tmr, vector);
	}
	vector_set(v->apic.irr, vector);
	vcpu_touch(v, v->fresh, vector);
}
