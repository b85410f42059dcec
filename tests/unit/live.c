// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapicsim live without a /dev/kvm: sequences on fake KVMs, through the guard,
 * judged by the oracle.  A right one is silent; each wrong one is seen.
 */
#include "sim/live/judge.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/live_fake.h"
#include "tests/unit/test.h"

#define STEPS		400u
#define SEEDS		400u

static struct judge judge;
static struct live_record first;	/* with a divergence */
static bool fired;
static uint32_t nr_records, nr_done, kinds_seen;
static uint64_t sum;

static bool judged(const struct live_record *r)
{
	nr_records++;
	nr_done += r->kind == LIVE_DONE;
	if (fired || r->kind != LIVE_SHOWN || judge_record(&judge, r))
		return !fired;
	fired = true;
	first = *r;
	return false;
}

static bool counted(const struct live_record *r)
{
	nr_records++;
	nr_done += r->kind == LIVE_DONE;
	for (uint32_t i = 0; i < LIVE_PAGE / 4; i++)
		sum = sum * 31 + apic_reg(r->page[0], 4 * i);
	return true;
}

/* A VM that fake_kvm can be. */
static bool fits(uint64_t seed)
{
	struct live_vm vm;

	live_vm_draw(&vm, seed);
	return vm.nr_vcpus == 1 && vm.x2apic[0];
}

static uint32_t play_broken(enum fake_break how, uint64_t seed)
{
	struct guard g;

	fake_break = how;
	fired = false;
	nr_records = nr_done = 0;
	guard_init(&g, &fake_kvm);
	live_play(&g, seed, STEPS, judged);
	return nr_records;
}

static bool fires(enum fake_break how)
{
	fired = false;
	for (uint64_t seed = 0; seed < SEEDS && !fired; seed++)
		if (fits(seed))
			play_broken(how, seed);
	return fired;
}

static void test_right_is_silent(void)
{
	uint32_t nr = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		if (!fits(seed))
			continue;
		nr++;
		EXPECT_EQ(play_broken(FAKE_RIGHT, seed), STEPS + 2);
		EXPECT_EQ(nr_done, 1);
		test_expect(!fired, __FILE__, __LINE__, "seed %u step %u: %s", (uint32_t)seed, first.step,
			    judge.divergence[0].text);
	}
	EXPECT(nr > 20);
}

static void test_wrong_is_seen(void)
{
	static const char *const checks[FAKE_NR] = {
		[FAKE_LOSES_IRR] = "irr-lost", [FAKE_EXTRA_IRR] = "irr-spurious", [FAKE_KEEPS_ISR] = "isr-stuck",
		[FAKE_DROPS_ISR] = "isr-premature", [FAKE_TMR] = "tmr-matches", [FAKE_TPR] = "tpr-matches",
		[FAKE_PPR] = "ppr-matches", [FAKE_SVR] = "page-register", [FAKE_LVT_UNMASKED] = "page-register",
		[FAKE_ICR] = "page-register", [FAKE_ESR_FAULT] = "msr-access", [FAKE_READS_EOI] = "msr-access",
		[FAKE_DISABLED_ACCEPTS] = "disabled-accepts", [FAKE_LDR] = "page-register",
		[FAKE_LVT] = "page-register", [FAKE_WRONG_READ] = "msr-access",
	};

	for (int how = FAKE_RIGHT + 1; how < FAKE_NR; how++) {
		bool seen = fires((enum fake_break)how);

		test_expect(seen, __FILE__, __LINE__, "%s: nothing was seen", checks[how]);
		if (seen)
			EXPECT_STR(judge.divergence[0].check, checks[how]);
	}
}

/* What the deviations stand for is a divergence without them. */
static void test_deviations(void)
{
	static const char *const names[] = { "tpr-reserved-bits", "eoi-nonzero" };

	for (uint32_t i = 0; i < 2; i++) {
		deviation_switch(names[i], false);
		EXPECT(fires(FAKE_RIGHT));
		EXPECT_STR(judge.divergence[0].check, "msr-access");
		deviation_switch(names[i], true);
	}
}

static void test_load_ppr(void)
{
	deviation_clear_counts();
	EXPECT(!fires(FAKE_STALE_PPR));
	EXPECT(deviation_row(DEV_LOAD_PPR)->used > 100);
	deviation_switch("load-ppr", false);
	EXPECT(!fires(FAKE_RIGHT));
	EXPECT(fires(FAKE_STALE_PPR));
	EXPECT_STR(judge.divergence[0].check, "ppr-matches");
	deviation_switch("load-ppr", true);
}

/* Two KVMs that differ in one register of one page. */
static void test_compare(void)
{
	struct live_record a, b;
	char text[512];

	EXPECT(fits(first.seed));
	play_broken(FAKE_LOSES_IRR, first.seed);
	a = b = first;
	EXPECT(!judge_compare(&judge, &a, &b, text, sizeof(text)));
	b.page[0][0x80] ^= 0x10;
	b.page[0][0x214] ^= 1;
	EXPECT(judge_compare(&judge, &a, &b, text, sizeof(text)));
	EXPECT(strstr(text, "vcpu 0 TPR 0x80: ") && strstr(text, ", vcpu 0 offset 0x214: "));
	b = a;
	b.ret = -22;
	EXPECT(judge_compare(&judge, &a, &b, text, sizeof(text)));
	EXPECT_STR(text, a.ret == 1 ? "result 1 and -22 " : "result 0 and -22 ");
	b = a;
	b.value = a.value + 1;
	EXPECT(judge_compare(&judge, &a, &b, text, sizeof(text)));
	memset(b.page, 0x5a, sizeof(b.page));
	b.value = a.value;
	EXPECT(judge_compare(&judge, &a, &b, text, sizeof(text)));
	EXPECT(strstr(text, ", ..."));
}

/* Every step of every kind of VM passes the guard, which would abort. */
static void test_sequences_pass_the_guard(void)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct guard g;

		nr_records = nr_done = 0;
		guard_init(&g, &fake_null);
		live_play(&g, seed, STEPS, counted);
		EXPECT_EQ(nr_records, STEPS + 2);
		EXPECT_EQ(nr_done, 1);
	}
}

static void test_repeats(void)
{
	uint64_t sums[4];

	for (uint32_t i = 0; i < 4; i++) {
		struct guard g;

		sum = 0;
		guard_init(&g, &fake_null);
		live_play(&g, i == 3 ? 8 : 7, STEPS, counted);
		sums[i] = sum;
	}
	EXPECT(sums[0] == sums[1] && sums[1] == sums[2]);
	EXPECT(sums[0] != sums[3]);
}

/* A step depends on the seed, its number and the pages: not on what was drawn before it. */
static void test_steps_stand_alone(void)
{
	static live_pages pages;
	struct live_step a, b;
	struct live_vm vm;

	live_vm_draw(&vm, 42);
	live_step_draw(&vm, 100, pages, &a);
	for (uint32_t nr = 1; nr <= 300; nr++) {
		live_step_draw(&vm, nr, pages, &b);
		kinds_seen |= 1u << b.kind;
		if (nr == 100)
			EXPECT(!memcmp(&a, &b, sizeof(a)));
	}
	EXPECT_EQ(kinds_seen, 1u << LIVE_MSI | 1u << LIVE_WRITE | 1u << LIVE_READ | 1u << LIVE_LOAD);
}

TEST_MAIN(TEST(test_right_is_silent), TEST(test_wrong_is_seen), TEST(test_deviations), TEST(test_load_ppr),
	  TEST(test_compare), TEST(test_sequences_pass_the_guard), TEST(test_repeats),
	  TEST(test_steps_stand_alone))
