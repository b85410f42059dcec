/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt lines (GSIs): who asserts them, as userspace keeps it, and the
 * guest's own lock around its accesses to the I/O APIC.  Devices
 * (device_pin.c), vCPU threads (user.c) and guests (guest_ioapic.c) meet here, and
 * the oracle is told.
 *
 * Userspace changes lines only under its own lock, as VMMs do: KVM_IRQ_LINE is one
 * source, so whoever asserts a line together must agree.
 */
#ifndef LAPICSIM_PINS_H
#define LAPICSIM_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine.h"
#include "sim/user_ioapic.h"

#define PINS_IOAPIC_GPA		0xfec00000ull
#define PINS_DEVICE_GPA		0xd0001000ull	/* a register for each GSI: a write services the device */
#define PINS_PIC_BASE		0x20u		/* vectors of the PIC's 16 inputs */
#define PINS_PER_VECTOR		4u		/* vectors that a GSI may have */

struct pins {
	/* Userspace. */
	bool	 locked;
	uint32_t asserted[KW_IOAPIC_PINS];	/* devices, one bit each */
	uint32_t signalled[KW_IOAPIC_PINS];	/* those that use an irqfd: KVM alone keeps the line */
	struct user_ioapic io;			/* irqchip = split */
	/* The guest. */
	uint32_t owner;				/* vCPU index + 1 that accesses the I/O APIC; 0: nobody */
	uint64_t redir[KW_IOAPIC_PINS];		/* as the guest last wrote it */
};

extern bool pins_on;

/* Once, after the VMs are built: redirection entries as firmware leaves them. 0, or -1 with a message. */
int pins_build(char *error, uint64_t n);
void pins_reset(void);
struct pins *pins_of(const struct vm *vm);

struct kvm_irqchip;
/* What KVM_GET_IRQCHIP returned. */
void pins_saved_ioapic(const struct kvm_irqchip *chip, struct kw_ioapic_state *state);
/* The GSI that @vector belongs to, or -1. */
int pins_gsi(uint32_t vector);
/* Is the line of @gsi level-triggered? */
bool pins_level(uint32_t gsi);

/* Userspace: @device asserts or releases @gsi, and whoever runs the device's model sees to the line. */
void pins_assert(struct vm *vm, uint32_t gsi, uint32_t device);
void pins_release(struct vm *vm, uint32_t gsi, uint32_t device);
/* Userspace's lock: no line changes while it is held. */
void pins_lock(struct pins *p);
void pins_unlock(struct pins *p);
/* The vCPU thread of @v after KVM_RUN. */
void pins_user_exit(struct vcpu *v);

/* The guest of @v goes on. */
void pins_enter(struct vcpu *v);
/* The exit of @v's guest has been handled. */
void pins_settle(struct vcpu *v);
/* The end of the run. */
void pins_quiet(void);

#endif
