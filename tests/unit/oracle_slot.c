// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, memory slots that go and return: the memory behind them is not written to meanwhile.
 */
#include "sim/oracle/slot.h"
#include "tests/unit/oracle_history.h"

static uint32_t memory[2][1024];

static void boot_slots(void)
{
	struct oracle_config config = { .nr_vms = 2, .vcpus_per_vm = 1, .report = record, .now_ns = clock_ns };

	model_start(&config);
	memset(memory, 0x5a, sizeof(memory));
	oracle_reset();
}

/* What was written before the slot went, or after it is back, is the guest's; so is another VM's. */
static void test_untouched(void)
{
	boot_slots();
	memory[0][7] = 1;
	oracle_slot_gone(0, memory[0], sizeof(memory[0]));
	memory[1][7] = 1;
	oracle_slot_returns(0, memory[0], sizeof(memory[0]));
	memory[0][7] = 0;
	oracle_slot_gone(0, memory[0], sizeof(memory[0]));
	oracle_slot_returns(0, memory[0], sizeof(memory[0]));
	SILENT();
}

/* Any bit of it, for any of the VMs. */
static void test_written(void)
{
	for (uint32_t vm = 0; vm < 2; vm++) {
		for (uint32_t i = 0; i < 1024; i += 1023) {
			boot_slots();
			oracle_slot_gone(0, memory[0], sizeof(memory[0]));
			oracle_slot_gone(1, memory[1], sizeof(memory[1]));
			memory[vm][i] ^= 1;
			oracle_slot_returns(!vm, memory[!vm], sizeof(memory[!vm]));
			SILENT();
			oracle_slot_returns(vm, memory[vm], sizeof(memory[vm]));
			EXPECT_EQ(seen[0].vm, vm);
			FIRED("slot-written", DIV_STALE_CACHE, DIV_NONE);
		}
	}
}

TEST_MAIN(TEST(test_untouched), TEST(test_written))
