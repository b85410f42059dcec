// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations that concern the core: RFLAGS.IF and interrupt shadows, HLT,
 * IRET, and exits of no consequence for interrupts.
 */
#include "sim/guest.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"

#define APIC_ACCESS_WRITE	0x1000u	/* SDM, "Exit Qualification for APIC-Access VM Exits" */

void guest_set_if(struct vcpu *v, bool on, uint32_t blocking)
{
	struct kw_hw *hw = v->hw;

	hw->rflags = (hw->rflags & ~KW_RFLAGS_IF) | (on ? KW_RFLAGS_IF : 0);
	hw->interruptibility = (hw->interruptibility & KW_BLOCK_NMI) | blocking;
	oracle_guest_if(v->index, on, blocking);
}

enum step do_compute(struct vcpu *v) { (void)v; return STEP_GO_ON; }

enum step do_cli(struct vcpu *v)
{
	guest_set_if(v, false, 0);
	v->cli_left = 1 + rng_below(&v->program, 4);
	return STEP_GO_ON;
}

enum step do_sti(struct vcpu *v)
{
	guest_set_if(v, true, guest_if_on(v) ? 0 : KW_BLOCK_STI);
	v->cli_left = 0;
	return STEP_GO_ON;
}

enum step do_mov_ss(struct vcpu *v)
{
	guest_set_if(v, guest_if_on(v), KW_BLOCK_MOV_SS);
	return STEP_GO_ON;
}

/* STI; HLT in one: the shadow of STI covers HLT, so no interrupt falls between them. */
enum step do_hlt(struct vcpu *v)
{
	/* Nothing would wake it, and its timer would go on for ever. */
	if (v->tpr >= 0xf0 && guest_timer_keeps_on(v))
		return STEP_GO_ON;
	if (!guest_if_on(v))
		guest_set_if(v, true, KW_BLOCK_STI);
	v->told = ACTION_HLT;
	v->halted = true;
	if (unlikely(sc()->pmi_hlt_percent))
		guest_pmi_at_hlt(v);
	return exits(v, KW_EXIT_HLT);
}

enum step do_cpuid(struct vcpu *v)
{
	/* Leaf 1, which tells of the APIC, where guests switch that off. */
	v->hw->rax = sc()->guest.apic_base ? 1 : 0;
	v->hw->rcx = 0;
	if (v->hw->rax)
		v->told = ACTION_CPUID;
	return exits(v, KW_EXIT_CPUID);
}

enum step do_pause(struct vcpu *v) { return exits(v, KW_EXIT_PAUSE); }

enum step do_io(struct vcpu *v)
{
	v->hw->exit_qual = 0x80ull << 16;
	return exits(v, KW_EXIT_IO_INSTRUCTION);
}

/*
 * Where the APIC's page was there is a device of the VMM now; the processor still asks KVM about it, or,
 * with APICv, does not.
 */
static enum step write_old_page(struct vcpu *v)
{
	v->hw->exit_qual = APIC_ACCESS_WRITE | LAPIC_ID;
	v->hw->access_bytes = 4;
	v->hw->mmio_data = 0;
	return exits(v, KW_EXIT_APIC_ACCESS);
}

enum step do_mmio(struct vcpu *v)
{
	/* The last one has left KVM_RUN. */
	if (v->device_due)
		oracle_finding(HOST_CHECK_MMIO_EXIT, v->vm, v->id, DIV_NONE,
			       "a write of the VMM's device at 0x%llx did not leave KVM_RUN", GUEST_DEVICE_GPA);
	v->device_due = true;
	if (unlikely(v->apic_moved) && !v->x2apic && !v->apic_off)
		return write_old_page(v);
	v->hw->exit_gpa = GUEST_DEVICE_GPA;
	v->hw->exit_qual = KW_MMIO_WRITE;
	v->hw->mmio_data = 0;
	return exits(v, KW_EXIT_EPT_MISCONFIG);
}

enum step do_iret(struct vcpu *v)
{
	v->nr_handlers--;
	v->eoi_done = false;
	guest_set_if(v, true, 0);
	return STEP_GO_ON;
}
