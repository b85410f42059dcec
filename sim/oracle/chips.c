// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chips' part of the oracle: allocation, reset, and who is about to do what.
 *
 * Judges nothing: check_ioapic.c does.
 */
#include "sim/oracle/chips_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/check.h"
#include "sim/oracle/pit.h"

struct chips chips;

int oracle_chips_init(uint32_t nr_tasks, bool split)
{
	chips.split = split;
	chips.nr_tasks = nr_tasks;
	chips.vm = calloc(oracle.nr_vms, sizeof(*chips.vm));
	chips.task = calloc(nr_tasks, sizeof(*chips.task));
	chips.eoi = calloc(oracle.nr_vcpus, sizeof(*chips.eoi));
	chips.rtc = calloc(oracle.nr_vcpus, sizeof(*chips.rtc));
	if (!chips.vm || !chips.task || !chips.eoi || !chips.rtc) {
		chips_fini();
		return -ENOMEM;
	}
	oracle.bytes += oracle.nr_vms * sizeof(*chips.vm) + nr_tasks * sizeof(*chips.task) +
			oracle.nr_vcpus * (sizeof(*chips.eoi) + sizeof(*chips.rtc));
	chips.on = true;
	chips_reset();
	return 0;
}

void chips_fini(void)
{
	free(chips.vm);
	free(chips.task);
	free(chips.eoi);
	free(chips.rtc);
	memset(&chips, 0, sizeof(chips));
}

void chips_reset(void)
{
	if (!chips.on)
		return;
	memset(chips.task, 0, chips.nr_tasks * sizeof(*chips.task));
	for (uint32_t i = 0; i < oracle.nr_vms; i++) {
		struct chip_vm *vm = &chips.vm[i];

		memset(vm->pin, 0, sizeof(vm->pin));
		for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
			vm->pin[pin].eois = vm->eois_base;
		vm->io = vm->io_base;
		vm->pic = vm->pic_base;
		vm->holder = DIV_NONE;
	}
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++)
		chips.eoi[i].vector = -1;
	memset(chips.rtc, 0, oracle.nr_vcpus * sizeof(*chips.rtc));
}

void oracle_chips_baseline(uint32_t vm, const struct kw_ioapic_state *ioapic, const struct kw_pic_state *pic)
{
	struct ideal_ioapic *io = &chips.vm[vm].io_base;

	for (int i = 0; i < 2; i++)
		chips.vm[vm].pic_base.half[i] = (struct ideal_8259){
			.irr = pic->half[i].irr, .imr = pic->half[i].imr, .isr = pic->half[i].isr,
			.level = pic->half[i].elcr, .base = pic->half[i].base, .first = pic->half[i].first,
		};
	chips.vm[vm].pic = chips.vm[vm].pic_base;
	memcpy(io->redir, ioapic->redir, sizeof(io->redir));
	memset(io->line, 0, sizeof(io->line));
	io->select = ioapic->select;
	io->id = ioapic->id;
	chips.vm[vm].io = *io;
}

void oracle_ioapic_age(uint32_t vm, uint32_t eois) { chips.vm[vm].eois_base = eois; }

/* The guest ended @vector, or -1. */
void chips_eoi(struct oracle_vcpu *v, int vector)
{
	if (oracle.config.pit)
		pit_eoi(vector);
	if (chips.split) {
		split_eoi(v, vector);
	} else {
		rtc_eoi(v, vector);
		ioapic_eoi(v, vector);
	}
}

void oracle_irq_line(uint32_t task, uint32_t gsi, bool level, uint32_t source)
{
	struct chip_task *t = &chips.task[task];

	t->line = (gsi < KW_IOAPIC_PINS) << KW_CHIP_IOAPIC | (gsi < PIC_INPUTS) << KW_CHIP_PIC;
	t->gsi = gsi;
	t->level = level;
	t->source = source;
	t->outcome = 0;
}

void oracle_ioapic_write(uint32_t vcpu, uint32_t offset, uint32_t value)
{
	struct chip_task *t = &chips.task[vcpu + 1];

	t->write = true;
	t->offset = offset;
	t->value = value;
}

void oracle_pic_write(uint32_t vcpu, uint32_t port, uint8_t value)
{
	struct chip_task *t = &chips.task[vcpu + 1];

	t->pic_write = t->pic_access = true;
	t->offset = port;
	t->value = value;
}

void oracle_pic_read(uint32_t vcpu) { chips.task[vcpu + 1].pic_access = true; }
void oracle_pic_over(uint32_t vcpu) { chips.task[vcpu + 1].pic_write = chips.task[vcpu + 1].pic_access = false; }

void oracle_ioapic_load(uint32_t task, const struct kw_ioapic_state *state)
{
	chips.task[task].load = true;
	chips.task[task].state = state;
}

void oracle_resampler(uint32_t vm, uint32_t gsi, bool attached)
{
	chips.vm[vm].pin[gsi].nr_resamplers += attached ? 1 : -1;
}

void oracle_chip_over(uint32_t task)
{
	struct chip_task *t = &chips.task[task];

	t->line = 0;
	t->write = t->load = t->pic_write = t->pic_access = t->status = false;
}

void oracle_chip_locked(uint32_t task, uint32_t vm, enum kw_chip chip)
{
	if (chip == KW_CHIP_IOAPIC)
		ioapic_turn(&chips.task[task], task, vm);
	else
		pic_turn(&chips.task[task], task, vm);
}

void oracle_chip_unlock_ioapic(uint32_t task, uint32_t vm, const struct kw_ioapic_state *kvm)
{
	ioapic_turn_ends(&chips.task[task], vm, kvm);
}
