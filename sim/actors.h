/* SPDX-License-Identifier: GPL-2.0-only */
/* The actors' bodies, each described in its own file, and what starts them. */
#ifndef LAPICSIM_ACTORS_H
#define LAPICSIM_ACTORS_H

#include "sim/scheduler.h"

void user_vcpu_thread(struct actor *self);	/* user.c; priv: struct vcpu */
void user_manager(struct actor *self);		/* user.c; priv: struct vm */
void device_msi(struct actor *self);		/* device.c; priv: struct vm */
void manager_irqchip(struct actor *self);	/* user_irqchip.c; priv: struct vm */
void device_pin(struct actor *self);		/* device_pin.c; priv: struct vm */
void device_route(struct actor *self);		/* routes.c; priv: struct vm */
void manager_routes(struct actor *self);	/* routes.c; priv: struct vm */
void memory_manager(struct actor *self);	/* memory.c; priv: struct vm */

void host_preempter(struct actor *self);	/* preempt.c; priv: struct vm */

void user_monitor(struct actor *self);		/* monitor.c; priv: struct vm */

void migrate_vm(struct actor *self);		/* migrate.c; priv: struct vm */

/* Once per run, after sched_reset(). */
void actors_spawn(void);

#endif
