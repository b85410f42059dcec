/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies: the contract of all, and what each one promises.
 */
#include "sim/policy/policy.h"

#include <stddef.h>

#include "tests/unit/test.h"

static const struct policy_params usual = { .one_in = 16, .delay_ns = 1000 };

static struct rng stream(uint64_t seed, uint32_t actor)
{
	struct rng r;

	rng_init(&r, seed, actor, RNG_POLICY);
	return r;
}

static void test_find(void)
{
	static const char *const names[] = { "random", "fifo", "burst", "few" };
	uint32_t i;

	for (i = 0; i < 4; i++) {
		EXPECT(policy_nth(i) != NULL);
		EXPECT_STR(policy_nth(i)->name, names[i]);
		EXPECT(policy_find(names[i]) == policy_nth(i));
		EXPECT(policy_nth(i)->help && policy_nth(i)->help[0] && !strchr(policy_nth(i)->help, '\n'));
		EXPECT(policy_nth(i)->skip && policy_nth(i)->delay && policy_nth(i)->start);
	}
	EXPECT(policy_nth(4) == NULL);
	EXPECT(policy_find("") == NULL);
	EXPECT(policy_find("rand") == NULL);
}

static void test_params(void)
{
	struct policy_params before = *policy_params(), p = { .one_in = 3, .delay_ns = 7 };

	policy_set_params(&p);
	p.one_in = 4;
	EXPECT_EQ(policy_params()->one_in, 3);
	EXPECT_EQ(policy_params()->delay_ns, 7);
	policy_set_params(&before);
}

/*
 * What one actor gets from a policy: the number of its first @max delays, and
 * where in points, and how long, they are.
 */
struct plan {
	uint64_t start_ns;
	uint32_t nr;
	uint64_t point[4096];
	uint64_t delay_ns[4096];
};

static void make_plan(const struct policy *policy, const struct policy_params *p, struct rng r, uint32_t max,
		      struct plan *out)
{
	uint64_t at = 0;
	uint32_t skip;

	out->start_ns = policy->start(p, &r, 1);
	for (out->nr = 0; out->nr < max && (skip = policy->skip(p, &r)); out->nr++) {
		at += skip;
		out->point[out->nr] = at;
		out->delay_ns[out->nr] = policy->delay(p, &r, 1, 0);
	}
}

static struct plan a, b;

/* No state: another actor's calls in between change nothing. */
static void test_stateless(void)
{
	const struct policy *policy;
	uint32_t n, i;

	for (n = 0; (policy = policy_nth(n)); n++) {
		struct rng r = stream(5, 1), other = stream(5, 2);
		uint64_t at = 0;

		make_plan(policy, &usual, stream(5, 1), 100, &a);
		EXPECT_EQ(policy->start(&usual, &r, 1), a.start_ns);
		policy->start(&usual, &other, 2);
		for (i = 0; i < a.nr; i++) {
			policy->skip(&usual, &other);
			at += policy->skip(&usual, &r);
			EXPECT_EQ(at, a.point[i]);
			policy->delay(&usual, &other, 2, i);
			EXPECT_EQ(policy->delay(&usual, &r, 1, 0), a.delay_ns[i]);
		}
	}
}

/* "0: none". */
static void test_switched_off(void)
{
	static const struct policy_params never = { .one_in = 0, .delay_ns = 1000 };
	static const struct policy_params in_no_time = { .one_in = 16, .delay_ns = 0 };
	const struct policy *policy;
	uint32_t n, seed, i;

	for (n = 0; (policy = policy_nth(n)); n++) {
		for (seed = 0; seed < 50; seed++) {
			make_plan(policy, &never, stream(seed, 1), 100, &a);
			EXPECT_EQ(a.start_ns, 0);
			EXPECT_EQ(a.nr, 0);
			make_plan(policy, &in_no_time, stream(seed, 1), 100, &a);
			EXPECT_EQ(a.start_ns, 0);
			for (i = 0; i < a.nr; i++)
				EXPECT_EQ(a.delay_ns[i], 0);
		}
	}
}

/* Extreme parameters neither overflow nor turn a countdown into "never". */
static void test_extremes(void)
{
	static const struct policy_params largest = { .one_in = UINT32_MAX, .delay_ns = UINT32_MAX };
	static const struct policy_params smallest = { .one_in = 1, .delay_ns = 1 };
	const struct policy *policy;
	uint32_t n, seed, i;

	for (n = 0; (policy = policy_nth(n)); n++) {
		bool silent = !strcmp(policy->name, "fifo");

		for (seed = 0; seed < 50; seed++) {
			make_plan(policy, &largest, stream(seed, 1), 3, &a);
			EXPECT_EQ(a.nr, silent ? 0 : 3);
			EXPECT(a.start_ns < 1ull << 40);
			for (i = 0; i < a.nr; i++)
				EXPECT(a.delay_ns[i] && a.delay_ns[i] < 1ull << 40);
			make_plan(policy, &smallest, stream(seed, 1), 3, &a);
			EXPECT_EQ(a.nr, silent ? 0 : 3);
		}
	}
}

/* Is @sum / @nr within @percent of @want? */
static bool about(uint64_t sum, uint64_t nr, uint64_t want, uint64_t percent)
{
	return sum * 100 >= want * nr * (100 - percent) && sum * 100 <= want * nr * (100 + percent);
}

