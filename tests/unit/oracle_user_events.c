// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of what userspace reads and writes of a vCPU's events: the
 * vcpu_events, mp_state, its own NMI, the interrupt window, and a vCPU that was moved.
 *
 * Does not test NMI (oracle_nmi.c) nor INIT and SIPI (oracle_init.c) as such.
 */
#include "sim/oracle/check.h"
#include "tests/unit/oracle_events.h"

static struct oracle_user_events got(uint8_t pending, bool masked)
{
	return (struct oracle_user_events){ .nmi_pending = pending, .nmi_masked = masked, .interrupt = -1 };
}

static void test_get_events(void)
{
	struct oracle_user_events ev = got(1, false);

	boot_events();
	nmi();
	leave();
	oracle_user_get_events(0, &ev);
	nmi();			/* this one may have been seen or not */
	oracle_user_get_events(0, &ev);
	ev = got(2, false);
	oracle_user_get_events(0, &ev);
	SILENT();
	ev = got(0, false);
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev = got(1, true);
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev = got(3, false);
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev = got(1, false);
	ev.interrupt = 0x41;
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, 0x41);
	ev = got(1, false);
	ev.exception = ev.gp = true;
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev.fault_due = true;
	oracle_user_get_events(0, &ev);
	SILENT();
	ev.gp = false;
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev.exception = false;
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev = got(1, false);
	oracle_guest_if(0, true, KW_BLOCK_STI);
	oracle_user_get_events(0, &ev);
	FIRED("get-events", DIV_REGISTER_MISMATCH, DIV_NONE);
	ev.blocking = ORACLE_NOT_SHOWN;
	oracle_user_get_events(0, &ev);
	SILENT();
}

/* What came after it was read is overwritten; what was there before is not. */
static void test_set_events(void)
{
	boot_events();
	nmi();
	init();
	oracle_user_set_events(0);
	leave();
	enter_nmi(false);
	leave();
	SILENT();
	nmi();
	leave();
	oracle_user_set_events(0);
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_get_mp_state(void)
{
	boot_events();
	oracle_user_get_mp_state(0, ORACLE_RUNS);
	leave();
	oracle_guest_hlt(0);
	oracle_user_get_mp_state(0, ORACLE_HALTED);
	oracle_user_get_mp_state(0, ORACLE_RUNS);
	init();
	take_init();
	oracle_user_get_mp_state(0, ORACLE_WAITS);
	SILENT();
	oracle_user_get_mp_state(0, ORACLE_RUNS);
	FIRED("get-mp-state", DIV_REGISTER_MISMATCH, DIV_NONE);
	sipi(8);
	oracle_sipi_taken(0, 8);
	oracle_user_get_mp_state(0, ORACLE_HALTED);
	FIRED("get-mp-state", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_user_get_mp_state(0, ORACLE_WAITS);
	FIRED("get-mp-state", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* A kick that a halted vCPU has got wakes it for userspace, too; one that a move or a load made KVM forget does not. */
static void test_get_mp_state_kicked(void)
{
	for (int i = 0; i < 3; i++) {
		boot_events();
		leave();
		if (!i)
			oracle_guest_hlt(0);
		oracle_message_end(oracle_pv_kick_begin(1, 0), true);
		if (i == 1)
			oracle_user_moved(0);
		else if (i == 2)
			oracle_user_set_mp_state(0, ORACLE_RUNS);
		if (i)
			oracle_guest_hlt(0);
		oracle_user_get_mp_state(0, ORACLE_RUNS);
		SILENT();
		oracle_user_get_mp_state(0, ORACLE_HALTED);
		if (i)
			SILENT();
		else
			FIRED("get-mp-state", DIV_REGISTER_MISMATCH, DIV_NONE);
		oracle_quiet(0, model_look(M));
		EXPECT(i != 1 || strstr(seen[0].text, "between them the VM moved"));
		FIRED("kick-lost", DIV_LOST_INTERRUPT, DIV_NONE);
	}
}

static void test_user_nmi(void)
{
	boot_events();
	oracle_message_end(oracle_user_nmi_begin(0), true);
	leave();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

/* PPR of a vCPU that moved is reported by another name, once. */
static void test_moved(void)
{
	boot_events();
	send(0x41);
	prepare_and_enter();
	leave();
	oracle_user_moved(0);
	prepare_and_enter();
	leave();
	SILENT();
	oracle_user_moved(0);
	M->ppr = 0;
	enter();
	FIRED("ppr-after-set-lapic", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	model_ppr(M);
	enter();
	leave();
	M->ppr = 0;
	enter();
	FIRED("ppr-matches", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* So is the PV EOI MSR, if the new vCPU has it on and the old one had not. */
static void test_moved_msr(void)
{
	boot_events();
	leave();
	oracle_user_moved(0);
	M->pv_msr = PV_MSR;
	enter_nmi(false);
	FIRED("pv-msr-after-move", DIV_REGISTER_MISMATCH, DIV_NONE);
}

static void look_window(const struct oracle_user_window *w)
{
	oracle_user_window(0, w, model_look(M));
}

#define WINDOW(...)	look_window(&(struct oracle_user_window){ __VA_ARGS__ })

/* A VMM with a PIC of its own: is the guest ready for its interrupt? */
static void test_window(void)
{
	boot_events();
	leave();
	oracle_guest_if(0, true, 0);
	M->page[0x350] = 0;
	M->page[0x351] = 7;		/* LINT0: ExtINT, not masked */
	M->page[0x352] = 0;
	WINDOW(.ready = true, .exit = true);
	WINDOW(.ready = true);
	WINDOW(.fault_due = true);
	SILENT();
	WINDOW(.ready = false);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	WINDOW(.exit = true, .fault_due = true);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	WINDOW(.ready = true, .fault_due = true);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_guest_if(0, true, KW_BLOCK_STI);
	WINDOW(.ready = false);
	WINDOW(.ready = true, .shadow_open = true);
	SILENT();
	WINDOW(.ready = true);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_guest_if(0, false, 0);
	WINDOW(.ready = false);
	SILENT();
	WINDOW(.ready = true);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_guest_if(0, true, 0);
	M->page[0x352] = 1;		/* masked */
	WINDOW(.ready = false);
	SILENT();
	WINDOW(.ready = true);
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_user_window_entry(0, &M->hw, model_look(M));
	SILENT();
	M->page[0x352] = 0;
	M->hw.int_window = 1;
	oracle_user_window_entry(0, &M->hw, model_look(M));
	SILENT();
	M->hw.int_window = 0;
	oracle_user_window_entry(0, &M->hw, model_look(M));
	FIRED("interrupt-window", DIV_REGISTER_MISMATCH, DIV_NONE);
}

TEST_MAIN(TEST(test_get_events), TEST(test_set_events), TEST(test_get_mp_state), TEST(test_get_mp_state_kicked), TEST(test_user_nmi),
	  TEST(test_moved), TEST(test_moved_msr), TEST(test_window))
