// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory manager of a VM: takes pages with PV EOI words (and those that hold TPR) away (munmap,
 * mprotect, a memslot deleted or moved), holds them for a while, and brings them
 * back, intact or zeroed.  It is the actor that was in nobody's test.  Another memslot,
 * which no word is in, comes and goes as hot-plugged memory does: no vCPU may notice.
 *
 * Tells KVM what the host's memory management would (MMU notifiers), and the
 * oracle before a page goes and after it is back.
 */
#include "sim/actors.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/machine.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/slot.h"
#include "sim/oracle/vapic.h"
#include "sim/trace.h"

#include <linux/kvm.h>
#include <string.h>

enum action { UNMAP, READONLY, SLOT_DELETE, SLOT_MOVE, SLOT_OTHER, NR_ACTIONS };

static void tell_vapic(const struct vm *vm, const struct vcpu *v, bool gone)
{
	const uint32_t *word = machine_word_with(vm, v->vapic_gpa, KW_USER_RW);

	if (gone)
		oracle_vapic_gone(v->index);
	else if (word)
		oracle_vapic_back(v->index, *word);
}

static bool in_page(const struct vm *vm, uint32_t page, uint64_t gpa)
{
	return page == vm->nr_pages || (gpa - MACHINE_PV_GPA) / MACHINE_PAGE == page;
}

/* vCPUs with a word that lies in page @page of @vm; page NR_PAGES means any. */
static void tell(const struct vm *vm, uint32_t page, bool gone)
{
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[vm->first_vcpu + i];
		uint64_t gpa = v->pv_msr & ~1ull;
		const uint32_t *word;

		if (unlikely(v->vapic_gpa) && in_page(vm, page, v->vapic_gpa))
			tell_vapic(vm, v, gone);
		if (gone && v->told == ACTION_PV_MSR && (v->told_value & 1) && in_page(vm, page, v->told_value & ~1ull))
			v->told_page_gone = true;
		if (!(v->pv_msr & 1) || !in_page(vm, page, gpa))
			continue;
		word = machine_word_with(vm, gpa, KW_USER_RW);
		if (gone)
			oracle_pv_page_gone(v->index);
		else if (word)
			oracle_pv_page_back(v->index, *word);
	}
}

static void set_prot(const struct vm *vm, uint32_t page, enum kw_user_prot prot)
{
	uint64_t hva = vm->hva + (uint64_t)page * MACHINE_PAGE;

	static const char *const names[] = {
		[KW_USER_NONE] = "inaccessible", [KW_USER_READ] = "read-only", [KW_USER_RW] = "back",
	};

	machine.prot[(hva - MACHINE_USER_BASE) / MACHINE_PAGE] = prot;
	host_event(DIGEST_MEMORY, hva, prot);
	if (trace_on())
		trace_event("memory", "vm %u page 0x%llx is %s", (uint32_t)(vm - machine.vm),
			    (unsigned long long)(MACHINE_PV_GPA + (uint64_t)page * MACHINE_PAGE), names[prot]);
	/* A page that comes back is faulted in: nobody is told. */
	if (prot != KW_USER_RW)
		kw_mm_invalidate(vm - machine.vm, hva, hva + MACHINE_PAGE);
}

static void take_page(struct vm *vm, enum kw_user_prot prot, struct rng *r)
{
	const struct scenario *s = &machine.scenario;
	uint32_t page = rng_below(r, vm->nr_pages);

	tell(vm, page, true);
	set_prot(vm, page, prot);
	host_sleep(rng_gap(r, s->hold_ns));
	if (prot == KW_USER_NONE && rng_percent(r, s->zero_percent)) {
		memset((void *)(vm->hva + (uint64_t)page * MACHINE_PAGE), 0, MACHINE_PAGE);
		if (trace_on())
			trace_event("memory", "vm %u page zeroed", (uint32_t)(vm - machine.vm));
	}
	set_prot(vm, page, KW_USER_RW);
	tell(vm, page, false);
}

static void set_slot(struct vm *vm, uint64_t gpa, uint64_t bytes)
{
	host_event(DIGEST_MEMORY, gpa, bytes);
	if (trace_on() && !bytes)
		trace_event("memory", "vm %u slot %u deleted", (uint32_t)(vm - machine.vm), MACHINE_PV_SLOT);
	else if (trace_on())
		trace_event("memory", "vm %u slot %u at 0x%llx", (uint32_t)(vm - machine.vm), MACHINE_PV_SLOT,
			    (unsigned long long)gpa);
	machine_set_slot(vm, gpa, bytes);
}

static void take_slot(struct vm *vm, bool move, struct rng *r)
{
	uint64_t bytes = (uint64_t)vm->nr_pages * MACHINE_PAGE;

	tell(vm, vm->nr_pages, true);
	vm->slot_pages = 0;
	set_slot(vm, MACHINE_PV_MOVED_GPA, move ? bytes : 0);
	oracle_slot_gone((uint32_t)(vm - machine.vm), (const void *)vm->hva, bytes);
	host_sleep(rng_gap(r, machine.scenario.hold_ns));
	oracle_slot_returns((uint32_t)(vm - machine.vm), (const void *)vm->hva, bytes);
	set_slot(vm, MACHINE_PV_GPA, bytes);
	vm->slot_pages = vm->nr_pages;
	tell(vm, vm->nr_pages, false);
}

/* Memory is plugged in, or out again: the same pages of userspace's, where the guest never looks. */
static void change_other_slot(struct vm *vm)
{
	struct kvm_userspace_memory_region m = {
		.slot = MACHINE_OTHER_SLOT, .guest_phys_addr = MACHINE_OTHER_GPA, .userspace_addr = vm->hva,
		.memory_size = vm->other_slot_there ? 0 : MACHINE_PAGE,
	};

	host_event(DIGEST_MEMORY, m.guest_phys_addr, m.memory_size);
	if (trace_on())
		trace_event("memory", "vm %u slot %u %s", (uint32_t)(vm - machine.vm), m.slot,
			    m.memory_size ? "added" : "deleted");
	if (!host_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, (uint64_t)&m))
		vm->other_slot_there = !vm->other_slot_there;
}

void memory_manager(struct actor *self)
{
	struct vm *vm = self->priv;
	const struct scenario *s = &machine.scenario;
	const uint32_t weights[NR_ACTIONS] = { s->unmap, s->readonly, s->slot_delete, s->slot_move, s->slot_other };
	uint32_t total = weights[0] + weights[1] + weights[2] + weights[3] + weights[4];
	struct rng r;

	rng_init(&r, host_seed, self->id, RNG_PROGRAM);
	if (!s->memory_gap_ns || !total)
		return;
	while (host_sleep(rng_gap(&r, s->memory_gap_ns))) {
		switch ((enum action)rng_weighted(&r, weights, NR_ACTIONS, total)) {
		case UNMAP:
			take_page(vm, KW_USER_NONE, &r);
			break;
		case READONLY:
			take_page(vm, KW_USER_READ, &r);
			break;
		case SLOT_DELETE:
			take_slot(vm, false, &r);
			break;
		case SLOT_MOVE:
			take_slot(vm, true, &r);
			break;
		default:
			change_other_slot(vm);
		}
	}
}
