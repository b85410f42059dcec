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
#include "sim/oracle/oracle.h"
#include "sim/oracle/pit.h"
#include "sim/oracle/watchdog.h"

#define REDIR_LEVEL	(1ull << 15)
#define REDIR_MASKED	(1ull << 16)
#define ELCR_INPUTS	0xdef8u	/* that a PIIX lets be level-triggered */
#define LAPIC_LVT0	0x350u
#define NR_SHARED_SOURCES 2u	/* userspace's, and that of resamplefds */
#define LOCK_POLL_NS	50u

bool pins_on;
static struct pins *pins, *pins_base;

struct pins *pins_of(const struct vm *vm) { return &pins[vm - machine.vm]; }
static const struct scenario *sc(void) { return &machine.scenario; }
static bool split(void) { return sc()->irqchip == IRQCHIP_SPLIT; }
static const struct kw_hw *any_hw(uint32_t vm) { return machine.vcpu[machine.vm[vm].first_vcpu].hw; }

int pins_gsi(uint32_t vector)
{
	uint32_t nr = (vector - sc()->pin_vector_first) / PINS_PER_VECTOR;

	if (sc()->pic)
		return vector >= PINS_PIC_BASE && vector < PINS_PIC_BASE + 16 ? (int)(vector - PINS_PIC_BASE) : -1;

	return vector >= sc()->pin_vector_first && nr < sc()->pin_lines ? (int)(sc()->pin_first + nr) : -1;
}

bool pins_level(uint32_t gsi)
{
	uint32_t nr = gsi - sc()->pin_first;

	if (sc()->pic && !(ELCR_INPUTS >> gsi & 1))
		return false;
	return nr * 100 < sc()->pin_level_percent * sc()->pin_lines;
}

/* --- Built. */
static uint64_t first_entry(const struct vm *vm, uint32_t gsi)
{
	uint32_t nr = gsi - sc()->pin_first;

	return (uint64_t)(nr % vm->nr_vcpus) << 56 | (pins_level(gsi) ? REDIR_LEVEL : 0) |
	       (sc()->pin_vector_first + nr * PINS_PER_VECTOR);
}

void pins_saved_ioapic(const struct kvm_irqchip *chip, struct kw_ioapic_state *state)
{
	const struct kvm_ioapic_state *from = &chip->chip.ioapic;

	for (uint32_t i = 0; i < KW_IOAPIC_PINS; i++)
		state->redir[i] = from->redirtbl[i].bits;
	state->select = from->ioregsel;
	state->id = from->id;
}

static void judge_reset(uint32_t vm, const struct kvm_irqchip *chip)
{
	struct kw_ioapic_state state;

	pins_saved_ioapic(chip, &state);
	oracle_ioapic_reset_state(vm, &state, chip->chip.ioapic.base_address, chip->chip.ioapic.irr);
}

static int64_t program(struct vm *vm, struct pins *p)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };
	int64_t ret = split() ? 0 : kw_ioctl(vm->fd, KVM_GET_IRQCHIP, (uint64_t)&chip);

	if (!split())
		judge_reset((uint32_t)(vm - machine.vm), &chip);
	for (uint32_t gsi = 0; gsi < KW_IOAPIC_PINS; gsi++) {
		bool used = !sc()->pic && gsi >= sc()->pin_first && gsi < sc()->pin_first + sc()->pin_lines;

		p->redir[gsi] = used ? first_entry(vm, gsi) : REDIR_MASKED;
		p->io.redir[gsi] = p->redir[gsi];
		chip.chip.ioapic.redirtbl[gsi].bits = p->redir[gsi];
	}
	if (split())
		return user_ioapic_build(vm, &p->io);
	if (ret < 0 || sc()->pin_unset)
		return ret;
	return kw_ioctl(vm->fd, KVM_SET_IRQCHIP, (uint64_t)&chip);
}

/* As firmware leaves it: all inputs open, or, where the I/O APIC is used, none. */
static int64_t program_pic(const struct vm *vm, uint32_t half)
{
	struct kvm_irqchip chip = { .chip_id = half ? KVM_IRQCHIP_PIC_SLAVE : KVM_IRQCHIP_PIC_MASTER };
	struct kvm_pic_state *pic = &chip.chip.pic;
	int64_t ret = kw_ioctl(vm->fd, KVM_GET_IRQCHIP, (uint64_t)&chip);

	if (ret < 0)
		return ret;
	pic->irq_base = (uint8_t)(PINS_PIC_BASE + 8 * half);
	pic->imr = sc()->pic ? 0 : 0xff;
	for (uint32_t i = 0; i < 8; i++)
		if (sc()->pic && 8 * half + i >= sc()->pin_first &&
		    8 * half + i < sc()->pin_first + sc()->pin_lines && pins_level(8 * half + i))
			pic->elcr |= (uint8_t)(1u << i);
	return kw_ioctl(vm->fd, KVM_SET_IRQCHIP, (uint64_t)&chip);
}

