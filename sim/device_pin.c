// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device on an interrupt line, driven through KVM_IRQ_LINE.  On an edge-triggered
 * line it makes pulses; a level it holds until a handler of the guest has serviced
 * it, or, sometimes, until it changes its mind.
 *
 * Does not know where the interrupt goes: the guest programs the I/O APIC.
 */
#include "sim/actors.h"
#include "sim/host.h"
#include "sim/pins.h"

static void pulse(struct vm *vm, uint32_t gsi, uint32_t device, struct rng *time)
{
	pins_assert(vm, gsi, device);
	host_sleep(rng_gap(time, machine.scenario.pin_hold_ns));
	pins_release(vm, gsi, device);
}

static void level(struct vm *vm, uint32_t gsi, uint32_t device, struct rng *target, struct rng *time)
{
	if (pins_of(vm)->asserted[gsi] >> device & 1)
		return;		/* not serviced yet */
	pins_assert(vm, gsi, device);
	if (rng_below(target, 100) >= machine.scenario.pin_withdraw_percent)
		return;
	host_sleep(rng_gap(time, machine.scenario.pin_hold_ns));
	pins_release(vm, gsi, device);
}

void device_pin(struct actor *self)
{
	const struct scenario *s = &machine.scenario;
	struct vm *vm = self->priv;
	uint32_t nr = (self->id - machine.devices_tid) % (s->msi + s->pins) - s->msi;
	uint32_t gsi = s->pin_first + nr % s->pin_lines;
	struct rng target, time;

	rng_init(&target, host_seed, self->id, RNG_TARGET);
	rng_init(&time, host_seed, self->id, RNG_TIME);
	while (host_sleep(rng_gap(&time, s->pin_gap_ns))) {
		if (pins_level(gsi))
			level(vm, gsi, nr, &target, &time);
		else
			pulse(vm, gsi, nr, &time);
	}
}
