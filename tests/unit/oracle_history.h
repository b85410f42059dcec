/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words to write a history of one vCPU with: send(), prepare_and_enter(), ack(),
 * leave(), eoi(); and what must have been reported after it: SILENT(), FIRED().
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_HISTORY_H
#define LAPICSIM_TESTS_UNIT_ORACLE_HISTORY_H

#include "tests/unit/oracle_model.h"
#include "tests/unit/test.h"

#define SILENT()	expect_silent(__FILE__, __LINE__)
#define FIRED(check, kind, vector) expect_fired(__FILE__, __LINE__, check, kind, vector)

static inline void expect_silent(const char *file, int line)
{
	for (uint32_t i = 0; i < nr_seen && i < 64; i++)
		test_expect(false, file, line, "%s: %s", seen[i].check, seen[i].text);
	nr_seen = 0;
}

static inline void expect_fired(const char *file, int line, const char *check, uint32_t kind, uint32_t vector)
{
	test_expect(nr_seen == 1, file, line, "%u divergences, expected one %s", nr_seen, check);
	for (uint32_t i = 0; nr_seen != 1 && i < nr_seen && i < 64; i++)
		test_expect(false, file, line, "%s: %s", seen[i].check, seen[i].text);
	if (nr_seen) {
		test_expect(!strcmp(seen[0].check, check), file, line, "%s fired, expected %s: %s", seen[0].check,
			    check, seen[0].text);
		test_expect(seen[0].kind == kind && seen[0].vector == vector && seen[0].time_ns == 1000, file, line,
			    "kind %u vector 0x%x: %s", seen[0].kind, seen[0].vector, seen[0].text);
	}
	nr_seen = 0;
}

#define M	(&model[0])
#define PV_MSR	0x12345001ull

static inline int32_t begin(uint32_t vector, bool level)
{
	return oracle_msi_begin(0, 0xfee00000, vector | (level ? 0xc000 : 0));
}

static inline void send(uint32_t vector)
{
	int32_t handle = begin(vector, false);

	model_accept(M, vector, false);
	oracle_message_end(handle, true);
}

static inline void enter(void)
{
	M->hw.entry_intr_info = M->injected < 0 ? 0 : KW_INTR_VALID | (uint32_t)M->injected;
	M->hw.interruptibility = M->blocking;
	oracle_entry(0, &M->hw, model_look(M), M->word, !M->gone);
	if (M->injected >= 0)
		oracle_delivered(0, (uint8_t)M->injected);
	M->injected = -1;
}

static inline void prepare_and_enter(void)
{
	model_prepare(M);
	enter();
}

static inline void leave(void)
{
	model_sync(M);
	oracle_exit(0, &M->hw, model_look(M), M->word, !M->gone);
}

static inline void ack(void)
{
	uint32_t old = M->word;

	M->word &= ~1u;
	oracle_guest_pv_ack(0, old, M->word);
}

/* The page of the PV EOI word goes away, and comes back as it was. */
static inline void page_gone(void)
{
	M->gone = true;
	oracle_pv_page_gone(0);
}

static inline void page_back(void)
{
	M->gone = false;
	oracle_pv_page_back(0, M->word);
}

/* From inside the guest: an exit that writes EOI. */
static inline void eoi(void)
{
	leave();
	oracle_guest_eoi(0);
	model_eoi(M);
}

static inline void boot(void)
{
	model_boot(1, 2, true, false);
	prepare_and_enter();
	leave();
}

static inline void boot_pv(void)
{
	boot();
	M->pv_msr = PV_MSR;
	oracle_guest_pv_msr(0, PV_MSR, true);
	prepare_and_enter();
	leave();
}

#endif
