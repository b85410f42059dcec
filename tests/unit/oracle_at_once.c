// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message that is told of when it is over leaves the oracle as one that began and ended,
 * whatever it met: in all of struct oracle_vcpu but "taken_seq", which counts messages.
 */
#include "sim/oracle/state.h"
#include "sim/rng.h"
#include "tests/unit/oracle_history.h"

#define NR_VCPUS 2

static struct oracle_vcpu left[NR_VCPUS];

static uint64_t draw_address(struct rng *r)
{
	uint64_t address = 0xfee00000 | (uint64_t)rng_below(r, 3) << 12;

	if (rng_one_in(r, 6))
		address |= 0xff000;			/* all */
	if (rng_one_in(r, 6))
		address |= 4 | rng_below(r, 4) << 12;	/* logical */
	return address;
}

static uint32_t draw_data(struct rng *r)
{
	uint32_t data = 0x50 + rng_below(r, 3);

	if (rng_one_in(r, 5))
		data |= 0xc000;
	if (rng_one_in(r, 8))
		data |= 0x100;
	return rng_one_in(r, 8) ? rng_below(r, 16) : data;
}

/* What it meets: vectors that are pending, perhaps pending, of which TMR is not known, a software-disabled APIC. */
static void before(struct rng *r)
{
	model_boot(1, NR_VCPUS, true, false);
	if (rng_one_in(r, 4))
		M->svr = 0xff;
	prepare_and_enter();
	leave();
	for (uint32_t i = rng_below(r, 4); i; i--) {
		int32_t handle = oracle_msi_begin(0, draw_address(r), draw_data(r));

		if (handle >= 0 && rng_one_in(r, 2))
			oracle_message_end(handle, !rng_one_in(r, 3));
	}
	nr_seen = 0;
}

static void send_once(struct rng r, bool at_once)
{
	uint64_t address;
	uint32_t data;
	int32_t handle;
	bool accepted;

	before(&r);
	address = draw_address(&r);
	data = draw_data(&r);
	accepted = !rng_one_in(&r, 4);
	if (at_once) {
		oracle_msi_at_once(0, address, data, accepted);
		return;
	}
	handle = oracle_msi_begin(0, address, data);
	if (handle >= 0)
		oracle_message_end(handle, accepted);
}

static bool same(const struct oracle_vcpu *a, const struct oracle_vcpu *b)
{
	size_t next = offsetof(struct oracle_vcpu, next);

	return !memcmp(a, b, offsetof(struct oracle_vcpu, taken_seq)) &&
	       !memcmp((const char *)a + next, (const char *)b + next, sizeof(*a) - next);
}

static void test_same(void)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		struct rng r;

		rng_init(&r, i, 0, RNG_TARGET);
		send_once(r, false);
		memcpy(left, oracle.vcpu, sizeof(left));
		send_once(r, true);
		for (uint32_t v = 0; v < NR_VCPUS; v++) {
			test_expect(same(&left[v], oracle_vcpu(v)), __FILE__, __LINE__, "round %u, vCPU %u", i, v);
			set += vector_any(oracle_vcpu(v)->apic.irr) != 0;
		}
	}
	EXPECT(set > 10000);
}

/* Of messages that are followed each has a number. */
static bool followed(uint64_t address)
{
	uint64_t seq = oracle.seq;

	oracle_msi_at_once(0, address, 0x41, true);
	return oracle.seq != seq;
}

/* In the plainest case it is not followed, and what it sets must be dispatched like any other. */
static void test_short_way(void)
{
	boot();
	EXPECT(!followed(0xfee00000));
	EXPECT(followed(0xfee00000));
	EXPECT(!followed(0xfee01000));
	EXPECT(followed(0xfeeff000));
	prepare_and_enter();
	leave();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
}

TEST_MAIN(TEST(test_same), TEST(test_short_way))
