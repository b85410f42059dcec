// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device on an interrupt line, driven through KVM_IRQ_LINE or an irqfd.  On an
 * edge-triggered line it makes pulses; a level it holds until a handler of the
 * guest has serviced it, or, sometimes, until it changes its mind.
 *
 * With an irqfd and a resamplefd KVM lowers the line at the EOI and asks; the
 * device signals again while its level is up.
 *
 * Does not know where the interrupt goes: the guest programs the I/O APIC.
 */
#include "sim/actors.h"
#include "sim/host.h"
#include "sim/irqfd.h"
#include "sim/pins.h"

#define POLL_NS		300u	/* at least, and at least this part of pin_gap */
#define POLLS_PER_GAP	32u
#define DETACH_ONE_IN	12u

struct pin_device {
	struct vm *vm;
	uint32_t gsi, nr;
	struct irqfd *irqfd;
	struct rng target, time;
};

static const struct scenario *sc(void) { return &machine.scenario; }

static bool withdraws(struct pin_device *d)
{
	return rng_percent(&d->target, sc()->pin_withdraw_percent);
}

/* --- KVM_IRQ_LINE. */
static void pulse(struct pin_device *d)
{
	pins_assert(d->vm, d->gsi, d->nr);
	host_sleep(rng_gap(&d->time, sc()->pin_hold_ns));
	pins_release(d->vm, d->gsi, d->nr);
}

static void level(struct pin_device *d)
{
	if (pins_of(d->vm)->asserted[d->gsi] >> d->nr & 1)
		return;		/* not serviced yet */
	pins_assert(d->vm, d->gsi, d->nr);
	if (!withdraws(d))
		return;
	host_sleep(rng_gap(&d->time, sc()->pin_hold_ns));
	pins_release(d->vm, d->gsi, d->nr);
}

/* --- irqfd. */
static uint32_t poll_ns(void)
{
	uint32_t part = sc()->pin_gap_ns / POLLS_PER_GAP;

	return part > POLL_NS ? part : POLL_NS;
}

static void again_later(struct pin_device *d)
{
	irqfd_detach(d->irqfd);
	host_sleep(rng_gap(&d->time, sc()->pin_hold_ns));
	irqfd_attach(d->irqfd);
}

static bool up(const struct pin_device *d) { return pins_of(d->vm)->signalled[d->gsi] >> d->nr & 1; }

static void set_up(struct pin_device *d, bool is)
{
	uint32_t *word = &pins_of(d->vm)->signalled[d->gsi];

	*word = (*word & ~(1u << d->nr)) | (uint32_t)is << d->nr;
}

static void resampled(struct pin_device *d)
{
	bool asked = irqfd_asked(d->irqfd);

	if (up(d)) {
		if (asked)
			irqfd_signal(d->irqfd);
		else if (withdraws(d))
			set_up(d, false);
		return;
	}
	if (!rng_one_in(&d->target, sc()->pin_gap_ns / poll_ns() + 1))
		return;
	set_up(d, true);
	irqfd_signal(d->irqfd);
}

static void by_irqfd(struct pin_device *d)
{
	bool resample = pins_level(d->gsi);

	d->irqfd = irqfd_open((uint32_t)(d->vm - machine.vm), d->gsi, resample);
	irqfd_attach(d->irqfd);
	while (host_sleep(rng_gap(&d->time, resample ? poll_ns() : sc()->pin_gap_ns))) {
		if (resample)
			resampled(d);
		else
			irqfd_signal(d->irqfd);
		if (!up(d) && sc()->irqfd_detach && rng_one_in(&d->target, DETACH_ONE_IN))
			again_later(d);
	}
}

void device_pin(struct actor *self)
{
	uint32_t nr = (self->id - machine.devices_tid) % (sc()->msi + sc()->pins) - sc()->msi;
	struct pin_device d = { .vm = self->priv, .nr = nr, .gsi = sc()->pin_first + nr % sc()->pin_lines };

	/* Input 7 of either 8259 is what spurious interrupts are told by. */
	if ((sc()->pic && (d.gsi & 7) == 7) || (sc()->pit_steady && !d.gsi))
		return;
	rng_init(&d.target, host_seed, self->id, RNG_TARGET);
	rng_init(&d.time, host_seed, self->id, RNG_TIME);
	if (nr * 100 < sc()->pin_irqfd_percent * sc()->pins) {
		by_irqfd(&d);
		return;
	}
	while (host_sleep(rng_gap(&d.time, sc()->pin_gap_ns))) {
		if (pins_level(d.gsi))
			level(&d);
		else
			pulse(&d);
	}
}
