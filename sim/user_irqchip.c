// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM that saves its interrupt controllers and loads them again, as around a
 * snapshot: all vCPUs are stopped, no line changes, and the guest must see nothing.
 */
#include <linux/kvm.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/host.h"
#include "sim/migrate.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"

static const uint32_t chips[] = { KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC };
#define NR_CHIPS (sizeof(chips) / sizeof(chips[0]))

static void call(const struct vm *vm, uint32_t cmd, struct kvm_irqchip *chip)
{
	int64_t ret = host_ioctl(vm->fd, cmd, (uint64_t)chip);

	if (ret < 0)
		oracle_finding(DIV_REGISTER_MISMATCH, "irqchip-ioctl", (uint32_t)(vm - machine.vm), DIV_NONE, DIV_NONE,
			       "KVM_%s_IRQCHIP of chip %u returns %lld", cmd == KVM_GET_IRQCHIP ? "GET" : "SET",
			       chip->chip_id, (long long)ret);
}

static void save_and_load(const struct vm *vm)
{
	struct kvm_irqchip saved[NR_CHIPS];
	struct kw_ioapic_state state;

	for (uint32_t i = 0; i < NR_CHIPS; i++) {
		saved[i].chip_id = chips[i];
		call(vm, KVM_GET_IRQCHIP, &saved[i]);
	}
	for (uint32_t i = 0; i < KW_IOAPIC_PINS; i++)
		state.redir[i] = saved[2].chip.ioapic.redirtbl[i].bits;
	state.select = saved[2].chip.ioapic.ioregsel;
	state.id = saved[2].chip.ioapic.id;
	oracle_ioapic_saved((uint32_t)(vm - machine.vm), &state);
	for (uint32_t i = 0; i < NR_CHIPS; i++) {
		oracle_ioapic_load(kw_shared.current_tid, &state);
		call(vm, KVM_SET_IRQCHIP, &saved[i]);
		oracle_chip_over(kw_shared.current_tid);
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
			save_and_load(vm);
			pins_unlock(p);
		}
		vm->stopped = false;
	}
}
