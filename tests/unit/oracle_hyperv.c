// SPDX-License-Identifier: GPL-2.0-only
/* Reads of Hyper-V's MSRs for the local APIC. */
#include "sim/oracle/hyperv.h"
#include "tests/unit/oracle_history.h"

#define EOI	0x40000070u
#define TPR	0x40000072u

static void test_tpr(void)
{
	boot();
	oracle_guest_tpr(0, 0x57);
	oracle_hyperv_read(0, TPR, 0x57, false);
	SILENT();
	oracle_hyperv_read(0, TPR, 0x50, false);
	FIRED("hyperv-read", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_hyperv_read(0, TPR, 0x100000057ull, false);
	FIRED("hyperv-read", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_hyperv_read(0, TPR, 0x57, true);
	FIRED("hyperv-read", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void test_eoi(void)
{
	boot();
	oracle_hyperv_read(0, EOI, 0, true);
	SILENT();
	oracle_hyperv_read(0, EOI, 0, false);
	FIRED("hyperv-read", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_tpr), TEST(test_eoi))
