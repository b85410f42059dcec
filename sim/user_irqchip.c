// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM that saves its interrupt controllers and loads them again, as around a
 * snapshot: all vCPUs are stopped, no line changes, and the guest must see nothing, but
 * for vectors of idle pins that the scenario may have it change.
 */
#include <linux/kvm.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/migrate.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"

static const uint32_t chips[] = { KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC };
#define NR_CHIPS (sizeof(chips) / sizeof(chips[0]))
#define MAX_LAPICS	8u
#define LAPIC_BANK	0x80u		/* ISR, IRR: eight registers */
#define ENTRY_VECTOR	0xffull
#define ENTRY_MASKED	(1ull << 16)
#define ENTRY_RIRR	(1ull << 14)

/* The oracle is not told of what comes between: in the end nothing has changed, and no vCPU runs meanwhile. */
static void load_lapic(const struct vcpu *v, struct kvm_lapic_state *regs)
{
	if (host_ioctl(v->fd, KVM_SET_LAPIC, (uint64_t)regs) < 0)
		oracle_finding(HOST_CHECK_IRQCHIP_IOCTL, v->vm, v->id, DIV_NONE, "KVM_SET_LAPIC fails");
}

static void call(const struct vm *vm, uint32_t cmd, struct kvm_irqchip *chip)
{
	int64_t ret = host_ioctl(vm->fd, cmd, (uint64_t)chip);

	if (ret < 0)
		oracle_finding(HOST_CHECK_IRQCHIP_IOCTL, (uint32_t)(vm - machine.vm), DIV_NONE, DIV_NONE,
			       "KVM_%s_IRQCHIP of chip %u returns %lld", cmd == KVM_GET_IRQCHIP ? "GET" : "SET",
			       chip->chip_id, (long long)ret);
}

/* Nothing pending or in service. */
static void load_empty(const struct vcpu *v, const struct kvm_lapic_state *lapic)
{
	struct kvm_lapic_state regs = *lapic;

	memset(regs.regs + LAPIC_ISR, 0, LAPIC_BANK);
	memset(regs.regs + LAPIC_IRR, 0, LAPIC_BANK);
	load_lapic(v, &regs);
}

/* As after a reset: nothing pending or in service anywhere, all pins masked. */
static void empty(const struct vm *vm, const struct kvm_irqchip *saved, const struct kvm_lapic_state *lapic)
{
	struct kvm_irqchip chip = saved[2];
	struct kw_ioapic_state state;

	for (uint32_t i = 0; i < vm->nr_vcpus; i++)
		load_empty(&machine.vcpu[vm->first_vcpu + i], &lapic[i]);
	for (uint32_t i = 0; i < KW_IOAPIC_PINS; i++)
		chip.chip.ioapic.redirtbl[i].bits = (saved[2].chip.ioapic.redirtbl[i].bits & ~ENTRY_RIRR) |
						    ENTRY_MASKED;
	chip.chip.ioapic.irr = 0;
	pins_saved_ioapic(&chip, &state);
	oracle_ioapic_load(kw_shared.current_tid, &state);
	call(vm, KVM_SET_IRQCHIP, &chip);
	oracle_chip_over(kw_shared.current_tid);
}

static void save_lapics(const struct vm *vm, struct kvm_lapic_state *lapic)
{
	for (uint32_t i = 0; i < vm->nr_vcpus; i++)
		if (host_ioctl(machine.vcpu[vm->first_vcpu + i].fd, KVM_GET_LAPIC, (uint64_t)&lapic[i]) < 0)
			oracle_finding(HOST_CHECK_IRQCHIP_IOCTL, (uint32_t)(vm - machine.vm), i, DIV_NONE,
				       "KVM_GET_LAPIC fails");
}

/* The local APICs alone: what KVM knows of the RTC's interrupt goes, and comes back. */
static void reload_lapics(const struct vm *vm, struct kvm_lapic_state *lapic)
{
	save_lapics(vm, lapic);
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[vm->first_vcpu + i];

		load_empty(v, &lapic[i]);
		load_lapic(v, &lapic[i]);
		oracle_lapic_reloaded(v->index);
	}
}

/* In the guest's name, as a snapshot from another time would: of a pin that nothing is pending of. */
static void change_vector(const struct vm *vm, struct kvm_irqchip *chip, struct rng *r)
{
	uint32_t nr = rng_below(r, machine.scenario.pin_lines), pin = machine.scenario.pin_first + nr;
	uint32_t vector = machine.scenario.pin_vector_first + nr * PINS_PER_VECTOR + rng_below(r, PINS_PER_VECTOR);
	struct pins *p = pins_of(vm);

	if (!pins_level(pin) || p->asserted[pin] || p->signalled[pin] ||
	    (chip->chip.ioapic.redirtbl[pin].bits & ENTRY_RIRR))
		return;
	chip->chip.ioapic.redirtbl[pin].fields.vector = (uint8_t)vector;
	p->redir[pin] = (p->redir[pin] & ~(uint64_t)ENTRY_VECTOR) | vector;
}

static void save_and_load(const struct vm *vm, struct rng *r)
{
	static struct kvm_lapic_state lapic[MAX_LAPICS];
	struct kvm_irqchip saved[NR_CHIPS];
	struct kw_ioapic_state state;
	bool blank = machine.scenario.irqchip_blank && vm->nr_vcpus <= MAX_LAPICS;

	if (blank && rng_one_in(r, 3)) {
		reload_lapics(vm, lapic);
		return;
	}
	for (uint32_t i = 0; i < NR_CHIPS; i++) {
		saved[i].chip_id = chips[i];
		call(vm, KVM_GET_IRQCHIP, &saved[i]);
	}
	pins_saved_ioapic(&saved[2], &state);
	oracle_ioapic_saved((uint32_t)(vm - machine.vm), &state);
	if (machine.scenario.irqchip_vectors) {
		change_vector(vm, &saved[2], r);
		pins_saved_ioapic(&saved[2], &state);
	}
	if (blank) {
		save_lapics(vm, lapic);
		empty(vm, saved, lapic);
	}
	for (uint32_t i = 0; i < NR_CHIPS; i++) {
		oracle_ioapic_load(kw_shared.current_tid, &state);
		call(vm, KVM_SET_IRQCHIP, &saved[i]);
		oracle_chip_over(kw_shared.current_tid);
	}
	/* The local APICs last, as VMMs do: KVM then knows what of the RTC's is pending. */
	for (uint32_t i = 0; blank && i < vm->nr_vcpus; i++) {
		load_lapic(&machine.vcpu[vm->first_vcpu + i], &lapic[i]);
		oracle_lapic_reloaded(vm->first_vcpu + i);
	}
}

void manager_irqchip(struct actor *self)
{
	struct vm *vm = self->priv;
	struct rng r;

	rng_init(&r, host_seed, self->id, RNG_TIME);
	while (machine.scenario.irqchip_gap_ns && host_sleep(rng_gap(&r, machine.scenario.irqchip_gap_ns))) {
		struct pins *p = pins_of(vm);

		if (migrate_stop(vm)) {
			pins_lock(p);
			save_and_load(vm, &r);
			pins_unlock(p);
		}
		vm->stopped = false;
	}
}