static void test_random(void)
{
	const struct policy *policy = policy_find("random");
	uint64_t points = 0, delays = 0, nr = 0, starts = 0;
	uint32_t seed, i;

	for (seed = 0; seed < 200; seed++) {
		make_plan(policy, &usual, stream(seed, 1), 500, &a);
		EXPECT_EQ(a.nr, 500);
		points += a.point[a.nr - 1];
		starts += a.start_ns;
		for (i = 0; i < a.nr; i++)
			delays += a.delay_ns[i];
		nr += a.nr;
	}
	EXPECT(about(points, nr, usual.one_in, 3));
	EXPECT(about(delays, nr, usual.delay_ns, 3));
	EXPECT(about(starts, 200, usual.delay_ns, 25));
}

static void test_fifo(void)
{
	const struct policy *policy = policy_find("fifo");
	struct rng r = stream(1, 1);

	EXPECT_EQ(policy->start(&usual, &r, 1), 0);
	EXPECT_EQ(policy->skip(&usual, &r), 0);
	EXPECT_EQ(policy->delay(&usual, &r, 1, 0), 0);
	EXPECT_EQ(r.counter, 0);
}

/* Rarer and longer, but all in all as much delay a point as random. */
static void test_burst(void)
{
	const struct policy *policy = policy_find("burst");
	uint64_t points = 0, delays = 0, nr = 0, longest = 0;
	uint32_t seed, i, nr_late = 0;

	for (seed = 0; seed < 400; seed++) {
		make_plan(policy, &usual, stream(seed, 1), 250, &a);
		EXPECT_EQ(a.nr, 250);
		points += a.point[a.nr - 1];
		nr_late += a.start_ns != 0;
		for (i = 0; i < a.nr; i++) {
			EXPECT(a.delay_ns[i] >= 1 && a.delay_ns[i] <= 100ull * usual.delay_ns);
			longest = a.delay_ns[i] > longest ? a.delay_ns[i] : longest;
			delays += a.delay_ns[i];
		}
		nr += a.nr;
	}
	EXPECT(about(points, nr, 50 * usual.one_in, 3));
	EXPECT(about(delays, nr, 50 * usual.delay_ns, 3));
	EXPECT(longest > 99ull * usual.delay_ns);
	EXPECT(nr_late > 25 && nr_late < 75);
}

/* At most three, increasing; anywhere in the shortest horizon, and far beyond it. */
static void test_few(void)
{
	const struct policy *policy = policy_find("few");
	uint32_t quarter[4] = { 0 };
	uint64_t delays = 0, nr = 0, latest = 0;
	uint32_t seed, i;

	for (seed = 0; seed < 20000; seed++) {
		make_plan(policy, &usual, stream(seed, 1), 100, &a);
		EXPECT_EQ(a.nr, 3);
		for (i = 0; i < a.nr; i++) {
			EXPECT(!i || a.point[i] > a.point[i - 1]);
			EXPECT(a.point[i] <= 512ull * usual.one_in + 2);
			latest = a.point[i] > latest ? a.point[i] : latest;
			delays += a.delay_ns[i];
			if (a.point[i] <= 64)
				quarter[(a.point[i] - 1) / 16]++;
		}
		nr += a.nr;
	}
	EXPECT(about(delays, nr, usual.delay_ns, 3));
	EXPECT(latest > 500ull * usual.one_in);
	/* Every place among the first 4 * one_in is as likely as any other. */
	for (i = 0; i < 4; i++)
		EXPECT(about(quarter[i], 1, (quarter[0] + quarter[1] + quarter[2] + quarter[3]) / 4, 5));
}

/* A second actor in the same slot and run gets what is left, not the same once more. */
static void test_few_again(void)
{
	const struct policy *policy = policy_find("few");
	struct rng r = stream(1, 1);

	policy->start(&usual, &r, 1);
	EXPECT(policy->skip(&usual, &r) != 0);
	policy->delay(&usual, &r, 1, 0);
	EXPECT(policy->skip(&usual, &r) != 0);
	/* The actor ends here: one of three delays was used, the second was under way. */
	policy->start(&usual, &r, 1);
	EXPECT(policy->skip(&usual, &r) != 0);
	policy->delay(&usual, &r, 1, 0);
	EXPECT_EQ(policy->skip(&usual, &r), 0);
}

/* Seeds and actors differ from each other under every policy that delays at all. */
static void test_seeds_differ(void)
{
	const struct policy *policy;
	uint32_t n;

	for (n = 0; (policy = policy_nth(n)); n++) {
		if (!strcmp(policy->name, "fifo"))
			continue;
		make_plan(policy, &usual, stream(1, 1), 3, &a);
		make_plan(policy, &usual, stream(2, 1), 3, &b);
		EXPECT(memcmp(a.point, b.point, sizeof(a.point[0]) * 3));
		make_plan(policy, &usual, stream(1, 2), 3, &b);
		EXPECT(memcmp(a.point, b.point, sizeof(a.point[0]) * 3));
	}
}

TEST_MAIN(
	TEST(test_find),
	TEST(test_params),
	TEST(test_stateless),
	TEST(test_switched_off),
	TEST(test_extremes),
	TEST(test_random),
	TEST(test_fifo),
	TEST(test_burst),
	TEST(test_few),
	TEST(test_few_again),
	TEST(test_seeds_differ),
)
