// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of KVM's caches, irr_pending and the like, against its registers: what
 * they may lag behind, and what must fire.
 */
#include "sim/oracle/check.h"
#include "tests/unit/oracle_history.h"

static void look_with(void (*spoil)(struct kw_apic_state *))
{
	model_look(M);
	spoil(&M->state);
	oracle_entry(0, &M->hw, &M->state, M->word, true);
	oracle_exit(0, &M->hw, &M->state, M->word, true);
}

static void spoil_irr(struct kw_apic_state *s) { s->irr_pending = false; }
static void spoil_count(struct kw_apic_state *s) { s->isr_count++; }
static void spoil_highest(struct kw_apic_state *s) { s->highest_isr_cache = 0x30; }
static void spoil_enabled(struct kw_apic_state *s) { s->sw_enabled = false; }
static void unknown_highest(struct kw_apic_state *s) { s->highest_isr_cache = -1; s->irr_pending = true; }
static void with_apicv(struct kw_apic_state *s)
{
	s->apicv_active = s->irr_pending = true;
	s->isr_count = 1;
	s->highest_isr_cache = -1;
}

static void test_caches(void)
{
	boot();
	send(0x41);
	prepare_and_enter();
	send(0x42);
	leave();
	M->hw.entry_intr_info = 0;
	look_with(unknown_highest);
	look_with(with_apicv);
	SILENT();
	look_with(spoil_irr);
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x42);
	look_with(unknown_highest);
	look_with(spoil_irr);	/* again, after it was right */
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x42);
	look_with(spoil_count);
	FIRED("cache-isr-count", DIV_STALE_CACHE, DIV_NONE);
	look_with(spoil_highest);
	FIRED("cache-highest-isr", DIV_STALE_CACHE, DIV_NONE);
	look_with(spoil_enabled);
	FIRED("cache-sw-enabled", DIV_STALE_CACHE, DIV_NONE);
}

/* The sender is between setting the bit and setting the flag. */
static void test_cache_in_flight(void)
{
	int32_t handle;

	boot();
	M->tpr = 0xf0;
	oracle_guest_tpr(0, 0xf0);
	prepare_and_enter();
	handle = begin(0x41, false);
	M->irr[0x41] = 1;
	leave();
	SILENT();
	oracle_message_end(handle, true);
	M->irr_pending = false;
	enter();
	FIRED("cache-irr-pending", DIV_STALE_CACHE, 0x41);
}

TEST_MAIN(TEST(test_caches), TEST(test_cache_in_flight))
