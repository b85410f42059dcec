// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the in-kernel PIC, and of ExtINT delivery through LINT0.
 *
 * Verifies: IRR, IMR, ISR and priority of both chips after each action; the vector
 * of each acknowledgement, spurious ones included, and that it is what the guest
 * gets; that only a vCPU acknowledges whose LINT0 is unmasked in mode ExtINT, or
 * whose APIC is disabled (SDM, "Local APIC Status and Location", "Local Vector
 * Table"); that at the end no request waits for a vCPU that would take it.
 *
 * Does not verify: the master's IRR bit of the cascade; what pic.h leaves out; which
 * of several vCPUs with such a LINT0 acknowledges.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

#define LVT_EXTINT	7u

static bool accepts(const struct oracle_vcpu *v, uint32_t lint0)
{
	return !(v->now.apic_base & APIC_BASE_EN) || (!(lint0 & LVT_MASKED) && LVT_MODE(lint0) == LVT_EXTINT);
}

/* What userspace is told of a line that changes: see line_status.c. */
static enum line_outcome outcome_of(const struct ideal_pic *pic, uint32_t input, bool level)
{
	const struct ideal_8259 *chip = &pic->half[input / 8];
	uint8_t bit = (uint8_t)(1u << input % 8);

	if (!level)
		return LINE_DELIVERED;
	if (chip->imr & bit)
		return LINE_IGNORED;
	if ((chip->lines & bit) || (input >= 8 && (pic->half[0].imr >> PIC_CASCADE & 1)))
		return LINE_OPEN;
	return chip->irr & bit ? LINE_COALESCED : LINE_DELIVERED;
}

void pic_turn(struct chip_task *t, uint32_t task, uint32_t nr)
{
	struct chip_vm *vm = &chips.vm[nr];

	if (t->line & 1u << KW_CHIP_PIC) {
		t->line &= ~(1u << KW_CHIP_PIC);
		t->outcome |= outcome_of(&vm->pic, t->gsi, t->level);
		ideal_pic_line(&vm->pic, t->gsi, t->source, t->level);
	} else if (t->pic_write) {
		t->pic_write = false;
		ideal_pic_write(&vm->pic, t->offset, (uint8_t)t->value);
	} else if (!t->pic_access && !t->load && task >= 1 && task <= oracle.nr_vcpus) {
		/* A vCPU of its own accord: it acknowledges. */
		t->acknowledged = true;
		t->vector = ideal_pic_acknowledge(&vm->pic);
	}
}

static void compare(uint32_t nr, uint32_t half, const struct kw_pic_state *kvm)
{
	struct ideal_8259 *chip = &chips.vm[nr].pic.half[half];
	uint8_t open = half ? 0 : 1u << PIC_CASCADE;

	if (((kvm->half[half].irr ^ chip->irr) & ~open) || kvm->half[half].imr != chip->imr ||
	    kvm->half[half].isr != chip->isr || kvm->half[half].first != chip->first)
		check_fire(CHECK_PIC_STATE, NULL, nr, DIV_NONE,
			   "PIC %u: KVM has IRR %02x IMR %02x ISR %02x first %u, expected %02x %02x %02x %u", half,
			   kvm->half[half].irr, kvm->half[half].imr, kvm->half[half].isr, kvm->half[half].first,
			   chip->irr, chip->imr, chip->isr, chip->first);
	chip->irr = kvm->half[half].irr;
	chip->imr = kvm->half[half].imr;
	chip->isr = kvm->half[half].isr;
	chip->first = kvm->half[half].first;
}

void oracle_chip_unlock_pic(uint32_t task, uint32_t nr, const struct kw_pic_state *kvm, uint32_t lint0)
{
	struct chip_task *t = &chips.task[task];
	struct oracle_vcpu *v;

	compare(nr, 0, kvm);
	compare(nr, 1, kvm);
	if (!t->acknowledged)
		return;
	t->acknowledged = false;
	v = oracle_vcpu(task - 1);
	if (!accepts(v, lint0))
		check_fire(CHECK_PIC_ACCEPT, v, nr, t->vector,
			   "vCPU acknowledges the PIC's vector 0x%02x with LINT0 0x%05x and APIC base 0x%llx", t->vector,
			   lint0, (unsigned long long)v->now.apic_base);
	if (v->extint >= 0)
		check_fire(CHECK_PIC_VECTOR, v, nr, (uint32_t)v->extint,
			   "the PIC's vector 0x%02x was acknowledged and is gone", (unsigned int)v->extint);
	v->extint = t->vector;
}

/* @vector is injected, or held: the one that the PIC gave? */
void check_extint(struct oracle_vcpu *v, int vector)
{
	if (vector != v->extint)
		check_fire(CHECK_PIC_VECTOR, v, v->vm, (uint32_t)v->extint,
			   "the PIC gave vector 0x%02x, and 0x%02x is injected", (unsigned int)v->extint,
			   (unsigned int)vector & 0xff);
	v->extint = -1;
	v->owed = (int16_t)vector;
}

void oracle_pic_quiet(uint32_t vcpu, uint32_t lint0)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	const struct ideal_8259 *master = &chips.vm[v->vm].pic.half[0];

	if (ideal_8259_request(master) >= 0 && accepts(v, lint0))
		check_fire(CHECK_QUIET_PIC, v, v->vm, DIV_NONE,
			   "the PIC asks for service (IRR %02x IMR %02x ISR %02x), the vCPU's LINT0 is 0x%05x, and it halts",
			   master->irr, master->imr, master->isr, lint0);
}
