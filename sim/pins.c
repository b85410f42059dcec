// SPDX-License-Identifier: GPL-2.0-only
/* See pins.h. */
#include "sim/pins.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host.h"
#include "sim/irqfd.h"
#include "sim/oracle/chips.h"

#define REDIR_LEVEL	(1ull << 15)
#define REDIR_MASKED	(1ull << 16)
#define LOCK_POLL_NS	50u

bool pins_on;
static struct pins *pins, *pins_base;

struct pins *pins_of(const struct vm *vm) { return &pins[vm - machine.vm]; }
static const struct scenario *sc(void) { return &machine.scenario; }
static const struct kw_hw *any_hw(uint32_t vm) { return machine.vcpu[machine.vm[vm].first_vcpu].hw; }

int pins_gsi(uint32_t vector)
{
	uint32_t nr = (vector - sc()->pin_vector_first) / PINS_PER_VECTOR;

	return vector >= sc()->pin_vector_first && nr < sc()->pin_lines ? (int)(sc()->pin_first + nr) : -1;
}

bool pins_level(uint32_t gsi)
{
	uint32_t nr = gsi - sc()->pin_first;

	return nr * 100 < sc()->pin_level_percent * sc()->pin_lines;
}

/* --- Built. */
static uint64_t first_entry(const struct vm *vm, uint32_t gsi)
{
	uint32_t nr = gsi - sc()->pin_first;

	return (uint64_t)(nr % vm->nr_vcpus) << 56 | (pins_level(gsi) ? REDIR_LEVEL : 0) |
	       (sc()->pin_vector_first + nr * PINS_PER_VECTOR);
}

static int64_t program(struct vm *vm, struct pins *p)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };
	int64_t ret = kw_ioctl(vm->fd, KVM_GET_IRQCHIP, (uint64_t)&chip);

	for (uint32_t gsi = 0; gsi < KW_IOAPIC_PINS; gsi++) {
		bool used = gsi >= sc()->pin_first && gsi < sc()->pin_first + sc()->pin_lines;

		p->redir[gsi] = used ? first_entry(vm, gsi) : REDIR_MASKED;
		chip.chip.ioapic.redirtbl[gsi].bits = p->redir[gsi];
	}
	return ret < 0 ? ret : kw_ioctl(vm->fd, KVM_SET_IRQCHIP, (uint64_t)&chip);
}

int pins_build(char *error, uint64_t n)
{
	struct kw_ioapic_state ioapic;
	struct kw_pic_state pic;

	pins = calloc(machine.nr_vms, sizeof(*pins));
	pins_base = calloc(machine.nr_vms, sizeof(*pins));
	if (!pins || !pins_base || oracle_chips_init(machine.nr_tasks)) {
		snprintf(error, n, "no memory for interrupt lines");
		return -1;
	}
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		int64_t ret = program(&machine.vm[i], &pins_base[i]);

		if (ret < 0) {
			snprintf(error, n, "programming the I/O APIC failed: %s", strerror((int)-ret));
			return -1;
		}
		kw_ioapic_state(any_hw(i), &ioapic);
		kw_pic_state(any_hw(i), &pic);
		oracle_chips_baseline(i, &ioapic, &pic);
		kw_chip_watch(any_hw(i));
	}
	pins_on = true;
	return 0;
}

void pins_reset(void)
{
	irqfd_reset();
	if (pins_on)
		memcpy(pins, pins_base, machine.nr_vms * sizeof(*pins));
}

/* --- Userspace. */
static void lock(struct pins *p)
{
	while (p->locked)
		host_sleep(LOCK_POLL_NS);
	p->locked = true;
}

static void set_line(struct vm *vm, uint32_t gsi, bool level)
{
	struct kvm_irq_level l = { .irq = gsi, .level = level };

	/* Both are in use: VMMs that want to know whether it was coalesced take the other one. */
	host_ioctl(vm->fd, gsi & 1 ? KVM_IRQ_LINE : KVM_IRQ_LINE_STATUS, (uint64_t)&l);
	oracle_chip_over(kw_shared.current_tid);
}

void pins_assert(struct vm *vm, uint32_t gsi, uint32_t device)
{
	struct pins *p = pins_of(vm);
	bool was;

	lock(p);
	was = p->asserted[gsi];
	p->asserted[gsi] |= 1u << device;
	if (!was)
		set_line(vm, gsi, true);
	p->locked = false;
}

void pins_release(struct vm *vm, uint32_t gsi, uint32_t device)
{
	struct pins *p = pins_of(vm);
	bool was;

	lock(p);
	was = p->asserted[gsi];
	p->asserted[gsi] &= ~(1u << device);
	if (was && !p->asserted[gsi])
		set_line(vm, gsi, false);
	p->locked = false;
}

void pins_user_exit(struct vcpu *v)
{
	struct vm *vm = &machine.vm[v->vm];
	struct pins *p = pins_of(vm);
	uint64_t gpa = v->run->mmio.phys_addr;
	uint32_t gsi = (uint32_t)(gpa - PINS_DEVICE_GPA) / 4;

	if (v->run->exit_reason != KVM_EXIT_MMIO || gpa < PINS_DEVICE_GPA || gsi >= KW_IOAPIC_PINS)
		return;
	/* The handler asks one device of those that share the line. */
	if (p->signalled[gsi])
		p->signalled[gsi] &= p->signalled[gsi] - 1;
	else if (p->asserted[gsi])
		pins_release(vm, gsi, (uint32_t)__builtin_ctz(p->asserted[gsi]));
}

/* --- The kernel world tells. */
void hs_irq_line(uint32_t gsi, uint32_t level, uint32_t source)
{
	if (level)
		irqfd_raised(gsi);
	oracle_irq_line(kw_shared.current_tid, gsi, level, source);
}

void hs_chip_locked(uint32_t vm, enum kw_chip chip)
{
	oracle_chip_locked(kw_shared.current_tid, vm, chip);
}

void hs_chip_unlock(uint32_t vm, enum kw_chip chip)
{
	struct kw_ioapic_state ioapic;

	if (chip != KW_CHIP_IOAPIC)
		return;
	kw_ioapic_state(any_hw(vm), &ioapic);
	oracle_chip_unlock_ioapic(kw_shared.current_tid, vm, &ioapic);
}

/* --- The guest's accesses are over when KVM has handled them. */
void pins_settle(struct vcpu *v)
{
	struct pins *p = pins_of(&machine.vm[v->vm]);
	struct kw_ioapic_state ioapic;

	kw_ioapic_state(v->hw, &ioapic);
	oracle_chip_settle(v->index, &ioapic);
	if (v->ioapic_step == IOAPIC_SELECTING) {
		v->ioapic_step = IOAPIC_SELECTED;
	} else if (v->ioapic_step == IOAPIC_ACCESSING) {
		if (v->ioapic_read)
			oracle_ioapic_was_read(v->index, 0x10, (uint32_t)v->hw->mmio_data);
		v->ioapic_step = IOAPIC_IDLE;
		p->owner = 0;
	}
}

void pins_quiet(void)
{
	struct kw_ioapic_state ioapic;

	if (!pins_on)
		return;
	irqfd_quiet();
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		kw_ioapic_state(any_hw(i), &ioapic);
		oracle_chips_quiet(i, &ioapic);
	}
}
