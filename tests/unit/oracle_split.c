// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of an I/O APIC in userspace: which EOIs must make KVM exit to
 * it, and which must not.
 *
 * Does not test the pins of KVM's own (oracle_ioapic.c).
 */
#include "sim/oracle/check.h"
#include "tests/unit/oracle_ioapic.h"

static void split_start(void)
{
	boot();
	oracle_chips_init(8, true);
	oracle_split_pin(0, PIN, LEVEL, false);
}

static void split_send(void)
{
	int32_t handle;

	oracle_split_pin(0, PIN, LEVEL | REDIR_RIRR, true);
	handle = begin(0x41, true);
	model_accept(M, 0x41, true);
	oracle_message_end(handle, true);
	prepare_and_enter();
}

static void test_split(void)
{
	split_start();
	split_send();
	eoi();
	oracle_split_eoi(0, 0x41);
	oracle_split_pin(0, PIN, LEVEL, false);
	oracle_split_entry(0);
	oracle_split_quiet(0);
	SILENT();
	split_send();
	eoi();
	oracle_split_entry(0);
	FIRED("eoi-exit-missing", DIV_EOI_MESSAGE, 0x41);
	oracle_split_quiet(0);
	FIRED("quiet-remote-irr", DIV_EOI_MESSAGE, 0x41);
}

static void test_split_extra(void)
{
	split_start();
	split_send();
	leave();
	oracle_split_eoi(0, 0x41);
	FIRED("eoi-exit-extra", DIV_EOI_MESSAGE, 0x41);
	/* An edge-triggered one: the exit may come or not. */
	split_start();
	send(0x51);
	prepare_and_enter();
	eoi();
	oracle_split_entry(0);
	SILENT();
}

static void test_split_suppressed(void)
{
	split_start();
	M->svr |= 1u << 12;
	split_send();
	leave();
	prepare_and_enter();
	eoi();
	oracle_split_entry(0);	/* as it must be: no exit */
	SILENT();
	split_start();
	M->svr |= 1u << 12;
	split_send();
	leave();
	prepare_and_enter();
	eoi();
	oracle_split_eoi(0, 0x41);
	FIRED("eoi-exit-extra", DIV_EOI_MESSAGE, 0x41);
}

TEST_MAIN(TEST(test_split), TEST(test_split_extra), TEST(test_split_suppressed))
