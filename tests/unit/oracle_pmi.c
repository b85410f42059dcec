// SPDX-License-Identifier: GPL-2.0-only
/*
 * Performance monitoring interrupts: what LVTPC makes of a counter that overflows, that
 * its mask is set, and who may end HLT.
 */
#include "sim/oracle/pmi.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_events.h"

#define LVTPC	0x340
#define MASKED	0x10000u
#define SMI	0x200u
#define NMI	0x400u
#define INIT	0x500u
#define EXTINT	0x700u
#define VECTOR	0x41u

static void boot_pmi(uint32_t lvt)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = 2, .report = record, .now_ns = clock_ns, .registers = true, .events = true,
		.pmi = true,
	};

	model_start(&config);
	for (uint32_t i = 0; i < 2; i++) {
		model_init(&model[i], i, false);
		model_put(&model[i], LVTPC, lvt);
		oracle_baseline(i, i, false, model_look(&model[i]));
	}
	oracle_reset();
	prepare_and_enter();
	SILENT();
}

/* A counter overflows, KVM handles the exit, and leaves @lvt. */
static void overflow(bool accept, uint32_t lvt)
{
	oracle_pmi_begin(0);
	leave();
	if (accept)
		model_accept(M, VECTOR, false);
	model_put(M, LVTPC, lvt);
}

static void test_delivered(void)
{
	boot_pmi(VECTOR);
	overflow(true, MASKED | VECTOR);
	prepare_and_enter();
	EXPECT(M->isr[VECTOR]);
	SILENT();
	eoi();
	prepare_and_enter();
	/* The entry is masked now. */
	overflow(false, MASKED | VECTOR);
	prepare_and_enter();
	SILENT();
}

/* KVM has done its part before the exit is compared. */
static void test_early(void)
{
	boot_pmi(VECTOR);
	oracle_pmi_begin(0);
	model_accept(M, VECTOR, false);
	model_put(M, LVTPC, MASKED | VECTOR);
	leave();
	oracle_pmi_end(0);
	prepare_and_enter();
	SILENT();
}

static void test_lost(void)
{
	boot_pmi(VECTOR);
	overflow(false, MASKED | VECTOR);
	prepare_and_enter();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, VECTOR);
}

static void test_not_masked(void)
{
	boot_pmi(VECTOR);
	overflow(true, VECTOR);
	prepare_and_enter();
	FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void test_masked_by_itself(void)
{
	boot_pmi(VECTOR);
	leave();
	model_put(M, LVTPC, MASKED | VECTOR);
	prepare_and_enter();
	FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void test_although_masked(void)
{
	boot_pmi(MASKED | VECTOR);
	overflow(true, MASKED | VECTOR);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, VECTOR);
}

static void test_nmi(void)
{
	boot_pmi(NMI | VECTOR);
	overflow(false, MASKED | NMI | VECTOR);
	M->hw.entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_NMI | 2;
	oracle_entry(0, &M->hw, model_look(M), M->word, true);
	SILENT();
	boot_pmi(NMI | VECTOR);
	overflow(false, MASKED | NMI | VECTOR);
	oracle_pmi_end(0);
	leave();
	prepare_and_enter();
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* Without SMM nothing comes of it, nor is the entry masked. */
static void test_smi(void)
{
	for (int smm = 0; smm < 2; smm++) {
		uint32_t good = smm ? MASKED | SMI : SMI;

		boot_pmi(SMI);
		oracle_pmi_smm(smm);
		overflow(false, good);
		oracle_guest_hlt(0);
		prepare_and_enter();
		if (smm)
			SILENT();
		else
			FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
		boot_pmi(SMI);
		oracle_pmi_smm(smm);
		overflow(false, good ^ MASKED);
		prepare_and_enter();
		FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE);
	}
	boot_pmi(SMI);
	EXPECT(deviation_switch("no-smm", false));
	overflow(false, SMI);
	prepare_and_enter();
	FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE);
	EXPECT(deviation_switch("no-smm", true));
}

static void test_extint(void)
{
	boot_pmi(EXTINT | VECTOR);
	overflow(false, EXTINT | VECTOR);
	prepare_and_enter();
	leave();
	SILENT();
	overflow(false, MASKED | EXTINT | VECTOR);
	prepare_and_enter();
	FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE);
	boot_pmi(EXTINT | VECTOR);
	overflow(true, EXTINT | VECTOR);
	prepare_and_enter();
	FIRED("dispatch-pending", DIV_SPURIOUS_DELIVERY, VECTOR);
}

/* The vCPU is reset, once, and all registers with it; not if the SDM is taken at its word. */
static void test_init(void)
{
	boot_pmi(INIT);
	oracle_pmi_begin(0);
	leave();
	take_init();
	sipi(8);
	oracle_sipi_taken(0, 8);
	enter_nmi(false);
	leave();
	SILENT();
	take_init();
	FIRED("init-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	boot_pmi(INIT);
	overflow(false, MASKED | INIT);
	enter_nmi(false);
	leave();
	enter_nmi(false);
	FIRED("init-lost", DIV_LOST_INTERRUPT, DIV_NONE);
	boot_pmi(INIT);
	EXPECT(deviation_switch("lvtpc-init", false));
	oracle_pmi_begin(0);
	leave();
	take_init();
	FIRED("init-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	EXPECT(deviation_switch("lvtpc-init", true));
}

/* A register that INIT does not reset. */
static void test_init_keeps_one(void)
{
	boot_pmi(INIT);
	model_put(M, LVTPC, INIT);
	oracle_pmi_begin(0);
	leave();
	model_init(M, M->id, false);
	M->bsp = true;
	M->svr = 0xff;
	model_look(M);
	for (uint32_t reg = 0x320; reg <= 0x370; reg += 0x10)
		model_put(M, reg, reg == LVTPC ? MASKED | INIT : reg == 0x350 ? 0x700 : MASKED);
	oracle_init_taken(0, &M->state);
	EXPECT(nr_seen && !strcmp(seen[0].check, "register-file"));
	nr_seen = 0;
}

/* HLT ends for one that LVTPC lets through, and is said to end for one that it does not. */
static void test_halt(void)
{
	for (int masked = 0; masked < 2; masked++) {
		boot_pmi((masked ? MASKED : 0) | VECTOR);
		overflow(!masked, MASKED | VECTOR);
		oracle_guest_hlt(0);
		oracle_pmi_end(0);
		prepare_and_enter();
		if (!masked) {
			SILENT();
			continue;
		}
		EXPECT(nr_seen == 1 && strstr(seen[0].text, "but a counter's interrupt that LVTPC does not let through"));
		FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
		/* The next HLT has nothing to do with it. */
		leave();
		oracle_guest_hlt(0);
		prepare_and_enter();
		EXPECT(nr_seen == 1 && !strstr(seen[0].text, "LVTPC"));
		FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	}
}

TEST_MAIN(TEST(test_delivered), TEST(test_early), TEST(test_lost), TEST(test_not_masked), TEST(test_masked_by_itself),
	  TEST(test_although_masked), TEST(test_nmi), TEST(test_smi), TEST(test_extint), TEST(test_init), TEST(test_init_keeps_one),
	  TEST(test_halt))
