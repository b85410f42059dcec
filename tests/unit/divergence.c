/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of divergence kinds: complete, distinct, and usable where they are used.
 */
#include "sim/divergence.h"

#include <stddef.h>

#include "tests/unit/test.h"

static void test_complete(void)
{
	uint32_t i, k;

	for (i = 0; i < DIV_NR_KINDS; i++) {
		EXPECT(divergence_name(i) && divergence_name(i)[0]);
		EXPECT(divergence_key(i) && divergence_key(i)[0]);
		for (k = 0; k < i; k++) {
			EXPECT(strcmp(divergence_name(i), divergence_name(k)));
			EXPECT(strcmp(divergence_key(i), divergence_key(k)));
		}
	}
}

/* Keys are file names, JSON keys and option values. */
static void test_keys(void)
{
	uint32_t i;

	for (i = 0; i < DIV_NR_KINDS; i++) {
		EXPECT_EQ(divergence_from_key(divergence_key(i)), i);
		EXPECT_EQ(strspn(divergence_key(i), "abcdefghijklmnopqrstuvwxyz-"), strlen(divergence_key(i)));
	}
	EXPECT_EQ(divergence_from_key("host-bug"), DIV_HOST_BUG);
	EXPECT_EQ(divergence_from_key("premature-eoi"), DIV_PREMATURE_EOI);
	EXPECT_EQ(divergence_from_key("resource-leak"), DIV_RESOURCE_LEAK);
	EXPECT(divergence_from_key("host BUG") == -1);
	EXPECT(divergence_from_key("") == -1);
	EXPECT(divergence_from_key("host-bug ") == -1);
}

static void test_names(void)
{
	EXPECT_STR(divergence_name(DIV_HOST_BUG), "host BUG");
	EXPECT_STR(divergence_name(DIV_HOST_WARN), "host WARN");
	EXPECT_STR(divergence_name(DIV_PREMATURE_EOI), "premature EOI");
	EXPECT_STR(divergence_name(DIV_PV_EOI_WORD), "PV EOI word");
	EXPECT_STR(divergence_name(DIV_NR_KINDS), "unknown");
	EXPECT_STR(divergence_key(0xffffffffu), "unknown");
}

/* It crosses a pipe as it is: no pointers, no holes, one layout in both worlds. */
static void test_layout(void)
{
	EXPECT_EQ(offsetof(struct divergence, time_ns), 16);
	EXPECT_EQ(offsetof(struct divergence, check), 32);
	EXPECT_EQ(offsetof(struct divergence, site), 64);
	EXPECT_EQ(offsetof(struct divergence, text), 160);
	EXPECT_EQ(offsetof(struct divergence, nr_frames), 320);
	EXPECT_EQ(offsetof(struct divergence, frames), 328);
	EXPECT_EQ(sizeof(struct divergence), 328 + 8 * DIV_MAX_FRAMES);
}

TEST_MAIN(
	TEST(test_complete),
	TEST(test_keys),
	TEST(test_names),
	TEST(test_layout),
)
