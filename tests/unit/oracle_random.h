/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The players of a random history: senders whose messages set one bit at a time, vCPUs
 * in and out of the guest, userspace between two KVM_RUNs, memory that goes and comes
 * back.  Each step is legal, unless `bug` makes the model wrong in one way.
 *
 * Does not say who moves next.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_RANDOM_H
#define LAPICSIM_TESTS_UNIT_ORACLE_RANDOM_H

#include "tests/unit/oracle_model.h"

#define NR_VCPUS	5
#define NR_SENDERS	6
#define PV_MSR		0x7001ull

static uint64_t rng_state;

static inline uint32_t draw(uint32_t n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 33) % n;
}

static inline bool one_in(uint32_t n)
{
	return draw(n) == 0;
}

enum where { OUT, PREPARED, INSIDE, EXITED };

static struct {
	enum where where;
	bool	 user;			/* between two KVM_RUNs */
	uint32_t reason;
} place[NR_VCPUS];

/* What the guest does on its exit, for KVM to handle. */
enum { R_NONE, R_EOI, R_TPR, R_PV_ON, R_PV_OFF, R_IPI, R_LOCAL, R_NR };

static struct sender {
	bool	 busy, level, lowest;
	int32_t  handle;
	uint32_t vector, left;		/* targets, one bit a vCPU */
	int32_t  flag;			/* a vCPU whose irr_pending this sender has yet to set */
} sender[NR_SENDERS];

static inline uint32_t pick_vector(void)
{
	static const uint8_t few[] = { 0x31, 0x35, 0x41, 0x42, 0x4f, 0x51, 0x81, 0xec, 0xf1 };

	return one_in(8) ? 16 + draw(240) : few[draw(sizeof(few))];
}

/* --- Senders. */

static inline void sender_begin(struct sender *s)
{
	uint32_t mask = 1 + draw((1u << NR_VCPUS) - 1), target = draw(NR_VCPUS), data, address = 0xfee00000;

	s->vector = pick_vector();
	s->level = one_in(6);
	s->flag = -1;
	s->lowest = false;
	data = s->vector | (s->level ? 0xc000 : 0);
	switch (draw(5)) {
	case 0:
		s->left = mask;
		address |= mask << 12 | 4;
		break;
	case 1:
		s->left = (1u << NR_VCPUS) - 1;
		address |= 0xff << 12;
		break;
	case 2:
		s->left = mask;
		s->lowest = true;
		data |= 1 << 8;
		address |= mask << 12 | 4;
		break;
	default:
		s->left = 1u << target;
		address |= target << 12;
	}
	s->handle = oracle_msi_begin(0, address, data);
	s->busy = true;
	if (s->lowest) {
		do
			target = draw(NR_VCPUS);
		while (!(mask >> target & 1));
		s->left = bug == BUG_LOSE_LOWEST ? 0 : 1u << target;
	}
}

static inline void sender_step(struct sender *s)
{
	uint32_t target;

	if (!s->busy) {
		sender_begin(s);
		return;
	}
	if (s->flag >= 0) {
		model[s->flag].irr_pending = bug != BUG_STALE_IRR_PENDING;
		s->flag = -1;
		return;
	}
	if (!s->left) {
		oracle_message_end(s->handle, true);
		s->busy = false;
		return;
	}
	target = (uint32_t)__builtin_ctz(s->left);
	s->left &= s->left - 1;
	if (bug == BUG_LOSE_IRR && one_in(20))
		return;
	if (bug != BUG_TMR)
		model[target].tmr[s->vector] = s->level;
	model[target].irr[s->vector] = 1;
	s->flag = (int32_t)target;	/* the bit first, the flag next */
}

/* --- The vCPU. */

static inline const struct kw_apic_state *look(uint32_t i)
{
	const struct kw_apic_state *state = model_look(&model[i]);

	if (bug == BUG_STALE_HIGHEST && state->isr_count > 1)
		model[i].state.highest_isr_cache = 0x20;
	if (bug == BUG_STALE_COUNT && state->isr_count > 1)
		model[i].state.isr_count--;
	return state;
}

static inline void vcpu_enter(uint32_t i)
{
	struct model *m = &model[i];
	bool exception = one_in(30);

	m->hw.entry_intr_info = 0;
	if (exception)
		m->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | 14;
	else if (m->injected >= 0)
		m->hw.entry_intr_info = KW_INTR_VALID | (uint32_t)m->injected;
	m->hw.interruptibility = m->blocking;
	oracle_entry(i, &m->hw, look(i), m->word, !m->gone);
	place[i].where = INSIDE;
	if (m->injected < 0)
		return;
	if (exception) {		/* its handler faults at once */
		place[i].where = EXITED;
		place[i].reason = R_NONE;
		return;
	}
	if (one_in(10)) {
		oracle_delivery_interrupted(i, (uint8_t)m->injected);
		place[i].where = EXITED;
		place[i].reason = R_NONE;
		return;
	}
	oracle_delivered(i, (uint8_t)m->injected);
	m->injected = -1;
	m->blocking = 0;
}

static inline void vcpu_leave(uint32_t i)
{
	struct model *m = &model[i];

	model_sync(m);
	oracle_exit(i, &m->hw, look(i), m->word, !m->gone);
	place[i].where = OUT;
	place[i].user = one_in(4);
}

