/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tokens: round trips, and every way in which one can be wrong.
 */
#include "sim/token.h"

#include "sim/rng.h"
#include "tests/unit/test.h"

static char error[160];

static void test_full(void)
{
	struct token t;

	EXPECT_EQ(token_parse("v1:pv-eoi-disable@0badcafe:6.1.176+fix_2@0123456789abcdef:0x1f2e"
			      ":vcpu.count=4,policy.one_in=16", &t, error, sizeof(error)), 0);
	EXPECT_STR(error, "");
	EXPECT_STR(t.scenario, "pv-eoi-disable");
	EXPECT_EQ(t.scenario_hash, 0x0badcafe);
	EXPECT_STR(t.variant, "6.1.176+fix_2");
	EXPECT_STR(t.identity, "0123456789abcdef");
	EXPECT_EQ(t.seed, 0x1f2e);
	EXPECT_STR(t.overrides, "vcpu.count=4,policy.one_in=16");
}

static void test_minimal(void)
{
	struct token t;

	EXPECT_EQ(token_parse("v1:s:v:0x0", &t, error, sizeof(error)), 0);
	EXPECT_STR(t.scenario, "s");
	EXPECT_EQ(t.scenario_hash, 0);
	EXPECT_STR(t.variant, "v");
	EXPECT_STR(t.identity, "");
	EXPECT_EQ(t.seed, 0);
	EXPECT_STR(t.overrides, "");
	EXPECT_EQ(token_parse("v1:s:v:0xffffffffffffffff", &t, error, sizeof(error)), 0);
	EXPECT_EQ(t.seed, UINT64_MAX);
}

/* Written and read again, each is the same text: 0 means unspecified, and is not written. */
static void test_round_trip(void)
{
	static const char *const texts[] = {
		"v1:s:v:0x0",
		"v1:s@00000001:v:0x1",
		"v1:s:v@0:0xffffffffffffffff",
		"v1:a.b_c+d-e@ffffffff:6.12.117@fedcba9876543210:0x8000000000000000",
		"v1:s:v:0x1:a.b=c",
		"v1:s:v:0x1:vcpu.mix=ack:3/eoi:5,limits.time=50%,a.b.c=1-9@x",
	};
	uint32_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char out[TOKEN_MAX_BYTES];
		struct token t;

		EXPECT_EQ(token_parse(texts[i], &t, error, sizeof(error)), 0);
		EXPECT_EQ(token_format(&t, out, sizeof(out)), strlen(texts[i]));
		EXPECT_STR(out, texts[i]);
	}
}

