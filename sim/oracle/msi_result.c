// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of what KVM_SIGNAL_MSI returns: KVM api.rst, "Returns: >0 on delivery, 0 if
 * guest blocked the MSI, and -1 on error".
 *
 * Does not verify the number, nor which of 0 and -1 it is when nobody takes it (see
 * the deviation msi-nobody); of messages that bypass IRR only NMI and INIT.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/destination.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"

#define MODE_LOWEST	1u

/* NMI and INIT: a vCPU that is software-disabled takes them too. */
static enum taker event_taker(const struct destination *d, uint32_t vm)
{
	enum taker best = TAKER_NOBODY;

	for (uint32_t i = oracle.vm[vm].first; i < oracle.vm[vm].first + oracle.vm[vm].nr; i++) {
		enum match match = destination_match_event(d, oracle_vcpu(i));

		if (match == MATCH_MUST)
			return TAKER_SOMEBODY;
		if (match == MATCH_MAY)
			best = TAKER_PERHAPS;
	}
	return best;
}

/* An INIT that is on its way software-disables its target at some time before the oracle is told. */
static bool init_pends(uint32_t vm)
{
	for (uint32_t i = oracle.vm[vm].first; events.vcpu && i < oracle.vm[vm].first + oracle.vm[vm].nr; i++) {
		const struct event_vcpu *e = event_vcpu(oracle_vcpu(i));

		if (e->init != PENDING_NO || e->init_inflight)
			return true;
	}
	return false;
}

enum taker oracle_msi_takers(uint32_t vm, uint64_t address, uint32_t data)
{
	struct destination d = {
		.dest = address >> 12 & 0xff, .sender = DIV_NONE, .logical = address >> 2 & 1,
		.wide = oracle.config.x2apic_format,
	};
	uint32_t mode = data >> 8 & 7;
	bool lowest = mode == MODE_LOWEST || (address >> 3 & 1);

	if (d.wide)
		d.dest |= address >> 32 & 0xffffff00;
	if (mode == EVENT_NMI || mode == EVENT_INIT)
		return data >> 15 & 1 ? TAKER_PERHAPS : event_taker(&d, vm);
	if (mode > MODE_LOWEST || (data & 0xff) < 16 || (data >> 14 & 3) == 2 || init_pends(vm))
		return TAKER_PERHAPS;
	return destination_taker(&d, vm, lowest);
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
