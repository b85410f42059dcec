// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random legal histories against a correct model APIC must give no divergence;
 * the same histories with the model wrong in one way must give one of the right
 * kind.  Messages overlap everything: each begins, sets bits one target at a
 * time, and ends, in steps of its own.
 *
 * Does not cover: changes of ID, LDR and mode; APICv.
 */
#include "sim/oracle/state.h"
#include "tests/unit/oracle_random.h"
#include "tests/unit/test.h"

#define NR_STEPS	200000

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
