// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is there in a run: each task that machine.c has made gets its body.
 *
 * Does not make tasks, nor number them: count_tasks() in machine.c does.
 */
#include "sim/actors.h"

#include "sim/machine.h"
#include "sim/synic.h"

void actors_spawn(void)
{
	const struct scenario *s = &machine.scenario;

	for (uint32_t i = 0; i < machine.nr_vcpus; i++)
		sched_spawn(machine.vcpu[i].tid, ACTOR_VCPU, "vcpu", 0, user_vcpu_thread, &machine.vcpu[i]);
	for (uint32_t i = 0; i < machine.nr_vms * (s->msi + s->pins); i++)
		sched_spawn(machine.devices_tid + i, ACTOR_DEVICE, "device", 0,
			    i % (s->msi + s->pins) < s->msi ? device_msi : device_pin,
			    &machine.vm[i / (s->msi + s->pins)]);
	for (uint32_t i = 0; i < machine.nr_vms * s->routes; i++)
		sched_spawn(machine.routes_tid + i, ACTOR_DEVICE, "route", 0, device_route,
			    &machine.vm[i / s->routes]);
	/* By the tasks that were made: a swarm mix may have set the gap to 0 since. */
	for (uint32_t i = 0, id = machine.routes_tid + machine.nr_vms * s->routes; id < machine.irqchip_tid;
	     i++, id++)
		sched_spawn(id, ACTOR_USER, "router", 0, manager_routes, &machine.vm[i]);
	for (uint32_t id = machine.monitor_tid; id < machine.sints_tid; id++)
		sched_spawn(id, ACTOR_USER, "monitor", 0, user_monitor, &machine.vm[id - machine.monitor_tid]);
	for (uint32_t id = machine.sints_tid; id < machine.nr_tasks; id++)
		sched_spawn(id, ACTOR_DEVICE, "sint", 0, device_sint, &machine.vm[0]);
	for (uint32_t id = machine.irqchip_tid; id < machine.monitor_tid; id++)
		sched_spawn(id, ACTOR_USER, "irqchip", 0, manager_irqchip, &machine.vm[id - machine.irqchip_tid]);
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		sched_spawn(machine.memory_tid + i, ACTOR_MEMORY, "memory", 0, memory_manager, &machine.vm[i]);
		sched_spawn(machine.signal_tid + i, ACTOR_USER, "manager", 0, user_manager, &machine.vm[i]);
	}
	for (uint32_t id = machine.migrate_tid; id < machine.routes_tid; id++)
		sched_spawn(id, ACTOR_USER, "migration", 0, migrate_vm, &machine.vm[id - machine.migrate_tid]);
	for (uint32_t id = machine.preempt_tid; id < machine.migrate_tid; id++)
		sched_spawn(id, ACTOR_USER, "preempter", 0, host_preempter, &machine.vm[id - machine.preempt_tid]);
}
