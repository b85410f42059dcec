// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle's checks of NMI, INIT and SIPI one by one: for each a legal history
 * that must stay silent and a broken one that must fire.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/identity.h"
#include "tests/unit/oracle_history.h"

#define NMI_INFO	(KW_INTR_VALID | KW_INTR_TYPE_NMI | 2)

static void boot_events(void)
{
	model_events = true;
	boot();
	M->hw.nmi_window = 0;
}

/* --- Words. */
static int32_t nmi_begin(void) { return oracle_msi_begin(0, 0xfee00000, 0x400); }

static void nmi(void)
{
	oracle_message_end(nmi_begin(), true);
}

static void ipi(uint32_t mode, uint32_t low)
{
	oracle_message_end(oracle_icr_begin(1, mode << 8 | 1u << 14 | low), true);
}

static void init(void) { ipi(5, 0); }
static void sipi(uint32_t page) { ipi(6, page); }

/* An entry that injects an NMI, if @injected; the handler starts. */
static void enter_nmi(bool injected)
{
	M->hw.entry_intr_info = injected ? NMI_INFO : 0;
	M->hw.interruptibility = M->blocking;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	if (injected)
		oracle_nmi_delivered(0);
}

/* KVM's side of INIT. */
static void take_init(void)
{
	bool x2apic = M->x2apic, bsp = M->bsp;

	model_init(M, M->id, x2apic);
	M->bsp = bsp;
	M->svr = 0xff;
	M->if_enabled = false;
	model_look(M);
	for (uint32_t reg = 0x320; reg <= 0x370; reg += 0x10)
		model_put(M, reg, reg == 0x350 && bsp ? 0x700 : 0x10000);
	oracle_init_taken(0, &M->state);
}

