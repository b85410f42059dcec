// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt controllers beside the local APICs, for the libc world: what KVM
 * holds of a VM's I/O APIC and PIC, and the order in which tasks act on them.
 *
 * Two actions on a chip that overlap have no order of their own; the one in which
 * KVM's lock lets them in is as good as any, and the oracle is told it.  Nothing
 * else of KVM's code is relied on.
 */
#include "vendor.h"
#include "ioapic.h"
#include "irq.h"

#define KW_MAX_WATCHED	32

/* Lock words, and whose they are. Set while the VMs are built. */
static struct { const void *word; u32 vm; enum kw_chip chip; } kw_watched[KW_MAX_WATCHED];
u32 kw_nr_watched;

static struct kvm *kw_vm_of(const struct kw_hw *hw)
{
	return container_of(hw, struct kw_vcpu, hw)->vcpu.kvm;
}

static void kw_watch_add(const spinlock_t *lock, u32 vm, enum kw_chip chip)
{
	if (kw_nr_watched == KW_MAX_WATCHED)
		hs_fault("more VMs with an I/O APIC than can be watched");
	kw_watched[kw_nr_watched].word = &lock->rlock.raw_lock;
	kw_watched[kw_nr_watched].vm = vm;
	kw_watched[kw_nr_watched].chip = chip;
	kw_nr_watched++;
}

void kw_chip_watch(const struct kw_hw *hw)
{
	struct kvm *kvm = kw_vm_of(hw);

	kw_watch_add(&kvm->arch.vioapic->lock, hw->vm, KW_CHIP_IOAPIC);
	kw_watch_add(&kvm->arch.vpic->lock, hw->vm, KW_CHIP_PIC);
	kw_shared.chips_on = true;
}

void kw_watch_lock(const void *word, bool taken)
{
	u32 i;

	for (i = 0; i < kw_nr_watched; i++) {
		if (kw_watched[i].word != word)
			continue;
		if (taken)
			hs_chip_locked(kw_watched[i].vm, kw_watched[i].chip);
		else
			hs_chip_unlock(kw_watched[i].vm, kw_watched[i].chip);
	}
}

void kw_ioapic_state(const struct kw_hw *hw, struct kw_ioapic_state *out)
{
	const struct kvm_ioapic *ioapic = kw_vm_of(hw)->arch.vioapic;
	u32 i;

	BUILD_BUG_ON(KW_IOAPIC_PINS != IOAPIC_NUM_PINS);
	for (i = 0; i < IOAPIC_NUM_PINS; i++)
		out->redir[i] = ioapic->redirtbl[i].bits;
	out->select = ioapic->ioregsel;
	out->id = ioapic->id;
}

void kw_ioapic_age(const struct kw_hw *hw, u32 eois)
{
	struct kvm_ioapic *ioapic = kw_vm_of(hw)->arch.vioapic;
	u32 i;

	for (i = 0; i < IOAPIC_NUM_PINS; i++)
		ioapic->irq_eoi[i] = eois;
}

void kw_pic_state(const struct kw_hw *hw, struct kw_pic_state *out)
{
	const struct kvm_pic *pic = kw_vm_of(hw)->arch.vpic;
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct kvm_kpic_state *half = &pic->pics[i];

		out->half[i].irr = half->irr;
		out->half[i].imr = half->imr;
		out->half[i].isr = half->isr;
		out->half[i].elcr = half->elcr;
		out->half[i].base = half->irq_base;
		out->half[i].first = half->priority_add;
	}
	out->output = pic->output;
}
