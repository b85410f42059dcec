// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM's live migration: stop all vCPUs with a signal, read their state, write it
 * into the vCPUs of another VM, and let those go on.  The guest must see nothing,
 * and the oracle is told that nothing changes: that is the test.
 *
 * What is read and written, and in which order, is QEMU's (target/i386/kvm/kvm.c,
 * hw/i386/kvm/apic.c); userspace.migrate_order says whether events are read before
 * the run state, as QEMU does, or after it.  Guest memory is the same for both.
 *
 * Does not move what the guest model does not have (segments, control registers,
 * FPU), nor I/O APIC pins that something still drives.
 */
#include "sim/migrate.h"

#include <linux/kvm.h>

#include "sim/actors.h"
#include "sim/host.h"
#include "sim/hyperv.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/rng.h"
#include "sim/trace.h"
#include "sim/user_events.h"

#define LOOK_NS		300u	/* how often a stopped thread looks whether it may go on */
#define MSR_TSC_DEADLINE 0x6e0u

struct saved {
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp;
	struct kvm_regs regs;
	struct kvm_lapic_state lapic;
	struct { struct kvm_msrs head; struct kvm_msr_entry entry[3]; } msrs;
};

/* --- Stopping. */
void migrate_park(struct vcpu *v)
{
	struct vm *vm = &machine.vm[v->vm];

	if (!vm->stopped)
		return;
	/* api.rst, KVM_RUN: an exit for I/O or MMIO is complete only after another one. */
	v->run->immediate_exit = 1;
	host_ioctl(v->fd, KVM_RUN, 0);
	v->run->immediate_exit = 0;
	vm->nr_parked++;
	while (vm->stopped)
		host_sleep(LOOK_NS);
	vm->nr_parked--;
	kw_task_signal_clear(v->tid);
}

bool migrate_wait(const struct vm *vm)
{
	while (vm->stopped)
		if (!host_sleep(LOOK_NS))
			return false;
	return true;
}

bool migrate_stop(struct vm *vm)
{
	vm->stopped = true;
	for (uint32_t i = 0; i < vm->nr_vcpus; i++)
		kw_task_signal(machine.vcpu[vm->first_vcpu + i].tid);
	while (vm->nr_parked < vm->nr_vcpus || vm->nr_busy)
		if (!host_sleep(LOOK_NS))
			return false;
	return true;
}

/* --- Moving. An ioctl that fails, or returns anything else than api.rst says, is a divergence. */
static void call(const struct vcpu *v, int fd, uint32_t cmd, const char *name, void *arg)
{
	int64_t ret = host_ioctl(fd, cmd, (uint64_t)arg);

	if (ret != (cmd == KVM_GET_MSRS || cmd == KVM_SET_MSRS ? 3 : 0))
		oracle_finding(HOST_CHECK_MIGRATE_IOCTL, v->vm, v->id, DIV_NONE, "%s returns %lld", name,
			       (long long)ret);
}
#define CALL(v, fd, cmd, arg) call(v, fd, cmd, #cmd, arg)

static void save(struct vcpu *v, struct saved *s)
{
	bool state_first = machine.scenario.migrate_order == MIGRATE_STATE_FIRST;

	s->msrs.head = (struct kvm_msrs){ .nmsrs = 3 };
	s->msrs.entry[0].index = MSR_APIC_BASE;
	s->msrs.entry[1].index = machine_pv_msr();
	s->msrs.entry[2].index = MSR_TSC_DEADLINE;
	if (state_first)
		CALL(v, v->fd, KVM_GET_MP_STATE, &s->mp);
	CALL(v, v->fd, KVM_GET_VCPU_EVENTS, &s->events);
	if (!state_first)
		CALL(v, v->fd, KVM_GET_MP_STATE, &s->mp);
	CALL(v, v->fd, KVM_GET_REGS, &s->regs);
	CALL(v, v->fd, KVM_GET_MSRS, &s->msrs);
	CALL(v, v->fd, KVM_GET_LAPIC, &s->lapic);
	if (state_first)
		user_show_events(v, &s->events);
	user_show_mp_state(v, &s->mp);
}

static void restore(struct vcpu *v, int fd, struct saved *s)
{
	CALL(v, fd, KVM_SET_REGS, &s->regs);
	CALL(v, fd, KVM_SET_MSRS, &s->msrs);	/* the APIC's mode must be there before its registers */
	CALL(v, fd, KVM_SET_LAPIC, &s->lapic);
	CALL(v, fd, KVM_SET_VCPU_EVENTS, &s->events);
	CALL(v, fd, KVM_SET_MP_STATE, &s->mp);
}

static void move_chips(const struct vcpu *v, int from, int to)
{
	static const uint32_t chips[] = { KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC };

	for (uint32_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct kvm_irqchip chip = { .chip_id = chips[i] };

		CALL(v, from, KVM_GET_IRQCHIP, &chip);
		CALL(v, to, KVM_SET_IRQCHIP, &chip);
	}
}

static void move(struct vm *vm)
{
	uint32_t to = vm->side + 1;
	struct vcpu *first = &machine.vcpu[vm->first_vcpu];

	if (machine.scenario.irqchip == IRQCHIP_KERNEL)
		move_chips(first, vm->fd, vm->side_fd[to]);
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		struct saved s;

		save(&first[i], &s);
		restore(&first[i], machine_side(&first[i], to)->fd, &s);
		oracle_user_moved(first[i].index);
	}
	machine_use_side(vm, to);
	if (trace_on())
		trace_event("migration", "vm %u goes on in VM %u", (uint32_t)(vm - machine.vm), first->hw->vm);
}

void migrate_vm(struct actor *self)
{
	struct vm *vm = self->priv;
	struct rng r;

	if (!machine.scenario.migrate_gap_ns)
		return;		/* off in this run's mix */
	rng_init(&r, host_seed, self->id, RNG_TIME);
	while (vm->side < MACHINE_SIDES - 1 && host_sleep(rng_gap(&r, machine.scenario.migrate_gap_ns))) {
		if (migrate_stop(vm))
			move(vm);
		vm->stopped = false;
	}
}
