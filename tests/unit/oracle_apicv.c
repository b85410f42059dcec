// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of APIC virtualization: for each a legal history that must stay
 * silent and a broken one that must fire.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "tests/unit/oracle_history.h"

static struct kw_apicv *hw;

/* The model's registers, as KVM shows them while APICv is active. */
static const struct kw_apic_state *look(void)
{
	model_look(M);
	M->state.apicv = hw;
	M->state.apicv_active = true;
	M->state.irr_pending = true;
	M->state.isr_count = 1;
	M->state.highest_isr_cache = -1;
	return &M->state;
}

static void boot_apicv(void)
{
	boot();
	hw = &M->hw.apicv;
	memset(hw, 0, sizeof(*hw));
	hw->vid = 1;
	oracle_guest_if(0, true, 0);
}

static void update_status(void)
{
	hw->rvi = model_top(M->irr) < 0 ? 0 : (uint8_t)model_top(M->irr);
	hw->svi = model_top(M->isr) < 0 ? 0 : (uint8_t)model_top(M->isr);
}

static void sync_pir(void)
{
	for (uint32_t vector = 0; vector < 256; vector++)
		M->irr[vector] |= hw->pir[vector >> 5] >> (vector & 31) & 1;
	memset(hw->pir, 0, sizeof(hw->pir));
	update_status();
}

static void enter_apicv(void)
{
	M->hw.entry_intr_info = 0;
	oracle_entry(0, &M->hw, look(), 0, true);
}

static void exit_apicv(void)
{
	oracle_exit(0, &M->hw, look(), 0, true);
}

static void dispatch(uint32_t vector)
{
	oracle_hw_dispatch(0, (uint8_t)vector, &M->hw);
	M->irr[vector] = 0;
	M->isr[vector] = 1;
	update_status();
	oracle_delivered(0, (uint8_t)vector);
}

static void post(uint32_t vector)
{
	int32_t handle = begin(vector, false);

	hw->pir[vector >> 5] |= 1u << (vector & 31);
	oracle_message_end(handle, true);
}

static void test_posted(void)
{
	boot_apicv();
	enter_apicv();
	post(0x41);
	exit_apicv();		/* it is in PIR alone, and that is IRR */
	SILENT();
	sync_pir();
	enter_apicv();
	dispatch(0x41);
	exit_apicv();
	oracle_guest_eoi(0);
	M->isr[0x41] = 0;
	sync_pir();
	enter_apicv();
	exit_apicv();
	oracle_quiet(0, look());
	SILENT();
}

static void test_lost(void)
{
	boot_apicv();
	enter_apicv();
	post(0x41);
	memset(hw->pir, 0, sizeof(hw->pir));
	exit_apicv();
	FIRED("irr-lost", DIV_LOST_INTERRUPT, 0x41);
	enter_apicv();
	post(0x42);		/* and nobody ever syncs */
	exit_apicv();
	SILENT();
	oracle_quiet(0, look());
	FIRED("quiet-irr", DIV_LOST_INTERRUPT, 0x42);
}

static void test_dispatch(void)
{
	boot_apicv();
	post(0x41);
	post(0x81);
	sync_pir();
	enter_apicv();
	exit_apicv();
	enter_apicv();
	dispatch(0x41);
	FIRED("dispatch-highest", DIV_PRIORITY_INVERSION, 0x41);
	dispatch(0x81);
	oracle_guest_if(0, false, 0);
	post(0xa1);
	dispatch(0xa1);
	FIRED("dispatch-blocked", DIV_PRIORITY_INVERSION, 0xa1);
}

/* One sender is between PIR and its notification: what another posts rides on that. */
static void test_unnotified(void)
{
	int32_t first;

	boot_apicv();
	post(0x41);
	sync_pir();
	first = begin(0x81, false);
	hw->pir[4] |= 2;
	post(0x81);
	enter_apicv();
	exit_apicv();
	enter_apicv();
	dispatch(0x41);
	SILENT();
	exit_apicv();
	oracle_message_end(first, true);
	enter_apicv();
	exit_apicv();
	SILENT();
	post(0x61);
	M->irr[0x61] = 1;
	hw->pir[3] = 0;
	update_status();
	enter_apicv();
	dispatch(0x61);		/* nobody is on the way any more who could tell of 0x81 */
	FIRED("dispatch-highest", DIV_PRIORITY_INVERSION, 0x61);
}

/*
 * APICv went off between PIR and ON.  The sync finds a higher vector in IRR, whose sender is
 * still to make KVM look: until then the posted one waits, and no longer.
 */
static void test_due_after_inhibit(void)
{
	for (int over = 0; over < 2; over++) {
		int32_t handle;

		boot_apicv();
		hw->vid = 0;
		send(0x41);
		M->hw.rflags |= KW_RFLAGS_IF;
		exit_apicv();
		handle = begin(0x81, false);
		model_accept(M, 0x81, false);
		if (over) {
			oracle_message_end(handle, true);
			exit_apicv();
		}
		M->hw.entry_intr_info = 0;
		oracle_entry(0, &M->hw, model_look(M), 0, true);
		if (over)
			FIRED("dispatch-overdue", DIV_LOST_INTERRUPT, 0x81);
		else
			SILENT();
	}
}