static inline void write_pv_msr(uint32_t i, uint64_t value)
{
	struct model *m = &model[i];

	if (value == m->pv_msr)
		return;
	m->pending = false;
	m->pv_msr = bug == BUG_PV_MSR ? 0x9001 : value;
	m->word &= ~1u;
	if (one_in(2))
		oracle_guest_pv_msr(i, value, true);
	else
		oracle_user_pv_msr(i, value, true);
}

/* The exit is known to the oracle; now the guest's action, and KVM handling it. */
static inline void vcpu_handle(uint32_t i, uint32_t reason)
{
	struct model *m = &model[i];
	uint32_t vector;

	switch (reason) {
	case R_EOI:
		oracle_guest_eoi(i);
		if (bug != BUG_LOST_EOI || !one_in(10))
			model_eoi(m);
		break;
	case R_TPR:
		m->tpr = one_in(2) ? 0 : (uint8_t)draw(0x70);
		oracle_guest_tpr(i, m->tpr);
		model_ppr(m);
		break;
	case R_PV_ON:
		write_pv_msr(i, PV_MSR);
		break;
	case R_PV_OFF:
		write_pv_msr(i, 0);
		break;
	case R_IPI: {
		uint32_t shorthand = draw(4), dest = draw(NR_VCPUS);
		int32_t handle;

		vector = pick_vector();
		handle = oracle_icr_begin(i, (uint64_t)dest << 32 | shorthand << 18 | 1 << 14 | vector);
		for (uint32_t t = 0; t < NR_VCPUS; t++)
			if (shorthand == 0 ? t == dest : shorthand == 1 ? t == i : shorthand == 2 || t != i)
				model_accept(&model[t], vector, false);
		oracle_message_end(handle, true);
		break;
	}
	case R_LOCAL:
		vector = pick_vector();
		oracle_local_interrupt(i, (uint8_t)vector);
		model_accept(m, vector, false);
		break;
	}
}

static inline void guest_step(uint32_t i)
{
	struct model *m = &model[i];

	switch (draw(8)) {
	case 0:
		m->blocking = m->if_enabled || one_in(2) ? 0 : KW_BLOCK_STI;
		m->if_enabled = !one_in(4);
		oracle_guest_if(i, m->if_enabled, m->blocking);
		return;
	case 1:
		m->blocking = 0;
		oracle_guest_if(i, m->if_enabled, 0);
		m->tpr = one_in(2) ? 0 : (uint8_t)draw(0x70);
		oracle_guest_tpr(i, m->tpr);	/* hardware writes TPR, nobody writes PPR */
		return;
	case 2:
	case 3:
		if (!(m->word & 1) || m->gone || model_top(m->isr) < 0)
			return;
		m->word &= ~1u;
		oracle_guest_pv_ack(i, m->word | 1, m->word);
		return;
	case 4:
		place[i].where = EXITED;
		place[i].reason = model_top(m->isr) >= 0 || one_in(10) ? R_EOI : R_NONE;
		return;
	case 5:
		place[i].where = EXITED;
		place[i].reason = draw(R_NR);
		return;
	}
}

static inline void user_step(uint32_t i)
{
	struct model *m = &model[i];
	uint8_t block[1024];

	switch (draw(12)) {
	case 0:
		memcpy(block, look(i)->regs, sizeof(block));
		if (bug == BUG_GET_LAPIC)
			block[0x80] ^= 0x10;
		oracle_user_get_lapic(i, block, look(i));
		return;
	case 1:
		/* Load other registers; an event taken for injection stays with KVM. */
		if (m->injected >= 0 || m->pending)
			return;
		memset(m->irr, 0, sizeof(m->irr));
		memset(m->isr, 0, sizeof(m->isr));
		m->irr[pick_vector()] = 1;
		m->isr[0x20 + draw(32)] = 1;
		m->tpr = (uint8_t)draw(0x40);
		m->irr_pending = true;
		model_ppr(m);
		oracle_user_set_lapic(i, look(i)->regs, true);
		return;
	case 2:
		write_pv_msr(i, one_in(2) ? PV_MSR : 0);
		return;
	default:
		place[i].user = false;
	}
}

static inline void vcpu_step(uint32_t i)
{
	struct model *m = &model[i];

	switch (place[i].where) {
	case OUT:
		if (place[i].user) {
			user_step(i);
			return;
		}
		if (bug == BUG_SPURIOUS && one_in(50))
			m->irr[pick_vector()] = m->irr_pending = 1;
		model_prepare(m);
		place[i].where = PREPARED;
		return;
	case PREPARED:
		if (one_in(6)) {
			bool early = one_in(2);

			if (!early)
				model_sync(m);
			oracle_cancel(i, look(i));
			if (early)
				model_sync(m);
			place[i].where = OUT;
			place[i].user = one_in(4);
			return;
		}
		vcpu_enter(i);
		return;
	case INSIDE:
		guest_step(i);
		return;
	case EXITED:
		vcpu_leave(i);
		vcpu_handle(i, place[i].reason);
		return;
	}
}

static inline void memory_step(uint32_t i)
{
	struct model *m = &model[i];

	if (!m->gone) {
		if (!one_in(4))
			return;
		m->gone = true;
		oracle_pv_page_gone(i);
		return;
	}
	m->gone = false;
	if (one_in(2))
		m->word = 0;
	oracle_pv_page_back(i, m->word);
}

#endif