static int64_t program_all(struct vm *vm, struct pins *p)
{
	int64_t ret = program(vm, p);

	for (uint32_t half = 0; half < 2 && ret >= 0 && !split(); half++)
		ret = program_pic(vm, half);
	return ret;
}

int pins_build(char *error, uint64_t n)
{
	struct kw_ioapic_state ioapic;
	struct kw_pic_state pic;

	pins = calloc(machine.nr_vms, sizeof(*pins));
	pins_base = calloc(machine.nr_vms, sizeof(*pins));
	if (!pins || !pins_base || oracle_chips_init(machine.nr_tasks, split())) {
		snprintf(error, n, "no memory for interrupt lines");
		return -1;
	}
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		int64_t ret = program_all(&machine.vm[i], &pins_base[i]);

		if (ret < 0) {
			snprintf(error, n, "programming the interrupt controllers failed: %s", strerror((int)-ret));
			return -1;
		}
		if (split())
			continue;
		if (sc()->storm_eois)
			kw_ioapic_age(any_hw(i), sc()->storm_eois);
		kw_ioapic_state(any_hw(i), &ioapic);
		kw_pic_state(any_hw(i), &pic);
		oracle_chips_baseline(i, &ioapic, &pic);
		oracle_ioapic_age(i, sc()->storm_eois);
		kw_chip_watch(any_hw(i));
	}
	pins_on = true;
	return 0;
}

void pins_reset(void)
{
	irqfd_reset();
	if (!pins_on)
		return;
	memcpy(pins, pins_base, machine.nr_vms * sizeof(*pins));
	for (uint32_t i = 0; split() && i < machine.nr_vms; i++)
		for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
			oracle_split_pin(i, pin, pins[i].io.redir[pin], false);
}

/* --- Userspace. */
void pins_lock(struct pins *p)
{
	while (p->locked)
		host_sleep(LOCK_POLL_NS);
	p->locked = true;
}

void pins_unlock(struct pins *p) { p->locked = false; }

/* The guest's access is over. */
static void guest_leaves_ioapic(struct vcpu *v, struct pins *p)
{
	if (v->ioapic_step == IOAPIC_SELECTING) {
		v->ioapic_step = IOAPIC_SELECTED;
	} else if (v->ioapic_step == IOAPIC_ACCESSING) {
		v->ioapic_step = IOAPIC_IDLE;
		p->owner = 0;
	}
}

static void set_line(struct vm *vm, uint32_t gsi, uint32_t device, bool level)
{
	struct kvm_irq_level l = { .irq = gsi, .level = level };

	if (split()) {
		user_ioapic_line(vm, &pins_of(vm)->io, gsi, level);
		return;
	}
	/* Both are in use: VMMs that want to know whether it was coalesced take the other one. */
	if ((gsi ^ device) & 1) {
		host_ioctl(vm->fd, KVM_IRQ_LINE, (uint64_t)&l);
	} else {
		oracle_line_status_begin(kw_shared.current_tid);
		host_ioctl(vm->fd, KVM_IRQ_LINE_STATUS, (uint64_t)&l);
		oracle_line_status_end(kw_shared.current_tid, (uint32_t)(vm - machine.vm), gsi, (int32_t)l.status);
	}
	oracle_chip_over(kw_shared.current_tid);
}

void pins_assert(struct vm *vm, uint32_t gsi, uint32_t device)
{
	struct pins *p = pins_of(vm);
	bool was;

	pins_lock(p);
	was = p->asserted[gsi];
	p->asserted[gsi] |= 1u << device;
	if (!was)
		set_line(vm, gsi, device, true);
	pins_unlock(p);
}

void pins_release(struct vm *vm, uint32_t gsi, uint32_t device)
{
	struct pins *p = pins_of(vm);
	bool was;

	pins_lock(p);
	was = p->asserted[gsi];
	p->asserted[gsi] &= ~(1u << device);
	if (was && !p->asserted[gsi])
		set_line(vm, gsi, device, false);
	pins_unlock(p);
}

/* The handler asks one device of those that share the line. */
static void service(struct vm *vm, struct pins *p, uint32_t gsi)
{
	if (p->signalled[gsi])
		p->signalled[gsi] &= p->signalled[gsi] - 1;
	else if (p->asserted[gsi])
		pins_release(vm, gsi, (uint32_t)__builtin_ctz(p->asserted[gsi]));
}

static void access_user_ioapic(struct vcpu *v, struct vm *vm, struct pins *p, uint32_t offset)
{
	uint32_t value;

	pins_lock(p);
	memcpy(&value, v->run->mmio.data, sizeof(value));
	if (v->run->mmio.is_write) {
		user_ioapic_write(vm, &p->io, offset, value);
	} else {
		value = user_ioapic_read(&p->io, offset);
		memcpy(v->run->mmio.data, &value, sizeof(value));
	}
	pins_unlock(p);
	guest_leaves_ioapic(v, p);
}