/*
 * Posted before APICv went off, and synced to IRR beside a false irr_pending while its sender is at work:
 * that may be due to another message.  If KVM does not look after all, that is why.
 */
static void test_perhaps_hidden(void)
{
	for (int posted = 0; posted < 2; posted++) {
		int32_t handle;

		boot_apicv();
		hw->vid = 0;
		M->state.apicv = posted ? hw : NULL;
		M->hw.rflags |= KW_RFLAGS_IF;
		handle = begin(0x41, false);
		M->irr[0x41] = 1;
		M->irr_pending = false;
		M->hw.entry_intr_info = 0;
		oracle_entry(0, &M->hw, model_look(M), 0, true);
		oracle_message_end(handle, true);
		M->irr_pending = true;		/* of a third one */
		oracle_exit(0, &M->hw, model_look(M), 0, true);
		SILENT();
		oracle_entry(0, &M->hw, model_look(M), 0, true);
		EXPECT(nr_seen == 1 && !!strstr(seen[0].text, "hidden by irr_pending") == posted);
		FIRED("dispatch-overdue", DIV_LOST_INTERRUPT, 0x41);
	}
}

static void test_status(void)
{
	boot_apicv();
	post(0x41);
	sync_pir();
	enter_apicv();
	exit_apicv();
	SILENT();
	hw->rvi = 0;
	enter_apicv();
	FIRED("apicv-rvi", DIV_STALE_CACHE, 0);
	exit_apicv();
	hw->rvi = 0x51;
	enter_apicv();
	SILENT();		/* still wrong, reported once */
	hw->rvi = 0x41;
	enter_apicv();
	dispatch(0x41);
	exit_apicv();
	hw->rvi = 0;
	hw->svi = 0x31;
	enter_apicv();
	FIRED("apicv-svi", DIV_STALE_CACHE, 0x31);
}

/* The processor has 0x81 in VISR and not in SVI. */
static void boot_wrong_svi(uint8_t svi)
{
	boot_apicv();
	post(0x81);
	sync_pir();
	enter_apicv();
	dispatch(0x81);
	exit_apicv();
	hw->svi = svi;
	enter_apicv();
	FIRED("apicv-svi", DIV_STALE_CACHE, svi);
}

/* Its EOI ends what SVI says; what stays is due to that, and the next EOI is right. */
static void test_eoi_by_svi(void)
{
	boot_wrong_svi(0);
	oracle_guest_eoi(0);
	update_status();
	exit_apicv();
	SILENT();
	oracle_quiet(0, look());
	FIRED("quiet-isr", DIV_LOST_EOI, 0x81);
	EXPECT(strstr(seen[0].text, "by a wrong SVI"));
	enter_apicv();
	oracle_guest_eoi(0);
	exit_apicv();
	FIRED("isr-stuck", DIV_LOST_EOI, 0x81);
	boot_wrong_svi(0x31);
	M->isr[0x81] = 0;	/* an EOI by SVI would not have ended it */
	oracle_guest_eoi(0);
	exit_apicv();
	FIRED("isr-premature", DIV_PREMATURE_EOI, 0x81);
}

/* Not one that exits, which KVM ends by VISR. */
static void test_eoi_exits_with_wrong_svi(void)
{
	boot_wrong_svi(0x31);
	exit_apicv();
	oracle_guest_eoi(0);
	M->isr[0x81] = 0;
	update_status();
	enter_apicv();
	exit_apicv();
	oracle_quiet(0, look());
	SILENT();
	boot_wrong_svi(0x31);
	exit_apicv();
	oracle_guest_eoi(0);
	enter_apicv();
	FIRED("isr-stuck", DIV_LOST_EOI, 0x81);
}

/* So does its PPR: a lower class may go first, until SVI is right. */
static void test_dispatch_by_svi(void)
{
	boot_wrong_svi(0x20);
	post(0x41);
	sync_pir();
	dispatch(0x41);
	SILENT();
	oracle_guest_eoi(0);	/* SVI was 0x41 then, and is 0x81 now */
	M->isr[0x41] = 0;
	update_status();
	exit_apicv();
	SILENT();
	enter_apicv();
	post(0x42);
	dispatch(0x42);
	FIRED("dispatch-ppr", DIV_PRIORITY_INVERSION, 0x42);
	boot_wrong_svi(0x51);
	post(0x52);
	dispatch(0x52);
	FIRED("dispatch-ppr", DIV_PRIORITY_INVERSION, 0x52);
}

/* A sender that found APICv inactive, between the IRR bit and its kick. */
static void test_rvi_lags(void)
{
	int32_t handle;

	boot_apicv();
	handle = begin(0x41, false);
	M->irr[0x41] = 1;
	enter_apicv();
	SILENT();
	oracle_message_end(handle, true);
	exit_apicv();
	sync_pir();
	enter_apicv();
	SILENT();
}

