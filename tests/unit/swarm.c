/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swarm mixes: how often, what they change and what they leave, that a seed
 * decides all of it.
 */
#include "sim/swarm.h"
#include "sim/options.h"
#include "tests/unit/test.h"

static struct scenario base, mix, again;

static void setup(uint32_t percent)
{
	memset(&base, 0, sizeof(base));
	option_defaults(scenario_options, NULL, &base);
	base.swarm_percent = percent;
	base.memory_gap_ns = 5000;
}

static uint32_t nr_mixed(uint64_t first, uint64_t nr)
{
	uint32_t n = 0;

	for (uint64_t seed = first; seed < first + nr; seed++)
		n += swarm_draw(&base, seed, &mix);
	return n;
}

static void test_share(void)
{
	setup(0);
	EXPECT_EQ(nr_mixed(0, 1000), 0);
	EXPECT(!memcmp(&base, &mix, sizeof(mix)));
	setup(100);
	EXPECT_EQ(nr_mixed(0, 1000), 1000);
	setup(30);
	EXPECT(nr_mixed(0, 10000) > 2850 && nr_mixed(0, 10000) < 3150);
}

static void test_the_seed_decides(void)
{
	setup(100);
	for (uint64_t seed = 0; seed < 100; seed++) {
		swarm_draw(&base, seed, &mix);
		swarm_draw(&base, seed, &again);
		EXPECT(!memcmp(&mix, &again, sizeof(mix)));
		swarm_draw(&base, seed + 1, &again);
		EXPECT(memcmp(&mix, &again, sizeof(mix)));
	}
}

/* Off, as it was, and more: each of them happens to each action; what never happens stays away. */
static void test_subsets(void)
{
	uint32_t off = 0, same = 0, more = 0, memory_off = 0;

	setup(100);
	base.pin_level_percent = 70;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		swarm_draw(&base, seed, &mix);
		off += !mix.guest.ipi;
		same += mix.guest.ipi == base.guest.ipi;
		more += mix.guest.ipi > base.guest.ipi;
		memory_off += !mix.memory_gap_ns;
		EXPECT_EQ(mix.guest.pv_eoi_move, 0);
		EXPECT_EQ(mix.vcpus, base.vcpus);
		EXPECT_EQ(mix.duration_ns, base.duration_ns);
		EXPECT_EQ(mix.op_ns, base.op_ns);
		EXPECT_EQ(mix.pin_level_percent, 70);
		EXPECT(mix.nest_percent <= 100);
		EXPECT(mix.msi_gap_ns >= base.msi_gap_ns);
	}
	EXPECT(off > 400 && off < 600);
	EXPECT(same > 80 && same < 180);
	EXPECT(more > 300 && more < 450);
	EXPECT(memory_off > 80 && memory_off < 180);
}

static void test_a_guest_always_does_something(void)
{
	setup(100);
	memset(&base.guest, 0, sizeof(base.guest));
	base.guest.cpuid = 3;
	for (uint64_t seed = 0; seed < 100; seed++) {
		swarm_draw(&base, seed, &mix);
		EXPECT(mix.guest.cpuid >= 3);
	}
}

static uint32_t nr_told;
static void tell(const char *row, uint64_t was, uint64_t is)
{
	nr_told++;
	EXPECT(strchr(row, '.') && was != is);
}

static void test_description(void)
{
	setup(100);
	swarm_draw(&base, 1, &mix);
	nr_told = 0;
	swarm_describe(&base, &mix, tell);
	EXPECT(nr_told > 4);
	nr_told = 0;
	swarm_describe(&base, &base, tell);
	EXPECT_EQ(nr_told, 0);
}

TEST_MAIN(TEST(test_share), TEST(test_the_seed_decides), TEST(test_subsets),
	  TEST(test_a_guest_always_does_something), TEST(test_description))
