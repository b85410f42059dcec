// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding of MSIs and of the ICR into a destination, a vector and a trigger
 * mode.  SDM, "Message Address Register Format", "Message Data Register Format",
 * "Interrupt Command Register (ICR)".
 *
 * Only fixed and lowest priority reach IRR; NMI, INIT and SIPI are events.c's;
 * SMI and ExtINT are counted as not judged.
 */
#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"

/* SDM, "Message Data Register Format": a delivery mode. */
#define MODE_LOWEST	1u

static bool judged(uint8_t vector)
{
	return vector >= 16 || deviation_allows(DEV_LOW_VECTORS);
}

int32_t message_decoded(struct destination *d, uint32_t vm, uint8_t vector, bool level, bool lowest)
{
	/* A broadcast may reach all of them. */
	if (lowest && !d->shorthand && destination_lowest_open(d, &oracle.vm[vm])) {
		d->doubtful = true;
		lowest = d->logical;
	}
	/* A shorthand makes the destination field meaningless, but not to KVM: docs/findings/lowest-shorthand.md. */
	if (lowest && d->shorthand > SHORTHAND_SELF && !d->logical && d->dest == 0xff &&
	    deviation_allows(DEV_LOWEST_SHORTHAND)) {
		d->doubtful = true;
		lowest = false;
	}
	return message_begin(d, vm, vector, level, lowest);
}

static __attribute__((noinline)) int32_t msi_begin_slowly(uint32_t vm, uint64_t address, uint32_t data)
{
	uint32_t mode = data >> 8 & 7;
	bool level = data >> 15 & 1, asserted = data >> 14 & 1, redirect = address >> 3 & 1;
	struct destination d = {
		.dest = msi_destination(address),
		.sender = DIV_NONE,
		.logical = address >> 2 & 1,
		.wide = oracle.config.x2apic_format,
	};

	if (mode > MODE_LOWEST)
		return events_begin(&d, vm, mode, data & 0xff);
	if ((level && !asserted) || !judged(data & 0xff))
		return -1;
	return message_decoded(&d, vm, data & 0xff, level, mode == MODE_LOWEST || redirect);
}

/* "Message Address Register Format", "Message Data Register Format". */
int32_t oracle_msi_begin(uint32_t vm, uint64_t address, uint32_t data)
{
	int32_t message = -1;

	if (likely(msi_plain(address, data)))
		message = message_begin_one(vm, msi_destination(address), data & 0xff);
	return likely(message >= 0) ? message : msi_begin_slowly(vm, address, data);
}

/* "Interrupt Command Register (ICR)". */
int32_t oracle_icr_begin(uint32_t vcpu, uint64_t icr)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint32_t mode = icr >> 8 & 7;
	bool level = icr >> 15 & 1, asserted = icr >> 14 & 1;
	struct destination d = {
		.dest = icr >> 32,
		.sender = vcpu,
		.shorthand = icr >> 18 & 3,
		.logical = icr >> 11 & 1,
		.wide = identity_x2apic(&v->now),
	};

	/* "Reserved Bit Checking": it faults, and nothing is sent. */
	if (d.wide && (icr & 0xfff32000u))
		return -1;
	/* An INIT level de-assert changes nothing. */
	if (mode == EVENT_INIT && level && !asserted)
		return -1;
	if (mode > MODE_LOWEST)
		return events_begin(&d, v->vm, mode, icr & 0xff);
	if (!judged(icr & 0xff))
		return -1;
	/* By the SDM the trigger mode of a fixed IPI is ignored. */
	if (level && !deviation_allows(DEV_ICR_LEVEL))
		level = false;
	d.doubtful = level && !asserted;
	return message_decoded(&d, v->vm, icr & 0xff, level, mode == MODE_LOWEST);
}

/* "SELF IPI Register": fixed, edge, to this vCPU. */
int32_t oracle_self_ipi_begin(uint32_t vcpu, uint64_t value)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (!identity_x2apic(&v->now) || value >> 8)
		return -1;
	return oracle_icr_begin(vcpu, value | SHORTHAND_SELF << 18 | 1u << 14);
}

void oracle_message_end(int32_t handle, bool accepted)
{
	if (unlikely(handle >= EVENT_HANDLE))
		events_end(handle, accepted);
	else
		message_end(handle, accepted);
}

void oracle_local_interrupt(uint32_t vcpu, uint8_t vector)
{
	message_local(oracle_vcpu(vcpu), vector);
}