static void test_caches(void)
{
	boot_apicv();
	look();
	M->state.highest_isr_cache = 0x41;
	oracle_entry(0, &M->hw, &M->state, 0, true);
	FIRED("cache-apicv", DIV_STALE_CACHE, DIV_NONE);
}

static void test_pv_word(void)
{
	boot_pv();
	hw = &M->hw.apicv;
	memset(hw, 0, sizeof(*hw));
	hw->vid = 1;
	post(0x41);
	sync_pir();
	enter_apicv();
	dispatch(0x41);
	exit_apicv();
	sync_pir();
	M->word = 1;
	M->pending = true;
	oracle_entry(0, &M->hw, look(), 1, true);
	FIRED("pv-word-apicv", DIV_PV_EOI_WORD, 0x41);
}

/* The page has what the guest wrote, KVM does not know of it yet. */
static void test_trapped_write(void)
{
	for (int shown = 0; shown < 2; shown++) {
		boot_apicv();
		enter_apicv();
		look();
		model_put(M, 0xf0, 0xff);
		hw->trap_offset = shown ? 0 : 0xf0;
		hw->trap_old = 0x1ff;
		oracle_exit(0, &M->hw, &M->state, 0, true);
		if (!shown)
			SILENT();
		else
			FIRED("cache-sw-enabled", DIV_STALE_CACHE, DIV_NONE);
	}
}

static void self_ipi_after_level(bool allowed)
{
	int32_t handle;

	boot_apicv();
	deviation_switch("apicv-keeps-tmr", allowed);
	handle = begin(0x41, true);
	M->tmr[0x41] = 1;
	hw->pir[2] |= 2;
	oracle_message_end(handle, true);
	sync_pir();
	enter_apicv();
	dispatch(0x41);
	oracle_guest_eoi(0);
	M->isr[0x41] = 0;
	handle = oracle_icr_begin(0, 0x44041);
	oracle_hw_accepts(0, 0x41);
	M->irr[0x41] = 1;
	oracle_message_end(handle, true);
	exit_apicv();
	deviation_switch("apicv-keeps-tmr", true);
}

static void test_self_ipi(void)
{
	self_ipi_after_level(true);
	SILENT();
	self_ipi_after_level(false);
	FIRED("tmr-matches", DIV_REGISTER_MISMATCH, 0x41);
}

/* The hardware does not look at SVR; a sender has to. */
static void self_ipi_while_disabled(bool allowed, bool held)
{
	int32_t handle;

	boot_apicv();
	deviation_switch("apicv-sw-disabled", allowed);
	if (held) {
		post(0x81);
		exit_apicv();
	}
	M->svr = 0xff;
	enter_apicv();
	handle = oracle_icr_begin(0, 0x44041);
	oracle_hw_accepts(0, 0x41);
	M->irr[0x41] = 1;
	update_status();
	oracle_message_end(handle, true);
	dispatch(0x41);
	deviation_switch("apicv-sw-disabled", true);
}

static void test_self_ipi_while_disabled(void)
{
	self_ipi_while_disabled(true, false);
	SILENT();
	/* KVM tells the hardware of what was posted before when the APIC is enabled again. */
	self_ipi_while_disabled(true, true);
	SILENT();
	EXPECT(deviation_row(DEV_APICV_SW_DISABLED)->used > 0);
}

/* In VIRR already, and posted: no look collapses them while the APIC is disabled. */
static void posted_twice(bool disabled, bool allowed)
{
	boot_apicv();
	deviation_switch("apicv-sw-disabled", allowed);
	post(0x41);
	sync_pir();
	post(0x41);
	exit_apicv();
	M->svr = disabled ? 0xff : 0x1ff;
	enter_apicv();
	SILENT();
	dispatch(0x41);
	exit_apicv();
	deviation_switch("apicv-sw-disabled", true);
}

static void test_posted_twice(void)
{
	posted_twice(true, true);
	SILENT();
	EXPECT(deviation_row(DEV_APICV_SW_DISABLED)->used > 0);
	posted_twice(true, false);
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
	posted_twice(false, true);
	FIRED("irr-spurious", DIV_SPURIOUS_DELIVERY, 0x41);
}

TEST_MAIN(TEST(test_posted_twice),
	  TEST(test_self_ipi_while_disabled), TEST(test_posted), TEST(test_lost), TEST(test_dispatch), TEST(test_unnotified),
	  TEST(test_due_after_inhibit), TEST(test_perhaps_hidden), TEST(test_status), TEST(test_eoi_by_svi),
	  TEST(test_eoi_exits_with_wrong_svi), TEST(test_dispatch_by_svi), TEST(test_rvi_lags), TEST(test_caches), TEST(test_pv_word),
	  TEST(test_trapped_write), TEST(test_self_ipi))
