/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of a campaign's rounds, and when --until-quiet ends. */
#include <string.h>

#include "sim/cmd/plan.h"
#include "tests/unit/test.h"

#define NR_SCENARIOS 3u
#define NR_VARIANTS 2u

static struct cell cells[NR_SCENARIOS * NR_VARIANTS + 1];
static struct bucket buckets[4];
static struct campaign campaign;

/* As campaign.c has it, without known findings. */
bool campaign_same_bucket(const struct bucket *a, const struct bucket *b)
{
	return a->kind == b->kind && !strcmp(a->function, b->function);
}

static void fresh(uint64_t last, uint64_t time_ns, uint64_t until_quiet)
{
	memset(cells, 0, sizeof(cells));
	campaign = (struct campaign){
		.cells = cells, .nr_cells = NR_SCENARIOS * NR_VARIANTS, .nr_scenarios = NR_SCENARIOS,
		.nr_variants = NR_VARIANTS, .first_seed = 100, .feed_first = 100, .last_seed = last,
		.feed_last = last, .time_ns = time_ns, .until_quiet = until_quiet,
	};
	for (uint32_t i = 0; i < campaign.nr_cells; i++)
		cells[i].scenario = i / NR_VARIANTS;
}

/* Runs of @scenario have so many events. */
static void first_pass_done(uint32_t scenario, uint64_t events)
{
	for (uint32_t v = 0; v < NR_VARIANTS; v++) {
		campaign_cell(&campaign, scenario, v)->first_runs = PLAN_FIRST_SEEDS;
		campaign_cell(&campaign, scenario, v)->first_events = PLAN_FIRST_SEEDS * events;
	}
}

static void test_fixed_seeds_are_one_pass(void)
{
	struct plan p;

	fresh(1099, 0, 0);
	plan_init(&p, &campaign);
	for (uint32_t s = 0; s < NR_SCENARIOS; s++) {
		EXPECT(plan_next(&p));
		EXPECT_EQ(p.scenario, s);
		EXPECT_EQ(p.pass, 0);
		EXPECT_EQ(p.first, 100);
		EXPECT_EQ(p.count, 1000);
		EXPECT_EQ(plan_ends_pass(&p), s == NR_SCENARIOS - 1);
	}
	EXPECT(!plan_next(&p));
	EXPECT(!plan_next(&p));
	plan_free(&p);
}

/* Adjacent seeds, scenarios in turn, about as many events for each. */
static void test_with_a_time_scenarios_share_events(void)
{
	static const uint64_t events[NR_SCENARIOS] = { 100, 1000, 3000000 };
	uint64_t next[NR_SCENARIOS] = { 100, 100, 100 }, seeds[NR_SCENARIOS] = { 0 };
	struct plan p;

	fresh(INT64_MAX, 1, 0);
	for (uint32_t s = 0; s < NR_SCENARIOS; s++)
		first_pass_done(s, events[s]);
	plan_init(&p, &campaign);
	for (uint32_t i = 0; i < 300; i++) {
		EXPECT(plan_next(&p));
		EXPECT_EQ(p.scenario, i % NR_SCENARIOS);
		EXPECT_EQ(p.pass, i / NR_SCENARIOS);
		EXPECT_EQ(p.first, next[p.scenario]);
		EXPECT_EQ(plan_pass_of(&campaign, p.scenario, p.first), p.pass);
		EXPECT_EQ(plan_pass_of(&campaign, p.scenario, p.first + p.count - 1), p.pass);
		if (p.pass)
			EXPECT(p.count * events[p.scenario] <= PLAN_MAX_EVENTS || p.count == 1);
		next[p.scenario] += p.count;
		seeds[p.scenario] += p.count;
	}
	EXPECT(seeds[0] / 9 > seeds[1] && seeds[0] / 11 < seeds[1]);
	/* At least a run in each round, however long it takes. */
	EXPECT(seeds[2] >= 99 + PLAN_FIRST_SEEDS);
	plan_free(&p);
}

/* So that --time is kept: what one round of a lone scenario adds is little beside all before. */
static void test_rounds_of_one_scenario_grow_slowly(void)
{
	uint64_t before = 0;
	struct plan p;

	fresh(INT64_MAX, 1, 0);
	campaign.nr_scenarios = 1;
	first_pass_done(0, 100);
	plan_init(&p, &campaign);
	for (uint32_t i = 0; i < 200; i++) {
		EXPECT(plan_next(&p));
		if (i > 16)
			EXPECT(p.count <= before / 8);
		before += p.count;
	}
	EXPECT(p.count >= PLAN_MAX_EVENTS / 102);
	plan_free(&p);
}

static void put_bucket(uint32_t i, uint32_t cell, uint64_t seed, const char *function)
{
	buckets[i] = (struct bucket){ .kind = 1, .first_seed = seed };
	strcpy(buckets[i].function, function);
	cells[cell].buckets = &buckets[i];
	cells[cell].nr_buckets = 1;
}

static void test_quiet(void)
{
	uint64_t pass_runs[3] = { NR_SCENARIOS * NR_VARIANTS * PLAN_FIRST_SEEDS };

	fresh(INT64_MAX, 0, 1000);
	for (uint32_t s = 0; s < NR_SCENARIOS; s++)
		first_pass_done(s, 1000);
	for (uint32_t k = 1; k < 3; k++)
		pass_runs[k] = NR_SCENARIOS * NR_VARIANTS * plan_seeds(&campaign, 0, k);
	EXPECT_EQ(plan_quiet_runs(&campaign, 2), pass_runs[0] + pass_runs[1] + pass_runs[2]);
	/* In the first pass: the others were quiet. */
	put_bucket(0, 0, 100, "f");
	EXPECT_EQ(plan_quiet_runs(&campaign, 2), pass_runs[1] + pass_runs[2]);
	/* The same later, elsewhere: nothing new. */
	put_bucket(1, 3, 100 + PLAN_FIRST_SEEDS, "f");
	EXPECT_EQ(plan_quiet_runs(&campaign, 2), pass_runs[1] + pass_runs[2]);
	/* Another one in the second pass. */
	put_bucket(2, 4, 100 + PLAN_FIRST_SEEDS, "g");
	EXPECT_EQ(plan_quiet_runs(&campaign, 2), pass_runs[2]);
	EXPECT_EQ(plan_quiet_runs(&campaign, 1), 0);
	/* What was known when the first pass was over does not contain it. */
	EXPECT_EQ(plan_quiet_runs(&campaign, 0), 0);
}

TEST_MAIN(TEST(test_fixed_seeds_are_one_pass), TEST(test_with_a_time_scenarios_share_events),
	  TEST(test_rounds_of_one_scenario_grow_slowly), TEST(test_quiet))
