/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words to write a history of NMI, INIT and SIPI with, beside those of
 * oracle_history.h: nmi(), init(), sipi(), enter_nmi(), take_init().
 * Holds no test.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_EVENTS_H
#define LAPICSIM_TESTS_UNIT_ORACLE_EVENTS_H

#include "tests/unit/oracle_history.h"

#define NMI_INFO	(KW_INTR_VALID | KW_INTR_TYPE_NMI | 2)

static inline void boot_events(void)
{
	model_events = true;
	boot();
	M->hw.nmi_window = 0;
}

static inline int32_t nmi_begin(void) { return oracle_msi_begin(0, 0xfee00000, 0x400); }

static inline void nmi(void)
{
	oracle_message_end(nmi_begin(), true);
}

static inline void ipi(uint32_t mode, uint32_t low)
{
	oracle_message_end(oracle_icr_begin(1, mode << 8 | 1u << 14 | low), true);
}

static inline void init(void) { ipi(5, 0); }
static inline void sipi(uint32_t page) { ipi(6, page); }

/* An entry that injects an NMI, if @injected; the handler starts. */
static inline void enter_nmi(bool injected)
{
	M->hw.entry_intr_info = injected ? NMI_INFO : 0;
	M->hw.interruptibility = M->blocking;
	oracle_entry(0, &M->hw, model_look(M), 0, false);
	if (injected)
		oracle_nmi_delivered(0);
}

/* KVM's side of INIT. */
static inline void take_init(void)
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

#endif
