/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digest chain: golden values, sensitivity, checkpoints, comparison.
 */
#include "sim/digest.h"
#include "tests/unit/test.h"

static struct digest one, two;

/* Any change here changes the digest in every record that anybody has kept. */
static void test_golden(void)
{
	uint32_t i;

	digest_reset(&one);
	EXPECT_EQ(digest_value(&one), 0x6c61706963736d31ull);
	digest_add(&one, DIGEST_ENTRY, 0, 0, 0);
	EXPECT_EQ(digest_value(&one), 0x2b3dee7d71eaf179ull);
	digest_add(&one, DIGEST_EXIT, 1000, 3, 0x100000000ull | 12);
	EXPECT_EQ(digest_value(&one), 0x8ec7126bb6ca4c82ull);
	digest_reset(&one);
	for (i = 0; i < 3000; i++)
		digest_add(&one, 1 + i % DIGEST_END, i * 37ull, i, ~(uint64_t)i);
	EXPECT_EQ(digest_value(&one), 0x4b945046ffe5c82eull);
	EXPECT_EQ(digest_nr(&one), 3000);
	EXPECT_EQ(one.nr_checkpoints, 2);
	EXPECT_EQ(one.checkpoint[1], 0x9e70f618c773d6c1ull);
}

/* Each argument counts, in each of its bits; so does the order. */
static void test_sensitive(void)
{
	uint64_t base;
	uint32_t bit;

	digest_reset(&one);
	digest_add(&one, DIGEST_GUEST, 5, 6, 7);
	base = digest_value(&one);
	for (bit = 0; bit < 64; bit++) {
		digest_reset(&one);
		digest_add(&one, DIGEST_GUEST, 5 ^ (1ull << bit), 6, 7);
		EXPECT(digest_value(&one) != base);
		digest_reset(&one);
		digest_add(&one, DIGEST_GUEST, 5, 6 ^ (1ull << bit), 7);
		EXPECT(digest_value(&one) != base);
		digest_reset(&one);
		digest_add(&one, DIGEST_GUEST, 5, 6, 7 ^ (1ull << bit));
		EXPECT(digest_value(&one) != base);
	}
	digest_reset(&one);
	digest_add(&one, DIGEST_EXIT, 5, 6, 7);
	EXPECT(digest_value(&one) != base);
	digest_reset(&one);
	digest_reset(&two);
	digest_add(&one, DIGEST_GUEST, 5, 6, 7);
	digest_add(&one, DIGEST_EXIT, 5, 6, 7);
	digest_add(&two, DIGEST_EXIT, 5, 6, 7);
	digest_add(&two, DIGEST_GUEST, 5, 6, 7);
	EXPECT(digest_value(&one) != digest_value(&two));
}

/* A difference stays: no later event makes the chains equal again. */
static void test_chain(void)
{
	uint32_t i;

	digest_reset(&one);
	digest_reset(&two);
	digest_add(&one, DIGEST_GUEST, 1, 1, 1);
	digest_add(&two, DIGEST_GUEST, 1, 1, 2);
	for (i = 0; i < 100000; i++) {
		digest_add(&one, DIGEST_GUEST, i, i, i);
		digest_add(&two, DIGEST_GUEST, i, i, i);
		EXPECT(digest_value(&one) != digest_value(&two));
	}
}

static void fill(struct digest *d, uint64_t nr, uint64_t odd_one)
{
	uint64_t i;

	digest_reset(d);
	for (i = 0; i < nr; i++)
		digest_add(d, DIGEST_GUEST, i, i, i == odd_one);
}

static struct digest_record kept[8];
static uint64_t seen_first, nr_seen;

static void note_seen(uint64_t event, const struct digest_record *r)
{
	EXPECT_EQ(r->what, DIGEST_GUEST);
	if (!nr_seen++)
		seen_first = event;
}

/* A window across a checkpoint is kept, and changes neither the chain nor the checkpoints. */
static void test_watch(void)
{
	static const struct { uint64_t first; uint32_t nr; } rows[] = {
		{ 0, 8 }, { 1, 8 }, { 1020, 8 }, { 1023, 8 }, { 1024, 8 }, { 2995, 5 }, { 3000, 0 }, { 9999, 0 },
	};
	struct digest_watch watch = { .room = 8, .record = kept, .seen = note_seen };

	fill(&two, 3000, UINT64_MAX);
	one.watch = &watch;
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		watch.first = rows[i].first;
		nr_seen = 0;
		fill(&one, 3000, UINT64_MAX);
		EXPECT_EQ(watch.nr, rows[i].nr);
		EXPECT_EQ(nr_seen, rows[i].nr);
		EXPECT(!nr_seen || seen_first == rows[i].first);
		for (uint32_t j = 0; j < watch.nr; j++) {
			EXPECT_EQ(kept[j].what, DIGEST_GUEST);
			EXPECT_EQ(kept[j].a, rows[i].first + j);
			EXPECT_EQ(kept[j].now_ns, rows[i].first + j);
		}
		EXPECT_EQ(digest_value(&one), digest_value(&two));
		EXPECT_EQ(one.nr_checkpoints, two.nr_checkpoints);
		EXPECT(!memcmp(one.checkpoint, two.checkpoint, 2 * sizeof(one.checkpoint[0])));
	}
	one.watch = NULL;
}

static void test_nr_common(void)
{
	const uint64_t all = (uint64_t)DIGEST_MAX_CHECKPOINTS * DIGEST_CHECKPOINT_EVENTS;

	fill(&one, 5000, UINT64_MAX);
	fill(&two, 5000, UINT64_MAX);
	EXPECT_EQ(digest_nr_common(&one, &two), 5000);
	fill(&two, 5000, 2047);
	EXPECT_EQ(digest_nr_common(&one, &two), 1024);
	fill(&two, 5000, 2048);
	EXPECT_EQ(digest_nr_common(&one, &two), 2048);
	fill(&two, 5000, 0);
	EXPECT_EQ(digest_nr_common(&one, &two), 0);
	/* One run is the beginning of the other. */
	fill(&two, 3000, UINT64_MAX);
	EXPECT_EQ(digest_nr_common(&one, &two), 2048);
	EXPECT_EQ(digest_nr_common(&two, &one), 2048);
	/* Beyond the last slot there is less to know, but nothing wrong is said. */
	fill(&one, all + 5000, UINT64_MAX);
	EXPECT_EQ(one.nr_checkpoints, DIGEST_MAX_CHECKPOINTS);
	fill(&two, all + 5000, UINT64_MAX);
	EXPECT_EQ(digest_nr_common(&one, &two), all + 5000);
	fill(&two, all, UINT64_MAX);
	EXPECT_EQ(digest_nr_common(&one, &two), all - DIGEST_CHECKPOINT_EVENTS);
	fill(&two, all + 5000, all + 4000);
	EXPECT_EQ(digest_nr_common(&one, &two), all - DIGEST_CHECKPOINT_EVENTS);
}

static void test_reset(void)
{
	fill(&one, 5000, UINT64_MAX);
	fill(&two, 100, UINT64_MAX);
	fill(&one, 100, UINT64_MAX);
	EXPECT_EQ(digest_value(&one), digest_value(&two));
	EXPECT_EQ(digest_nr(&one), 100);
	EXPECT_EQ(one.nr_checkpoints, 0);
}

TEST_MAIN(
	TEST(test_golden),
	TEST(test_sensitive),
	TEST(test_chain),
	TEST(test_watch), TEST(test_nr_common),
	TEST(test_reset),
)