/* --- NMI. */
static void test_nmi(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	leave();
	enter_nmi(false);
	oracle_nmi_iret(0);
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

static void test_nmi_spurious(void)
{
	boot_events();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* Two may wait while none is taken; in the handler one more, and no second. */
static void test_nmi_collapse(void)
{
	boot_events();
	for (int i = 0; i < 3; i++)
		nmi();
	leave();
	enter_nmi(true);
	for (int i = 0; i < 3; i++)
		nmi();
	M->hw.nmi_window = 1;
	leave();
	enter_nmi(false);
	oracle_nmi_iret(0);
	leave();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	SILENT();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* NMIs that come between a reset by INIT and the oracle's hearing of it: no handler blocks them any more. */
static void test_nmi_after_init(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	init();
	nmi();
	nmi();
	leave();
	take_init();
	sipi(0x0a);
	oracle_sipi_taken(0, 0x0a);
	M->hw.nmi_window = 1;
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	SILENT();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* One in flight may be injected before its message ends; then it is not owed any more. */
static void test_nmi_in_flight(void)
{
	int32_t handle;

	boot_events();
	handle = nmi_begin();
	leave();
	enter_nmi(true);
	oracle_message_end(handle, true);
	oracle_nmi_iret(0);
	leave();
	enter_nmi(false);
	oracle_quiet(0, model_look(M));
	SILENT();
	leave();
	enter_nmi(true);
	FIRED("nmi-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_nmi_blocked(void)
{
	boot_events();
	nmi();
	leave();
	enter_nmi(true);
	nmi();
	leave();
	enter_nmi(true);
	FIRED("nmi-blocked", DIV_PRIORITY_INVERSION, DIV_NONE);
}

static void test_nmi_shadow(void)
{
	boot_events();
	nmi();
	leave();
	oracle_guest_if(0, true, KW_BLOCK_MOV_SS);
	M->blocking = KW_BLOCK_MOV_SS;
	enter_nmi(true);
	FIRED("nmi-blocked", DIV_PRIORITY_INVERSION, DIV_NONE);
}

static void test_nmi_held(void)
{
	boot_events();
	nmi();
	enter_nmi(false);	/* it came after KVM looked: legal */
	leave();
	SILENT();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_nmi_priority(void)
{
	boot_events();
	M->hw.nmi_window = 1;
	nmi();
	send(0x41);
	leave();
	prepare_and_enter();
	FIRED("nmi-priority", DIV_PRIORITY_INVERSION, 0x41);
}

static void test_nmi_reinjected(void)
{
	boot_events();
	nmi();
	leave();
	M->hw.entry_intr_info = NMI_INFO;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	oracle_nmi_interrupted(0);
	leave();
	enter_nmi(true);	/* the same again */
	oracle_nmi_iret(0);
	leave();
	SILENT();
	nmi();
	leave();
	M->hw.entry_intr_info = NMI_INFO;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	oracle_nmi_interrupted(0);
	leave();
	enter_nmi(false);
	FIRED("nmi-reinjected", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_nmi_lost(void)
{
	boot_events();
	nmi();
	oracle_quiet(0, model_look(M));
	FIRED("quiet-nmi", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* --- INIT and SIPI. */
/* An APIC goes off, and on: what is in flight then may miss it; what comes while it is off need not come. */
static void test_nmi_apic_off(void)
{
	uint64_t on;
	int32_t late;

	boot_events();
	on = oracle_vcpu(0)->now.apic_base;
	late = nmi_begin();
	oracle_apic_base_begin(0, on & ~0x800ull);
	oracle_apic_base_end(0);
	nmi();
	oracle_apic_base_begin(0, on);
	oracle_apic_base_end(0);
	EXPECT(oracle_vcpu(0)->now.apic_base == on && !oracle_vcpu(0)->changing);
	oracle_message_end(late, true);
	leave();
	enter_nmi(false);
	leave();
	SILENT();
	enter_nmi(true);		/* the late one */
	oracle_nmi_iret(0);
	leave();
	SILENT();
	nmi();
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_startup(void)
{
	boot_events();
	send(0x41);
	init();
	leave();
	take_init();
	sipi(8);
	sipi(8);
	oracle_sipi_taken(0, 8);
	M->svr = 0x1ff;
	enter_nmi(false);
	leave();
	oracle_quiet(0, model_look(M));
	SILENT();
}

/* To the boot processor: it starts again at once. */
static void test_init_bsp(void)
{
	boot_events();
	M->bsp = true;
	enter_nmi(false);
	init();
	leave();
	take_init();
	enter_nmi(false);
	SILENT();
	EXPECT(deviation_switch("init-lint0", false));
	init();
	leave();
	take_init();
	FIRED("init-state", DIV_REGISTER_MISMATCH, DIV_NONE);
	EXPECT(deviation_switch("init-lint0", true));
}

static void test_init_lost(void)
{
	boot_events();
	init();
	enter_nmi(false);
	leave();
	SILENT();
	enter_nmi(false);
	FIRED("init-lost", DIV_LOST_INTERRUPT, DIV_NONE);
	init();
	oracle_quiet(0, model_look(M));
	FIRED("init-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_init_spurious(void)
{
	boot_events();
	take_init();
	FIRED("init-spurious", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_init_state(void)
{
	boot_events();
	init();
	leave();
	if (M->x2apic)
		M->ldr = 0;
	oracle_init_taken(0, model_look(M));	/* nothing was reset: SVR and the six LVT entries; but LDR was */
	EXPECT_EQ(nr_seen, M->x2apic ? 8 : 7);
	for (uint32_t i = 0; i < nr_seen; i++)
		EXPECT_STR(seen[i].check, "init-state");
	nr_seen = 0;
}

/* A de-assert is no INIT. */
static void test_init_deassert(void)
{
	boot_events();
	EXPECT_EQ(oracle_icr_begin(1, 5u << 8 | 1u << 15), -1);
	leave();
	enter_nmi(false);
	SILENT();
}

static void test_sipi_ignored(void)
{
	boot_events();
	sipi(8);
	leave();
	enter_nmi(false);
	SILENT();
	oracle_sipi_taken(0, 8);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 8);
}

static void test_sipi_vector(void)
{
	boot_events();
	init();
	leave();
	take_init();
	sipi(8);
	oracle_sipi_taken(0, 9);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 9);
}

static void test_sipi_latest(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("sipi-latest", on));
		init();
		leave();
		take_init();
		sipi(8);
		sipi(9);
		oracle_sipi_taken(0, 9);
		if (on)
			SILENT();
		else
			FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 9);
	}
	EXPECT(deviation_switch("sipi-latest", true));
}

/* INIT drops a SIPI that came before it; one that overlaps it may go either way. */
static void test_sipi_dropped(void)
{
	int32_t handle;

	boot_events();
	init();
	leave();
	take_init();
	sipi(8);
	init();
	take_init();
	oracle_quiet(0, model_look(M));
	SILENT();
	oracle_sipi_taken(0, 8);
	FIRED("sipi-spurious", DIV_SPURIOUS_DELIVERY, 8);
	init();
	take_init();
	handle = oracle_icr_begin(1, 6u << 8 | 1u << 14 | 10);
	init();
	oracle_message_end(handle, true);
	take_init();
	oracle_quiet(0, model_look(M));
	oracle_sipi_taken(0, 10);
	SILENT();
}

/* Of an INIT that may have missed the vCPU as well: after its end SIPIs count again. */
static void test_sipi_in_doubt(void)
{
	int32_t maybe, handle;

	boot_events();
	maybe = oracle_icr_begin(1, 5u << 8 | 1u << 14);
	handle = oracle_icr_begin(1, 6u << 8 | 1u << 14 | 8);
	oracle_message_end(maybe, false);
	leave();
	take_init();
	oracle_message_end(handle, true);
	oracle_quiet(0, model_look(M));
	oracle_user_moved(0);
	SILENT();
	sipi(9);
	oracle_quiet(0, model_look(M));
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 9);
	oracle_user_moved(0);
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 9);
}

static void test_sipi_lost(void)
{
	boot_events();
	init();
	leave();
	take_init();
	oracle_quiet(0, model_look(M));
	oracle_user_moved(0);
	SILENT();		/* nobody started it */
	sipi(8);
	oracle_quiet(0, model_look(M));
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 8);
	oracle_user_moved(0);
	FIRED("sipi-lost", DIV_LOST_INTERRUPT, 8);
}

static void test_runs_without_sipi(void)
{
	boot_events();
	init();
	leave();
	take_init();
	enter_nmi(false);
	FIRED("runs-without-sipi", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

/* --- HLT, and a run loop that does not sleep. */
static void test_halt(void)
{
	boot_events();
	leave();
	oracle_guest_hlt(0);
	send(0x41);
	prepare_and_enter();
	eoi();
	oracle_guest_hlt(0);
	nmi();
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	SILENT();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_halt_sipi(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("halt-sipi", on));
		leave();
		oracle_guest_hlt(0);
		sipi(8);
		enter_nmi(false);
		if (on)
			SILENT();
		else
			FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	}
	EXPECT(deviation_switch("halt-sipi", true));
}

/* It began before the entry whose HLT it ends, and its sender is not done. */
static void test_halt_sipi_in_flight(void)
{
	int32_t handle;

	boot_events();
	leave();
	handle = oracle_icr_begin(1, 6 << 8 | 1u << 14 | 8);
	enter_nmi(false);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	SILENT();
	oracle_message_end(handle, true);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	SILENT();
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
}

static void test_spin(void)
{
	for (int on = 1; on >= 0; on--) {
		boot_events();
		EXPECT(deviation_switch("sipi-spin", on));
		init();
		leave();
		take_init();
		nmi();
		oracle_run_spins(0);
		oracle_run_spins(0);
		if (on)
			SILENT();
		else
			FIRED("run-spins", DIV_HANG, DIV_NONE);
	}
	EXPECT(deviation_switch("sipi-spin", true));
	boot_events();
	oracle_run_spins(0);
	FIRED("run-spins", DIV_HANG, DIV_NONE);
}

/* A kick ends the HLT that it meets, or the next one. */
static void test_kick(void)
{
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	enter_nmi(false);
	leave();
	oracle_guest_hlt(0);
	enter_nmi(false);
	leave();
	SILENT();
	oracle_guest_hlt(0);
	enter_nmi(false);
	FIRED("hlt-ends", DIV_SPURIOUS_DELIVERY, DIV_NONE);
	leave();
	oracle_guest_hlt(0);
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	oracle_quiet(0, model_look(M));
	FIRED("kick-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* Whose kick is for the next HLT: not that of a CPU which INIT or SIPI starts anew. */
static void test_kick_and_start(void)
{
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	init();
	take_init();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	sipi(9);
	oracle_sipi_taken(0, 9);
	oracle_guest_hlt(0);
	oracle_quiet(0, model_look(M));
	SILENT();
	boot_events();
	oracle_message_end(oracle_pv_kick_begin(1, 0), true);
	oracle_user_set_mp_state(0, ORACLE_RUNS);
	oracle_guest_hlt(0);
	oracle_quiet(0, model_look(M));
	FIRED("kick-lost", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* vCPUs 0 and 1; the mask begins anywhere, and names others too. */
static void test_pv_ipi(void)
{
	int32_t handle;

	boot_events();
	handle = oracle_pv_ipi_begin(1, 5, 1, 0, 0x41);
	model_accept(M, 0x41, false);
	oracle_message_end(handle, true);
	oracle_pv_ipi_result(1, 1);
	prepare_and_enter();
	eoi();
	handle = oracle_pv_ipi_begin(1, ~0ull, ~0ull, 0, 4u << 8);
	oracle_pv_ipi_result(1, 2);
	oracle_message_end(handle, true);
	enter_nmi(true);
	oracle_nmi_iret(0);
	leave();
	EXPECT_EQ(oracle_pv_ipi_begin(1, 1, 0, 2, 0x41), -1);
	oracle_pv_ipi_result(1, 0);
	SILENT();
	oracle_message_end(oracle_pv_ipi_begin(1, 2, 0, 0, 4u << 8), true);
	oracle_pv_ipi_result(1, 2);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	oracle_message_end(oracle_pv_ipi_begin(1, 1, 0, 0, 4u << 8), true);
	oracle_pv_ipi_result(1, (uint64_t)-22);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

/* vCPU 0 gets another ID, perhaps while the IPI is under way: KVM looked before or after. */
static void pv_ipi_to_moving(bool meanwhile, uint64_t count)
{
	struct oracle_identity id;

	boot_events();
	id = oracle_vcpu(0)->now;
	id.id = 1;
	if (!meanwhile)
		vcpu_identity_set(oracle_vcpu(0), &id);
	oracle_pv_ipi_begin(1, 2, 0, 0, 4u << 8);
	if (meanwhile)
		vcpu_identity_set(oracle_vcpu(0), &id);
	oracle_pv_ipi_result(1, count);
}

static void test_pv_ipi_to_moving(void)
{
	pv_ipi_to_moving(true, 1);
	pv_ipi_to_moving(true, 2);
	pv_ipi_to_moving(false, 2);
	SILENT();
	pv_ipi_to_moving(false, 1);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	pv_ipi_to_moving(true, 0);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
	pv_ipi_to_moving(true, 3);
	FIRED("pv-ipi-count", DIV_REGISTER_MISMATCH, DIV_NONE);
}

/* --- Userspace. */
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

/* They reach an APIC that is software-disabled. */
static void test_sw_disabled(void)
{
	boot_events();
	M->svr = 0xff;
	enter_nmi(false);
	nmi();
	leave();
	enter_nmi(false);
	FIRED("nmi-held", DIV_LOST_INTERRUPT, DIV_NONE);
}

static void test_not_judged(void)
{
	model_events = false;
	boot();
	EXPECT_EQ(nmi_begin(), -1);
	EXPECT_EQ(oracle_icr_begin(1, 6u << 8 | 8), -1);
	prepare_and_enter();
	SILENT();
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

TEST_MAIN(TEST(test_window), TEST(test_nmi), TEST(test_nmi_spurious), TEST(test_nmi_collapse), TEST(test_nmi_after_init), TEST(test_nmi_in_flight),
	  TEST(test_nmi_blocked), TEST(test_nmi_shadow), TEST(test_nmi_held), TEST(test_nmi_priority),
	  TEST(test_nmi_reinjected), TEST(test_nmi_lost), TEST(test_nmi_apic_off), TEST(test_startup), TEST(test_init_bsp),
	  TEST(test_init_lost), TEST(test_init_spurious), TEST(test_init_state), TEST(test_init_deassert),
	  TEST(test_sipi_ignored), TEST(test_sipi_vector), TEST(test_sipi_latest), TEST(test_sipi_dropped),
	  TEST(test_sipi_in_doubt), TEST(test_sipi_lost), TEST(test_runs_without_sipi), TEST(test_halt), TEST(test_halt_sipi), TEST(test_halt_sipi_in_flight),
	  TEST(test_spin), TEST(test_kick), TEST(test_kick_and_start), TEST(test_pv_ipi), TEST(test_pv_ipi_to_moving), TEST(test_get_events),
	  TEST(test_set_events), TEST(test_get_mp_state), TEST(test_user_nmi), TEST(test_moved), TEST(test_moved_msr),
	  TEST(test_sw_disabled), TEST(test_not_judged))