static const struct {
	const char *text;
	const char *part;	/* the error begins with "token: " and this */
	const char *quote;	/* and contains this */
} malformed[] = {
	{ "", "version", "''" },
	{ "v1", "scenario", "missing" },
	{ "v2:s:v:0x1", "version", "'v2' is not v1" },
	{ "v10:s:v:0x1", "version", "'v10'" },
	{ "s:v:0x1", "version", "'s'" },
	{ " v1:s:v:0x1", "version", "' v1'" },
	{ "v1:", "scenario", "empty" },
	{ "v1::v:0x1", "scenario", "empty" },
	{ "v1:s", "variant", "missing" },
	{ "v1:s p:v:0x1", "scenario", "'s p'" },
	{ "v1:../s:v:0x1", "scenario", "'../s'" },
	{ "v1:s\x01:v:0x1", "scenario", "'s?'" },
	{ "v1:s@:v:0x1", "scenario hash", "''" },
	{ "v1:s@1234567:v:0x1", "scenario hash", "'1234567'" },
	{ "v1:s@123456789:v:0x1", "scenario hash", "'123456789'" },
	{ "v1:s@1234567G:v:0x1", "scenario hash", "'1234567G'" },
	{ "v1:s@1234567A:v:0x1", "scenario hash", "0-9, a-f" },
	{ "v1:s@12345678@12345678:v:0x1", "scenario hash", "'12345678@12345678'" },
	{ "v1:@12345678:v:0x1", "scenario", "empty" },
	{ "v1:s:v", "seed", "missing" },
	{ "v1:s::0x1", "variant", "empty" },
	{ "v1:s:v/w:0x1", "variant", "'v/w'" },
	{ "v1:s:v@:0x1", "variant identity", "''" },
	{ "v1:s:v@0123456789abcdef0:0x1", "variant identity", "'0123456789abcdef0'" },
	{ "v1:s:v@xyz:0x1", "variant identity", "'xyz'" },
	{ "v1:s:v:", "seed", "''" },
	{ "v1:s:v:1", "seed", "'1'" },
	{ "v1:s:v:0x", "seed", "'0x'" },
	{ "v1:s:v:0X1", "seed", "'0X1'" },
	{ "v1:s:v:0x1g", "seed", "'0x1g'" },
	{ "v1:s:v:0x10000000000000000", "seed", "'0x10000000000000000'" },
	{ "v1:s:v:-0x1", "seed", "'-0x1'" },
	{ "v1:s:v:0x1 ", "seed", "'0x1 '" },
	{ "v1:s:v:0x1:", "override", "nothing follows" },
	{ "v1:s:v:0x1:a", "override", "'a' has no '='" },
	{ "v1:s:v:0x1:a.b", "override", "'a.b' has no '='" },
	{ "v1:s:v:0x1:ab=c", "override", "'ab' is not section.key" },
	{ "v1:s:v:0x1:.b=c", "override", "'.b'" },
	{ "v1:s:v:0x1:a.=c", "override", "'a.'" },
	{ "v1:s:v:0x1:a/x.b=c", "override", "'a/x.b'" },
	{ "v1:s:v:0x1:a.b=", "override", "'a.b' has no value" },
	{ "v1:s:v:0x1:a.b=c,", "override", "''" },
	{ "v1:s:v:0x1:,a.b=c", "override", "''" },
	{ "v1:s:v:0x1:a.b=c d", "override", "'c d'" },
	{ "v1:s:v:0x1:a.b=c=d", "override", "'c=d'" },
	{ "v1:s:v:0x1:a.b=$(x)", "override", "'$(x)'" },
	{ "v1:s:v:0x1:a.b=c,a.b;d=e", "override", "'a.b;d'" },
};

static void test_malformed(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		static const struct token nothing;
		char begin[64];
		struct token t;

		memset(&t, 0xff, sizeof(t));
		test_expect(token_parse(malformed[i].text, &t, error, sizeof(error)) == -1, __FILE__, __LINE__,
			    "\"%s\" was accepted", malformed[i].text);
		snprintf(begin, sizeof(begin), "token: %s:", malformed[i].part);
		test_expect(!strncmp(error, begin, strlen(begin)) && strstr(error, malformed[i].quote),
			    __FILE__, __LINE__, "\"%s\" gives \"%s\"", malformed[i].text, error);
		EXPECT(!strchr(error, '\n'));
		EXPECT(!memcmp(&t, &nothing, sizeof(t)));
	}
}

/* @n times @c between @before and @after. */
static const char *long_text(const char *before, char c, uint32_t n, const char *after)
{
	static char text[2048];
	size_t len = strlen(before);

	memcpy(text, before, len);
	memset(text + len, c, n);
	strcpy(text + len + n, after);
	return text;
}