static void mmio_exit(struct vcpu *v, struct vm *vm, struct pins *p)
{
	uint64_t gpa = v->run->mmio.phys_addr;

	/* KVM api.rst, KVM_CREATE_IRQCHIP: the I/O APIC is KVM's. */
	if (!split() && gpa - PINS_IOAPIC_GPA < 0x100)
		oracle_finding(HOST_CHECK_IOAPIC_EXIT, v->vm, v->id, DIV_NONE,
			       "an access to the in-kernel I/O APIC at 0x%llx leaves KVM_RUN", (unsigned long long)gpa);
	if (gpa >= PINS_DEVICE_GPA && gpa < PINS_DEVICE_GPA + 4 * KW_IOAPIC_PINS)
		service(vm, p, (uint32_t)(gpa - PINS_DEVICE_GPA) / 4);
	else if (split() && gpa >> 12 == PINS_IOAPIC_GPA >> 12)
		access_user_ioapic(v, vm, p, (uint32_t)gpa & 0xfff);
}

void pins_user_exit(struct vcpu *v)
{
	struct vm *vm = &machine.vm[v->vm];
	struct pins *p = pins_of(vm);

	if (v->run->exit_reason == KVM_EXIT_MMIO) {
		mmio_exit(v, vm, p);
	} else if (v->run->exit_reason == KVM_EXIT_IOAPIC_EOI) {
		oracle_split_eoi(v->index, v->run->eoi.vector);
		pins_lock(p);
		user_ioapic_eoi(vm, &p->io, v->run->eoi.vector);
		pins_unlock(p);
	}
}

/* --- The kernel world tells. */
void hs_irq_line(uint32_t gsi, uint32_t level, uint32_t source)
{
	if (level)
		irqfd_raised(gsi);
	/* The PIT has a source of its own, or its pulses would lower what userspace has raised. */
	if (sc()->pit && !sc()->pin_irqfd_percent && !gsi && kw_shared.current_tid == MACHINE_KWORKER_TID &&
	    source < NR_SHARED_SOURCES)
		oracle_finding(HOST_CHECK_PIT_SOURCE, DIV_NONE, DIV_NONE, DIV_NONE,
			       "the PIT drives its line as source %u, which is another's", source);
	if (sc()->pit_steady && !gsi && level)
		oracle_pit_raised();
	if (sc()->guest.lint0_nmi && !gsi && !level && kw_shared.current_tid == MACHINE_KWORKER_TID)
		oracle_pit_pulse();
	oracle_irq_line(kw_shared.current_tid, gsi, level, source);
}

void hs_chip_locked(uint32_t vm, enum kw_chip chip)
{
	oracle_chip_locked(kw_shared.current_tid, vm, chip);
}

static uint32_t lint0_of(const struct vcpu *v)
{
	struct kw_apic_state st;
	uint32_t lint0;

	kw_apic_state(v->hw, &st);
	memcpy(&lint0, st.regs + LAPIC_LVT0, sizeof(lint0));
	return lint0;
}

static void unlock_pic(uint32_t vm, uint32_t tid)
{
	struct kw_pic_state pic;

	kw_pic_state(any_hw(vm), &pic);
	oracle_chip_unlock_pic(tid, vm, &pic,
			       tid >= 1 && tid <= machine.nr_vcpus ? lint0_of(&machine.vcpu[tid - 1]) : 0);
}

void hs_vm_exit_handled(struct kw_hw *hw)
{
	const struct vcpu *v = hw->owner;

	if (pins_on)
		oracle_pic_over(v->index);
}

void hs_chip_unlock(uint32_t vm, enum kw_chip chip)
{
	struct kw_ioapic_state ioapic;

	if (chip == KW_CHIP_PIC) {
		unlock_pic(vm, kw_shared.current_tid);
		return;
	}
	kw_ioapic_state(any_hw(vm), &ioapic);
	oracle_chip_unlock_ioapic(kw_shared.current_tid, vm, &ioapic);
}

void pins_enter(struct vcpu *v)
{
	if (split())
		oracle_split_entry(v->index);
}

/* --- The guest's accesses are over when KVM, or userspace, has handled them. */
void pins_settle(struct vcpu *v)
{
	struct kw_ioapic_state ioapic;

	if (split())
		return;
	kw_ioapic_state(v->hw, &ioapic);
	oracle_chip_settle(v->index, &ioapic);
	if (v->ioapic_step == IOAPIC_ACCESSING && v->ioapic_read)
		oracle_ioapic_was_read(v->index, v->ioapic_offset, v->ioapic_bytes, v->hw->mmio_data);
	guest_leaves_ioapic(v, pins_of(&machine.vm[v->vm]));
}

void pins_quiet(void)
{
	struct kw_ioapic_state ioapic;

	if (!pins_on)
		return;
	irqfd_quiet();
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		if (split()) {
			oracle_split_quiet(i);
			continue;
		}
		kw_ioapic_state(any_hw(i), &ioapic);
		oracle_chips_quiet(i, &ioapic);
		for (uint32_t k = 0; k < machine.vm[i].nr_vcpus; k++)
			oracle_pic_quiet(machine.vm[i].first_vcpu + k,
					 lint0_of(&machine.vcpu[machine.vm[i].first_vcpu + k]));
	}
}
