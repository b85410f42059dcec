// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random legal histories against a correct model APIC must give no divergence;
 * the same histories with the model wrong in one way must give one of the right
 * kind.  Messages overlap everything: each begins, sets bits one target at a
 * time, and ends, in steps of its own.
 *
 * Does not cover: changes of ID, LDR and mode; APICv.
 */
#include <stdlib.h>

#include "tests/unit/test.h"
#include "tests/unit/oracle_model.h"
#include "sim/oracle/state.h"

#define NR_VCPUS	5
#define NR_SENDERS	6
#define NR_STEPS	200000
#define PV_MSR		0x7001ull

static uint64_t rng_state;

static uint32_t draw(uint32_t n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 33) % n;
}

static bool one_in(uint32_t n)
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

static uint32_t pick_vector(void)
{
	static const uint8_t few[] = { 0x31, 0x35, 0x41, 0x42, 0x4f, 0x51, 0x81, 0xec, 0xf1 };

	return one_in(8) ? 16 + draw(240) : few[draw(sizeof(few))];
}

/* --- Senders. */

static void sender_begin(struct sender *s)
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

static void sender_step(struct sender *s)
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

static const struct kw_apic_state *look(uint32_t i)
{
	const struct kw_apic_state *state = model_look(&model[i]);

	if (bug == BUG_STALE_HIGHEST && state->isr_count > 1)
		model[i].state.highest_isr_cache = 0x20;
	if (bug == BUG_STALE_COUNT && state->isr_count > 1)
		model[i].state.isr_count--;
	return state;
}

static void vcpu_enter(uint32_t i)
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

static void vcpu_leave(uint32_t i)
{
	struct model *m = &model[i];

	model_sync(m);
	oracle_exit(i, &m->hw, look(i), m->word, !m->gone);
	place[i].where = OUT;
	place[i].user = one_in(4);
}

static void write_pv_msr(uint32_t i, uint64_t value)
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
static void vcpu_handle(uint32_t i, uint32_t reason)
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

static void guest_step(uint32_t i)
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

static void user_step(uint32_t i)
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

static void vcpu_step(uint32_t i)
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

static void memory_step(uint32_t i)
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

static void drain(uint32_t i)
{
	struct model *m = &model[i];

	m->tpr = 0;
	oracle_guest_tpr(i, 0);
	model_ppr(m);
	m->if_enabled = true;
	m->blocking = 0;
	oracle_guest_if(i, true, 0);
	for (int n = 0; n < 600; n++) {
		model_prepare(m);
		vcpu_enter(i);
		vcpu_leave(i);
		if (model_top(m->isr) >= 0)
			vcpu_handle(i, R_EOI);
	}
	model_prepare(m);
	vcpu_enter(i);
	vcpu_leave(i);
}

static void quiet(void)
{
	for (int s = 0; s < NR_SENDERS; s++)
		while (sender[s].busy)
			sender_step(&sender[s]);
	for (uint32_t i = 0; i < NR_VCPUS; i++) {
		if (model[i].gone)
			memory_step(i);
		while (place[i].where != OUT)
			vcpu_step(i);
	}
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		drain(i);
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		oracle_quiet(i, look(i));
}

/* One run; steps until the end, or until something was reported. */
static uint32_t run(uint64_t seed, enum model_bug with, uint32_t nr_steps)
{
	uint32_t step, rate = 2 + seed % 24;

	rng_state = seed * 0x9e3779b97f4a7c15ull + 1;
	for (int i = 0; i < 8; i++)
		draw(2);
	memset(place, 0, sizeof(place));
	memset(sender, 0, sizeof(sender));
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		model_init(&model[i], i, true);
	oracle_reset();
	nr_seen = 0;
	bug = with;
	for (step = 0; step < nr_steps && !nr_seen; step++) {
		uint32_t what = draw(100);

		if (what < rate)
			sender_step(&sender[draw(NR_SENDERS)]);
		else if (what < 96)
			vcpu_step(draw(NR_VCPUS));
		else
			memory_step(draw(NR_VCPUS));
	}
	if (!nr_seen)
		quiet();
	return step;
}

static void boot(void)
{
	model_boot(1, NR_VCPUS, true, false);
	model_blind = false;
}

static void test_legal(void)
{
	uint64_t steps = 0;

	boot();
	for (uint64_t seed = 1; steps < NR_STEPS * 10; seed++) {
		steps += run(seed, BUG_NONE, seed % 5 ? 5000 : 50000);
		if (nr_seen) {
			test_expect(false, __FILE__, __LINE__, "seed %llu step %llu: vcpu %u %s: %s",
				    (unsigned long long)seed, (unsigned long long)steps, seen[0].vcpu, seen[0].check,
				    seen[0].text);
			return;
		}
	}
	EXPECT_EQ(oracle.nr_leaked, 0);
}

