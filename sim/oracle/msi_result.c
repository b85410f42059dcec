// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of what KVM_SIGNAL_MSI returns: KVM api.rst, "Returns: >0 on delivery, 0 if
 * guest blocked the MSI, and -1 on error".
 *
 * Does not verify the number, nor which of 0 and -1 it is when nobody takes it (see
 * the deviation msi-nobody); only fixed and lowest-priority messages.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/destination.h"
#include "sim/oracle/message.h"

#define MODE_LOWEST	1u

enum taker oracle_msi_takers(uint32_t vm, uint64_t address, uint32_t data)
{
	struct destination d = {
		.dest = address >> 12 & 0xff, .sender = DIV_NONE, .logical = address >> 2 & 1,
		.wide = oracle.config.x2apic_format,
	};
	uint32_t mode = data >> 8 & 7, first, end;
	bool lowest = mode == MODE_LOWEST || (address >> 3 & 1);
	enum taker best = TAKER_NOBODY;

	if (d.wide)
		d.dest |= address >> 32 & 0xffffff00;
	if (mode > MODE_LOWEST || (data & 0xff) < 16 || (data >> 14 & 3) == 2 ||
	    (lowest && destination_lowest_open(&d, &oracle.vm[vm])))
		return TAKER_PERHAPS;
	destination_window(&d, &oracle.vm[vm], &first, &end);
	for (uint32_t i = first; i < end; i++) {
		enum match match = destination_match(&d, oracle_vcpu(i));

		if (match == MATCH_MUST)
			return TAKER_SOMEBODY;
		if (match == MATCH_MAY)
			best = TAKER_PERHAPS;
	}
	return best;
}

void oracle_msi_result(uint32_t vm, uint64_t address, uint32_t data, enum taker before, int64_t ret)
{
	enum taker after = oracle_msi_takers(vm, address, data);

	if (before != after || after == TAKER_PERHAPS || (ret > 0) == (after == TAKER_SOMEBODY))
		return;
	check_fire(CHECK_MSI_RESULT, NULL, vm, data & 0xff,
		   "KVM_SIGNAL_MSI to address 0x%llx, data 0x%x, returns %lld, but %s takes it", (unsigned long long)address,
		   data, (long long)ret, after == TAKER_SOMEBODY ? "somebody" : "nobody");
}
