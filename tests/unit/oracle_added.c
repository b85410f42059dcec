// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, a vCPU that userspace adds while others run.  The first vCPU is the one that is added.
 */
#include "sim/oracle/added.h"
#include "tests/unit/oracle_history.h"

static void boot_without_it(void)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = 2, .added = true, .report = record, .now_ns = clock_ns,
	};

	model_blind = true;
	model_start(&config);
	for (uint32_t i = 0; i < 2; i++)
		model_init(&model[i], i, true);
	oracle_absent(0, 0);
	oracle_baseline(1, 1, true, model_look(&model[1]));
	oracle_reset();
}

static void add(void)
{
	oracle_add_begin(0, true);
	oracle_add_end(0, model_look(M));
}

/* To nobody: it does not come later. */
static void test_before(void)
{
	boot_without_it();
	oracle_message_end(begin(0x41, false), true);
	add();
	enter();
	leave();
	SILENT();
	model_accept(M, 0x41, false);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, 0x41);
}

/* Over before it is added, but for the sender. */
static void test_overlaps_begin(void)
{
	for (int comes = 0; comes < 2; comes++) {
		int32_t handle;

		boot_without_it();
		handle = begin(0x41, false);
		oracle_add_begin(0, true);
		if (comes)
			model_accept(M, 0x41, false);
		oracle_message_end(handle, true);
		oracle_add_end(0, model_look(M));
		prepare_and_enter();
		leave();
		SILENT();
	}
}

static void test_meanwhile(void)
{
	for (int comes = 0; comes < 2; comes++) {
		boot_without_it();
		oracle_add_begin(0, true);
		if (comes)
			model_accept(M, 0x41, false);
		oracle_message_end(begin(0x41, false), true);
		oracle_add_end(0, model_look(M));
		prepare_and_enter();
		leave();
		SILENT();
	}
}

/* From now on it has to come. */
static void test_afterwards(void)
{
	boot_without_it();
	add();
	send(0x41);
	prepare_and_enter();
	leave();
	eoi();
	SILENT();
	send(0x42);
	M->irr[0x42] = 0;
	leave();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x42);
}

/* In the next run it is not there again. */
static void test_reset(void)
{
	boot_without_it();
	add();
	oracle_reset();
	model_init(M, 0, true);
	test_before();
	oracle_reset();
	model_init(M, 0, true);
	add();
	send(0x41);
	prepare_and_enter();
	SILENT();
}

TEST_MAIN(TEST(test_before), TEST(test_overlaps_begin), TEST(test_meanwhile), TEST(test_afterwards),
	  TEST(test_reset))