static const struct {
	enum model_bug bug;
	const char *name;
	uint32_t kind, also;		/* either of two */
} bugs[] = {
	{ BUG_LOSE_IRR, "lost IRR bit", DIV_LOST_INTERRUPT, DIV_LOST_INTERRUPT },
	{ BUG_WRONG_PRIORITY, "lowest vector first", DIV_PRIORITY_INVERSION, DIV_PRIORITY_INVERSION },
	{ BUG_DOUBLE_EOI, "EOI ends two", DIV_PREMATURE_EOI, DIV_PRIORITY_INVERSION },
	{ BUG_EOI_WRONG_BIT, "EOI ends the lowest", DIV_PREMATURE_EOI, DIV_LOST_EOI },
	{ BUG_STALE_HIGHEST, "stale highest_isr_cache", DIV_STALE_CACHE, DIV_STALE_CACHE },
	{ BUG_STALE_COUNT, "stale isr_count", DIV_STALE_CACHE, DIV_STALE_CACHE },
	{ BUG_STALE_IRR_PENDING, "stale irr_pending", DIV_STALE_CACHE, DIV_STALE_CACHE },
	{ BUG_ARM_PENDING, "armed with IRR pending", DIV_PV_EOI_WORD, DIV_PV_EOI_WORD },
	{ BUG_ARM_IDLE, "armed with nothing in service", DIV_PV_EOI_WORD, DIV_PV_EOI_WORD },
	{ BUG_TMR, "TMR not updated", DIV_REGISTER_MISMATCH, DIV_REGISTER_MISMATCH },
	{ BUG_LOST_EOI, "EOI ignored", DIV_LOST_EOI, DIV_LOST_EOI },
	{ BUG_LOST_PV_EOI, "PV EOI ack ignored", DIV_LOST_EOI, DIV_LOST_EOI },
	{ BUG_SPURIOUS, "IRR bit from nowhere", DIV_SPURIOUS_DELIVERY, DIV_SPURIOUS_DELIVERY },
	{ BUG_PPR, "PPR not updated", DIV_REGISTER_MISMATCH, DIV_PRIORITY_INVERSION },
	{ BUG_IGNORE_PPR, "PPR ignored", DIV_PRIORITY_INVERSION, DIV_PRIORITY_INVERSION },
	{ BUG_IGNORE_IF, "RFLAGS.IF ignored", DIV_PRIORITY_INVERSION, DIV_PRIORITY_INVERSION },
	{ BUG_GONE_EOI, "unreadable word taken for an ack", DIV_PREMATURE_EOI, DIV_PREMATURE_EOI },
	{ BUG_NO_REINJECT, "not injected again", DIV_LOST_INTERRUPT, DIV_LOST_INTERRUPT },
	{ BUG_LOSE_LOWEST, "lowest priority to nobody", DIV_LOST_INTERRUPT, DIV_LOST_INTERRUPT },
	{ BUG_GET_LAPIC, "KVM_GET_LAPIC wrong", DIV_REGISTER_MISMATCH, DIV_REGISTER_MISMATCH },
	{ BUG_PV_MSR, "PV EOI MSR wrong", DIV_REGISTER_MISMATCH, DIV_REGISTER_MISMATCH },
	{ BUG_NO_WINDOW, "no interrupt-window exit", DIV_LOST_INTERRUPT, DIV_LOST_INTERRUPT },
	{ BUG_TWICE, "IRR bit survives its dispatch", DIV_SPURIOUS_DELIVERY, DIV_SPURIOUS_DELIVERY },
};

/* What is found first must be of the right kind; most seeds must find it (some hardly use the broken path). */
static void test_bugs(void)
{
	boot();
	for (uint32_t b = 0; b < sizeof(bugs) / sizeof(bugs[0]); b++) {
		uint32_t nr_found = 0;

		for (uint64_t seed = 1; seed <= 50; seed++) {
			run(seed, bugs[b].bug, 20000);
			if (!nr_seen)
				continue;
			nr_found++;
			test_expect(seen[0].kind == bugs[b].kind || seen[0].kind == bugs[b].also, __FILE__, __LINE__,
				    "%s: seed %llu: kind %u, %s: %s", bugs[b].name, (unsigned long long)seed,
				    seen[0].kind, seen[0].check, seen[0].text);
		}
		test_expect(nr_found >= 40, __FILE__, __LINE__, "%s: found with %u seeds of 50", bugs[b].name,
			    nr_found);
	}
}

/* The same seed: the same reports. */
static void test_repeatable(void)
{
	struct divergence first;
	uint32_t steps;

	boot();
	steps = run(7, BUG_EOI_WRONG_BIT, 20000);
	first = seen[0];
	run(8, BUG_LOSE_IRR, 20000);
	EXPECT_EQ(run(7, BUG_EOI_WRONG_BIT, 20000), steps);
	EXPECT(!memcmp(&first, &seen[0], sizeof(first)));
}

TEST_MAIN(TEST(test_legal), TEST(test_bugs), TEST(test_repeatable))
