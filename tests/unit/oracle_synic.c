// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, Hyper-V's synthetic interrupt controller: SINT 2 of the first vCPU.
 */
#include "sim/oracle/synic.h"
#include "tests/unit/oracle_history.h"

#define SINT	2u
#define VECTOR	0x22u

static void boot_synic(uint64_t value)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = 2, .synic = true, .report = record, .now_ns = clock_ns,
	};

	model_blind = true;
	model_start(&config);
	for (uint32_t i = 0; i < 2; i++) {
		model_init(&model[i], i, true);
		oracle_baseline(i, i, true, model_look(&model[i]));
	}
	oracle_sint_baseline(0, SINT, value);
	oracle_reset();
	prepare_and_enter();
	leave();
}

static void signal(bool comes)
{
	oracle_sint_signal_begin(0, SINT);
	if (comes)
		model_accept(M, VECTOR, false);
	oracle_sint_signal_end(0, SINT);
}

static void write_sint(uint64_t value, bool faults)
{
	oracle_sint_write_begin(0, SINT, value);
	oracle_sint_write_end(0, faults);
}

/* It comes, is in service, ends by EOI, and the resamplefd hears of that once. */
static void test_plain(void)
{
	boot_synic(VECTOR);
	signal(true);
	prepare_and_enter();
	eoi();
	oracle_sint_resampled(0, SINT, 1);
	oracle_sint_quiet(0, SINT);
	SILENT();
	oracle_sint_resampled(0, SINT, 1);
	FIRED("sint-eoi-extra", DIV_EOI_MESSAGE, VECTOR);
}

static void test_end_untold(void)
{
	boot_synic(VECTOR);
	signal(true);
	prepare_and_enter();
	eoi();
	oracle_sint_quiet(0, SINT);
	FIRED("sint-eoi-missing", DIV_EOI_MESSAGE, VECTOR);
}

/* The end of another vector is none of SINT's; EOM is one of every SINT. */
static void test_other_ends(void)
{
	boot_synic(VECTOR);
	send(0x55);
	prepare_and_enter();
	eoi();
	oracle_sint_quiet(0, SINT);
	SILENT();
	oracle_sint_eom(0);
	oracle_sint_quiet(0, SINT);
	FIRED("sint-eoi-missing", DIV_EOI_MESSAGE, VECTOR);
	oracle_sint_resampled(0, SINT, 1);
	SILENT();
}

static void test_lost(void)
{
	boot_synic(VECTOR);
	signal(false);
	prepare_and_enter();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, VECTOR);
}

static void test_masked(void)
{
	boot_synic(VECTOR | SYNIC_SINT_MASKED);
	signal(false);
	prepare_and_enter();
	leave();
	SILENT();
	signal(true);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, VECTOR);
}

/* While it is being masked it comes or not. */
static void test_changing(void)
{
	for (int comes = 0; comes < 2; comes++) {
		boot_synic(VECTOR);
		oracle_sint_write_begin(0, SINT, SYNIC_SINT_MASKED);
		signal(comes);
		oracle_sint_write_end(0, false);
		prepare_and_enter();
		leave();
		SILENT();
		boot_synic(VECTOR);
		oracle_sint_signal_begin(0, SINT);
		oracle_sint_write_begin(0, SINT, SYNIC_SINT_MASKED);
		if (comes)
			model_accept(M, VECTOR, false);
		oracle_sint_write_end(0, false);
		oracle_sint_signal_end(0, SINT);
		prepare_and_enter();
		leave();
		SILENT();
	}
}

/* Two writes during one signal: KVM may have gone by the first one, and be late to say so. */
static void test_changing_twice(void)
{
	boot_synic(VECTOR);
	send(0xe1);
	prepare_and_enter();
	leave();
	oracle_sint_signal_begin(0, SINT);
	oracle_sint_write_begin(0, SINT, VECTOR + 1);
	oracle_sint_write_end(0, false);
	write_sint(VECTOR + 2, false);
	prepare_and_enter();
	model_accept(M, VECTOR + 1, false);
	leave();
	oracle_sint_signal_end(0, SINT);
	prepare_and_enter();
	leave();
	SILENT();
}

/* A signal whose interrupt is ended as it is delivered. */
static void take_auto_eoi(void)
{
	signal(true);
	model_prepare(M);
	M->isr[VECTOR] = 0;
	model_ppr(M);
	enter();
	leave();
}

/* What the model leaves in service is wrong. */
static void test_auto_eoi(void)
{
	boot_synic(VECTOR | SYNIC_SINT_AUTO_EOI);
	take_auto_eoi();
	take_auto_eoi();
	SILENT();
	signal(true);
	prepare_and_enter();
	leave();
	EXPECT(nr_seen > 0);
	nr_seen = 0;
	/* Not any more. */
	boot_synic(VECTOR | SYNIC_SINT_AUTO_EOI);
	write_sint(VECTOR, false);
	signal(true);
	prepare_and_enter();
	eoi();
	oracle_sint_resampled(0, SINT, 1);
	SILENT();
}

/* The processor knows of no AutoEOI: what it delivers stays in service. */
static void test_auto_eoi_by_hardware(void)
{
	boot_synic(VECTOR | SYNIC_SINT_AUTO_EOI);
	oracle_guest_if(0, true, 0);
	enter();
	signal(true);
	oracle_hw_dispatch(0, VECTOR, &M->hw);
	M->irr[VECTOR] = 0;
	M->isr[VECTOR] = 1;
	model_ppr(M);
	oracle_delivered(0, VECTOR);
	SILENT();
	leave();
	EXPECT(nr_seen > 0);
	EXPECT(!strcmp(seen[0].check, "isr-spurious"));
	nr_seen = 0;
}

static void test_registers(void)
{
	boot_synic(VECTOR);
	oracle_sint_read(0, SINT, VECTOR, false);
	write_sint(0x23 | SYNIC_SINT_AUTO_EOI, false);
	oracle_sint_read(0, SINT, 0x23 | SYNIC_SINT_AUTO_EOI, false);
	/* No vector; but nobody minds while it is masked. */
	write_sint(15, true);
	oracle_sint_read(0, SINT, 0x23 | SYNIC_SINT_AUTO_EOI, false);
	write_sint(SYNIC_SINT_MASKED, false);
	oracle_sint_read(0, SINT, SYNIC_SINT_MASKED, false);
	write_sint(16, false);
	oracle_sint_read(0, SINT, 16, false);
	SILENT();
	write_sint(16, true);
	FIRED("sint-msr", DIV_REGISTER_MISMATCH, DIV_NONE);
	write_sint(15, false);
	FIRED("sint-msr", DIV_REGISTER_MISMATCH, DIV_NONE);
	write_sint(VECTOR, true);
	FIRED("sint-msr", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_sint_read(0, SINT, VECTOR, false);
	FIRED("sint-msr", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_reset();
	oracle_sint_read(0, SINT, VECTOR, false);
	SILENT();
}

static void test_fall(void)
{
	boot_synic(VECTOR);
	oracle_sint_fell(0, SINT, -1);
	SILENT();
	oracle_sint_fell(0, SINT, 0);
	FIRED("line-status", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_plain), TEST(test_end_untold), TEST(test_other_ends), TEST(test_lost), TEST(test_masked),
	  TEST(test_changing), TEST(test_changing_twice), TEST(test_auto_eoi), TEST(test_auto_eoi_by_hardware),
	  TEST(test_registers), TEST(test_fall))
