// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of what KVM_IRQ_LINE_STATUS returns (KVM_CAP_IRQ_INJECT_STATUS): negative
 * when the interrupt was ignored, as by a mask, 0 when it was coalesced with one
 * that is still pending, and else how many took it; VMMs send coalesced ticks of a
 * clock again, and would lose or double them otherwise.  A line that both PIC and
 * I/O APIC see: one that took it is enough.
 *
 * Does not verify the number; nor a level that the I/O APIC has delivered and not
 * seen ended, which may count as either.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

void oracle_line_status_begin(uint32_t task)
{
	chips.task[task].status = true;
	chips.task[task].outcome = 0;
}

void oracle_line_status_end(uint32_t task, uint32_t vm, uint32_t gsi, int32_t status)
{
	struct chip_task *t = &chips.task[task];
	uint8_t outcome = t->outcome;
	const char *expected = NULL;

	if (!outcome || (outcome & LINE_OPEN))
		return;
	if (outcome & LINE_DELIVERED)
		expected = status > 0 ? NULL : "positive: it was delivered";
	else if (outcome & LINE_COALESCED)
		expected = status == 0 ? NULL : "0: it was coalesced";
	else if (outcome & LINE_NOT)
		expected = status <= 0 ? NULL : "not positive: it was not delivered";
	else
		expected = status < 0 ? NULL : "negative: it was masked";
	if (!expected)
		return;
	check_fire(CHECK_LINE_STATUS, NULL, vm, DIV_NONE,
		   "KVM_IRQ_LINE_STATUS of GSI %u, level %u, says %d, expected %s", gsi, t->level, status,
		   expected);
	if (gsi == RTC_PIN)
		rtc_disagrees(vm, status > 0);
}
