/* SPDX-License-Identifier: GPL-2.0-only */
/* What divergences are called (sim/signature.c), and the operations before them (sim/trail.c). */
#include "sim/signature.h"

#include <string.h>

#include "sim/trail.h"
#include "tests/unit/test.h"

static const char *slice(uint32_t kind, const char *text)
{
	static char buf[SIGNATURE_BYTES];
	struct divergence d = { .kind = kind };

	snprintf(d.text, sizeof(d.text), "%s", text);
	signature_slice(&d, buf, sizeof(buf));
	return buf;
}

/* Vectors, values and vCPUs are not in it; registers and the way a fault is wrong are. */
static void test_slice(void)
{
	static const struct { const char *text, *slice; } rows[] = {
		{ "vector 0x31 was accepted and is gone from IRR without a dispatch", "vector" },
		{ "register 0x350 is 0x00000700, expected 0x00010000", "register lvt0" },
		{ "register 0x0e0 is 0x00000000, expected 0xffffffff", "register dfr" },
		{ "register 0x250 reads 0x1, expected 0x2 at least and 0x3 at most", "register irr" },
		{ "RDMSR of 0x80b, value 0x0, must fault and does not", "RDMSR of eoi must fault" },
		{ "WRMSR of 0x1b, value 0x5, faults, but must not", "WRMSR of apic-base must not fault" },
		{ "RDMSR of 0x6e0 gives 0x5, expected 0x6", "RDMSR of tsc-deadline" },
		{ "MMIO read of 0x390 gives 0x5, expected 0x6", "MMIO read of tmcct" },
		{ "I/O APIC register 0x12 (offset 0x10) reads as 0x00000000, expected 0x00010000",
		  "I/O APIC register entry" },
		{ "I/O APIC register 0x01 (offset 0x10) reads as 0x0, expected 0x1", "I/O APIC register identification" },
		{ "after INIT LINT0's LVT entry is 0x700", "after INIT LINT0's LVT entry is" },
		{ "an NMI is pending; it is not injected, and no exit is asked for when it can be",
		  "an NMI is pending" },
		{ "vcpu1 waits for spinlock held by memory12; it is", "vcpu waits for spinlock held by memory" },
		{ "a finding; of register 0x350 nothing is in it", "a finding" },
		{ "a name of more than forty-eight letters is cut in its middle, as a store's rows are short",
		  "a name of more than forty-eight letters is cut i" },
		{ "PV EOI word armed with nothing in service", "PV EOI word armed with nothing in service" },
		{ "0x31", "" },
		{ "", "" },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_STR(slice(DIV_REGISTER_MISMATCH, rows[i].text), rows[i].slice);
	EXPECT_STR(slice(DIV_HOST_WARN, "WARN in task 3"), "");
	EXPECT_STR(slice(DIV_HOST_BUG, "kernel BUG at lapic.c:7"), "");
}

/* Where a wild pointer points to, and which of many wrong registers is read first, are chance. */
static void test_slice_without_chance(void)
{
	static const struct { const char *check, *slice; } rows[] = {
		{ "register-file", "" }, { "access-value", "" }, { "access-fault", "register lvt0" },
		{ "power-up", "register lvt0" },
	};
	char buf[SIGNATURE_BYTES];

	EXPECT_STR(slice(DIV_HOST_CRASH, "read fault at a NULL pointer + 0x8"), "read fault");
	EXPECT_STR(slice(DIV_HOST_CRASH, "write fault at a wild address"), "write fault");
	EXPECT_STR(slice(DIV_HOST_CRASH, "spin_unlock of a lock that is free"),
		   "spin_unlock of a lock that is free");
	EXPECT_STR(slice(DIV_REGISTER_MISMATCH, "an MSR's fault at an entry"), "an MSR's fault at an entry");
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct divergence d = { .kind = DIV_REGISTER_MISMATCH, .text = "register 0x350 is 0x700" };

		snprintf(d.check, sizeof(d.check), "%s", rows[i].check);
		signature_slice(&d, buf, sizeof(buf));
		EXPECT_STR(buf, rows[i].slice);
	}
}

/* What goes over its room is cut, whatever the text. */
static void test_slice_room(void)
{
	struct divergence d = { .kind = DIV_HANG };
	char buf[8];

	memset(d.text, 'x', sizeof(d.text) - 1);
	signature_slice(&d, buf, sizeof(buf));
	EXPECT_STR(buf, "xxxxxxx");
}

static void test_function(void)
{
	EXPECT_STR(signature_function("lapic.c:2927 apic_sync_pv_eoi_from_guest"), "apic_sync_pv_eoi_from_guest");
	EXPECT_STR(signature_function("kvm_lapic_reg_write"), "kvm_lapic_reg_write");
	EXPECT_STR(signature_function(""), "");
}

/* Only what touched the same vector, or the whole of the same APIC, and each but once in a row. */
static void test_trail(void)
{
	char buf[160], small[12];

	trail_reset();
	trail_before(0, 0x31, buf, sizeof(buf));
	EXPECT_STR(buf, "");
	trail_add("msi", TRAIL_ANY, 0x31);
	trail_add("accept", 0, 0x31);
	trail_add("accept", 0, 0x41);
	trail_add("set-lapic", 1, TRAIL_ANY);
	trail_add("set-lapic", 0, TRAIL_ANY);
	trail_add("set-lapic", 0, TRAIL_ANY);
	trail_add("memory", TRAIL_ANY, TRAIL_ANY);
	trail_add("accept", 1, 0x31);
	trail_before(0, 0x31, buf, sizeof(buf));
	EXPECT_STR(buf, "msi > accept > set-lapic > memory > accept");
	trail_before(1, TRAIL_ANY, buf, sizeof(buf));
	EXPECT_STR(buf, "msi > set-lapic > memory > accept");
	trail_before(0, 0x41, small, sizeof(small));
	EXPECT_STR(small, "accept > se");
	trail_reset();
	trail_before(0, 0x31, buf, sizeof(buf));
	EXPECT_STR(buf, "");
}

/* A long run shows its end, and no more than it has kept. */
static void test_trail_end(void)
{
	char buf[160];

	trail_reset();
	trail_add("lost", 0, 0x31);
	for (uint32_t i = 0; i < 5000; i++)
		trail_add("other", 1, 0x31 + 1);
	trail_before(0, 0x31, buf, sizeof(buf));
	EXPECT_STR(buf, "");
	for (uint32_t i = 0; i < 20; i++)
		trail_add(i % 2 ? "odd" : "even", 0, TRAIL_ANY);
	trail_before(0, 0x31, buf, sizeof(buf));
	EXPECT_STR(buf, "even > odd > even > odd > even > odd");
}

TEST_MAIN(TEST(test_slice), TEST(test_slice_without_chance), TEST(test_slice_room), TEST(test_function),
	  TEST(test_trail), TEST(test_trail_end))