static void test_lengths(void)
{
	char out[TOKEN_MAX_BYTES];
	struct token t;

	EXPECT_EQ(token_parse(long_text("v1:", 's', 63, ":v:0x1"), &t, error, sizeof(error)), 0);
	EXPECT_EQ(strlen(t.scenario), 63);
	EXPECT(token_parse(long_text("v1:", 's', 64, ":v:0x1"), &t, error, sizeof(error)) == -1);
	EXPECT(strstr(error, "token: scenario:") && strstr(error, "longer than 63"));
	EXPECT_EQ(token_parse(long_text("v1:s:", 'v', 63, ":0x1"), &t, error, sizeof(error)), 0);
	EXPECT(token_parse(long_text("v1:s:", 'v', 1000, ":0x1"), &t, error, sizeof(error)) == -1);
	EXPECT(strstr(error, "token: variant:"));
	EXPECT_EQ(token_parse(long_text("v1:s:v:0x1:a.b=", 'c', 251, ""), &t, error, sizeof(error)), 0);
	EXPECT_EQ(strlen(t.overrides), 255);
	EXPECT(token_parse(long_text("v1:s:v:0x1:a.b=", 'c', 252, ""), &t, error, sizeof(error)) == -1);
	EXPECT(strstr(error, "token: override:") && strstr(error, "255"));
	/* The longest of all fits where a token must fit. */
	memset(&t, 0, sizeof(t));
	memset(t.scenario, 's', 63);
	memset(t.variant, 'v', 63);
	memset(t.identity, 'f', 16);
	t.scenario_hash = UINT32_MAX;
	t.seed = UINT64_MAX;
	strcpy(t.overrides, "a.b=");
	memset(t.overrides + 4, 'c', 251);
	EXPECT(token_format(&t, out, sizeof(out)) > 400);
}

/* No error text writes past its buffer, and none is wanted without one. */
static void test_small_error_buffer(void)
{
	char small[12];
	struct token t;

	memset(small, 'x', sizeof(small));
	EXPECT(token_parse("v1:s:v:77", &t, small, 8) == -1);
	EXPECT_STR(small, "token: ");
	EXPECT(small[8] == 'x');
	EXPECT(token_parse("v1:s:v:77", &t, NULL, 0) == -1);
	EXPECT_EQ(token_parse("v1:s:v:0x77", &t, NULL, 0), 0);
}

/* What could not be read again is not written. */
static void test_format_refuses(void)
{
	struct token good = { .scenario = "s", .variant = "v", .seed = 1 };
	char out[TOKEN_MAX_BYTES];
	struct token t;

	EXPECT_EQ(token_format(&good, out, sizeof(out)), 10);
	EXPECT_EQ(token_format(&good, out, 11), 10);
	EXPECT(token_format(&good, out, 10) == -1);
	EXPECT_STR(out, "");
	EXPECT(token_format(&good, NULL, 0) == -1);
	t = good;
	strcpy(t.scenario, "");
	EXPECT(token_format(&t, out, sizeof(out)) == -1);
	t = good;
	strcpy(t.scenario, "s@12345678");
	EXPECT(token_format(&t, out, sizeof(out)) == -1);
	t = good;
	strcpy(t.scenario, "s:t");
	EXPECT(token_format(&t, out, sizeof(out)) == -1);
	t = good;
	strcpy(t.identity, "XYZ");
	EXPECT(token_format(&t, out, sizeof(out)) == -1);
	t = good;
	strcpy(t.overrides, "nonsense");
	EXPECT(token_format(&t, out, sizeof(out)) == -1);
}

/* A token with any one byte changed or cut is read as something that writes back, or refused. */
static void test_mutations(void)
{
	static const char base[] = "v1:pv-eoi@0badcafe:6.1.176@0123abcd:0x1f2e:a.b=c,d.e=f:g";
	uint32_t round, nr_refused = 0;
	struct rng r;

	rng_init(&r, 1, 0, RNG_PROGRAM);
	for (round = 0; round < 100000; round++) {
		char text[sizeof(base)], out[TOKEN_MAX_BYTES];
		struct token t;

		memcpy(text, base, sizeof(text));
		if (rng_one_in(&r, 4))
			text[rng_below(&r, sizeof(text))] = 0;
		text[rng_below(&r, sizeof(text) - 1)] = (char)rng_below(&r, 256);
		if (token_parse(text, &t, error, sizeof(error))) {
			EXPECT(!strncmp(error, "token: ", 7));
			nr_refused++;
			continue;
		}
		EXPECT(token_format(&t, out, sizeof(out)) > 0);
	}
	EXPECT(nr_refused > 10000 && nr_refused < 90000);
}

TEST_MAIN(
	TEST(test_full),
	TEST(test_minimal),
	TEST(test_round_trip),
	TEST(test_malformed),
	TEST(test_lengths),
	TEST(test_small_error_buffer),
	TEST(test_format_refuses),
	TEST(test_mutations),
)
