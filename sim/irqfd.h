/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts through eventfds: KVM_IRQFD with and without
 * KVM_IRQFD_FLAG_RESAMPLE, as vhost and VFIO devices use it.
 *
 * A signal goes to KVM without userspace's lock, so it races with everything.
 * With a resamplefd the device's level is not told when it falls: KVM lowers the
 * line at the EOI and asks.
 */
#ifndef LAPICSIM_IRQFD_H
#define LAPICSIM_IRQFD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine.h"

/* Of one device. */
struct irqfd {
	int	 fd, resamplefd;	/* eventfds; resamplefd -1: none */
	uint32_t gsi, vm;
	bool	 attached;		/* KVM knows it */
	bool	 owes;			/* signalled, and KVM has not raised the line since */
};

/* Valid until the run has been judged: longer than the actor whose it is. */
struct irqfd *irqfd_open(uint32_t vm, uint32_t gsi, bool resample);
void irqfd_attach(struct irqfd *f);
void irqfd_detach(struct irqfd *f);
void irqfd_signal(struct irqfd *f);
/* KVM asked since the last look: is the device's level still up? */
bool irqfd_asked(struct irqfd *f);

/* KVM raises @gsi of some VM for an irqfd. */
void irqfd_raised(uint32_t gsi);
void irqfd_reset(void);
/* The end of the run: whatever was signalled must have been raised. */
void irqfd_quiet(void);

#endif
