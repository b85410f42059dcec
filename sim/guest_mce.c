// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on corrected machine-check interrupts: the LVT entry, and
 * IA32_MCi_CTL2, which enables them for a bank.
 *
 * What the guest keeps to: the entry's delivery mode is fixed or NMI.
 */
#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/cmci.h"
#include "sim/user_mce.h"

#define LVT_CMCI	0x2f0u
#define MSR_MC0_CTL2	0x280u
#define CTL2_ENABLED	(1ull << 30)

enum step do_cmci_lvt(struct vcpu *v)
{
	lapic_exit_write(v, LVT_CMCI, guest_draw_lvt(v, 4, 6));
	return STEP_EXIT;
}

enum step do_mc_ctl2(struct vcpu *v)
{
	uint32_t bank = rng_below(&v->program, CMCI_BANKS), odd = rng_below(&v->program, 16);
	uint64_t value = rng_below(&v->program, 0x8000) | (rng_below(&v->program, 4) ? CTL2_ENABLED : 0);
	struct kw_hw *hw = v->hw;

	if (odd == 0)		/* a reserved bit: 15 to 29, or 31 to 63 */
		value |= 1ull << (15 + rng_below(&v->program, 15));
	else if (odd == 1)
		value |= 1ull << (31 + rng_below(&v->program, 33));
	else if (odd == 2)	/* no such bank */
		bank = CMCI_BANKS + rng_below(&v->program, 8);
	v->accessing = true;
	v->access_kind = ACCESS_MC_CTL2;
	hw->rcx = MSR_MC0_CTL2 + bank;
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
	return exits(v, KW_EXIT_MSR_WRITE);
}

void guest_mc_done(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;

	v->access_kind = ACCESS_APIC;
	oracle_guest_mc_ctl2(v->index, (uint32_t)hw->rcx - MSR_MC0_CTL2, hw->rdx << 32 | (uint32_t)hw->rax, faulted);
}
