/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest with Hyper-V's synthetic interrupt controller, and devices whose irqfds signal its SINTs;
 * see synic.c.
 */
#ifndef LAPICSIM_SYNIC_H
#define LAPICSIM_SYNIC_H

#include "sim/guest.h"

struct actor;

/* SINTs' vectors: four for each of a vCPU's. */
#define SYNIC_FIRST_VECTOR	0x20u
#define SYNIC_SINTS_PER_VCPU	4u

/* A vCPU that was just created: it has a SynIC, and its SINTs. 0 or a negative errno. */
int64_t synic_build_vcpu(const struct vcpu *v);
/* Once, after the VM is built: routes and irqfds. 0, or -1 with a message. */
int synic_build(char *error, uint64_t n);
/* Before each run. */
void synic_reset_guests(void);

void device_sint(struct actor *self);
/* The end of a run: a last look at the resamplefds. */
void synic_quiet(void);

/* Is @vector ended as it is delivered, as the guest has set it up? */
bool guest_auto_eoi(const struct vcpu *v, uint32_t vector);
/* What its handler does instead of an EOI. */
enum step guest_write_eom(struct vcpu *v);
/* KVM has handled a WRMSR or RDMSR of a SINTx register. */
void guest_sint_done(struct vcpu *v, bool faulted);

#endif
