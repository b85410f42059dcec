// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that sends MSIs to a VM's vCPUs, through KVM_SIGNAL_MSI.
 *
 * MSI address and data: SDM, "Message Address Register Format", "Message Data
 * Register Format"; IDs above 255 as KVM_X2APIC_API_USE_32BIT_IDS has them.
 */
#include <linux/kvm.h>

#include "sim/actors.h"
#include "sim/ahead.h"
#include "sim/held.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/migrate.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"
#include "sim/posting.h"

#define MSI_ADDRESS	0xfee00000u
#define ADDRESS_LOGICAL	(1u << 2)
#define ADDRESS_REDIRECT (1u << 3)	/* to one of those that it names, as with lowest priority */
#define DATA_LOWEST	(1u << 8)
#define DATA_NMI	(4u << 8)
#define DATA_INIT	(5u << 8)
#define DATA_ASSERT	(1u << 14)
#define DATA_LEVEL	(1u << 15)

/* SDM: NMI and INIT need trigger mode edge, and ignore the vector. */
static uint32_t bypass_irr(uint32_t data, uint32_t percent)
{
	if (percent < machine.scenario.nmi_percent)
		return DATA_NMI;
	if (percent < machine.scenario.nmi_percent + machine.scenario.init_percent)
		return DATA_INIT;
	return data;
}

/*
 * Logical x2APIC destinations name up to 16 APICs of a cluster.  Of clusters beyond
 * the last vCPU's there are near ones, and ones from the whole range.
 */
static uint32_t logical_dest(const struct vm *vm, struct rng *target)
{
	uint32_t nr = vm->nr_vcpus / 16 + 1, cluster = rng_below(target, nr + 1), members = rng_below(target, 0x10000);

	/* An xAPIC has eight bits, in either model. */
	if (machine.scenario.apic_mode == APIC_MODE_XAPIC)
		return members & 0xff;
	if (cluster == nr)
		cluster = rng_one_in(target, 2) ? rng_below(target, 0x10000) : nr + rng_below(target, 64);
	return cluster << 16 | members;
}

/* To whom; @address gets what has no place in the destination. */
static uint32_t draw_dest(const struct vm *vm, uint32_t *address, struct rng *target)
{
	const struct scenario *s = &machine.scenario;
	uint32_t dest = rng_below_any(target, vm->nr_vcpus), percent;

	if (likely(!s->logical_percent && !s->broadcast_percent))
		return dest;
	percent = rng_below(target, 100);
	if (percent < s->broadcast_percent)
		return 0xff;
	if (percent >= s->broadcast_percent + s->logical_percent)
		return dest;
	*address |= ADDRESS_LOGICAL;
	if (rng_percent(target, s->redirect_percent))
		*address |= ADDRESS_REDIRECT;
	return logical_dest(vm, target);
}

/* KVM says whether a remapping entry can post it, and to whom. */
static bool post(const struct vm *vm, uint64_t address, uint32_t data)
{
	int to = kw_posting_target(machine.vcpu[vm->first_vcpu].hw, address, data);

	if (to >= 0)
		posting_send(&machine.vcpu[vm->first_vcpu + (uint32_t)to], (uint8_t)data);
	return to >= 0;
}

/* Does anything come between its begin and its end that would see it, but for other actors? */
static bool observed(const struct scenario *s)
{
	return s->posted_percent || s->msi_result || pins_on;
}

/* Step by step. */
static __attribute__((noinline)) void send_observed(const struct vm *vm, uint32_t nr, struct kvm_msi *msi,
						    uint64_t address, struct rng *target)
{
	const struct scenario *s = &machine.scenario;
	int32_t message = oracle_msi_begin(nr, address, msi->data);
	enum taker before = TAKER_PERHAPS;
	int64_t ret;

	if (s->posted_percent && rng_percent(target, s->posted_percent) && post(vm, address, msi->data)) {
		oracle_message_end(message, true);
		return;
	}
	if (s->msi_result)
		before = oracle_msi_takers(nr, address, msi->data);
	ret = host_ioctl(vm->fd, KVM_SIGNAL_MSI, (uint64_t)msi);
	if (message >= 0)
		oracle_message_end(message, ret >= 0);
	if (s->msi_result)
		oracle_msi_result(nr, address, msi->data, before, ret);
}

/* Most likely the next message is for the vCPU that comes next in the stream, which is not touched. */
static void look_ahead(const struct vm *vm, uint32_t tid, struct rng target)
{
	ahead_message(tid, vm->first_vcpu + rng_below(&target, vm->nr_vcpus));
}

static void send(const struct vm *vm, uint32_t nr, struct rng *target, bool watched)
{
	const struct scenario *s = &machine.scenario;
	uint32_t low = MSI_ADDRESS, dest = draw_dest(vm, &low, target);
	uint32_t data = (uint32_t)rng_range(target, s->vector_first, s->vector_last);
	struct kvm_msi msi = { .address_lo = low | (dest & 0xff) << 12, .address_hi = dest & ~0xffu };
	uint64_t address = (uint64_t)msi.address_hi << 32 | msi.address_lo;
	struct held m;

	if (rng_percent(target, s->level_percent))
		data |= DATA_LEVEL | DATA_ASSERT;
	if (rng_percent(target, s->lowest_percent))
		data |= DATA_LOWEST;
	if (unlikely(s->nmi_percent || s->init_percent))
		data = bypass_irr(data, rng_below(target, 100));
	msi.data = data;
	host_event(DIGEST_MESSAGE, address, data);
	if (unlikely(watched)) {
		send_observed(vm, nr, &msi, address, target);
	} else {
		m = (struct held){ .address = address, .vm = nr, .data = data };
		held_begin(&m);
		held_end(&m, host_ioctl(vm->fd, KVM_SIGNAL_MSI, (uint64_t)&msi) >= 0);
	}
	if (unlikely(ahead_on))
		look_ahead(vm, kw_shared.current_tid, *target);
}

void device_msi(struct actor *self)
{
	struct vm *vm = self->priv;
	uint32_t nr = vm - machine.vm;
	struct rng_mean gap = rng_mean(machine.scenario.msi_gap_ns);
	bool watched = observed(&machine.scenario);
	struct rng_gaps time;
	struct rng target;

	rng_init(&target, host_seed, self->id, RNG_TARGET);
	rng_gaps_init(&time, host_seed, self->id, RNG_TIME);
	while (host_sleep_here(rng_gaps_next(&time, &gap)) && migrate_enter(vm)) {
		send(vm, nr, &target, watched);
		migrate_leave(vm);
	}
}
