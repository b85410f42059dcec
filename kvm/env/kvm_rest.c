// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of KVM that are not compiled: what the rest expects of the MMU, the
 * PMU, the emulator and the FPU at creation and at entry.
 *
 * The guest's memory is reached by the simulator directly, so there are no page
 * tables: the MMU has one root that is always valid.  No instruction is decoded:
 * the vendor module carries out the ones that the guest model has.  Anything
 * that would really need these parts traps by name (kvm/symbols.tbl).
 */
#include <linux/kvm_host.h>
#include <asm/fpu/api.h>
#include "mmu.h"
#include "pmu.h"
#include "x86.h"
#include "env.h"

bool tdp_enabled = true;
bool tdp_mmu_enabled;
bool enable_mmio_caching;
/* In x86.c of older trees, and then theirs. */
bool __weak enable_pmu, enable_mediated_pmu;
bool __weak eager_page_split, virt_rebooting;
u8 shadow_phys_bits = 46;
struct x86_pmu_capability kvm_pmu_cap;
#ifdef KW_HAS_PMU_EVENTSEL
struct kvm_pmu_emulated_event_selectors kvm_pmu_eventsel;
#endif

/* The MMU finds out how many physical address bits the host has; guests' memslots must fit. */
int kvm_mmu_vendor_module_init(void)
{
#ifdef KW_HAS_HOST_MAXPHYADDR
	kvm_host.maxphyaddr = boot_cpu_data.x86_phys_bits;
#endif
	return 0;
}

int kvm_mmu_create(struct kvm_vcpu *vcpu)
{
	vcpu->arch.mmu = &vcpu->arch.root_mmu;
#ifdef KW_HAS_WALK_MMU
	vcpu->arch.walk_mmu = &vcpu->arch.root_mmu;
#endif
	vcpu->arch.root_mmu.root.hpa = PAGE_SIZE;	/* never INVALID_PAGE: nothing to load */
	return 0;
}

/* The legacy state is all that kvm_arch_vcpu_create() and KVM_GET_FPU expect without XSAVE. */
bool fpu_alloc_guest_fpstate(struct fpu_guest *gfpu)
{
	gfpu->fpstate = kw_alloc(offsetof(struct fpstate, regs) + sizeof(struct fxregs_state));
	gfpu->fpstate->is_valloc = true;
	gfpu->fpstate->is_guest = true;
	gfpu->fpstate->size = gfpu->fpstate->user_size = sizeof(struct fxregs_state);
	gfpu->uabi_size = sizeof(struct kvm_xsave);
	return true;
}

/* No floating point state is ever live; KVM asks whose it is all the same. */
int fpu_swap_kvm_fpstate(struct fpu_guest *gfpu, bool enter_guest)
{
	gfpu->fpstate->in_use = enter_guest;
	return 0;
}

void fpu_free_guest_fpstate(struct fpu_guest *gfpu)
{
	kw_free(gfpu->fpstate);
	gfpu->fpstate = NULL;
}

/* Four-level paging, for the one CPUID bit that asks. */
u8 kvm_mmu_get_max_tdp_level(void) { return 4; }
